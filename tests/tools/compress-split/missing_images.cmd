convoy-zoo lenet5 | convoy-compress-split - -c cluster.yaml --calibration nowhere --preprocess gray.preprocess.yaml
