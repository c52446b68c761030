#!/usr/bin/env bash
# predict.sh BIN: microseconds for one prediction by each algorithm, fitted to a brief profile of squeezenet1_1.
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/convoy-zoo" squeezenet1_1 -o "$work/m.onnx" 2>/dev/null
"$bin/convoy-profile" "$work/m.onnx" --budget 60s --load 0,0.5 --quiet -o "$work/m.profile.yaml"
for algorithm in least_squares ridge polynomial k_nearest regression_tree support_vector boosted_trees neural_net; do
    "$bin/convoy-predict" fit --quiet --algorithm "$algorithm" "$work/m.profile.yaml" -o "$work/$algorithm.yaml"
done
"$bin/predict_bench" "$work"/*.yaml
