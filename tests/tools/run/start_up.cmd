convoy-zoo lenet5 -o m.onnx 2> zoo.log
sed 's/, memory_bytes: 100000//' small.cluster.yaml > roomy.cluster.yaml
convoy-run -p rows.yaml -m m.onnx -c roomy.cluster.yaml -i random:7 --spawn --start-up --verify --trace t.yaml | grep '^emulated\|^verify'
sed -n '/^start_ups:/,/^---/p' t.yaml
sed -n '/^part: frame/,/^part: summary/p' t.yaml | grep -c 'start_up_ms: 0.1}'; grep -c 'tensor: ' t.yaml
convoy-report t.yaml | grep -o 'emulated: .*'
