#!/usr/bin/env bash
# Strangers who only open connections: what is left for the others, and for whoever administers the hub.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
if ! command -v python3 >/dev/null; then
    skip "python3 is not installed"
    exit 0
fi
trap '{ [ -z "${crowd:-}" ] || kill -KILL "$crowd"; [ -z "$pid" ] || kill -KILL "$pid"; wait; } 2>/dev/null || true; rm -rf "$work"' EXIT
crowd=""

metric() { # NAME: its sum over all labels, over the admin socket
    curl -sS --fail --max-time 5 --unix-socket "$HUB_SOCKET" http://hub/metrics | awk -v name="$1" 'index($1, name) == 1 { sum += $2 } END { print sum + 0 }'
}
directory() { curl -sS --fail --max-time 15 --interface "$1" --cacert "$state/ca/ca.crt" "https://127.0.0.1:$port/idprov/directory"; }
crl() { curl -sS --fail --max-time 5 -o "$work/crl" "$pki/pki/ca.crl"; }
administered() { "$hubctl" status; }
files() { find "/proc/$pid/fd" -mindepth 1 | wc -l; }

# crowd COUNT PORT...: opens so many idle connections, spread over the ports, and holds them until it is ended.
# It says "settled" when all are open or closed by the hub, as far as half a second of silence tells.
open_crowd() {
    python3 - "$@" >"$work/crowd" <<'PY' &
import select, socket, sys, time
sockets = []
for number in range(int(sys.argv[1])):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", int(sys.argv[2 + number % (len(sys.argv) - 2)])))
    sockets.append(one)
    if number % 50 == 49:
        time.sleep(0.02)
watch = select.poll()
for one in sockets:
    watch.register(one, select.POLLIN | select.POLLHUP)
closed = set()
while True:
    events = [fd for fd, _ in watch.poll(500)]
    if not events:
        break
    for fd in events:
        watch.unregister(fd)
        closed.add(fd)
print("settled", len(sockets) - len(closed), flush=True)
time.sleep(600)
PY
    crowd=$!
    for _ in $(seq 300); do
        grep -q settled "$work/crowd" && break
        sleep 0.1
    done
    held=$(awk '{ print $2 }' "$work/crowd")
    echo "# $1 connections opened, $held held"
}
end_crowd() { kill -KILL "$crowd"; wait "$crowd" 2>/dev/null || true; crowd=""; }

# --- 612 idle connections with 512 open files
export HUB_TUNNEL_ENABLED=true HUB_LISTEN_TUNNEL_TCP=127.0.0.1:0 HUB_LISTEN_PROXY_TCP=127.0.0.1:0 HUB_LISTEN_TUNNEL_WEB_SOCKET=off HUB_LISTEN_PROXY_WEB_SOCKET=off
hubctl=$programs/hubctl
mkdir "$work/few"
printf '#!/bin/sh\nulimit -n 512 && exec "%s" "$@"\n' "$programs/hubd" >"$work/few/hubd"
chmod 755 "$work/few/hubd"
programs=$work/few start_hub
tunnel=$(jq .tunnelTCP.port "$state/run/addresses.json") proxy=$(jq .proxyTCP.port "$state/run/addresses.json")
echo "# $(files) files open before"
open_crowd 612 "$port" "$tunnel" "$proxy"
echo "# $(files) files open now"
expect "some are held and some refused" test "$held" -gt 100 -a "$held" -lt 500
expect "refused ones are counted" test "$(metric latchkey_connections_refused_total)" -ge $((612 - held))
expect "CRLs are served all the same" crl
expect "hubctl works all the same" administered
expect "files are left" test "$(files)" -lt 480
expect "no accept failed for want of files" test "$(metric latchkey_accept_failures_total)" -le 3
answers_in_the_end() {
    for _ in $(seq 60); do
        directory 127.0.0.1 && return
        sleep 0.5
    done
    return 1
}
expect "once the silent ones are gone, https answers" answers_in_the_end
end_crowd
stop_hub TERM
expect "refusals are one line of the log" test "$(grep -c 'connections refused' "$work/log")" = 1

# --- one address with a bound
hub_options=(--listen-per-address-loopback 40 --tunnel-enabled false)
start_hub
open_crowd 200 "$port"
expect "one address has no more than its bound" test "$held" = 40
expect "another address is answered at once" directory 127.0.0.2
expect "CRLs are served to the crowded address, too: each listener counts for itself" crl
end_crowd
stop_hub TERM

# --- a hub that is wrong about its files
hub_options=(--tunnel-enabled false)
start_hub
if command -v prlimit >/dev/null; then
    expect "the hub loses files while it runs" prlimit --pid "$pid" --nofile="$(($(files) + 20)):512"
    open_crowd 100 "$port"
    sleep 3
    end_crowd
    answers_again() {
        for _ in $(seq 30); do
            failures=$(metric latchkey_accept_failures_total 2>/dev/null) && [ "$failures" -gt 0 ] && return
            sleep 0.5
        done
        return 1
    }
    expect "it answers again when the crowd is gone" answers_again
    # A listener that tries again at once fails a hundred thousand times in three seconds.
    failures=$(metric latchkey_accept_failures_total)
    expect "accepting paused instead of spinning: it failed $failures times" test "$failures" -ge 1 -a "$failures" -le 60
else
    skip "prlimit is not installed"
fi
stop_hub TERM
