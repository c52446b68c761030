# The trained models get as many of their committed pictures right as PyTorch did; split and verified too. How far the
# last bits differ is the processor's affair.
models=$(dirname "$0")/../../../examples/models
for name in glyphs64 glyphs192; do
    run="-m $models/$name.onnx --preprocess $models/$name.preprocess.yaml --truth $models/$name/labels.csv -t 1"
    sed -n 's/^test: /PyTorch      /p' "$models/$name.training.txt"
    convoy-run --local $run -i "$models/$name" | grep '^accuracy'
    sed 's/, memory_bytes: 100000//' small.cluster.yaml > roomy.cluster.yaml
    convoy-partition "$models/$name.onnx" -c roomy.cluster.yaml -s rows --min-devices 3 -o $name.plan.yaml
    first=$(ls "$models/$name"/00[0-2]*.png | sed 's/^/-i /')
    convoy-run -p $name.plan.yaml $run $first --spawn --verify | sed -E -n '/^accuracy/p; s/^(verify.*): (bit for bit|within bound).*/\1: agree/p'
done
