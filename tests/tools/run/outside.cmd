convoy-zoo lenet5 -o m.onnx 2> zoo.log
sed 's/h: \[3, 5\]/h: [3, 6]/' rows.yaml > outside.yaml; convoy-run -p outside.yaml -m m.onnx -i random:1 --spawn
