#!/usr/bin/env bash
# The whole chain on a trained network, with three devices on this machine: profile, predict, plan, serve, run, report.
# Installs what is missing (as root or with sudo) and builds first. Results: build/quickstart/, or the folder given.
#   examples/quickstart.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-build/quickstart}
bin=$PWD/build/release/bin
model=$PWD/examples/models/digits.onnx
images=$PWD/examples/models/digits
preprocess=$PWD/examples/models/digits.preprocess.yaml

say() { printf '\n== %s\n' "$*" >&2; }
show() { printf '$ %s\n' "$*" >&2; "$@"; }

say "install what is missing, and build"
./ci.sh deps
./ci.sh release
mkdir -p "$out"
cd "$out"
rm -f ./*.yaml ./*.ready ./*.md
PATH=$bin:$PATH

say "profile: how long each operator takes on this device"
show convoy-profile "$model" -o a.profile.yaml
say "predict: a latency model of this device, and its held-out error"
show convoy-predict fit a.profile.yaml -o a.latency.yaml
show convoy-predict show "$model" --latency a.latency.yaml

say "partition: a plan for three such devices"
cat >cluster.yaml <<'YAML'
schema: convoy.cluster/1
source: a
devices:
  - {name: a, latency: a.latency.yaml}
  - {name: b, latency: a.latency.yaml}
  - {name: c, latency: a.latency.yaml}
links:
  medium: switched
  rate_mbit_per_s: 1000
  start_up_ms: 0.1
YAML
show convoy-partition "$model" -c cluster.yaml -s rows --min-devices 3 -o plan.yaml
show convoy-partition "$model" -c cluster.yaml --compare

say "serve: devices b and c, each a process of its own; device a is convoy-run itself"
workers=()
# shellcheck disable=SC2154  # the loop sets pid
trap 'for pid in "${workers[@]}"; do kill "$pid" 2>/dev/null || true; done' EXIT
for name in b c; do
    convoy-serve --name "$name" --listen tcp://127.0.0.1:0 --ready-file "$name.ready" >"$name.out" 2>"$name.log" &
    workers+=($!)
done
url() {  # url NAME: the address that the worker's ready line gives, within ten seconds
    for _ in $(seq 100); do
        if [ -s "$1.ready" ]; then
            sed -n 's/.* url=\([^ ]*\).*/\1/p' "$1.ready"
            return
        fi
        sleep 0.1
    done
    echo "quickstart: device $1 did not start:" >&2
    cat "$1.log" >&2
    return 1
}
b=$(url b)
c=$(url c)

say "run: the 360 held-out digits through the three devices, each result compared with the unsplit network's"
show convoy-run -p plan.yaml -m "$model" -i "$images" --preprocess "$preprocess" --truth "$images/labels.csv" \
    --address "b=$b" --address "c=$c" --verify --trace trace.yaml -f yaml -o result.yaml
say "the same unsplit, on this device alone"
show convoy-run --local -m "$model" -i "$images" --preprocess "$preprocess" --truth "$images/labels.csv" \
    -f yaml -o local.yaml

say "report: predicted against measured, each device's share, bytes on each link"
show convoy-report trace.yaml -f md -o report.md
cat report.md
