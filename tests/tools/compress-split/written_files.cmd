sh images.sh 20
convoy-zoo lenet5 > lenet5.onnx
convoy-compress-split lenet5.onnx -c near.yaml --calibration images --preprocess gray.preprocess.yaml --margin 0 --threads 1 --write-halves --write-rows rows -f csv --table table.csv || exit
ls *.onnx *.plan.yaml table.csv
cut -d, -f1 table.csv
ls rows
for plan in rows/edge-only.plan.yaml rows/compressed-cloud-only.plan.yaml; do
    convoy-run -p $plan -i images/0.pgm --preprocess gray.preprocess.yaml --spawn -q -o /dev/null && echo "$plan runs"
done
convoy-run -p lenet5.split.plan.yaml -i images --preprocess gray.preprocess.yaml --spawn --verify -q -o /dev/null && echo verified
convoy-run --local -m lenet5.split.onnx -i random:1 --outputs whole -q -o /dev/null
convoy-run --local -m lenet5.split.edge.onnx -i random:1 --outputs edge -q -o /dev/null
convoy-run --local -m lenet5.split.cloud.onnx -i edge/*.npy --outputs cloud -q -o /dev/null
cmp whole/*.npy cloud/*.npy && echo the halves give what the whole gives
