convoy-report rows.trace.yaml -o /dev/full
