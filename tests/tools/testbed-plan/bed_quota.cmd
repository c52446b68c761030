testbed-plan bed lab.yaml --quota --gflop-per-s 40
