convoy-zoo lenet5 -o m.onnx 2> zoo.log
{ cat rows.yaml; echo 'inputs: {model: {file: other.onnx, sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}'; } > other.yaml
convoy-run -p other.yaml -m m.onnx -i random:1 --spawn
