convoy-report cluster.yaml
