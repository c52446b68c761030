convoy-zoo lenet5 -o m.onnx 2> zoo.log; convoy-profile m.onnx -o nowhere/a.profile.yaml
