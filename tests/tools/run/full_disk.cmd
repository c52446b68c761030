convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-run --local -m m.onnx -i random:1 -o /dev/full; echo $?; convoy-run --local -m m.onnx -i random:1 --trace /dev/full
