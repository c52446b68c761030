convoy-predict fit - < a.profile.yaml > a.latency.yaml
convoy-zoo lenet5 -o lenet5.onnx
convoy-predict show lenet5.onnx --latency - < a.latency.yaml
