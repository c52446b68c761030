convoy-zoo lenet5 -o m.onnx 2> zoo.log
sed 's/h: \[3, 5\]/h: [4, 5]/' rows.yaml > gap.yaml; convoy-run -p gap.yaml -m m.onnx -i random:1 --spawn
