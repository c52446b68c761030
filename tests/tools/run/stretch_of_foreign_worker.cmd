convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-run -p rows.yaml -m m.onnx -i random:1 --address b=tcp://127.0.0.1:5555 --stretch b=2
