convoy-report plan.yaml -f html
