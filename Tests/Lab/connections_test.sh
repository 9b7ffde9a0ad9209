#!/usr/bin/env bash
# Three hosts on one wire with IPv6: a hub, a host that stands for 300 machines (each with a MAC address of its own), and one machine with
# 300 addresses. The 300 machines are all served, the one machine has no more connections than one source may have.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/Tests/Lab/lab.sh"
programs=$root/.build/${CONFIGURATION:-debug}
if missing=$(lab_missing); then
    echo "skip - the lab needs $missing"
    exit 0
fi
if ! command -v python3 >/dev/null; then
    echo "skip - python3 is not installed"
    exit 0
fi
expect() {
    local what=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    [ "$status" = 0 ] || { printf 'not ok - %s (exit code %s)\n%s\n' "$what" "$status" "$output" && exit 1; }
    printf 'ok - %s\n' "$what"
}
lab_up hub fleet many
state=$LAB_DIR/state

# ---- addresses

ip -n "$LAB_TAG-hub" addr add fdcc:77::1/64 dev eth0 nodad
if ! ip -n "$LAB_TAG-fleet" link add link eth0 name m0 type macvlan mode bridge 2>/dev/null; then
    echo "skip - this kernel has no macvlan"
    exit 0
fi
ip -n "$LAB_TAG-fleet" link del m0
for number in $(seq 300); do
    printf 'link add link eth0 name m%d type macvlan mode bridge\nlink set m%d up\naddr add fdcc:77::1:%x/64 dev m%d nodad\n' \
        "$number" "$number" "$number" "$number"
done >"$LAB_DIR/fleet.batch"
for number in $(seq 300); do printf 'addr add fdcc:77::2:%x/64 dev eth0 nodad\n' "$number"; done >"$LAB_DIR/many.batch"
expect "a host stands for 300 machines" ip -n "$LAB_TAG-fleet" -batch "$LAB_DIR/fleet.batch"
expect "another has 300 addresses" ip -n "$LAB_TAG-many" -batch "$LAB_DIR/many.batch"

# crowd.py NETWORK DEVICE COUNT: a connection from each address, a request on each; says how many were answered and how many are still
# open, once a second.
cat >"$LAB_DIR/crowd.py" <<'PY'
import select, socket, sys, time
network, device, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
held, answered = [], 0
for number in range(1, count + 1):
    one = socket.socket(socket.AF_INET6)
    one.settimeout(10)
    if device:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, (device + str(number)).encode())
    one.bind((network + format(number, "x"), 0))
    try:
        one.connect(("fdcc:77::1", 43777))
        one.sendall(b"GET /pki/ca.cer HTTP/1.1\r\nHost: hub\r\n\r\n")
        if one.recv(4096).startswith(b"HTTP/1.1 200"):
            answered += 1
    except OSError:
        continue
    held.append(one)
print("answered", answered, flush=True)
while True:
    time.sleep(1)
    for one in held[:]:
        one.setblocking(False)
        try:
            if not one.recv(65536):
                held.remove(one)
        except BlockingIOError:
            pass
        except OSError:
            held.remove(one)
    print("open", len(held), flush=True)
    for one in held:
        one.sendall(b"GET /pki/ca.cer HTTP/1.1\r\nHost: hub\r\n\r\n")
PY

hub_start() {
    lab_run hub hubd "$programs/hubd" --state "$state" --discovery-enabled false --tunnel-enabled false
    lab_wait 15 test -s "$state/run/addresses.json"
}
expect "the hub is up" hub_start
refused() { curl -s --unix-socket "$state/run/admin.sock" http://hub/metrics | awk '/^latchkey_connections_refused_total/ { sum += $2 } END { print sum + 0 }'; }
says() { grep -qx "$2" "$LAB_DIR/$1.out"; }

# ---- 300 machines

lab_run fleet fleet python3 "$LAB_DIR/crowd.py" fdcc:77::1: m 300
expect "all of 300 machines in one /64 are answered" lab_wait 60 says fleet "answered 300"
seconds() { [ "$(grep -c "^open" "$LAB_DIR/fleet.out")" -ge 5 ]; }
lab_wait 30 seconds
expect "and keep their connections when the hub has looked whose they are" test "$(grep "^open" "$LAB_DIR/fleet.out" | sort -u)" = "open 300"
expect "nobody was refused" test "$(refused)" = 0
echo "# $(ip -n "$LAB_TAG-hub" -6 neigh | grep -c lladdr) neighbours known"

# ---- one machine

lab_run many many python3 "$LAB_DIR/crowd.py" fdcc:77::2: "" 300
expect "one machine with 300 addresses keeps 256 connections" lab_wait 60 says many "open 256"
expect "the others were refused" test "$(refused)" -ge 44
one_more() { lab_enter many curl -s --fail --max-time 5 --interface fdcc:77::2:5 -o "$LAB_DIR/got" "http://[fdcc:77::1]:43777/pki/ca.cer"; }
refuse_one_more() { ! one_more; }
expect "and gets no more, from whichever address" refuse_one_more
expect "the 300 machines did not notice" test "$(grep "^open" "$LAB_DIR/fleet.out" | sort -u)" = "open 300"
lab_end many
expect "its places are free again when it goes" lab_wait 10 one_more
