convoy-zoo lenet5 -o m.onnx 2> zoo.log
# The workers may say that they lost the coordinator, before they are ended.
convoy-run -p rows.yaml -m m.onnx -i random:1 --spawn --stretch b=1000000 --timeout 1s 2> one.log; echo $?; grep convoy-run one.log
convoy-run -p rows.yaml -m m.onnx -i random:1 --spawn --stretch 1000000 --timeout 1s 2> all.log; echo $?; grep convoy-run all.log
