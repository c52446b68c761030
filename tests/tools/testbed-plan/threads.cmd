sed 's/gflop_per_s: 10/gflop_per_s: 10, threads: 4096/' lab.yaml | testbed-plan bed -
