sed 's/gflop_per_s: 10/gflop_per_s: 10, load: 0.3/' lab.yaml | testbed-plan bed -
