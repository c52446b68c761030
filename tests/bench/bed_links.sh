#!/usr/bin/env bash
# bed_links.sh BIN [ROUNDS]: what the test bed was asked for, and what its links carry. Needs root.
# Beds and cases alternate within a round; what is compared are medians over the rounds. Status 1 when a rate is off by
# more than 8 %, or a delay by more than 1 ms. Times of single messages are shown for information. The probes run ahead
# of other programs: the links are measured, not how long a process waits for a core.
set -euo pipefail
bin=$(cd "$1" && pwd)
rounds=${2:-5}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bed=$root/examples/testbed/testbed.sh
export TESTBED_NAME=bench$$ TESTBED_RELAY=$bin/testbed-relay
work=$(mktemp -d)
trap '"$bed" down; rm -rf "$work"' EXIT
trap 'exit 130' INT

from_file() { mapfile -t specs < <("$bin/testbed-plan" bed "$root/examples/clusters/$1.yaml"); }

bring_up() {  # bring_up BED: devices listen on port 7000
    local device
    case $1 in
        pairs) specs=(a b c d rate=100 a/c:rate=20 a/d:delay=5 b/a:delay=1 c/a:delay=50) ;;
        medium) specs=(a b c d medium=100) ;;
        *) from_file "$1" ;;
    esac
    "$bed" up "${specs[@]}"
    for device in "${specs[@]}"; do
        [[ $device != *=* ]] || continue
        "$bed" exec "$device" nice -n -15 "$bin/link_probe" listen 7000 >"$work/$device" 2>&1 &
        for ((i = 0; i < 200; i++)); do grep -qs ready "$work/$device" && break; sleep 0.02; done
    done
}

send() { "$bed" exec "$1" nice -n -15 "$bin/link_probe" send "$("$bed" ip "$2")" 7000 "${@:3}"; }
value_of() { sed "s/.*$1=\([0-9.]*\).*/\1/"; }

# case KIND BED FROM TO ASKED: one measurement, kept in a file of its own. About two seconds of traffic for a rate.
rate() {
    send "$3" "$4" 16384 "$(awk "BEGIN { printf \"%d\", 20 + $5 * 2e6 / 8 / 16384 }")" 0 | value_of rate_mbit_per_s
}
delay() { send "$3" "$4" 64 40 10 | value_of median_ms; }
message() { send "$3" "$4" 100000 15 50 | value_of median_ms; }
# Two streams at once over a shared medium: what both carried, over the time in which either did. While one is alone it
# gets the whole rate, so that their own rates add up to more than the medium's.
both() {
    local count
    count=$(awk "BEGIN { printf \"%d\", 20 + $5 * 1e6 / 8 / 16384 }")
    send c d 16384 "$count" 0 >"$work/other" &
    local other=$!
    send a b 16384 "$count" 0 >"$work/one"
    wait "$other"
    sed 's/[a-z_]*=//g' "$work/one" "$work/other" | awk '
        NR == 1 { begin = $3; end = $4 }
        { if ($3 < begin) begin = $3; if ($4 > end) end = $4; sum += $5 }
        END { print sum / (end - begin) }'
}

cases=(
    "rate A a b 100" "rate A c d 100" "delay A a b 0" "message A a b 8.0"
    "rate A1000 a b 1000" "delay A1000 a b 0" "message A1000 a b 0.8"
    "rate B a b 300" "rate B d c 300" "message B a b 2.667"
    "rate D edge cloud 5.85" "rate D cloud edge 20" "delay D edge cloud 10" "delay D cloud edge 10"
    "message D cloud edge 50"
    "rate pairs a b 100" "rate pairs a c 20" "rate pairs d a 100" "delay pairs a d 5" "delay pairs b a 1"
    "delay pairs c a 50" "delay pairs d a 0"
    "rate medium a b 100" "both medium a+c b+d 100"
)

echo "machine: $(uname -sr), $(nproc) cores; commit $(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo none)"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg); $rounds rounds"
for ((round = 0; round < rounds; ++round)); do
    for name in A A1000 B D pairs medium; do
        bring_up "$name"
        for i in "${!cases[@]}"; do
            read -r kind where _ <<<"${cases[i]}"
            # shellcheck disable=SC2086  # five words
            if [ "$where" = "$name" ]; then "$kind" ${cases[i]} >>"$work/case$i"; fi
        done
        "$bed" down
        wait
    done
done
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
echo
row='%-8s %-7s %-14s %10s %10s %10s %10s %8s  %s\n'
# shellcheck disable=SC2059  # one format for all rows
printf "$row" kind bed link asked median least most ratio verdict
off=0
for i in "${!cases[@]}"; do
    read -r kind where from to asked <<<"${cases[i]}"
    read -r median least most < <(sort -g "$work/case$i" | awk '{ v[NR] = $1 }
        END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR] }')
    ratio=$(awk "BEGIN { if ($asked > 0) printf \"%.3f\", $median / $asked; else print \"-\" }")
    case $kind in
        rate|both) within="($median - $asked) / $asked <= 0.08 && ($asked - $median) / $asked <= 0.08" ;;
        delay) within="$median - $asked <= 1 && $asked - $median <= 1" ;;
        *) within="" ;;
    esac
    verdict=""
    if [ -n "$within" ]; then
        if awk "BEGIN { exit !($within) }"; then verdict=ok; else verdict=OFF; off=$((off + 1)); fi
    fi
    case $kind in rate|both) unit="Mbit/s" ;; *) unit=ms ;; esac
    # shellcheck disable=SC2059
    printf "$row" "$kind" "$where" "$from->$to" "$asked $unit" "$median" "$least" "$most" "$ratio" "$verdict"
done
echo
echo "$off of the rates (8 %) and delays (1 ms) are off"
[ "$off" = 0 ]
