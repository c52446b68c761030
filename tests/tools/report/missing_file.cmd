convoy-report nothing.yaml
