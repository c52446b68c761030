convoy-report rows.trace.yaml -f yaml
