cat plan.yaml | convoy-report -
