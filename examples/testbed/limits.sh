# shellcheck shell=bash disable=SC2154  # what it reads is set by testbed.sh, which sources it
# What testbed.sh puts on devices and links: rates, a shared medium, delay, jitter and loss, CPU quotas.

bucket_us=100                       # what may pass at once, as time at the full rate
queue_ms=500                        # what may wait at a limit before packets are lost
quota_period_us=10000
wire_share=1.0456                   # 1514 bytes on the wire carry 1448 of TCP payload

# ---- rates -------------------------------------------------------------------------------------------------------------
# Bytes of a bucket of bucket_us at this rate, no less than one frame: what fits in a bucket passes without being slowed.
bucket() { local bytes; bytes=$(round "$1 * $bucket_us / 8"); echo $((bytes > 1600 ? bytes : 1600)); }
queue() { local bytes; bytes=$(round "$1 * $queue_ms * 125"); echo $((bytes > 262144 ? bytes : 262144)); }
bits() { round "$1 * 1000000 * $wire_share"; }

add_class() {  # add_class SPACE INTERFACE PARENT CLASS ASSURED CEILING
    local bytes
    bytes=$(bucket "$6")
    can "a rate of $6 Mbit/s (tc htb)" within "$1" tc class add dev "$2" parent "$3" classid "$4" htb \
        rate "$(bits "$5")bit" ceil "$(bits "$6")bit" burst "$bytes" cburst "$bytes" quantum 1514
}

# shape SPACE INTERFACE MBIT [ADDRESS=MBIT...]: what leaves the interface, in all, and to single addresses. The assured
# rates of its classes add up to the total: a class always gets what it is assured of, whatever its parent says.
shape() {
    local space=$1 interface=$2 total=$3 class=10 link rate assured
    shift 3
    within "$space" tc qdisc del dev "$interface" root 2>/dev/null || true
    [ "$total" != 0 ] || [ $# -gt 0 ] || return 0
    [ "$total" != 0 ] || total=$most_mbit
    can "rates (tc htb)" within "$space" tc qdisc add dev "$interface" root handle 1: htb default 2
    add_class "$space" "$interface" 1: 1:1 "$total" "$total"
    assured=$(awk "BEGIN { print $total / ($# + 1) }")
    add_class "$space" "$interface" 1:1 1:2 "$assured" "$total"
    within "$space" tc qdisc add dev "$interface" parent 1:2 bfifo limit "$(queue "$total")"
    for link in "$@"; do
        rate=${link#*=}
        true_that "$rate < $total" || rate=$total
        add_class "$space" "$interface" 1:1 1:$class "$(awk "BEGIN { print $rate < $assured ? $rate : $assured }")" "$rate"
        within "$space" tc qdisc add dev "$interface" parent 1:$class bfifo limit "$(queue "$rate")"
        can "rates of single links (tc u32)" within "$space" tc filter add dev "$interface" parent 1: protocol ip u32 \
            match ip dst "${link%%=*}/32" flowid 1:$class
        class=$((class + 1))
    done
}

# The classes take packets as they come, so the kernel must not hand over larger ones than fit in a bucket.
limit_packets() {  # limit_packets SPACE INTERFACE MBIT...
    local least=$most_mbit rate frames
    for rate in "${@:3}"; do if true_that "$rate > 0 && $rate < $least"; then least=$rate; fi; done
    frames=$(($(bucket "$least") / 1514))
    can "packets of single frames" within "$1" ip link set dev "$2" gso_max_segs $((frames > 1 ? frames : 1))
}

# shape_once SPACE INTERFACE ...: as shape, but leaves alone what is so already: packets are waiting there.
shape_once() {
    local file=$state/shape.$1.$2
    [ "$(cat "$file" 2>/dev/null)" != "${*:3}" ] || return 0
    shape "$@"
    echo "${*:3}" >"$file"
}

set_rates() {  # set_rates DEVICE
    local d=$1 space to links=() rates=()
    space=$(space_of "$d")
    for to in "${devices[@]}"; do
        [ -n "${value["$d/$to rate"]:-}" ] || continue
        rates+=("${value["$d/$to rate"]}")
        [ "${value["$d/$to rate"]}" = 0 ] || links+=("$(address_of "$to")=${value["$d/$to rate"]}")
    done
    limit_packets "$space" eth0 "$(setting "$d" up)" "$(setting "$d" down)" "$(setting all medium)" "${rates[@]}"
    shape_once "$space" eth0 "$(setting "$d" up)" "${links[@]}"
    shape_once "$hub" "p$(number_of "$d")" "$(setting "$d" down)"
}

# All that enters the hub goes through one interface first.
share_medium() {
    local i
    [ "$(setting all medium)" != 0 ] || return 0
    if ! within "$hub" ip link show ifb0 >/dev/null 2>&1; then
        can "a shared medium (ifb)" within "$hub" ip link add ifb0 type ifb
        within "$hub" ip link set ifb0 up
    fi
    for i in "${!devices[@]}"; do
        if within "$hub" tc qdisc show dev "p$((i + 1))" | grep -q ingress; then continue; fi
        can "a shared medium (tc ingress)" within "$hub" tc qdisc add dev "p$((i + 1))" ingress
        can "a shared medium (tc mirred)" within "$hub" tc filter add dev "p$((i + 1))" parent ffff: protocol ip u32 \
            match u32 0 0 action mirred egress redirect dev ifb0
    done
    shape_once "$hub" ifb0 "$(setting all medium)"
}

# ---- delay, jitter, loss -----------------------------------------------------------------------------------------------
is_delayed() {  # is_delayed DEVICE: whether anything that it sends may be
    local entry
    for entry in "${!value[@]}"; do
        case $entry in "$1 "*|"$1/"*) ;; *) continue ;; esac
        case ${entry##* } in delay|jitter|loss) ;; *) continue ;; esac
        [[ ${value[$entry]} =~ ^0*(\.0*)?$ ]] || return 0
    done
    return 1
}

write_relay_file() {  # write_relay_file DEVICE
    local to file=$state/relay.$1
    for to in "${devices[@]}"; do
        [ "$to" = "$1" ] || echo "$(address_of "$to") $(of_link "$1" "$to" delay) $(of_link "$1" "$to" jitter)" \
            "$(of_link "$1" "$to" loss)"
    done >"$file.new"
    mv "$file.new" "$file"
}

find_relay() {
    local candidate
    for candidate in "${TESTBED_RELAY:-}" "$here/testbed-relay" "$here/../../build/release/bin/testbed-relay" \
        "$(command -v testbed-relay || true)"; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then echo "$candidate"; return; fi
    done
    refuse "delay, jitter and loss need the program testbed-relay: build convoy, or name it in TESTBED_RELAY"
}

start_relay() {  # start_relay DEVICE: makes eK and pK in the hub
    local number log=$state/relay.$1.log program i
    number=$(number_of "$1")
    program=$(find_relay)
    write_relay_file "$1"
    # A session of its own: Ctrl-C ends testbed.sh, which then ends the relay.
    setsid nsenter --net="/run/netns/$hub" -- "$program" "e$number" "p$number" "$state/relay.$1" \
        >"$log" 2>&1 </dev/null 9>&- &
    echo $! >"$state/relay.$1.pid"
    for ((i = 0; i < 250; i++)); do
        if grep -qs '^ready' "$log"; then return; fi
        kill -0 "$(cat "$state/relay.$1.pid")" 2>/dev/null || break
        sleep 0.02
    done
    refuse "this machine cannot make delay, jitter and loss: $(cat "$log")"
}

set_delays() {  # set_delays DEVICE
    if [ -e "$state/relay.$1.pid" ]; then
        write_relay_file "$1"
        kill -HUP "$(cat "$state/relay.$1.pid")" 2>/dev/null ||
            fail 69 "the relay of $1 has ended: $(cat "$state/relay.$1.log")"
    fi
}

# ---- CPU quota ---------------------------------------------------------------------------------------------------------
cgroup_version() {  # cgroup_version FOLDER: 2, 1 or nothing
    if grep -qsw cpu "$1/cgroup.controllers"; then echo 2; elif [ -e "$1/cpu.cfs_quota_us" ]; then echo 1; fi
}

find_cgroup() {
    local folder
    for folder in "${TESTBED_CGROUP:-}" /sys/fs/cgroup /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct; do
        if [ -n "$folder" ] && [ -n "$(cgroup_version "$folder")" ]; then echo "$folder"; return; fi
    done
    refuse "this machine cannot make a CPU quota: no cgroup has the cpu controller, neither of version 1 nor of 2"
}

make_cgroup() {  # make_cgroup DEVICE
    local folder
    if [ ! -e "$state/cgroup" ]; then
        folder=$(find_cgroup)
        if [ "$(cgroup_version "$folder")" = 2 ]; then allow_quota "$folder"; fi
        [ ! -e "$folder/$prefix" ] || fail 73 "the cgroup $folder/$prefix exists already and is not of this bed"
        echo "$folder/$prefix" >"$state/cgroup"
        can "a cgroup" mkdir "$folder/$prefix"
        if [ "$(cgroup_version "$folder")" = 2 ]; then allow_quota "$folder/$prefix"; fi
    fi
    folder=$(cat "$state/cgroup")
    [ -d "$folder/$1" ] || can "a cgroup" mkdir "$folder/$1"
}

put() { echo "$2" >"$1"; }

allow_quota() {  # with version 2 a folder must hand the controller down to those inside
    if grep -qsw cpu "$1/cgroup.subtree_control"; then return; fi
    can "a CPU quota (cgroup version 2)" put "$1/cgroup.subtree_control" +cpu
}

set_quota() {  # set_quota DEVICE
    local cpu folder period=$quota_period_us quota
    cpu=$(setting "$1" cpu)
    [ "$cpu" != 0 ] || [ -e "$state/quota.$1" ] || return 0
    # A quota that is written again starts anew, which would be a gift to the device.
    [ "$(cat "$state/quota.$1" 2>/dev/null)" != "$cpu" ] || return 0
    make_cgroup "$1"
    folder=$(cat "$state/cgroup")/$1
    quota=$(round "$period * $cpu / 100")
    if [ "$cpu" != 0 ] && [ "$quota" -lt 1000 ]; then  # the kernel's least quota is 1 ms
        quota=1000
        period=$(round "100000 / $cpu")
    fi
    if [ -e "$folder/cpu.cfs_quota_us" ]; then
        put "$folder/cpu.cfs_quota_us" -1  # without a limit period and quota may be changed in any order
        can "a CPU quota (cgroup version 1)" put "$folder/cpu.cfs_period_us" "$period"
        [ "$cpu" = 0 ] || can "a CPU quota (cgroup version 1)" put "$folder/cpu.cfs_quota_us" "$quota"
    else
        [ "$cpu" != 0 ] || quota=max
        can "a CPU quota (cgroup version 2)" put "$folder/cpu.max" "$quota $period"
    fi
    echo "$cpu" >"$state/quota.$1"
}
