convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-run -p rows.yaml -m m.onnx -i random:7 --repeat 2 --spawn --stretch 20 --stretch b=30 --verify --trace t.yaml -f yaml > summary.yaml
sed -n '/^stretch:/,/^[^ ]/p' t.yaml | head -n 3
for device in a b c; do grep -c "device: $device,.*activity: compute.*stretch_ms: " t.yaml; done
grep -o 'stretch: .*}' summary.yaml; sed -n 's/  outcome/outcome/p' summary.yaml
convoy-run --local -m m.onnx -i random:7 --stretch 20 --repeat 3 --trace l.yaml | grep emulated
grep -c 'stretch_ms: ' l.yaml; convoy-report t.yaml | grep -o 'emulated.*'; convoy-report l.yaml | grep -o 'emulated.*'
