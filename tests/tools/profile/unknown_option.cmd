convoy-profile x.onnx --laod 0.5
