convoy-compress-split model.onnx -c cluster.yaml -c cluster.yaml --calibration images
