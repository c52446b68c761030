convoy-zoo lenet5 -o m.onnx 2> zoo.log
convoy-serve --name b --listen tcp://127.0.0.1:0 --ready-file b.ready > b.log 2>&1 & b=$!
convoy-serve --name c --listen tcp://127.0.0.1:0 --ready-file c.ready --stretch 2 > c.log 2>&1 & c=$!
trap 'kill $b $c' EXIT
for worker in b c; do i=0; until [ -s $worker.ready ] || [ $((i += 1)) -gt 200 ]; do sleep 0.1; done; done
url() { sed 's/.* url=\([^ ]*\) .*/\1/' "$1.ready"; }
cat > cluster.yaml << END
schema: convoy.cluster/1
source: a
devices: [{name: a}, {name: b, address: "$(url b)", gflop_per_s: 4}, {name: c, address: "$(url c)", load: 0.25}]
links: {rate_mbit_per_s: 100}
END
cp cluster.yaml before.yaml; mkdir out
convoy-profile --cluster cluster.yaml m.onnx --budget 2s --link-budget 200ms -q -o out/measured.yaml 2> profile.log || cat profile.log
cmp cluster.yaml before.yaml; ls out
grep -o 'stretch: .*' out/*.profile.yaml; grep -o '{from: ., to: ., rate_mbit_per_s' out/measured.yaml
grep -c gflop_per_s out/measured.yaml; grep -o 'load: 0.25' out/measured.yaml
convoy-partition m.onnx -c out/measured.yaml -s local -q -o p.yaml && convoy-run -p p.yaml -m m.onnx -i random:1 --spawn --verify -q -f yaml | grep outcome
convoy-report out/a.profile.yaml | grep -c '^Links'
