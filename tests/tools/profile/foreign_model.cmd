echo this is no model >text.onnx
convoy-profile text.onnx
