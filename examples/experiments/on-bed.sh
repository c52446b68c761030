#!/usr/bin/env bash
# on-bed.sh yes|no FOLDER "MODEL.onnx..." TRACE...: used by the Makefile. Makes the traces that are missing or older than
# their plan, on the bed that FOLDER/cluster.yaml describes, or on loopback. The bed is taken down in any case.
set -euo pipefail
bed=$1 folder=$2 models=$3
shift 3
cluster=$folder/cluster.yaml

missing=()
for trace in "$@"; do
    [ "$trace" -nt "${trace%/*}/plan.yaml" ] || missing+=("$trace")
done
[ ${#missing[@]} -gt 0 ] || exit 0

runs() {  # runs COMMAND FLAGS: how convoy-run is called; then the traces, one after the other
    rm -f "${missing[@]}"
    $MAKE --no-print-directory -f "$HERE/Makefile" ON_BED=1 RUN="$1" RUN_FLAGS="$2" "${missing[@]}"
}

if [ "$bed" != yes ]; then
    runs "" "-c $cluster --spawn"
    exit
fi

latency=$(dirname "$folder")/machine/latency.yaml
read -r source _ flags <<<"$("$BIN/testbed-plan" devices "$cluster" --latency "$latency" | awk '$2 == "convoy-run"')"
served=()
for model in $models; do served+=(--model "$model"); done
trap '"$TESTBED/testbed.sh" down' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$TESTBED/up-from-cluster.sh" "$cluster" -o "$folder/bed.yaml" --serve "$folder/workers" --latency "$latency" \
    "${served[@]}" 2>"$folder/bed.log" || { cat "$folder/bed.log" >&2; exit 1; }
runs "$TESTBED/testbed.sh exec $source" "-c $folder/bed.yaml $flags"
