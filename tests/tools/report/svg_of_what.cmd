convoy-report rows.trace.yaml -f svg
