convoy-serve --help
