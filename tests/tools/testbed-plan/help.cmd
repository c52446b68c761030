testbed-plan --help
