testbed-plan bed lab.yaml
