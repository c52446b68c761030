sed 's/gflop_per_s: 10/speed: 0.5/' lab.yaml | testbed-plan devices - --gflop-per-s 40
