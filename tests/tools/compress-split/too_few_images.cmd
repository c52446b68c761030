sh images.sh 3; convoy-zoo lenet5 | convoy-compress-split - -c cluster.yaml --calibration images --preprocess gray.preprocess.yaml
