convoy-zoo vg16 -o x.onnx
