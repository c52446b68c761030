sh images.sh 12; convoy-zoo lenet5 | convoy-compress-split - -c alone.yaml --calibration images --preprocess gray.preprocess.yaml
