testbed-plan bed lab.yaml --quota
