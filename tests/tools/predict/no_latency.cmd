convoy-predict show model.onnx
