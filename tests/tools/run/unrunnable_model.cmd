convoy-run --local -m unrunnable.onnx -i random:1
