testbed-plan devices lab.yaml
