convoy-compress-split lenet5.onnx -c cluster.yaml --calibration images -o -
