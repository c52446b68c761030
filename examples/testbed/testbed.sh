#!/usr/bin/env bash
# testbed.sh - several slow devices and the links between them, on one Linux machine
#
#   testbed.sh check                        what this machine can make; status 78 when not even a bed of links
#   testbed.sh up DEVICE... [SPEC...]       make a bed of these devices
#   testbed.sh exec DEVICE COMMAND...       run a command in a device, with its own input, output and exit status
#   testbed.sh set SPEC...                  change rates, delays and quotas while the bed is up
#   testbed.sh ip DEVICE                    print a device's address
#   testbed.sh status                       print devices, limits and processes; status 1 when there is no bed
#   testbed.sh down                         end what runs in the devices and remove the bed; may be repeated
#   testbed.sh help
#
# SPEC is [WHERE:]KEY=VALUE[,KEY=VALUE...]. WHERE is a device, or FROM/TO for one direction of one link; without it all
# devices are meant. A later SPEC overrides an earlier one.
#   rate=MBIT    of payload, sending and receiving; up= and down= for one of them; in a link from FROM to TO.  0: no limit
#   delay=MS     one way, of what the device sends; jitter=MS around it, loss=PERCENT of the packets.  0: none
#   cpu=PERCENT  of one core, for all processes of the device together.  0: no limit
#   cores=N-M    the cores its processes run on
# and for the whole bed, without WHERE:
#   medium=MBIT  all devices share one medium of this rate.  0: each has a cable of its own
#   relay=yes    lets `set` give delay, jitter and loss to a bed that came up without
#
#   testbed.sh up a b c rate=100
#   testbed.sh up edge cloud edge:up=5.85,down=20 delay=10
#   testbed.sh up a b c rate=300 a/c:rate=50,delay=2 b:cpu=40
#
# Environment: TESTBED_NAME (bed): another name is another bed; TESTBED_SUBNET (10.77.0); TESTBED_RELAY: the program
# testbed-relay, else looked for beside the build, next to this script and in PATH; TESTBED_CGROUP: the cgroup folder to
# make the bed's own in.
#
# Needs root, bash, iproute2, util-linux. Everything it makes is named convoy-NAME... (network namespaces, a cgroup) or
# lies in /run/convoy-testbed; nothing else is touched, and only processes inside the bed are ended. Exit status: 0 done,
# 64 bad command line, 69 no such bed or device, 73 exists already, 77 not root, 78 this machine or this bed cannot make
# what was asked for. docs/testbed.md says how it works, and what not to conclude from it.
set -euo pipefail

name=${TESTBED_NAME:-bed}
subnet=${TESTBED_SUBNET:-10.77.0}
prefix=convoy-$name
hub=$prefix..hub                    # no device's name begins with a dot
state=/run/convoy-testbed/$name
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

most_mbit=2000
most_relayed_mbit=800               # a relay carries about 900
# shellcheck source-path=SCRIPTDIR source=limits.sh
. "$here/limits.sh"

fail() { local status=$1; shift; echo "testbed.sh: error: $*" >&2; exit "$status"; }
usage_error() { fail 64 "$@"; }
refuse() { fail 78 "$@"; }

within() { local space=$1; shift; nsenter --net="/run/netns/$space" -- "$@"; }
space_of() { echo "$prefix.$1"; }
exists() { [ -e "/run/netns/$1" ]; }
round() { awk "BEGIN { printf \"%.0f\", $1 }"; }
true_that() { awk "BEGIN { exit !($1) }"; }
need_root() { [ "$(id -u)" = 0 ] || fail 77 "must be run as root"; }
need_bed() { [ -e "$state/devices" ] || fail 69 "no bed '$name' is up"; }
lock() {  # one for all beds: the folder itself, so that no file is left over
    mkdir -p "${state%/*}"
    exec 9<"${state%/*}"
    flock -w 30 9 || fail 75 "another testbed.sh has been busy for 30 s"
}

# can WHAT COMMAND...: runs a step that not every machine allows, and names it when this one does not.
can() {
    local what=$1 said
    shift
    said=$("$@" 2>&1) || refuse "this machine cannot make $what (${said:-no reason given})"
}

# ---- what was asked for: value[WHERE KEY], kept in $state/settings -----------------------------------------------------
declare -A value
devices=()

setting() { echo "${value["$1 $2"]:-0}"; }                           # setting DEVICE KEY
of_link() { echo "${value["$1/$2 $3"]:-$(setting "$1" "$3")}"; }     # of_link FROM TO KEY
has_device() { local d; for d in "${devices[@]}"; do [ "$d" != "$1" ] || return 0; done; return 1; }
number_of() { local i; for i in "${!devices[@]}"; do [ "${devices[i]}" != "$1" ] || echo $((i + 1)); done; }
address_of() { echo "$subnet.$(number_of "$1")"; }

load_bed() {
    need_bed
    mapfile -t devices <"$state/devices"
    local where key content
    while read -r where key content; do value["$where $key"]=$content; done <"$state/settings"
}

save_settings() {
    local entry
    for entry in "${!value[@]}"; do echo "$entry ${value[$entry]}"; done | sort >"$state/settings.new"
    mv "$state/settings.new" "$state/settings"
}

is_number() { [[ $1 =~ ^[0-9]{1,9}(\.[0-9]{1,9})?$ ]]; }

check_value() {  # check_value KEY VALUE SPEC
    local key=$1 content=$2 spec=$3
    case $key in
        cores) [[ $content =~ ^[0-9]{1,4}(-[0-9]{1,4})?$ ]] || usage_error "$spec: cores are N or N-M" ;;
        relay) [ "$content" = yes ] || usage_error "$spec: relay=yes" ;;
        rate|up|down|delay|jitter|loss|cpu|medium)
            is_number "$content" || usage_error "$spec: '$content' is not a number from 0" ;;
        *) usage_error "$spec: unknown key '$key'" ;;
    esac
}

allowed_at() {  # allowed_at WHERE KEY SPEC
    case $1:$2 in
        all:medium|all:relay|*/*:rate|*/*:delay|*/*:jitter|*/*:loss) return ;;
        */*:*) usage_error "$3: a link has rate, delay, jitter and loss, not $2" ;;
        *:medium|*:relay) usage_error "$3: $2 belongs to the whole bed" ;;
    esac
}

store() {  # store WHERE KEY VALUE
    case $1:$2 in
        */*:*|all:medium|all:relay) value["$1 $2"]=$3 ;;
        all:*) local d; for d in "${devices[@]}"; do store "$d" "$2" "$3"; done ;;
        *:rate) value["$1 up"]=$3; value["$1 down"]=$3 ;;
        *) value["$1 $2"]=$3 ;;
    esac
}

take_spec() {
    local spec=$1 where=all end pair pairs
    if [[ $spec == *:* ]]; then where=${spec%%:*}; fi
    if [ "$where" != all ]; then
        [[ $where =~ ^[^/]+(/[^/]+)?$ ]] || usage_error "$spec: '$where' is neither a device nor FROM/TO"
        for end in "${where%%/*}" "${where##*/}"; do has_device "$end" || fail 69 "$spec: unknown device '$end'"; done
        [[ $where != */* || ${where%%/*} != "${where##*/}" ]] || usage_error "$spec: a link needs two devices"
    fi
    IFS=, read -ra pairs <<<"${spec#*:}"
    [ ${#pairs[@]} -gt 0 ] || usage_error "$spec: KEY=VALUE expected"
    for pair in "${pairs[@]}"; do
        [[ $pair == *=* ]] || usage_error "$spec: KEY=VALUE expected, not '$pair'"
        check_value "${pair%%=*}" "${pair#*=}" "$spec"
        allowed_at "$where" "${pair%%=*}" "$spec"
        store "$where" "${pair%%=*}" "${pair#*=}"
    done
}

# ---- refusals: what is well said, but cannot be made -------------------------------------------------------------------
check_rate() {  # check_rate WHAT MBIT
    true_that "$2 == 0 || $2 >= 0.05" || refuse "$1=$2: rates below 0.05 Mbit/s are not shaped well enough"
    true_that "$2 <= $most_mbit" || refuse "$1=$2: beyond $most_mbit Mbit/s the bed itself is the limit"
}

check_path() {  # check_path WHAT DELAY JITTER LOSS
    true_that "$2 <= 10000" || refuse "$1: delay=$2: the relay keeps packets for at most 10 s"
    true_that "$3 <= $2" || refuse "$1: jitter=$3 is more than its delay=$2: packets would arrive before they are sent"
    true_that "$4 <= 100" || refuse "$1: loss=$4 is more than 100 %"
}

check_device() {
    local cpu cores
    check_rate "$1: up" "$(setting "$1" up)"
    check_rate "$1: down" "$(setting "$1" down)"
    check_path "$1" "$(setting "$1" delay)" "$(setting "$1" jitter)" "$(setting "$1" loss)"
    if [ "$(setting all relay)" = yes ] || is_delayed "$1"; then
        true_that "$(setting "$1" up) <= $most_relayed_mbit && $(setting "$1" down) <= $most_relayed_mbit" ||
            refuse "$1: up=$(setting "$1" up),down=$(setting "$1" down) with delay, jitter, loss or relay:" \
                "beyond $most_relayed_mbit Mbit/s the relay itself is the limit"
    fi
    cpu=$(setting "$1" cpu)
    true_that "$cpu <= 100 * $(nproc)" || refuse "$1: cpu=$cpu: this machine has $(nproc) cores"
    true_that "$cpu == 0 || $cpu >= 1" || refuse "$1: cpu=$cpu: the kernel's quota is too coarse below 1 %"
    cores=${value["$1 cores"]:-}
    [ -z "$cores" ] || taskset -c "$cores" true 2>/dev/null || refuse "$1: cores=$cores: no such cores on this machine"
}

check_settings() {
    local d to entry total=0
    for d in "${devices[@]}"; do
        check_device "$d"
        total="$total + $(setting "$d" cpu)"
    done
    for entry in "${!value[@]}"; do
        [[ $entry == */* ]] || continue
        d=${entry%%/*} to=${entry#*/} to=${to% *}
        [[ $entry != *" rate" ]] || check_rate "$d/$to: rate" "${value[$entry]}"
        [[ $entry != *" rate" ]] || [ "$(setting all medium)" = 0 ] ||
            refuse "$d/$to: rate=${value[$entry]}: a shared medium has one rate for all"
        check_path "$d/$to" "$(of_link "$d" "$to" delay)" "$(of_link "$d" "$to" jitter)" "$(of_link "$d" "$to" loss)"
    done
    check_rate medium "$(setting all medium)"
    true_that "$total <= 100 * $(nproc)" ||
        echo "testbed.sh: warning: all quotas together are more than this machine's $(nproc) cores" >&2
}

# ---- namespaces --------------------------------------------------------------------------------------------------------
make_space() {
    [ ! -e "$state/interrupted" ] || exit 130
    exists "$1" && fail 73 "the network namespace $1 exists already and is not of this bed"
    echo "$1" >>"$state/spaces"
    can "network namespaces" ip netns add "$1"
    within "$1" ip link set lo up
    # IPv6 would only add its own chatter. A sender that was idle starts slowly again by default, which takes some
    # rounds for every message. Where /proc/sys is read-only both stay as they are.
    # shellcheck disable=SC2016  # expanded inside
    within "$1" sh -c 'for key in ipv6/conf/all/disable_ipv6=1 ipv6/conf/default/disable_ipv6=1 \
        ipv4/tcp_slow_start_after_idle=0 ipv4/tcp_no_metrics_save=1; do
        { echo "${key#*=}" >"/proc/sys/net/${key%=*}"; } 2>/dev/null || true
    done'
}

make_hub() {
    make_space "$hub"
    can "a bridge" within "$hub" ip link add br0 type bridge stp_state 0 forward_delay 0
    within "$hub" ip link set br0 up
}

make_device() {
    local d=$1 space number
    space=$(space_of "$d")
    number=$(number_of "$d")
    make_space "$space"
    if is_delayed "$d" || [ "$(setting all relay)" = yes ]; then
        start_relay "$d"
    else
        can "veth interfaces" within "$hub" ip link add "e$number" type veth peer name "p$number"
    fi
    within "$hub" ip link set "e$number" netns "$space" name eth0
    within "$hub" ip link set "p$number" master br0 up
    within "$space" ip address add "$subnet.$number/24" dev eth0 noprefixroute
    within "$space" ip link set eth0 up
    # By route: in a namespace the sysctl admits only what the whole machine allows. Where the machine's default is BBR,
    # its pacing of short messages would be measured instead of the link.
    can "TCP with cubic congestion control" within "$space" \
        ip route add "$subnet.0/24" dev eth0 src "$subnet.$number" congctl cubic
    set_rates "$d"
    set_quota "$d"
}

# ---- the words ---------------------------------------------------------------------------------------------------------
check_name() {
    [[ $name =~ ^[a-z][a-z0-9]{0,15}$ ]] || usage_error "TESTBED_NAME: 1 to 16 small letters and digits"
    [[ $subnet =~ ^[0-9]{1,3}(\.[0-9]{1,3}){2}$ ]] || usage_error "TESTBED_SUBNET: three numbers, such as 10.77.0"
}

take_devices() {
    local d
    while [ $# -gt 0 ] && [[ $1 != *=* ]]; do
        d=$1
        [ "$d" != all ] || refuse "device 'all': the word means every device"
        [[ $d =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$ ]] ||
            refuse "device '$d': names in a bed are letters, digits, _ . -, at most 64"
        ! has_device "$d" || usage_error "a second device '$d'"
        devices+=("$d")
        shift
    done
    [ ${#devices[@]} -gt 0 ] || usage_error "up: no device is named"
    [ ${#devices[@]} -le 250 ] || refuse "${#devices[@]} devices: a bed has at most 250"
    for d in "$@"; do take_spec "$d"; done
}

make_bed() {
    local d
    make_hub
    for d in "${devices[@]}"; do make_device "$d"; done
    share_medium
}

# A job makes the bed while this shell waits for it: only a shell in `wait` never misses a Ctrl-C, and only jobs of a
# script are not hit by it themselves, between two halves of a step.
do_up() {
    local status=0 interrupted=0 job
    take_devices "$@"
    check_settings
    [ ! -e "$state" ] || fail 73 "bed '$name' is there already: testbed.sh down removes it"
    mkdir "$state"
    printf '%s\n' "${devices[@]}" >"$state/devices"
    save_settings
    trap 'interrupted=130; : >"$state/interrupted"' INT
    trap 'interrupted=143; : >"$state/interrupted"' TERM HUP
    make_bed &
    job=$!
    while :; do  # a signal ends `wait`, not the job
        status=0
        wait "$job" || status=$?
        kill -0 "$job" 2>/dev/null || break
    done
    [ "$interrupted" = 0 ] || status=$interrupted
    [ "$status" != 0 ] || return 0
    trap '' INT TERM HUP
    echo "testbed.sh: removing what was made" >&2
    remove
    exit "$status"
}

do_set() {
    local d medium_before
    load_bed
    medium_before=$(setting all medium)
    [ $# -gt 0 ] || usage_error "set: nothing to set"
    for d in "$@"; do take_spec "$d"; done
    [ "$medium_before" = 0 ] || [ "$(setting all medium)" != 0 ] || refuse "medium=0: a shared medium stays one until down"
    check_settings
    for d in "${devices[@]}"; do
        if [ ! -e "$state/relay.$d.pid" ] && is_delayed "$d"; then
            refuse "$d: delay, jitter and loss need a bed that came up with some, or with relay=yes"
        fi
    done
    for d in "${devices[@]}"; do
        set_delays "$d"
        set_rates "$d"
        set_quota "$d"
    done
    share_medium
    save_settings
}

do_exec() {
    local d=${1:-} pin=()
    [ $# -gt 1 ] || usage_error "exec: a device and a command expected"
    load_bed
    has_device "$d" || fail 69 "exec: unknown device '$d'"
    shift
    if [ -e "$state/quota.$d" ]; then put "$(cat "$state/cgroup")/$d/cgroup.procs" $$; fi
    if [ -n "${value["$d cores"]:-}" ]; then pin=(taskset -c "${value["$d cores"]}"); fi
    # Not ip netns exec: that mounts another /sys, without the cgroups.
    TESTBED_DEVICE=$d TESTBED_ADDRESS=$(address_of "$d") exec nsenter --net="/run/netns/$(space_of "$d")" -- \
        "${pin[@]}" "$@"
}

do_ip() {
    [ $# = 1 ] || usage_error "ip: one device expected"
    load_bed
    has_device "$1" || fail 69 "ip: unknown device '$1'"
    address_of "$1"
}

do_status() {
    local d row='%-16s %-14s %9s %9s %8s %8s %7s %6s %6s %5s\n'
    if [ ! -e "$state/devices" ]; then echo "down"; exit 1; fi
    load_bed
    # shellcheck disable=SC2059  # one format for all rows
    printf "$row" device address up down delay jitter loss cpu cores procs
    for d in "${devices[@]}"; do
        # shellcheck disable=SC2059
        printf "$row" "$d" "$(address_of "$d")" "$(setting "$d" up)" "$(setting "$d" down)" "$(setting "$d" delay)" \
            "$(setting "$d" jitter)" "$(setting "$d" loss)" "$(setting "$d" cpu)" "${value["$d cores"]:-all}" \
            "$(ip netns pids "$(space_of "$d")" | wc -l)"
    done
    sed -n 's|^\([^ ]*/[^ ]*\) \(.*\) \(.*\)$|link \1: \2=\3|p; s|^all medium \(.*\)$|medium=\1|p' "$state/settings"
}

running_in() { ip netns pids "$1" 2>/dev/null | grep -vx $$ || true; }

end_processes() {  # end_processes SPACE...: TERM, and KILL for what is still there after two seconds
    local space i left
    for signal in TERM KILL; do
        for space in "$@"; do running_in "$space" | xargs -r kill "-$signal" 2>/dev/null || true; done
        for ((i = 0; i < 100; i++)); do
            left=$(for space in "$@"; do running_in "$space"; done)
            [ -n "$left" ] || return 0
            sleep 0.02
        done
    done
    echo "testbed.sh: warning: still running: ${left//$'\n'/ }" >&2
}

lift_quotas() {  # so that processes end at once
    local file
    for file in "$1"/*/cpu.cfs_quota_us; do [ ! -e "$file" ] || put "$file" -1 || true; done
    for file in "$1"/*/cpu.max; do [ ! -e "$file" ] || put "$file" max || true; done
}

remove_cgroup() {
    local folder i
    for folder in "$1"/*/ "$1"; do
        for ((i = 0; i < 50; i++)); do
            if [ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null; then break; fi
            sleep 0.02
        done
        [ ! -d "$folder" ] || echo "testbed.sh: warning: cannot remove $folder" >&2
    done
}

remove() {
    local space cgroup="" spaces=()
    [ -e "$state" ] || return 0
    if [ -e "$state/spaces" ]; then mapfile -t spaces <"$state/spaces"; fi
    if [ -e "$state/cgroup" ]; then cgroup=$(cat "$state/cgroup"); fi
    [ -z "$cgroup" ] || lift_quotas "$cgroup"
    # What came to be between the record and an interruption is not there: only what exists is removed.
    mapfile -t spaces < <(for space in "${spaces[@]}"; do if exists "$space"; then echo "$space"; fi; done)
    [ ${#spaces[@]} = 0 ] || end_processes "${spaces[@]}"
    for space in "${spaces[@]}"; do ip netns del "$space"; done
    [ -z "$cgroup" ] || remove_cgroup "$cgroup"
    rm -rf "$state"
}

do_check() {
    local space=$prefix..check status=0
    try() {  # try WHAT COMMAND...
        local what=$1 said
        shift
        if said=$("$@" 2>&1); then echo "$what: yes"; else echo "$what: no (${said##*$'\n'})"; return 1; fi
    }
    if ! try "network namespaces" ip netns add "$space"; then exit 78; fi
    trap 'ip netns del "$space"' EXIT
    try "interfaces (veth)" within "$space" ip link add e1 type veth peer name p1 || status=78
    try "hub (bridge)" within "$space" ip link add br0 type bridge || status=78
    try "rates (tc htb)" within "$space" tc qdisc add dev lo root handle 1: htb default 2 || status=78
    try "rates of single links (tc u32)" within "$space" tc filter add dev lo parent 1: protocol ip u32 \
        match ip dst 10.0.0.1/32 flowid 1:2 || true
    try "shared medium (ifb)" within "$space" ip link add ifb0 type ifb || true
    try "delay, jitter, loss (tun)" within "$space" ip tuntap add tap0 mode tap || true
    try "delay, jitter, loss (testbed-relay)" find_relay || true
    try "CPU quota (cgroup)" find_cgroup || true
    exit $status
}

word=${1:-help}
shift || true
case $word in
    help|-h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0" ;;
    check) check_name; need_root; do_check ;;
    up) check_name; need_root; lock; do_up "$@" ;;
    exec) check_name; need_root; do_exec "$@" ;;
    set) check_name; need_root; lock; do_set "$@" ;;
    ip) check_name; do_ip "$@" ;;
    status) check_name; do_status ;;
    down) check_name; need_root; lock; remove ;;
    *) usage_error "unknown word '$word'; testbed.sh help" ;;
esac
