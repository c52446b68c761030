convoy-compress-split --help
