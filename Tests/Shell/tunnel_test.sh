#!/usr/bin/env bash
# Tunnels with ends that are not ours: stock servers and clients, connections of which one side ends first, terminals of any size, and the
# document's commands by hand. What operators see with our own programs is in Tests/ProgramTests.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hubs.sh"
. "$(dirname "$0")/guide.sh"
export HUB_TUNNEL_ENABLED=true HUB_LISTEN_TUNNEL_WEB_SOCKET=127.0.0.1:0 HUB_LISTEN_TUNNEL_TCP=127.0.0.1:0
export HUB_LISTEN_PROXY_WEB_SOCKET=127.0.0.1:0 HUB_LISTEN_PROXY_TCP=127.0.0.1:0 HUB_TUNNEL_DRAIN_SECONDS=1
helpers=()
end_everything() {
    local helper
    {
        for helper in "${helpers[@]}" "${hubs[@]}"; do kill -KILL "$helper" || true; done
        wait || true
    } 2>/dev/null
    end_all
}
trap end_everything EXIT

# ---- a device with something to reach

half=$work/half
python3 -c '
import socket
l = socket.create_server(("127.0.0.1", 0))
print(l.getsockname()[1], flush=True)
while True:
    c, _ = l.accept()
    count = 0
    while True:
        d = c.recv(65536)
        if not d: break
        count += len(d)
    c.sendall(b"%d bytes\n" % count)
    c.close()' >"$half" &
helpers+=($!)
wait_until 50 test -s "$half"
port=$(cat "$half")
# shellcheck disable=SC2119
start
expect "the hub starts with its tunnel listeners" is_ready
expect "a device is provisioned" provision lamp-1
"$agent" run --state "$work/lamp-1" --hub "$(address)" --tunnel-ports "$port" >>"$work/agent.log" 2>&1 &
agent_pid=$!
helpers+=("$agent_pid")
expect "the agent registers at the tunnel proxy" wait_until 100 grep -q "tunnel up" "$work/agent.log"

open_tunnel() { # DEVICE PORT: the local port in $local, the process in $opener
    : >"$work/open"
    "$hubctl" tunnel open "$1" "$2" --json --socket "$state/run/admin.sock" >"$work/open" 2>>"$work/open.err" &
    opener=$!
    helpers+=("$opener")
    wait_until 100 test -s "$work/open" || { cat "$work/open.err" && return 1; }
    local=$(jq .port "$work/open")
}
# The monitor on a terminal of its own: what it draws, and that the terminal is as it was.
monitor_on_terminal() { # COLUMNS ROWS HOW CODE
    python3 - "$hubctl" "$state/run/admin.sock" "$@" <<'PYTHON'
import fcntl, os, pty, re, signal, struct, subprocess, sys, termios, time
program, hub, columns, rows, how, code = sys.argv[1:3] + [int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6])]
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
before = termios.tcgetattr(theirs)
child = subprocess.Popen([program, "tunnel", "monitor", "--socket", hub], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
seen = b""
os.set_blocking(ours, False)
def look(until, seconds):
    global seen
    end = time.time() + seconds
    while time.time() < end and not until():
        try: seen += os.read(ours, 65536)
        except BlockingIOError: time.sleep(0.05)
assert termios.tcgetattr(theirs) == before
look(lambda: seen.count(b"q ends") >= 2, 20)
assert b"\x1b[?1049h" in seen and termios.tcgetattr(theirs) != before, seen
for row, line in re.findall(rb"\x1b\[(\d+);1H([^\x1b]*)", seen):
    assert 1 <= int(row) <= rows and len(line) <= columns, (row, line)
assert b"servers" in seen and b"TUNNEL" in seen, seen
if how == "signal": child.send_signal(signal.SIGTERM)
else: os.write(ours, how.encode())
look(lambda: child.poll() is not None, 10)
look(lambda: seen.rstrip().endswith(b"\x1b[?1049l"), 2)
assert child.poll() == code, (child.poll(), seen[-300:])
assert b"\x1b[?1049l" in seen and termios.tcgetattr(theirs) == before, seen[-300:]
PYTHON
}
expect "the monitor fits a large terminal, and q ends it" monitor_on_terminal 100 30 q 0
expect "it fits a small one, and Ctrl-C ends it" monitor_on_terminal 60 10 $'\x03' 0
expect "it fits a tiny one, and SIGTERM gives the terminal back" monitor_on_terminal 20 5 signal 143
monitor_socket() { jq -er .monitor.path "$state/run/addresses.json"; }
# shellcheck disable=SC2016
expect "the monitor's socket reports both generations" bash -c 'python3 -c "
import json, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
r = json.loads(s.makefile().readline())
assert r[\"proxyStatistic\"][\"clientCount\"] == 0 and r[\"tunnelProxyStatistic\"][\"serverConnectionsCount\"] == 1, r
" "$1"' - "$(monitor_socket)"

# ---- a server that is not the agent

cat >"$work/stock.py" <<'PYTHON'
# A server as others make them: registers, then answers HTTP to whoever comes, by its own lights.
import json, socket, ssl, sys
port, ca, cert, key = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.check_hostname = False
context.load_cert_chain(cert, key)
s = context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), 10))
s.settimeout(60)
def frame(address, data):
    data = address.to_bytes(2, "big") + data
    s.sendall(data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0")
s.sendall(json.dumps({"id": 0, "method": "TunnelProxy.RegisterServer", "params": {
    "serverName": "stock", "serverUuid": "{aaaaaaaa-0000-4000-8000-000000000001}"}}).encode() + b"\n")
answer = b""
while b"\n" not in answer: answer += s.recv(4096)
print(answer.decode().strip(), flush=True)
requests, pending = {}, b""
while True:
    received = s.recv(65536)
    if not received: break
    pending += received
    *frames, pending = pending.split(b"\xc0")
    for f in frames:
        f = f.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
        address, data = int.from_bytes(f[:2], "big"), f[2:]
        if address == 0: continue
        requests[address] = requests.get(address, b"") + data
        if b"\r\n\r\n" not in requests[address]: continue
        body = bytes(range(256)) * 1000
        frame(address, b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        del requests[address]
        frame(0, json.dumps({"id": 1, "method": "TunnelProxy.DisconnectClient", "params": {"socketAddress": address}}).encode() + b"\n")
PYTHON
python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000)' >"$work/stock.body"
python3 "$work/stock.py" "$(jq .proxyTCP.port "$state/run/addresses.json")" "$state/ca/ca.crt" "$work/lamp-1/device.crt" "$work/lamp-1/device.key" >"$work/stock.out" &
stock=$!
helpers+=("$stock")
expect "a stock server registers beside the agent, with the device's certificate" wait_until 50 grep -q NoError "$work/stock.out"
: >"$work/open.err"
open_tunnel lamp-1 --plain
fetch_stock() { curl -s --max-time 20 -o "$work/got" "http://127.0.0.1:$local/" && cmp "$work/got" "$work/stock.body"; }
expect "it is reached without a port" fetch_stock
expect "and again" fetch_stock
expect "a warning says that the hub can read it" grep -q "warning: .*the hub can read the traffic" "$work/open.err"
expect "so does the JSON" jq -e '.isEncrypted == false' "$work/open"
kill "$opener" "$stock"

# ---- one side ends first

open_tunnel lamp-1 "$port"
# shellcheck disable=SC2016
ask='
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
s.sendall(b"x" * int(sys.argv[2])); s.shutdown(socket.SHUT_WR)
print(s.makefile().read().strip())'
answer() { [ "$(python3 -c "$ask" "$local" "$1")" = "$1 bytes" ]; }
expect "an answer that comes behind the end of the request arrives" answer 3
expect "also behind a large one" answer 2000000
expect "and behind nothing at all" answer 0

# ---- tokens

admin tunnel token lamp-1 --minutes 5 --user "ann" --json >"$work/token"
expect "a token is made for a device and a user" jq -e '.token | startswith("lkt1.")' "$work/token"
id=$(jq -r .id "$work/token")
rendezvous() { # TOKEN: the answer of the hub
    python3 - "$1" "$(jq .tunnelTCP.port "$state/run/addresses.json")" "$state/ca/ca.crt" <<'PYTHON'
import json, socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[3])
context.check_hostname = False
s = context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2])), 10))
s.sendall(json.dumps({"id": 1, "method": "Authentication.Authenticate", "params": {
    "name": "t", "uuid": "{11111111-1111-1111-1111-111111111111}", "token": sys.argv[1], "nonce": "n"}}).encode() + b"\n")
print(s.makefile().readline())
PYTHON
}
expect "a stock client gets in with it" bash -c "$(declare -f rendezvous); state='$state'; rendezvous '$(jq -r .token "$work/token")' | grep -q NoError"
expect "a token is taken back" admin tunnel revoke "$id"
expect "and is refused from then on" bash -c "$(declare -f rendezvous); state='$state'; rendezvous '$(jq -r .token "$work/token")' | grep -q AuthenticationFailed"
device_token() { curl -s --fail -X POST --cacert "$state/ca/ca.crt" --cert "$work/lamp-1/device.crt" --key "$work/lamp-1/device.key" "https://$(address)/tunnel/token"; }
expect "a device fetches a token for itself with its certificate" bash -c "$(declare -f device_token address); state='$state' work='$work'; device_token | jq -e '.token and .serverUuid and .expiresAt'"
expect "nobody else does" bash -c "! curl -s --fail -X POST --cacert '$state/ca/ca.crt' 'https://$(address)/tunnel/token'"
expect "any other token is refused" bash -c "$(declare -f rendezvous); state='$state'; rendezvous blub | grep -q AuthenticationFailed"

# ---- by hand, as the document shows it

guide=$root/docs/tunnel.md
# shellcheck disable=SC2034,SC2317  # the commands of the document use these
by_hand() { # STEP
    local rendezvous proxy
    rendezvous=127.0.0.1:$(jq .tunnelTCP.port "$state/run/addresses.json")
    proxy=127.0.0.1:$(jq .proxyTCP.port "$state/run/addresses.json")
    mkdir -p "$work/hand" && cd "$work/hand" && cp "$state/ca/ca.crt" .
    hubctl() { "$hubctl" "$@" --socket "$state/run/admin.sock"; }
    eval "$(step "$1")" >answer
    # Numbers of notifications go on, and addresses are the reader's.
    same() { sed -E 's/"id":[0-9]+,"notification/"id":N,"notification/; s/"clientPeerAddress":"[^"]*"/A/' | tr -d '\r' && echo; }
    diff -B <(step "$1-answer" | same) <(same <answer)
}
kill "$agent_pid"
expect "a rendezvous by hand goes as the document says" by_hand rendezvous
expect "so do a server and a client" by_hand proxy
