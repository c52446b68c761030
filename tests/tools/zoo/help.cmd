convoy-zoo --help
