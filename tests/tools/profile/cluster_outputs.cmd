convoy-zoo lenet5 -o m.onnx 2> zoo.log
printf 'schema: convoy.cluster/1\ndevices: [{name: a, latency: a.latency.yaml}]\n' > c.yaml
convoy-profile --cluster c.yaml m.onnx -o new.yaml; echo $?
printf 'schema: convoy.cluster/1\ndevices: [{name: ../a}]\n' > c.yaml
convoy-profile --cluster c.yaml m.onnx -o new.yaml; echo $?
printf 'schema: convoy.cluster/1\ndevices: [{name: a}]\n' > c.yaml
convoy-profile --cluster c.yaml m.onnx ./m.onnx -o new.yaml; echo $?
printf 'schema: convoy.cluster/1\ndevices: [{name: a}, {name: b}]\nlinks: {rate_mbit_per_s: 1}\n' > c.yaml
convoy-profile --cluster c.yaml m.onnx -o new.yaml; echo $?
printf 'schema: convoy.cluster/1\ndevices: [{name: a, address: "tcp://127.0.0.1:1"}]\n' > c.yaml
convoy-profile --cluster c.yaml m.onnx --stretch 2 -o new.yaml; echo $?
ls *.yaml
