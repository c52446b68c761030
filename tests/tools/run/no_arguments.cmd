convoy-run
