convoy-report rows.trace.yaml local.trace.json
