convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-run --local -m - -i random:7 --outputs out < m.onnx > text; ls out
