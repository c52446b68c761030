convoy-zoo lenet5 -o m.onnx 2> zoo.log
head -c 100000 m.onnx > cut.onnx; convoy-run --local -m cut.onnx -i random:1
