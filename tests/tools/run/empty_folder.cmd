convoy-zoo lenet5 -o m.onnx 2> zoo.log
mkdir none; convoy-run --local -m m.onnx -i none
