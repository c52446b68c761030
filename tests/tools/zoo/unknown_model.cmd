convoy-zoo vgg61 -o x.onnx
