#!/usr/bin/env bash
# bed_test.sh BIN: tests of examples/testbed on real namespaces. Status 77 where this machine allows none.
# No assertion here depends on time: only on what exists, who reaches whom, what is refused, and that nothing stays.
set -euo pipefail
bin=$(cd "$1" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bed=$root/examples/testbed/testbed.sh
export TESTBED_NAME=t$$ TESTBED_RELAY=$bin/testbed-relay BIN=$bin
space=convoy-$TESTBED_NAME
work=$(mktemp -d)
trap '"$bed" down; rm -rf "$work"' EXIT

if [ "$(id -u)" != 0 ]; then echo "SKIPPED: a bed needs root"; trap 'rm -rf "$work"' EXIT; exit 77; fi
if ! "$bed" check >"$work/check"; then
    cat "$work/check"
    echo "SKIPPED: this machine allows no bed"
    exit 77
fi
cat "$work/check"
has() { grep -q "^$1.*: yes" "$work/check"; }

test_name="" failures=0 skipped=0
begin() { test_name=$1; echo "-- $1"; }
skip() { echo "   SKIPPED: $1"; skipped=$((skipped + 1)); }
wrong() { echo "   WRONG: $test_name: $*"; failures=$((failures + 1)); }
# expect STATUS TEXT COMMAND...: this exit status, and TEXT in what it prints.
expect() {
    local status=$1 text=$2 got=0
    shift 2
    timeout 60 "$@" >"$work/out" 2>&1 || got=$?
    [ "$got" = "$status" ] || wrong "status $got instead of $status: $* ($(cat "$work/out"))"
    [ -z "$text" ] || grep -qF -- "$text" "$work/out" || wrong "'$text' is missing: $* ($(cat "$work/out"))"
}
ok() { expect 0 "" "$@"; }
inside() { local where=$1; shift; nsenter --net="/run/netns/$space.$where" -- "$@"; }
listen() { timeout 120 "$bed" exec "$1" "$bin/link_probe" listen 7000 >"$work/listen.$1" 2>&1 & await "$work/listen.$1" ready; }
await() { local i; for ((i = 0; i < 500; i++)); do grep -qs "$2" "$1" && return 0; sleep 0.02; done; wrong "no '$2' in $1"; }
send() { timeout "${3:-20}" "$bed" exec "$1" "$bin/link_probe" send "$("$bed" ip "$2")" 7000 1000 5 0 >"$work/sent" 2>&1; }
cgroups() { find /sys/fs/cgroup -maxdepth 3 -type d -name "$space" 2>/dev/null || true; }
nothing_left() {
    [ ! -e "/run/convoy-testbed/$TESTBED_NAME" ] || wrong "its state is left"
    ! compgen -G "/run/netns/$space*" >"$work/left" || wrong "namespaces are left: $(cat "$work/left")"
    [ -z "$(cgroups)" ] || wrong "a cgroup is left: $(cgroups)"
    ! grep -lsa "[/]run/convoy-testbed/$TESTBED_NAME/" /proc/[0-9]*/cmdline >"$work/left" ||
        wrong "processes are left: $(cat "$work/left")"
}
# limited SPACE INTERFACE KBIT: whether a class has this ceiling.
limited() { inside "$1" tc class show dev "$2" >"$work/classes"; grep -q "ceil $3Kbit" "$work/classes"; }
interfaces() { ip -o link show | cut -d: -f2; }

begin "bad command lines and beds that are not there are told apart"
expect 0 "testbed.sh up DEVICE" "$bed" help
expect 64 "unknown word 'upp'" "$bed" upp
expect 64 "no device is named" "$bed" up rate=5
expect 64 "unknown key 'speed'" "$bed" up a speed=5
expect 64 "'fast' is not a number" "$bed" up a rate=fast
expect 64 "'1e3' is not a number" "$bed" up a rate=1e3
expect 64 "'-1' is not a number" "$bed" up a delay=-1
expect 64 "a second device 'a'" "$bed" up a a
expect 64 "a link needs two devices" "$bed" up a b a/a:rate=1
expect 64 "a link has rate, delay, jitter and loss, not cpu" "$bed" up a b a/b:cpu=5
expect 64 "medium belongs to the whole bed" "$bed" up a b a:medium=5
expect 69 "unknown device 'c'" "$bed" up a b a/c:rate=1
expect 69 "no bed" "$bed" exec a true
expect 69 "no bed" "$bed" set rate=5
expect 69 "no bed" "$bed" ip a
expect 1 "down" "$bed" status
expect 64 "TESTBED_NAME" env TESTBED_NAME=../x "$bed" down
nothing_left

begin "what cannot be made is refused by name, and nothing is made"
expect 78 "a: up=9000: beyond 2000 Mbit/s" "$bed" up a b a:up=9000
expect 78 "beyond 800 Mbit/s the relay itself" "$bed" up a b rate=1000 a/b:delay=1
expect 78 "rates below 0.05 Mbit/s" "$bed" up a b rate=0.01
expect 78 "jitter=5 is more than its delay=2" "$bed" up a b delay=2,jitter=5
expect 78 "loss=101 is more than 100 %" "$bed" up a b a/b:loss=101
expect 78 "delay=20000: the relay keeps packets for at most 10 s" "$bed" up a b delay=20000
expect 78 "this machine has" "$bed" up a b a:cpu=100000
expect 78 "cores=999: no such cores" "$bed" up a b a:cores=999
expect 78 "a shared medium has one rate for all" "$bed" up a b medium=10 a/b:rate=5
expect 78 "device 'x y': names in a bed" "$bed" up "x y" b
expect 78 "device '.hub': names in a bed" "$bed" up .hub b
expect 78 "names in a bed" "$bed" up ../a b
nothing_left

begin "a bed stands apart from the machine, and its devices reach each other"
interfaces >"$work/before"
ok "$bed" up a b c rate=100 a/c:rate=20 b:up=50
interfaces >"$work/after"
cmp -s "$work/before" "$work/after" || wrong "the machine's interfaces changed"
expect 73 "is there already" "$bed" up x
expect 0 "10.77.0.2" "$bed" ip b
expect 69 "unknown device 'x'" "$bed" exec x true
# shellcheck disable=SC2016  # expanded inside
expect 7 "b 10.77.0.2" "$bed" exec b sh -c 'echo $TESTBED_DEVICE $TESTBED_ADDRESS; exit 7'
[ "$(echo text | "$bed" exec b cat)" = text ] || wrong "input does not reach the command"
[ "$("$bed" exec a ip -o link show | wc -l)" = 2 ] || wrong "a device has more than lo and eth0"
expect 0 "link a/c: rate=20" "$bed" status
listen b
listen c
for pair in "a b" "b c" "c b" "a c"; do
    # shellcheck disable=SC2086  # two words
    send $pair || wrong "$pair: $(cat "$work/sent")"
done
limited a eth0 20912 || wrong "a/c is not limited: $(cat "$work/classes")"
limited a eth0 104560 || wrong "a is not limited: $(cat "$work/classes")"
inside a tc -s class show dev eth0 >"$work/classes"
sent=$(awk '/class htb 1:10 / { found = 1 } found && /Sent/ { print $2; exit }' "$work/classes")
[ "$sent" -gt 5000 ] || wrong "a/c is not used: $(cat "$work/classes")"
limited b eth0 52280 || wrong "b does not send at 50: $(cat "$work/classes")"
limited .hub p2 104560 || wrong "b does not receive at 100: $(cat "$work/classes")"

begin "rates are changed while the bed is up, delays only where there is a relay"
ok "$bed" set b:up=30
limited b eth0 31368 || wrong "b does not send at 30: $(cat "$work/classes")"
ok "$bed" set rate=0 a/c:rate=0
[ -z "$(inside b tc class show dev eth0)" ] || wrong "b is still limited"
send a c || wrong "a does not reach c without limits"
expect 78 "a: delay, jitter and loss need a bed that came up with some" "$bed" set delay=5
expect 0 " 0 " "$bed" status
expect 64 "nothing to set" "$bed" set

begin "down ends what runs in the bed, also what does not want to, and may be repeated"
"$bed" exec a sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' >"$work/stubborn" &
await "$work/stubborn" .
ok "$bed" down
! kill -0 "$(cat "$work/stubborn")" 2>/dev/null || wrong "it runs on"
nothing_left
ok "$bed" down
nothing_left

begin "a bed of another name lives beside it"
ok "$bed" up a
ok env TESTBED_NAME="${TESTBED_NAME}x" "$bed" up a
ok "$bed" down
ok env TESTBED_NAME="${TESTBED_NAME}x" "$bed" exec a true
ok env TESTBED_NAME="${TESTBED_NAME}x" "$bed" down

begin "a namespace of the same name that is not the bed's is left alone"
ip netns add "$space.b"
expect 73 "exists already and is not of this bed" "$bed" up a b
ip netns exec "$space.b" true || wrong "it is gone"
ip netns del "$space.b"
nothing_left

begin "Ctrl-C while a bed comes up removes what was made, at whatever step it comes"
names=$(seq -f d%g 20)
for spaces in 1 4 9; do
    # As at a terminal: all processes of a group get it. A job of a script would ignore it, unless told otherwise.
    # shellcheck disable=SC2086  # twenty words
    setsid env --default-signal=INT "$bed" up $names rate=10 >"$work/interrupted" 2>&1 &
    up=$!
    for ((i = 0; i < 500; i++)); do
        [ "$(wc -l 2>/dev/null <"/run/convoy-testbed/$TESTBED_NAME/spaces" || echo 0)" -lt $spaces ] || break
        sleep 0.01
    done
    kill -INT -- "-$up"
    status=0
    wait "$up" || status=$?
    [ "$status" = 130 ] || wrong "status $status instead of 130: $(cat "$work/interrupted")"
    nothing_left
done

if has "delay, jitter, loss (tun)"; then
    begin "the relay loses what it is told to, and passes the rest"
    ok "$bed" up a b c relay=yes rate=50
    listen b
    send a b || wrong "a does not reach b: $(cat "$work/sent")"
    ok "$bed" set a/b:loss=100
    ! send a b 1 || wrong "a reaches b though everything is lost"
    send c b || wrong "c does not reach b, though only a/b loses"
    ok "$bed" set a/b:loss=0 delay=2,jitter=1 c/b:delay=3
    send a b || wrong "a does not reach b again: $(cat "$work/sent")"
    grep -qx "10.77.0.2 3 1 0" "/run/convoy-testbed/$TESTBED_NAME/relay.c" || wrong "c/b has another delay"
    ok "$bed" down
    nothing_left

    begin "a relay that does not start is told, and nothing stays"
    expect 78 "cannot make delay, jitter and loss" env TESTBED_RELAY=/bin/false "$bed" up a b delay=1
    nothing_left
else
    skip "no relay on this machine"
fi

if has "shared medium"; then
    begin "with a shared medium everything passes through one interface"
    ok "$bed" up a b c medium=40
    listen b
    send a b || wrong "a does not reach b: $(cat "$work/sent")"
    send c b || wrong "c does not reach b: $(cat "$work/sent")"
    inside .hub tc -s class show dev ifb0 >"$work/classes"
    grep -q "ceil 41824Kbit" "$work/classes" || wrong "it has another rate: $(cat "$work/classes")"
    grep -q "Sent [1-9][0-9]\{4\}" "$work/classes" || wrong "nothing passed: $(cat "$work/classes")"
    expect 78 "stays one until down" "$bed" set medium=0
    ok "$bed" down
    nothing_left
else
    skip "no shared medium on this machine"
fi

if has "CPU quota"; then
    begin "a quota holds for what exec starts, and can be changed"
    if "$bed" up a b a:cpu=40 >"$work/out" 2>&1; then
        expect 0 "/$space/a" "$bed" exec a cat /proc/self/cgroup
        group=$(cgroups | head -n 1)/a
        [ "$(cat "$group/cpu.cfs_quota_us" 2>/dev/null || cut -d' ' -f1 "$group/cpu.max")" = 4000 ] || wrong "not 40 %"
        ok "$bed" set a:cpu=5
        # Below 10 % the period grows, for the kernel's least quota is 1 ms.
        [ "$(cat "$group/cpu.cfs_period_us" 2>/dev/null || cut -d' ' -f2 "$group/cpu.max")" = 20000 ] || wrong "not 5 %"
        "$bed" exec b cat /proc/self/cgroup >"$work/out"
        ! grep -q "/$space/" "$work/out" || wrong "b is in a cgroup, too"
        ok "$bed" down
        nothing_left
    else
        grep -q "cannot make a" "$work/out" || wrong "$(cat "$work/out")"
        skip "this machine shows a cpu controller but allows no quota: $(cat "$work/out")"
    fi
else
    skip "no CPU quota on this machine"
fi

begin "with cgroup version 2 the quota is written as that wants it (an imitation)"
mkdir "$work/v2"
echo "cpuset cpu io" >"$work/v2/cgroup.controllers"
echo "" >"$work/v2/cgroup.subtree_control"
ok env TESTBED_CGROUP="$work/v2" "$bed" up a cpu=25
grep -qx "+cpu" "$work/v2/cgroup.subtree_control" || wrong "the controller is not handed down"
grep -qx "+cpu" "$work/v2/$space/cgroup.subtree_control" || wrong "the controller is not handed down to the devices"
grep -qx "2500 10000" "$work/v2/$space/a/cpu.max" || wrong "not 25 %: $(cat "$work/v2/$space/a/cpu.max")"
ok "$bed" set cpu=0
grep -qx "max 10000" "$work/v2/$space/a/cpu.max" || wrong "not without limit: $(cat "$work/v2/$space/a/cpu.max")"
"$bed" exec a true
[ -s "$work/v2/$space/a/cgroup.procs" ] || wrong "exec does not enter it"
expect 0 "cannot remove $work/v2/$space" "$bed" down
expect 78 "no cgroup has the cpu controller" \
    unshare --mount sh -c "mount -t tmpfs none /sys/fs/cgroup && exec $bed up a cpu=25"
nothing_left

begin "one cluster file makes the bed and gets its addresses"
cat >"$work/cluster.yaml" <<'YAML'
schema: convoy.cluster/1
source: a
devices:
  - {name: a}
  - {name: b, memory_bytes: 500000000}
links:
  rate_mbit_per_s: 100
YAML
from=$root/examples/testbed/up-from-cluster.sh
ok "$from" "$work/cluster.yaml" -o "$work/bed.yaml" --serve "$work/logs"
grep -q "name: b, address: \"\?tcp://10.77.0.2:5555" "$work/bed.yaml" || wrong "no address: $(cat "$work/bed.yaml")"
"$bed" exec a timeout 60 "$bin/convoy-profile" --link tcp://10.77.0.2:5555 --insecure --budget 1 -o "$work/link.yaml" \
    2>"$work/out" || wrong "the worker of b is not reached: $(cat "$work/out")"
ok "$bed" down
nothing_left
sed 's/rate_mbit_per_s: 100/rate_mbit_per_s: 90000/' "$work/cluster.yaml" >"$work/fast.yaml"
expect 78 "beyond 2000 Mbit/s" "$from" "$work/fast.yaml"
expect 69 "did not start" "$from" "$work/cluster.yaml" -o "$work/bed.yaml" --serve "$work/logs" --port 70000
nothing_left

echo "$failures wrong, $skipped skipped"
[ "$failures" = 0 ]
