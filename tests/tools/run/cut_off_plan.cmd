convoy-zoo lenet5 -o m.onnx 2> zoo.log
head -c 150 rows.yaml > cut.yaml; convoy-run -p cut.yaml -m m.onnx -i random:1 --spawn
