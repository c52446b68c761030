convoy-profile --help
