convoy-report stopped.trace.yaml
