convoy-zoo lenet5 | convoy-compress-split - -c cluster.yaml --calibration images --preprocess gray.preprocess.yaml -o nowhere/small.onnx
