convoy-zoo lenet5 | convoy-compress-split - -c cluster.yaml --calibration images --cloud edge
