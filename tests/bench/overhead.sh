#!/usr/bin/env bash
# overhead.sh BIN: medians per frame in microseconds, interleaved: the unsplit model, and the same through one worker.
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/convoy-zoo" lenet5 -o "$work/lenet5.onnx"
cat >"$work/plan.yaml" <<'YAML'
schema: convoy.plan/1
devices: [a, b]
stages:
  - {layers: [conv1..fc3], on: b}
YAML
p50() { "$bin/convoy-run" "$@" -m "$work/lenet5.onnx" -i random:1 --warmup 100 --repeat 2000 --quiet -f json |
    sed -n 's/.*"p50": \([0-9.]*\).*/\1/p' | awk '{printf "%.1f", $1 * 1000}'; }
echo "round  local_us  one_worker_us"
for round in 1 2 3 4 5; do
    echo "$round $(p50 --local) $(p50 -p "$work/plan.yaml" --spawn)"
done
[ -x "$bin/engine_bench" ] && "$bin/engine_bench"
true
