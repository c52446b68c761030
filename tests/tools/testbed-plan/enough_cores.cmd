testbed-plan bed lab.yaml --gflop-per-s 20 -q && sed 's/gflop_per_s: [0-9]*/gflop_per_s: 0.5/' lab.yaml | testbed-plan bed - --gflop-per-s 20 | head -n 3
