convoy-predict --help
