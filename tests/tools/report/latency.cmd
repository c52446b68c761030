convoy-report a.latency.yaml
