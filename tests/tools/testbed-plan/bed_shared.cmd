testbed-plan bed shared.yaml
