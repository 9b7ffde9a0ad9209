#!/usr/bin/env bash
# Publisher and browser against real daemons, through every fault of the lab: one line per check, then the sum.
#
#   Tests/Lab/discovery_test.sh [discovery-probe]       default .build/debug/discovery-probe
#
# Needs root and what lab.sh needs. LAB_KEEP=1 keeps the folder with all output.

set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=Tests/Lab/lab.sh
. Tests/Lab/lab.sh

PROBE=$(realpath "${1:-${DISCOVERY_PROBE:-.build/debug/discovery-probe}}") || exit 1
[ -x "$PROBE" ] || { echo "no discovery-probe at $PROBE; build it with: swift build --product discovery-probe" >&2; exit 1; }
TYPE=_idprov._tcp
TXT=(path=/idprov/directory directory=/idprov/directory txtvers=1)

# publish HOST NAME [INSTANCE]: a publisher in the background, known as NAME.
publish() { lab_run "$1" "$2" "$PROBE" publish "${3:-idprov}" "$TYPE" 43776 "${TXT[@]}"; }

# browse HOST NAME: a browser in the background.
browse() { lab_run "$1" "$2" "$PROBE" browse "$TYPE" 600; }

# state_is NAME TEXT: the last state the publisher printed begins with TEXT.
state_is() { [[ $(tail -n 1 "$LAB_DIR/$1.out") == "$2"* ]]; }

# says NAME PATTERN: some line of its output matches.
says() { grep -qE "$2" "$LAB_DIR/$1.out"; }

# last_is NAME PATTERN: the last line matches.
last_is() { tail -n 1 "$LAB_DIR/$1.out" | grep -qE "$2"; }

# seen_from HOST PATTERN: a fresh look at the network finds it.
seen_from() { lab_enter "$1" "$PROBE" first "$TYPE" 1 | grep -qE "$2"; }

not_seen_from() { ! lab_enter "$1" "$PROBE" first "$TYPE" 0.5 >/dev/null; }

within() { lab_wait "$@"; }

switches() { awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$(cat "$LAB_DIR/$1.pid")"/task/*/status; }

# quiet NAME LIMIT: wakes up at most LIMIT times within two seconds. The wait is the measurement.
quiet() {
    local before
    before=$(switches "$1"); sleep 2
    [ $(($(switches "$1") - before)) -le "$2" ]
}

first_is_fast() {
    local milliseconds
    milliseconds=$(lab_enter dev "$PROBE" first "$TYPE" 3 | sed -n 's/^milliseconds //p')
    [ -n "$milliseconds" ] && [ "$milliseconds" -lt 500 ]
}

scenario_publish() {
    publish hub pub
    check "publish: established within 3 s" within 3 state_is pub "established idprov"
    check "publish: the other host resolves name, host, address, port" within 3 seen_from dev \
        '^\+ idprov;hubhost.local;10\.77\.0\.1[,;].*;43776;'
    check "publish: TXT strings arrive whole" txt_is_whole
    check "publish: avahi-browse reads the same" avahi_browse_agrees
    check "publish: discovery of a running hub under 0.5 s" first_is_fast
    check "publish: no wake-ups while established" quiet pub 4
}

txt_is_whole() {
    local seen
    seen=$(lab_enter dev "$PROBE" first "$TYPE" 3 | sed -n 's/^+ idprov;.*;//p' | tr ' ' '\n' | sort | tr '\n' ' ')
    [ "$seen" = "$(printf '%s\n' "${TXT[@]}" | sort | tr '\n' ' ')" ]
}

avahi_browse_agrees() {
    lab_enter dev avahi-browse -rpt "$TYPE" 2>/dev/null |
        grep -q '^=;eth0;IPv4;idprov;_idprov._tcp;local;hubhost.local;.*;43776;.*"path=/idprov/directory"'
}

scenario_update() {
    lab_signal pub HUP
    check "update: the other host sees the new port within 3 s" within 3 seen_from dev ';43777;'
    check "update: established again" within 3 state_is pub "established idprov"
}

scenario_crash() {
    browse dev watch
    within 3 says watch '^\+ idprov;'
    lab_avahi_kill hub
    check "daemon crash: the publisher notices" within 3 state_is pub "waiting the Avahi daemon is not running"
    check "daemon crash: no polling while the bus is there" quiet pub 4
    lab_avahi_start hub
    check "daemon crash: back within 3 s of the daemon, same name" within 3 state_is pub "established idprov"
    check "daemon crash: the other host resolves it" within 3 seen_from dev '^\+ idprov;'
}

scenario_polite_stop() {
    lab_avahi_stop hub
    check "daemon stopped: gone from the other host within 3 s" within 3 last_is watch '^- idprov$'
    lab_avahi_start hub
    check "daemon stopped: back within 3 s of the daemon" within 3 state_is pub "established idprov"
    check "daemon stopped: a running browser finds it again" within 3 last_is watch '^\+ idprov;'
}

scenario_bus() {
    lab_bus_stop hub
    check "bus stopped: the publisher notices and lives" within 3 state_is pub "waiting Avahi is not reachable"
    check "bus stopped: gone from the other host within 3 s" within 3 last_is watch '^- idprov$'
    check "bus stopped: tries no faster than once a second" quiet pub 40
    check "bus stopped: still alive" lab_alive pub
    lab_start hub
    check "bus stopped: back within 3 s of the daemon" within 3 state_is pub "established idprov"
    check "bus stopped: a running browser finds it again" within 3 last_is watch '^\+ idprov;'
    local round
    for round in 1 2 3; do
        lab_bus_stop hub KILL
        check "bus killed ($round): the publisher notices and lives" within 3 state_is pub "waiting Avahi is not reachable"
        check "bus killed ($round): still alive" lab_alive pub
        lab_start hub
        check "bus killed ($round): back within 3 s of the daemon" within 3 state_is pub "established idprov"
    done
}

scenario_browser_side() {
    lab_avahi_kill dev
    check "browser's daemon crashed: what was known is gone" within 3 last_is watch '^- idprov$'
    lab_avahi_start dev
    check "browser's daemon crashed: found again within 3 s" within 3 last_is watch '^\+ idprov;'
    lab_bus_stop dev KILL
    check "browser's bus killed: what was known is gone" within 3 last_is watch '^- idprov$'
    check "browser's bus killed: still alive" lab_alive watch
    check "browser without bus: first() says that Avahi is not reachable" first_is_unreachable
    lab_start dev
    check "browser's bus killed: found again within 3 s" within 3 last_is watch '^\+ idprov;'
}

first_is_unreachable() {
    lab_enter dev "$PROBE" first "$TYPE" 0.3 2>&1 >/dev/null | grep -q 'Avahi is not reachable'
}

scenario_collision() {
    publish third second
    check "collision: the second takes the next name within 3 s" within 3 state_is second "established idprov #2"
    check "collision: the first keeps its name" state_is pub "established idprov"
    check "collision: both are seen" within 3 both_seen
    lab_avahi_kill third; lab_avahi_start third
    check "collision: after a crash back under its name within 3 s" within 3 state_is second "established idprov #2"
    lab_run third local "$PROBE" publish idprov "$TYPE" 43776
    check "collision on one host: the next free name within 4 s" within 4 state_is local "established idprov #3"
    lab_end local
    lab_end second
    check "publisher ended: it says so" last_is second '^ended$'
    check "publisher ended: gone within 3 s" within 3 says watch '^- idprov #2$'
}

both_seen() {
    local seen
    seen=$(lab_enter dev "$PROBE" first "$TYPE" 1)
    grep -q '^+ idprov;hubhost' <<<"$seen" && grep -q '^+ idprov #2;thirdhost' <<<"$seen"
}

scenario_cable() {
    lab_cable hub down
    check "cable out: the daemon has noticed" within 3 grep -q 'eth0.IPv4 no longer relevant' "$LAB_DIR/hub.avahi.err"
    lab_cable hub up
    check "cable out and in: established within 3 s" within 3 state_is pub "established idprov"
    check "cable out and in: resolved within 3 s" within 3 seen_from dev '^\+ idprov;.*10\.77\.0\.1[,;]'
    ip -n "$LAB_TAG-hub" addr add 10.77.0.77/24 dev eth0
    ip -n "$LAB_TAG-hub" addr del 10.77.0.1/24 dev eth0
    # Removing the first address removes its neighbours in the same net; put back what went.
    ip -n "$LAB_TAG-hub" addr replace 10.77.0.77/24 dev eth0
    ip -n "$LAB_TAG-hub" route replace 224.0.0.0/4 dev eth0
    check "address changed: the new one is resolved within 3 s" within 3 seen_from dev '^\+ idprov;.*10\.77\.0\.77[,;]'
    check "address changed: a running browser learns it" within 3 says watch '10\.77\.0\.77[,;]'
    ip -n "$LAB_TAG-hub" addr replace 10.77.0.1/24 dev eth0
    ip -n "$LAB_TAG-hub" addr del 10.77.0.77/24 dev eth0
    ip -n "$LAB_TAG-hub" addr replace 10.77.0.1/24 dev eth0
    ip -n "$LAB_TAG-hub" route replace 224.0.0.0/4 dev eth0
    check "address changed back: resolved within 3 s" within 3 seen_from dev '^\+ idprov;.*10\.77\.0\.1[,;]'
}

# A second wire between hub and dev, plugged in while everything runs.
scenario_interface() {
    ip -n "$LAB_TAG-hub" link add eth1 type veth peer name "${LAB_TAG}x"
    ip -n "$LAB_TAG-hub" link set "${LAB_TAG}x" netns "$LAB_TAG-dev" name eth1
    ip -n "$LAB_TAG-hub" addr add 10.78.0.1/24 dev eth1
    ip -n "$LAB_TAG-dev" addr add 10.78.0.2/24 dev eth1
    ip -n "$LAB_TAG-hub" link set eth1 multicast on up
    ip -n "$LAB_TAG-dev" link set eth1 multicast on up
    check "interface added: seen there within 4 s, as one service" within 4 seen_from dev \
        '^\+ idprov;hubhost.local;(10\.77\.0\.1,10\.78\.0\.1|10\.78\.0\.1,10\.77\.0\.1)[,;]'
    ip -n "$LAB_TAG-hub" link del eth1
    check "interface removed: the other way stays" within 3 seen_from dev '^\+ idprov;hubhost.local;10\.77\.0\.1[,;]'
    check "interface removed: still established" state_is pub "established idprov"
}

# A host with a global IPv6 address announces no link-local one; with use-ipv6=no it announces link-local ones by default.
scenario_ipv6() {
    check "IPv6 link-local: after IPv4, with its scope" within 3 seen_from dev \
        '^\+ idprov;hubhost.local;10\.77\.0\.1,fe80::[0-9a-f:]+%eth0;'
    local host number=0
    for host in hub dev; do
        number=$((number + 1))
        ip -n "$LAB_TAG-$host" addr add "fdcc:77::$number/64" dev eth0 nodad
        lab_avahi_stop "$host"
        lab_avahi_config "$host" use-ipv6=yes allow-interfaces=eth0,eth1
        lab_avahi_start "$host"
    done
    check "IPv6 global: after IPv4" within 5 seen_from dev '^\+ idprov;hubhost.local;10\.77\.0\.1,fdcc:77::1;'
}

scenario_end() {
    lab_signal hub.avahi STOP
    lab_signal pub HUP
    lab_signal pub TERM
    check "daemon hangs: the publisher ends within 3 s all the same" within 3 lab_dead pub
    lab_signal hub.avahi CONT
    publish hub killed
    within 3 state_is killed "established idprov"
    lab_end killed KILL
    check "publisher killed: gone within 3 s" within 3 not_seen_from dev
}

# A bus that hangs and comes back, and one that hangs while the publisher wants to end.
scenario_hanging_bus() {
    publish hub patient
    within 3 state_is patient "established idprov"
    lab_signal hub.bus STOP
    lab_signal patient HUP
    lab_signal hub.bus CONT
    check "bus hangs for a moment: the update gets through" within 5 seen_from dev ';43777;'
    check "bus hangs for a moment: established" within 3 state_is patient "established idprov"
    lab_signal hub.bus STOP
    publish hub stuck
    lab_signal stuck TERM
    check "bus hangs: a starting publisher ends within 3 s" within 3 lab_dead stuck
    lab_signal patient TERM
    check "bus hangs: an established publisher ends within 3 s" within 3 lab_dead patient
    lab_signal hub.bus CONT
}

# What the programs wrote to standard error: nothing, whatever happened (a sanitizer would write there).
nothing_on_stderr() {
    local file
    for file in "$LAB_DIR"/*.err; do
        case $file in *.bus.err | *.avahi.err) continue ;; esac
        if [ -s "$file" ]; then
            sed "s|^|  ${file##*/}: |" "$file"
            return 1
        fi
    done
}

scenario_start_order() {
    lab_bus_stop hub
    lab_bus_stop dev
    publish hub early
    browse dev early_watch
    check "started first: waits without a bus" within 3 state_is early "waiting Avahi is not reachable"
    lab_bus_start hub
    check "started first: waits for the daemon without polling" within 3 state_is early \
        "waiting the Avahi daemon is not running"
    lab_avahi_start hub
    check "started first: established within 3 s of the daemon" within 3 state_is early "established idprov"
    lab_start dev
    check "browser started first: finds within 3 s of the daemon" within 3 last_is early_watch '^\+ idprov;'
}

lab_up hub dev third || exit 1
for host in hub dev; do lab_avahi_config "$host" allow-interfaces=eth0,eth1; done
for host in hub dev third; do lab_start "$host" || exit 1; done
scenario_publish
scenario_update
scenario_crash
scenario_polite_stop
scenario_bus
scenario_browser_side
scenario_collision
scenario_cable
scenario_interface
scenario_ipv6
scenario_end
scenario_hanging_bus
scenario_start_order
lab_end early
lab_end early_watch
lab_end watch
check "nothing on standard error" nothing_on_stderr
lab_summary
