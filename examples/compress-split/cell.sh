#!/usr/bin/env bash
# cell.sh FOLDER LATENCY.yaml: used by the Makefile. Runs every row in FOLDER/rows on the bed of FOLDER/bed.cluster.yaml,
# the rows one after another and all of them again; prints method,measured_ms: the median over all runs of a row, as if
# the bed were not slowed down, and how much it is (dilation). The cloud-only row is also run with its input as float32. Of rows that take long fewer
# pictures are run, 2 at least: FRAMES of them where that is predicted to be done within ROW_SECONDS. Rows that are the
# same model with the same plan are run once.
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

what_of() {  # what_of METHOD: the same for the same model and plan
    sed '/^strategy:/d; s/{file: [^,]*,/{/' "$folder/rows/$1.plan.yaml" | sha256sum
}
declare -A same  # by method: the first one that is the same
for method in "${methods[@]}"; do
    for other in "${methods[@]}"; do
        if [ "$(what_of "$other")" = "$(what_of "$method")" ]; then same[$method]=$other; break; fi
    done
done

frames_of() {  # frames_of METHOD: how many pictures
    awk -F, -v method="$1" -v most="$FRAMES" -v seconds="$ROW_SECONDS" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        { name = $1; gsub(" ", "-", name); ms[name] = $(column["latency_ms"])
          if ($1 == "cloud-only") ms["cloud-only-float32"] = $(column["float32_upload_ms"]) }
        END {
            frames = ms[method] > 0 ? int(1000 * seconds / ms[method]) : most
            print (frames < 2 ? 2 : (frames > most ? most : frames))
        }' "$folder/planned.csv"
}

read -r source _ flags <<<"$("$BIN/testbed-plan" devices "$cluster" --latency "$latency" | awk '$2 == "convoy-run"')"
trap '"$TESTBED/testbed.sh" down >&2' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$TESTBED/up-from-cluster.sh" "$cluster" -o "$folder/bed.yaml" --serve "$folder/workers" --latency "$latency" \
    "${served[@]}" 2>"$folder/bed.log" || { cat "$folder/bed.log" >&2; exit 1; }

images=("${MODEL_DIR:?}/${MODEL:?}"/*.png)
read -ra flags <<<"$flags"
for ((repeat = 1; repeat <= REPEATS; repeat++)); do
    for method in "${methods[@]}"; do
        [ "${same[$method]}" = "$method" ] || continue
        inputs=()
        for image in "${images[@]:0:$(frames_of "$method")}"; do inputs+=(-i "$image"); done
        "$TESTBED/testbed.sh" exec "$source" "$BIN/convoy-run" -p "$folder/rows/$method.plan.yaml" -c "$folder/bed.yaml" \
            "${flags[@]}" "${inputs[@]}" --preprocess "$MODEL_DIR/$MODEL.preprocess.yaml" --warmup 1 --quiet -f yaml \
            -o "$folder/$method.$repeat.yaml"
    done
done

echo method,measured_ms
echo "dilation,${dilation:-1}"
for method in "${methods[@]}"; do
    for ((repeat = 1; repeat <= REPEATS; repeat++)); do
        sed -n 's/^latency_ms:.* p50: \([0-9.e+-]*\).*/\1/p' "$folder/${same[$method]}.$repeat.yaml"
    done | sort -g | awk -v dilation="${dilation:-1}" -v method="$method" '
        { all[NR] = $1 }
        END {
            sub(/^cloud-only-float32$/, "cloud-only float32", method)
            sub(/^compressed-/, "compressed ", method)
            printf "%s,%.3f\n", method, (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 / dilation
        }'
done
