convoy-run -p rows.yaml -m m.onnx -i random:1 --spawn
