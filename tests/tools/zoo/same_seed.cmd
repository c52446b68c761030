convoy-zoo lenet5 -o a.onnx && convoy-zoo lenet5 --seed 1 | cmp - a.onnx && convoy-zoo lenet5 --seed 2 | cmp -s - a.onnx
