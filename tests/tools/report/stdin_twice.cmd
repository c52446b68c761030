convoy-report - -
