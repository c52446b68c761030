convoy-partition --help
