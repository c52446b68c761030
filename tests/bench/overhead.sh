#!/usr/bin/env bash
# overhead.sh BIN [ROUNDS]: what convoy adds to a frame, in microseconds. Rounds alternate between what is compared.
#   plain, shard   the model in a plain cv::dnn net, and as one shard of ours (engine_bench, one thread)
#   local          convoy-run --local
#   one worker     the whole model on a worker over loopback: input there, output back
set -euo pipefail
bin=$1
rounds=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/convoy-zoo" lenet5 -o "$work/lenet5.onnx" 2>/dev/null
cat >"$work/plan.yaml" <<'YAML'
schema: convoy.plan/1
devices: [a, b]
stages:
  - {layers: [conv1..fc3], on: b}
YAML
p50() {
    "$bin/convoy-run" "$@" -m "$work/lenet5.onnx" -i random:1 --warmup 100 --repeat 2000 --quiet -f json |
        grep -o '"p50": *[0-9.e-]*' | awk '{printf "%.1f", $2 * 1000}'
}
for ((round = 1; round <= rounds; ++round)); do
    "$bin/engine_bench" "$work/lenet5.onnx" 2000
    echo "round $round: local $(p50 --local) us, one worker $(p50 -p "$work/plan.yaml" --spawn) us"
done
