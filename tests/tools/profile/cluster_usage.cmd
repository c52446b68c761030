echo "schema: convoy.cluster/1" > c.yaml; echo "devices: [{name: a}]" >> c.yaml; convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-profile --cluster c.yaml m.onnx; echo $?
convoy-profile --cluster c.yaml m.onnx -o c.yaml; echo $?
convoy-profile --cluster c.yaml -o new.yaml; echo $?
convoy-profile --cluster c.yaml - -o new.yaml; echo $?
convoy-profile --cluster c.yaml m.onnx --link tcp://127.0.0.1:1 -o new.yaml; echo $?
convoy-profile --cluster c.yaml m.onnx --name a -o new.yaml; echo $?
convoy-profile m.onnx --one-at-a-time; echo $?
convoy-profile m.onnx m.onnx; echo $?; ls *.yaml
