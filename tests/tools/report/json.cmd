convoy-report -f json a.latency.yaml
