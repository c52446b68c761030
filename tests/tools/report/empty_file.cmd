: > empty.yaml; convoy-report empty.yaml
