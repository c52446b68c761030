#!/usr/bin/env bash
# soak.sh BIN [CYCLES]: starts and stops workers under load; every cycle must end in time with an expected status.
#   odd cycles    a worker is killed (SIGKILL, SIGSTOP, SIGTERM in turn) while frames are in flight: status 69 is expected
#   even cycles   the run ends by itself: status 0
set -euo pipefail
exec 3>&2 2>/dev/null  # where bash announces every process that a signal ended
bin=$1
cycles=${2:-1000}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
model=$here/../../examples/models/digits.onnx
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/plan.yaml" <<'YAML'
schema: convoy.plan/1
devices: [a, b, c]
in_flight: 2
stages:
  - layers: [/conv1/Conv../pool2/MaxPool]
    shares: {a: {h: [0, 2]}, b: {h: [2, 3]}, c: {h: [3, 5]}}
  - {layers: [/fc1/Gemm../fc3/Gemm], on: c}
YAML
signals=(KILL STOP TERM)
for ((cycle = 0; cycle < cycles; ++cycle)); do
    pids=() addresses=()
    for name in b c; do
        rm -f "$work/$name.ready"
        "$bin/convoy-serve" --name $name --one-off --quiet --liveness 1s --model "$model" \
            --ready-file "$work/$name.ready" >/dev/null 2>&1 &
        pids+=($!)
    done
    for name in b c; do
        for ((try = 0; try < 500; ++try)); do
            [ -s "$work/$name.ready" ] && break
            sleep 0.02
        done
        addresses+=(--address "$name=$(sed -n 's/.* url=\([^ ]*\).*/\1/p' "$work/$name.ready")")
    done
    frames=20 expected=0
    [ $((cycle % 2)) = 1 ] && frames=100000000 expected=69
    status=0
    timeout 30 "$bin/convoy-run" -p "$work/plan.yaml" -m "$model" -i random:1 --repeat $frames --liveness 1s \
        "${addresses[@]}" -o /dev/null 2>"$work/error" &
    run=$!
    if [ $expected = 69 ]; then
        sleep 0.3
        kill -"${signals[cycle / 2 % 3]}" "${pids[1]}"
    fi
    wait $run || status=$?
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    wait "${pids[@]}" || true
    if [ $status != $expected ]; then
        echo "soak: cycle $cycle ended with status $status instead of $expected: $(cat "$work/error")" >&3
        exit 1
    fi
    [ $(((cycle + 1) % 50)) = 0 ] && echo "soak: $((cycle + 1)) of $cycles cycles" >&3
done
echo "soak: $cycles cycles, none hung"
