convoy-run --help
