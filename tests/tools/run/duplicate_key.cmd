convoy-zoo lenet5 -o m.onnx 2> zoo.log
{ cat rows.yaml; echo 'source: b'; } > twice.yaml; convoy-run -p twice.yaml -m m.onnx -i random:1 --spawn
