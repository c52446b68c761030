convoy-report rows.trace.yaml -f md --frames
