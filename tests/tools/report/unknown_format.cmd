convoy-report plan.yaml -f pdf
