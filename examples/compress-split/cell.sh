#!/usr/bin/env bash
# cell.sh FOLDER LATENCY.yaml: used by the Makefile. Runs every row in FOLDER/rows on the bed of FOLDER/bed.cluster.yaml,
# the rows one after another and all of them again; prints method,measured_ms: the median over all runs of a row, as if
# the bed were not slowed down. The cloud-only row is also run with its input as float32.
set -euo pipefail
folder=$1 latency=$2
cluster=$folder/bed.cluster.yaml
dilation=$(sed -n 's/^dilation: //p' "$cluster")

sed 's/wire: {[^}]*}/wire: {}/' "$folder/rows/cloud-only.plan.yaml" >"$folder/rows/cloud-only-float32.plan.yaml"
methods=()
served=()
for plan in "$folder"/rows/*.plan.yaml; do
    method=$(basename "$plan" .plan.yaml)
    if [ "$method" != chosen ]; then methods+=("$method"); fi
done
for model in "$folder"/rows/*.onnx; do served+=(--model "$model"); done

read -r source _ flags <<<"$("$BIN/testbed-plan" devices "$cluster" --latency "$latency" | awk '$2 == "convoy-run"')"
trap '"$TESTBED/testbed.sh" down >&2' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$TESTBED/up-from-cluster.sh" "$cluster" -o "$folder/bed.yaml" --serve "$folder/workers" --latency "$latency" \
    "${served[@]}" 2>"$folder/bed.log" || { cat "$folder/bed.log" >&2; exit 1; }

mapfile -t images < <(printf '%s\n' "${MODEL_DIR:?}/${MODEL:?}"/*.png | head -n "$FRAMES" | sed 's/^/-i\n/')
read -ra flags <<<"$flags"
for ((repeat = 1; repeat <= REPEATS; repeat++)); do
    for method in "${methods[@]}"; do
        "$TESTBED/testbed.sh" exec "$source" "$BIN/convoy-run" -p "$folder/rows/$method.plan.yaml" -c "$folder/bed.yaml" \
            "${flags[@]}" "${images[@]}" --preprocess "$MODEL_DIR/$MODEL.preprocess.yaml" --warmup 2 --quiet -f yaml \
            -o "$folder/$method.$repeat.yaml"
    done
done

echo method,measured_ms
for method in "${methods[@]}"; do
    for ((repeat = 1; repeat <= REPEATS; repeat++)); do
        sed -n 's/^latency_ms:.* p50: \([0-9.e+-]*\).*/\1/p' "$folder/$method.$repeat.yaml"
    done | sort -g | awk -v dilation="${dilation:-1}" -v method="$method" '
        { all[NR] = $1 }
        END {
            sub(/^cloud-only-float32$/, "cloud-only float32", method)
            sub(/^compressed-/, "compressed ", method)
            printf "%s,%.3f\n", method, (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 / dilation
        }'
done
