convoy-run --local -m m.onnx -i random:1 --spawn
