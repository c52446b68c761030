convoy-zoo lenet5 -o nowhere/x.onnx
