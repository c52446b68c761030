testbed-plan devices lab.yaml --gflop-per-s 15
