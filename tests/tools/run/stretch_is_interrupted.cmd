convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-run -p rows.yaml -m m.onnx -i random:1 --spawn --stretch b=1000000 --timeout 1s; echo $?
convoy-run -p rows.yaml -m m.onnx -i random:1 --spawn --stretch 1000000 --timeout 1s; echo $?
