printf 'name: value\n' > foreign.yaml; convoy-report foreign.yaml
