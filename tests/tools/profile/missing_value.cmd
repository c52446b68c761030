convoy-profile x.onnx -o --quiet
