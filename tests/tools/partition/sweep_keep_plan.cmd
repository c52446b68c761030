convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s layerwise --sweep gflop_per_s.b=4,4000 --keep-plan
