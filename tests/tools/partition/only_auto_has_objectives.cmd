convoy-partition lenet5.onnx -c cluster.yaml -s rows --objective energy
