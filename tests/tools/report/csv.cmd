convoy-report rows.trace.yaml plan.yaml -f csv
