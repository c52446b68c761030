convoy-partition lenet5.onnx -c cluster.yaml -s rwos
