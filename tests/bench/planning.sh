#!/usr/bin/env bash
# planning.sh BIN [STRATEGY...]: seconds that planning takes, reading the model included: every strategy (or these) for
# each model of the zoo on 4 devices, auto on 16, too, and some of them for resnet18 on 1,000 devices with 2 GB of
# address space.
set -euo pipefail
bin=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strategies=("$@")
[ ${#strategies[@]} -gt 0 ] || strategies=(layerwise rows cols grid neurosurgeon dads modnn coedge deepthings aofl
    edgeld deepslicing fpm opm ofpm oc dipm iop iop-dp pipeline replicate auto)

cluster() {  # cluster DEVICES: 10 to 30 GFLOP/s on a 100 Mbit/s switch
    echo "schema: convoy.cluster/1"
    echo "source: d0"
    echo "devices:"
    local i
    for ((i = 0; i < $1; ++i)); do echo "  - {name: d$i, gflop_per_s: $((10 + i * 7 % 21))}"; done
    echo "links: {medium: switched, rate_mbit_per_s: 100, start_up_ms: 0.4}"
}

seconds() {  # seconds MODEL CLUSTER STRATEGY [OPTION...]
    local start model=$1 cluster=$2 strategy=$3
    shift 3
    start=$(date +%s.%N)
    if "$bin/convoy-partition" "$work/$model.onnx" -c "$work/$cluster.yaml" -s "$strategy" "$@" -q \
        -o "$work/plan.yaml" 2>/dev/null; then
        awk -v from="$start" -v to="$(date +%s.%N)" 'BEGIN { printf "%8.2f", to - from }'
    else
        printf '%8s' none
    fi
}

cluster 4 >"$work/four.yaml"
cluster 16 >"$work/sixteen.yaml"
cluster 1000 >"$work/thousand.yaml"
printf '%-14s' model
printf '%13s' "${strategies[@]}"
echo
models=(lenet5 squeezenet1_1 mobilenet_v2 googlenet resnet18 tiny_yolov2 resnet50 alexnet vgg11 vgg16)
for model in "${models[@]}"; do
    "$bin/convoy-zoo" "$model" -o "$work/$model.onnx" 2>/dev/null
    printf '%-14s' "$model"
    for strategy in "${strategies[@]}"; do printf '%13s' "$(seconds "$model" four "$strategy")"; done
    echo
done
for model in "${models[@]}"; do echo "16 devices, $model, auto: $(seconds "$model" sixteen auto) s"; done
ulimit -v 2097152
for strategy in rows coedge oc replicate; do
    echo "1000 devices, resnet18, $strategy: $(seconds resnet18 thousand "$strategy") s"
done
echo "1000 devices, resnet18, auto on 32 at most: $(seconds resnet18 thousand auto --max-devices 32) s"
