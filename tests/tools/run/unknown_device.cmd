convoy-zoo lenet5 -o m.onnx 2> zoo.log
sed 's/c: {h/d: {h/' rows.yaml > unknown.yaml; convoy-run -p unknown.yaml -m m.onnx -i random:1 --spawn
