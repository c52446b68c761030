printf '\010\007\022' > model.onnx; convoy-report model.onnx
