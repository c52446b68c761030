convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-profile m.onnx --stretch 3 --budget 1s -q -o p.yaml; grep 'stretch:' p.yaml
convoy-report p.yaml | grep -o '(emulated.*)'; convoy-predict fit p.yaml -q -o l.yaml; grep -o 'stretch: 3' l.yaml
convoy-profile --link tcp://127.0.0.1:5555 --stretch 2
