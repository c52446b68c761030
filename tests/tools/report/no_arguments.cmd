convoy-report
