convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s rows --what-if gflop_per_s=0.02 --require-gain 10% -f json
