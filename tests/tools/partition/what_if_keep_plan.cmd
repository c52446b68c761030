convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s layerwise,rows --compare --what-if start_up=5ms --keep-plan
