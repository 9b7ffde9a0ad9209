# shellcheck shell=bash
# The lab: simulated hosts on one machine, each with its own network, host name, D-Bus and Avahi.
#
#   . Tests/Lab/lab.sh
#   lab_up hub dev                     hosts 10.77.0.1, 10.77.0.2 ... on one wire (all of them may also be fdcc:77::N)
#   lab_start hub                      bus, then daemon, both ready
#   lab_enter hub COMMAND...           runs a command on that host
#   lab_run hub NAME COMMAND...        the same in the background, output in $LAB_DIR/NAME.out, pid in $LAB_DIR/NAME.pid
#   lab_avahi_stop hub                 polite end (goodbye on the wire); lab_avahi_kill: crash; lab_avahi_start: again
#   lab_wait SECONDS COMMAND...        until the command succeeds, else fails after the deadline
#   lab_down                           ends everything by pid; installed as an EXIT trap by lab_up
#
# A host is a network, a mount and a UTS namespace with a private /run, so programs find the bus at its usual address.
# Needs root, iproute2, util-linux, dbus, avahi-daemon. Names are unique per shell, so labs may run side by side.

LAB_TAG="lk$$"
LAB_DIR=""
LAB_HOSTS=()

# lab_fail MESSAGE: says what went wrong in the lab itself; the caller's trap cleans up.
lab_fail() {
    printf 'lab: %s\n' "$*" >&2
    return 1
}

# lab_missing: prints what the lab needs and this machine lacks; succeeds when something is missing.
lab_missing() {
    local tool missing=()
    [ "$(id -u)" = 0 ] || missing+=("root")
    for tool in ip nsenter unshare dbus-daemon dbus-send avahi-daemon; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ "${#missing[@]}" -gt 0 ] && printf '%s\n' "${missing[*]}"
}

# lab_up HOST...: two or more hosts on one wire, without bus and daemon yet.
lab_up() {
    [ "$#" -ge 2 ] || { lab_fail "lab_up needs two hosts"; return 1; }
    local missing
    missing=$(lab_missing) && { lab_fail "missing: $missing"; return 1; }
    LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/latchkey-lab.XXXXXX") || return 1
    LAB_HOSTS=("$@")
    trap lab_down EXIT
    trap 'exit 130' INT TERM HUP
    # The wire: a bridge in a namespace of its own, one cable to each host.
    ip netns add "$LAB_TAG-wire" || return 1
    ip -n "$LAB_TAG-wire" link add br0 type bridge || return 1
    ip -n "$LAB_TAG-wire" link set br0 up
    local host number=0
    for host in "$@"; do
        number=$((number + 1))
        lab_host_up "$host" "$number" || return 1
    done
}

# lab_host_up HOST NUMBER: one host with eth0 = 10.77.0.NUMBER.
lab_host_up() {
    local host=$1 number=$2 space="$LAB_TAG-$1"
    ip netns add "$space" || return 1
    # The holder keeps the namespaces; "ready" tells that /run and the host name are private.
    ip netns exec "$space" unshare -m -u --propagation private -- sh -c \
        "mount -t tmpfs tmpfs /run && mkdir -p /run/dbus /run/avahi-daemon && hostname ${host}host &&
         : >'$LAB_DIR/$host.ready' && exec sleep infinity" >/dev/null 2>&1 </dev/null &
    echo $! >"$LAB_DIR/$host.holder"
    disown $!
    lab_wait 5 test -e "$LAB_DIR/$host.ready" || { lab_fail "host $host did not start"; return 1; }
    ip link add "${LAB_TAG}e$number" type veth peer name "${LAB_TAG}b$number" || return 1
    ip link set "${LAB_TAG}e$number" netns "$space" name eth0
    ip link set "${LAB_TAG}b$number" netns "$LAB_TAG-wire"
    ip -n "$LAB_TAG-wire" link set "${LAB_TAG}b$number" master br0 up
    ip -n "$space" link set lo up
    ip -n "$space" addr add "10.77.0.$number/24" dev eth0
    ip -n "$space" link set eth0 multicast on up
    ip -n "$space" route add 224.0.0.0/4 dev eth0
    echo "$number" >"$LAB_DIR/$host.number"
    lab_avahi_config "$host"
}

# lab_avahi_config HOST [KEY=VALUE...]: writes the daemon's configuration; keys replace the defaults below.
lab_avahi_config() {
    local host=$1 key; shift
    local -A server=([host-name]="${host}host" [use-ipv4]=yes [use-ipv6]=no [allow-interfaces]=eth0
        [ratelimit-interval-usec]=0 [ratelimit-burst]=0 [enable-dbus]=yes)
    local -A publish=([publish-hinfo]=no [publish-workstation]=no)
    for key in "$@"; do
        case $key in
            publish-*) publish[${key%%=*}]=${key#*=} ;;
            *) server[${key%%=*}]=${key#*=} ;;
        esac
    done
    {
        echo '[server]'
        for key in "${!server[@]}"; do echo "$key=${server[$key]}"; done
        echo '[publish]'
        for key in "${!publish[@]}"; do echo "$key=${publish[$key]}"; done
    } >"$LAB_DIR/$host.avahi.conf"
}

# lab_ip HOST: its IPv4 address.
lab_ip() { echo "10.77.0.$(cat "$LAB_DIR/$1.number")"; }

# lab_enter HOST COMMAND...
lab_enter() {
    local host=$1; shift
    nsenter -t "$(cat "$LAB_DIR/$host.holder")" -n -m -u -- "$@"
}

# lab_run HOST NAME COMMAND...: in the background. exec matters: the pid must be that of the program, not of a shell.
lab_run() {
    local host=$1 name=$2; shift 2
    ( exec nsenter -t "$(cat "$LAB_DIR/$host.holder")" -n -m -u -- "$@" ) >"$LAB_DIR/$name.out" 2>"$LAB_DIR/$name.err" \
        </dev/null &
    echo $! >"$LAB_DIR/$name.pid"
    disown $!
}

# lab_alive NAME: the program of lab_run still runs (a zombie does not).
lab_alive() {
    local state
    [ -e "$LAB_DIR/$1.pid" ] || return 1
    state=$(sed 's/.*) //' "/proc/$(cat "$LAB_DIR/$1.pid")/stat" 2>/dev/null) || return 1
    [ "${state%% *}" != Z ]
}

lab_dead() { ! lab_alive "$1"; }

# lab_signal NAME SIGNAL
lab_signal() { kill "-$2" "$(cat "$LAB_DIR/$1.pid")" 2>/dev/null; }

# lab_end NAME [SIGNAL]: ends a program of lab_run and waits for it, 5 s at most, then kills it.
lab_end() {
    [ -e "$LAB_DIR/$1.pid" ] || return 0
    lab_signal "$1" "${2:-TERM}" || true
    # A stopped process hears SIGTERM only when it goes on.
    lab_signal "$1" CONT || true
    lab_wait 5 lab_dead "$1" || { lab_signal "$1" KILL || true; lab_wait 5 lab_dead "$1" || true; }
    rm -f "$LAB_DIR/$1.pid"
}

# lab_wait SECONDS COMMAND...: tries every 20 ms until the command succeeds or the deadline has passed.
lab_wait() {
    local deadline=$(($(lab_now) + $1 * 1000)); shift
    until "$@" >/dev/null 2>&1; do
        [ "$(lab_now)" -lt "$deadline" ] || return 1
        sleep 0.02
    done
}

# lab_now: milliseconds.
lab_now() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

lab_bus_answers() {
    lab_enter "$1" dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId
}

lab_avahi_answers() {
    lab_enter "$1" dbus-send --system --print-reply --reply-timeout=500 --dest=org.freedesktop.Avahi / \
        org.freedesktop.Avahi.Server.GetVersionString
}

lab_bus_start() {
    lab_enter "$1" rm -f /run/dbus/system_bus_socket
    lab_run "$1" "$1.bus" dbus-daemon --system --nofork --nopidfile --nosyslog
    lab_wait 5 lab_bus_answers "$1" || lab_fail "no D-Bus on $1"
}

# lab_bus_stop HOST [SIGNAL]: the daemon ends with its bus.
lab_bus_stop() {
    lab_end "$1.bus" "${2:-TERM}"
    lab_enter "$1" rm -f /run/dbus/system_bus_socket
    [ ! -e "$LAB_DIR/$1.avahi.pid" ] || lab_end "$1.avahi"
}

lab_avahi_start() {
    lab_enter "$1" rm -f /run/avahi-daemon/pid
    lab_run "$1" "$1.avahi" avahi-daemon --no-rlimits --no-chroot --no-drop-root -f "$LAB_DIR/$1.avahi.conf"
    lab_wait 5 lab_avahi_answers "$1" || lab_fail "no Avahi on $1"
}

# lab_avahi_stop HOST: says goodbye on the wire.
lab_avahi_stop() { lab_end "$1.avahi" TERM; }

# lab_avahi_kill HOST: a crash.
lab_avahi_kill() { lab_end "$1.avahi" KILL; }

# lab_start HOST: bus and daemon.
lab_start() { lab_bus_start "$1" && lab_avahi_start "$1"; }

# lab_cable HOST down|up: pulls or plugs eth0.
lab_cable() {
    ip -n "$LAB_TAG-$1" link set eth0 "$2"
    [ "$2" = down ] || ip -n "$LAB_TAG-$1" route replace 224.0.0.0/4 dev eth0
}

# lab_down: ends every program of the lab, then the hosts, then the wire. Safe to call twice.
lab_down() {
    local status=$? file host
    [ -n "$LAB_DIR" ] || return "$status"
    trap - EXIT
    for file in "$LAB_DIR"/*.pid; do
        [ -e "$file" ] || continue
        case $file in *.bus.pid | *.avahi.pid) continue ;; esac
        file=${file##*/}; lab_end "${file%.pid}"
    done
    for host in "${LAB_HOSTS[@]}"; do
        lab_end "$host.avahi"
        lab_end "$host.bus"
        if [ -e "$LAB_DIR/$host.holder" ]; then
            kill -KILL "$(cat "$LAB_DIR/$host.holder")" 2>/dev/null || true
        fi
        ip netns del "$LAB_TAG-$host" 2>/dev/null || true
    done
    ip netns del "$LAB_TAG-wire" 2>/dev/null || true
    if [ -n "${LAB_KEEP:-}" ]; then echo "lab: kept $LAB_DIR" >&2; else rm -rf "$LAB_DIR"; fi
    LAB_DIR=""
    return "$status"
}

# The bookkeeping of a test: check NAME COMMAND... prints one line, lab_summary the last one.
LAB_PASSED=0
LAB_FAILED=0

check() {
    local name=$1; shift
    if "$@"; then
        LAB_PASSED=$((LAB_PASSED + 1))
        printf 'ok      %s\n' "$name"
    else
        LAB_FAILED=$((LAB_FAILED + 1))
        printf 'FAILED  %s\n' "$name"
    fi
}

lab_summary() {
    printf '%d passed, %d failed\n' "$LAB_PASSED" "$LAB_FAILED"
    [ "$LAB_FAILED" = 0 ]
}
