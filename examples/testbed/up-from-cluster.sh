#!/usr/bin/env bash
# up-from-cluster.sh - make the bed that a cluster file describes, and that file with the bed's addresses in it
#
#   up-from-cluster.sh CLUSTER.yaml [-o FILE] [OPTIONS]
#
# Makes a bed with testbed.sh: rates, delays, jitter, loss and a shared medium as in the file. Writes the cluster file with
# the address of each device to FILE, by default to stdout, and says on stderr how to run in the bed. `testbed.sh down`
# removes it all.
#
#   -o FILE            where the cluster file goes
#   --serve FOLDER     also start a convoy-serve in each device but the source; logs and ready files go to FOLDER
#   --model FILE       a model that the workers look in; without it they get theirs over the emulated links
#   --port N           on which they listen (5555)
#   --profile FILE     how fast this machine is: a profile of vgg16 made on it, or
#   --latency FILE     a latency model of it, which then also predicts the devices, or
#   --gflop-per-s N    the figure itself. Each device is then stretched by this machine's rate over its own gflop_per_s
#                      (convoy-serve --stretch, convoy-run --stretch). Without one of the three no device is slowed.
#   --quota            slow the devices by CPU quota instead of stretching
#
#   convoy-zoo vgg16 -o vgg16.onnx
#   convoy-profile vgg16.onnx -o vgg16.profile.yaml
#   up-from-cluster.sh examples/clusters/B.yaml -o b.yaml --profile vgg16.profile.yaml --serve logs --model vgg16.onnx
#
# start_up_ms is not the network's: convoy-run --start-up makes the senders wait. memory_bytes is sent to the workers by
# convoy-run. What the file asks and the bed cannot make is refused by name, status 78; other exit statuses and the
# environment as for testbed.sh. The tools are looked for beside the build, then in PATH; BIN names another folder.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
testbed=$here/testbed.sh
for bin in "${BIN:-}" "$here/../../build/release/bin"; do
    if [ -n "$bin" ] && [ -x "$bin/testbed-plan" ]; then PATH=$(cd "$bin" && pwd):$PATH; break; fi
done

fail() { local status=$1; shift; echo "up-from-cluster.sh: error: $*" >&2; exit "$status"; }
usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; }

file="" out=- folder="" port=5555 models=() machine=() quota=() latency=()
while [ $# -gt 0 ]; do
    case $1 in
        -h|--help) usage; exit 0 ;;
        -o|--serve|--model|--port|--profile|--latency|--gflop-per-s) [ $# -gt 1 ] || fail 64 "$1 needs a value" ;;&
        -o) out=$2; shift ;;
        --serve) folder=$2; shift ;;
        --model) models+=(--model "$(readlink -m "$2")"); shift ;;
        --port) port=$2; shift ;;
        --latency) latency=(--latency "$2"); machine+=(--latency "$2"); shift ;;
        --profile|--gflop-per-s) machine+=("$1" "$2"); shift ;;
        --quota) quota=(--quota) ;;
        -*) fail 64 "unknown option '$1'" ;;
        *) [ -z "$file" ] || fail 64 "one cluster file expected"; file=$1 ;;
    esac
    shift
done
[ -n "$file" ] || fail 64 "no cluster file; --help shows how"
[[ $port =~ ^[0-9]{1,5}$ ]] || fail 64 "--port: a number expected"
command -v testbed-plan >/dev/null || fail 69 "the program testbed-plan is not there: build convoy, or set BIN"

down() {
    local pid
    "$testbed" down
    for pid in "${workers[@]}"; do wait "$pid" 2>/dev/null || true; done
}

serve() {  # serve DEVICE OPTION...
    local device=$1 log=$folder/$1.log ready=$folder/$1.ready i
    shift
    rm -f "$ready"
    "$testbed" exec "$device" convoy-serve --name "$device" --listen "${urls[$device]}" --ready-file "$ready" \
        "${models[@]}" "$@" >"$folder/$device.out" 2>"$log" </dev/null &
    workers+=($!)
    for ((i = 0; i < 200; i++)); do
        [ ! -e "$ready" ] || return 0
        kill -0 "${workers[-1]}" 2>/dev/null || break
        sleep 0.05
    done
    fail 69 "the worker of $device did not start: $(tail -n 5 "$log")"
}

specs=$(testbed-plan bed "$file" "${quota[@]}" "${machine[@]}")
tools=$(testbed-plan devices "$file" "${quota[@]}" "${machine[@]}")
mapfile -t specs <<<"$specs"
mapfile -t tools <<<"$tools"
workers=()
"$testbed" up "${specs[@]}"
trap 'status=$?; trap "" INT TERM; down; exit $status' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

declare -A urls
addresses=()
for line in "${tools[@]}"; do
    device=${line%% *}
    urls[$device]=tcp://$("$testbed" ip "$device"):$port
    if [[ $line == *" convoy-serve"* ]]; then addresses+=(--address "$device=${urls[$device]}"); fi
done
testbed-plan cluster "$file" "${addresses[@]}" "${latency[@]}" -o "$out"

[ -z "$folder" ] || mkdir -p "$folder"
[ ${#machine[@]} -gt 0 ] || echo "up-from-cluster.sh: no device is slowed: this machine's rate is not given" >&2
for line in "${tools[@]}"; do
    read -r device tool options <<<"$line"
    read -ra options <<<"$options"
    if [ "$tool" = convoy-run ]; then
        echo "$testbed exec $device convoy-run ${options[*]} ..." >&2
    elif [ -n "$folder" ]; then
        serve "$device" "${options[@]}"
    else
        echo "$testbed exec $device convoy-serve --name $device --listen ${urls[$device]} ${options[*]}" >&2
    fi
done
trap - EXIT INT TERM
# The workers go on; they end with the bed.
disown -a
