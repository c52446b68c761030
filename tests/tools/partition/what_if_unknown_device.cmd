convoy-zoo lenet5 | convoy-partition - -c cluster.yaml --compare --what-if load.dd=0.5
