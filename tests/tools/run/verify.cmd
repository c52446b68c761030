convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-run -p rows.yaml -m m.onnx -i random:7 --repeat 3 --warmup 1 --spawn --verify --trace t.yaml -f yaml > summary.yaml
sed -n '/^verify:/,/^[a-u]/p' summary.yaml
grep '^frames\|^warmup' summary.yaml
grep -c '^frame:' t.yaml
convoy-run --local -m m.onnx -i random:7 --outputs whole > local.txt
convoy-run -p rows.yaml -m m.onnx -i random:7 --spawn --outputs split > split.txt
cmp whole/*.npy split/*.npy && echo equal; sed -n 2p split.txt | cut -c1-20
