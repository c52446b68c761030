convoy-report --help
