convoy-report cut.trace.yaml
