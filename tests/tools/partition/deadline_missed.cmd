convoy-zoo lenet5 | convoy-partition - -c cluster.yaml -s auto --deadline 0.001ms
