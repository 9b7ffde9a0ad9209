#!/usr/bin/env bash
# Tunnels from the operator's side: a port of a device behind the hub, tokens, lists, what ends them.
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

mkdir "$work/www"
head -c 3000000 /dev/urandom >"$work/www/file"
web=$work/web
python3 -c '
import http.server, sys
class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Quiet(*a, directory=sys.argv[1]))
print(s.server_port, flush=True)
s.serve_forever()' "$work/www" >"$web" &
helpers+=($!)
start
expect "the hub starts with its tunnel listeners" is_ready
expect "addresses.json names every tunnel listener" jq -e '.tunnelTCP.port and .tunnelWebSocket.port and .proxyTCP.port and .proxyWebSocket.port and .monitor.path' "$state/run/addresses.json"
expect "a device is provisioned" provision lamp-1
wait_until 50 test -s "$web"
port=$(cat "$web")

agent() { # its process in $agent_pid
    "$agent" run --state "$work/lamp-1" --hub "$(address)" --tunnel-ports "9999,$port${port2:+,$port2}" >>"$work/agent.log" 2>&1 &
    agent_pid=$!
    helpers+=("$agent_pid")
}
agent
expect "the agent registers at the tunnel proxy" wait_until 100 grep -q "tunnel up" "$work/agent.log"
expect "the list shows the device as a server" bash -c "'$hubctl' tunnel list --json --socket '$state/run/admin.sock' | jq -e '.[] | select(.role == \"server\" and .device == \"lamp-1\" and .user == \"iotdevice lamp-1\")'"

watch() { # its lines in $work/watch
    "$hubctl" tunnel watch --json --socket "$state/run/admin.sock" >>"$work/watch" 2>>"$work/watch.err" &
    helpers+=("$!")
}
watch
watched() { jq -se "any(.[]; $1)" "$work/watch"; }
expect "who watches sees what is open already" wait_until 50 watched '.change == "open" and .role == "server" and .device == "lamp-1"'
second_agent() {
    local second
    cp -r "$work/lamp-1" "$work/copy"
    timeout 120 "$agent" run --state "$work/copy" --hub "$(address)" --tunnel-ports 22 >"$work/copy.log" 2>&1 &
    second=$!
    until_true grep "tunnel up" "$work/copy.log" || return 1
    kill "$second"
    wait "$second" 2>/dev/null || true
}
expect "a second agent with the same folder takes the place of the first" second_agent
came_back() { [ "$(grep -c "tunnel up" "$work/agent.log")" -ge 2 ]; }
expect "which is back when that has ended" wait_until 100 came_back
waits_for_a_folder() {
    local waiting
    timeout 120 "$agent" run --state "$work/none" --tunnel-ports 22 >"$work/none.log" 2>&1 &
    waiting=$!
    until_true grep "no certificate in $work/none" "$work/none.log" || return 1
    kill "$waiting"
    wait "$waiting" 2>/dev/null || true
}
expect "an agent without a certificate names the folder" waits_for_a_folder

# ---- a person reaches it

openers=()
open_tunnel() { # DEVICE PORT: the local port in $local, the process in $opener
    : >"$work/open"
    "$hubctl" tunnel open "$1" "$2" --json --socket "$state/run/admin.sock" >"$work/open" 2>>"$work/open.err" &
    opener=$!
    openers+=("$opener")
    helpers+=("$opener")
    wait_until 100 test -s "$work/open" || { cat "$work/open.err" && return 1; }
    local=$(jq .port "$work/open")
}
open_tunnel lamp-1 "$port"
fetch() { curl -s --max-time 20 -o "$work/got" "http://127.0.0.1:$local/file" && cmp "$work/got" "$work/www/file"; }
expect "a file comes through the tunnel unaltered" fetch
together() {
    local i jobs=()
    for i in 1 2 3 4 5 6; do curl -s --max-time 30 -o "$work/got$i" "http://127.0.0.1:$local/file" & jobs+=($!); done
    wait "${jobs[@]}"
    for i in 1 2 3 4 5 6; do cmp "$work/got$i" "$work/www/file" || return 1; done
}
expect "so do six at a time" together
expect "the agent says who came" grep -q "tunnel client 1: hubctl from 127.0.0.1" "$work/agent.log"
expect "the audit trail says who reached what" bash -c "'$hubctl' audit list --json --socket '$state/run/admin.sock' | jq -e '[.[] | select(.action == \"tunnel.open\" and .subject == \"lamp-1\")] | length >= 7'"
expect "its details are an object" bash -c "'$hubctl' audit list --action tunnel.open --since 15m --limit 1 --json --socket '$state/run/admin.sock' | jq -e '.[0].detail | .role == \"client\" and (.tunnel | tonumber) > 1'"
expect "what happened before then is left out" bash -c "'$hubctl' audit list --action tunnel --since 2100-01-01 --json --socket '$state/run/admin.sock' | jq -e 'length == 0'"
refuse "a time nobody understands is refused" admin audit list --since soon
expect "who watches sees every tunnel, however short" wait_until 50 bash -c "[ \$(jq -c 'select(.change == \"closed\" and .role == \"client\" and .bytesOut > 3000000)' '$work/watch' | wc -l) -ge 7 ]"
expect "a device nobody knows has no list" refused_with "no device lamp-9" admin tunnel list --device lamp-9
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
expect "the monitor shows sums once" bash -c "'$hubctl' tunnel monitor --json --socket '$state/run/admin.sock' | jq -e '.totalTunnels >= 7 and .totalBytes > 20000000'"
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
expect "a port makes no sense with it" refused_with "takes no port" admin tunnel open lamp-1 22 --plain
expect "without it a port must be named" refused_with "name the port" admin tunnel open lamp-1
kill "$opener" "$stock"
open_tunnel lamp-1 "$port"
expect "the agent is reached as before" fetch

# ---- one side ends first

half=$work/half
python3 -c '
import socket, sys
l = socket.create_server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
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
kill "$agent_pid"
: >"$work/agent.log"
port2=$(cat "$half")
agent
expect "the agent offers a second port" wait_until 100 grep -q "tunnel up" "$work/agent.log"
open_tunnel lamp-1 "$port2"
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
# ---- the right to do so

client_tokens() { "$hubctl" tunnel tokens --device lamp-1 --json --socket "$state/run/admin.sock" | jq -r '.[] | select(.scope == ["client"]) | .id'; }
await_end() { # exit code of the opener in $ended
    ended=0
    wait "$opener" 2>/dev/null || ended=$?
}
for opener in "${openers[@]}"; do
    kill -TERM "$opener" 2>/dev/null || true
    await_end
done
expect "tunnels that were ended keep no token" is_same "$(client_tokens | wc -l)" 0
open_tunnel lamp-1 "$port"
expect "the open tunnel has a token" is_same "$(client_tokens | wc -l)" 1
kill -TERM "$opener"
await_end
expect "a signal ends the command in order" is_same "$ended" 0
expect "which takes its token back" is_same "$(client_tokens | wc -l)" 0
expect "and its certificate" bash -c "'$hubctl' cert list --json --socket '$state/run/admin.sock' | jq -e '[.[] | select(.ou == \"client\" and .revokedAt != null)] | length >= 1'"
open_tunnel lamp-1 "$port"
admin tunnel revoke "$(client_tokens)" >/dev/null
: >"$work/open.err"
curl -s --max-time 30 "http://127.0.0.1:$local/" || true
await_end
expect "without a right the command does not listen on" is_same "$ended" 1
expect "and says why" grep -q "can't be renewed: no valid tunnel token" "$work/open.err"
: >"$work/open.err"
"$hubctl" tunnel open lamp-1 "$port" --bind 0.0.0.0 --json --socket "$state/run/admin.sock" >"$work/open" 2>"$work/open.err" &
opener=$!
helpers+=("$opener")
expect "a port for the whole network is warned of" wait_until 100 grep -q "anyone on the network" "$work/open.err"
kill -TERM "$opener"
await_end
expect "and closed again" is_same "$ended" 0

# ---- what is refused

refused_port() { open_tunnel lamp-1 9; curl -s --max-time 30 "http://127.0.0.1:$local/"; wait_until 50 grep -q "the device does not allow port 9" "$work/open.err"; }
expect "a port that is not offered is refused" refused_port
expect "a device nobody knows is refused" refused_with "no device lamp-9" admin tunnel open lamp-9 22
expect "so is one without a connection" bash -c "$(declare -f secret provision address refused_with admin); $(declare -p work state hubctl oob agent); provision lamp-2 && refused_with 'keeps no connection' admin tunnel open lamp-2 22"
expect "a token without a device is refused" refused_with "no device lamp-9" admin tunnel token lamp-9
expect "a token of no life is refused" refused_with "1 minute to 30 days" admin tunnel token lamp-1 --minutes 0

# ---- tokens

admin tunnel token lamp-1 --minutes 5 --user "ann" --json >"$work/token"
expect "a token is made for a device and a user" jq -e '.token | startswith("lkt1.")' "$work/token"
id=$(jq -r .id "$work/token")
expect "the list of tokens has it, without the token" bash -c "'$hubctl' tunnel tokens --json --socket '$state/run/admin.sock' | jq -e '.[] | select(.id == \"$id\" and .user == \"ann\" and .token == null)'"
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
expect "no token stands in the log" bash -c "! grep -q lkt1. '$work/log'"

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
: >"$work/agent.log"
agent
expect "the agent is back" wait_until 100 grep -q "tunnel up" "$work/agent.log"

# ---- what ends tunnels

: >"$work/agent.log"
expect "a drain ends all connections" admin tunnel drain
expect "the agent is told, and comes again by itself" bash -c "$(declare -f wait_until); wait_until 60 grep -q 'tunnel up' '$work/agent.log'"
: >"$work/agent.log"
# The hub makes itself another certificate when it finds none.
rm "$state/ca/server.crt"
expect "a new certificate of the hub moves the agent over by itself" wait_until 200 grep -q "tunnel down" "$work/agent.log"
expect "it is back at once" wait_until 60 grep -q "tunnel up" "$work/agent.log"
expect "the hub says that tunnels move" grep -q "tunnels move to the hub's new certificate" "$work/log"
: >"$work/agent.log"
last=$(admin tunnel list --json | jq '[.[].id] | max')
stop "$pid"
expect "the hub ends in order with a tunnel open" is_same "$code" 0
expect "who watches is told, once" wait_until 30 bash -c "[ \$(grep -c 'no hub answers' '$work/watch.err') = 1 ]"
start --listen-https "127.0.0.1:0" --listen-proxy-tcp "127.0.0.1:0"
expect "the hub starts again" is_ready
kill "$agent_pid"
: >"$work/agent.log"
agent
expect "the agent finds the proxy at its new place" wait_until 100 grep -q "tunnel up" "$work/agent.log"
expect "who watches goes on" wait_until 30 grep -q "the hub is back" "$work/watch.err"
expect "numbers go on" bash -c "'$hubctl' tunnel list --json --socket '$state/run/admin.sock' | jq -e '.[0].id > $last'"
last=$(admin tunnel list --json | jq '[.[].id] | max')
: >"$work/agent.log"
kill -KILL "$pid"
{ wait "$pid" || true; } 2>/dev/null
port_before=$(jq .proxyTCP.port "$state/run/addresses.json")
start --listen-proxy-tcp "127.0.0.1:$port_before"
expect "a hub that was killed starts" is_ready
expect "one line says what it left open" bash -c "'$hubctl' audit list --action tunnel.lost --json --socket '$state/run/admin.sock' | jq -e 'length == 1 and (.[0].detail.tunnels | contains(\"$last\"))'"
expect "who watches sees it" wait_until 50 watched '.change == "lost"'
expect "the agent comes to the killed hub's place" wait_until 100 grep -q "tunnel up" "$work/agent.log"
expect "numbers go on then, too" bash -c "'$hubctl' tunnel list --json --socket '$state/run/admin.sock' | jq -e '.[0].id > $last'"
: >"$work/agent.log"
expect "a device is revoked" admin cert revoke --device lamp-1
expect "its tunnel ends at once" wait_until 20 grep -q "tunnel down" "$work/agent.log"
expect "its agent says why" wait_until 100 grep -q "tunnel down: the hub refuses this certificate" "$work/agent.log"
expect "nobody is a server any more" bash -c "'$hubctl' tunnel list --json --socket '$state/run/admin.sock' | jq -e 'length == 0'"
expect "and no token is made for it" refused_with "holds no certificate" admin tunnel token lamp-1
