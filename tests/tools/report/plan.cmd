convoy-report plan.yaml
