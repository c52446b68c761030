convoy-report rows.trace.yaml
