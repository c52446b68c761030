convoy-zoo lenet5 | convoy-partition - -c cluster.yaml --compare --what-if load=1.5
