convoy-zoo lenet5 -o m.onnx 2> zoo.log
sed 's/fc1../fc2../' rows.yaml > unlisted.yaml; convoy-run -p unlisted.yaml -m m.onnx -i random:1 --spawn
