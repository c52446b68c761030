convoy-profile missing.onnx
