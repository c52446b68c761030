testbed-plan devices lab.yaml --gflop-per-s 19.995
