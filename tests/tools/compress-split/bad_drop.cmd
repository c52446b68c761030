convoy-compress-split lenet5.onnx -c cluster.yaml --calibration images --max-drop 1points
