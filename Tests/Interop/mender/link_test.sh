#!/usr/bin/env bash
# The vendor's link programs, unchanged from Debian, against a running hub: mender-connect on the device, mender-cli for the operator;
# and hubctl with the same device.
# shellcheck disable=SC2016 # what is in single quotes is for the shell on the device
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../Shell/cases.sh"
. "$here/../packages.sh"
. "$here/host.sh"
[ -n "${MENDER_HOST:-}" ] || mender_host "$here/link_test.sh"
. "$here/../../Shell/hub.sh"
trap '{ kill -KILL $(jobs -p); wait; } 2>/dev/null; rm -rf "$work"' EXIT
mender_mounts
# The terminals of this host alone, and as many as it likes.
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts
mount --bind /dev/pts/ptmx /dev/ptmx
start_hub
url=https://127.0.0.1:$port
export SSL_CERT_FILE=$state/ca/ca.crt
mender_device "$url" "$state/ca/ca.crt"
hubctl=$programs/hubctl

token=""
api() { # METHOD PATH [CURL OPTIONS...]
    local method=$1 path=$2
    shift 2
    curl -sSf --cacert "$state/ca/ca.crt" -X "$method" -H "Authorization: Bearer $token" "$@" "$url/api/management/$path"
}
device_status() { [ "$(api GET v2/devauth/devices | jq -r '.[0].status')" = "$1" ]; }
link_status() { [ "$(api GET "v1/deviceconnect/devices/$device" | jq -r .status)" = "$1" ]; }

printf 'a good long password' | "$programs/hubctl" user add op@example.com --role operator --password-stdin >/dev/null
mender-cli login --server "$url" --username op@example.com --password 'a good long password' >/dev/null
token=$(cat ~/.cache/mender/authtoken)
mender_start
expect 'a device comes' until_true 30 device_status pending
device=$(api GET v2/devauth/devices | jq -r '.[0].id')
set_id=$(api GET v2/devauth/devices | jq -r '.[0].auth_sets[0].id')
decide() { api PUT "v2/devauth/devices/$device/auth/$set_id/status" -H 'Content-Type: application/json' -d "{\"status\":\"$1\"}"; }
expect 'and is accepted' decide accepted
record=$("$hubctl" device list --json | jq -r '.[0].deviceID')

printf '{"ShellCommand":"/bin/bash","ShellArguments":["--norc"],"User":"root","ReconnectIntervalSeconds":2}\n' >/etc/mender/mender-connect.conf
chmod 600 /etc/mender/mender-connect.conf
mender-connect --debug daemon >"$work/connect.log" 2>&1 &
expect 'mender-connect opens its link' until_true 60 link_status connected

cat >"$work/terminal.py" <<'PYTHON'
"""Runs a command on a terminal of its own: types a line when WORD was seen, again for each further pair, and ends with its exit code.
usage: terminal.py WORD LINE [WORD LINE...] -- COMMAND..."""
import os, pty, sys, termios, fcntl, struct

split = sys.argv.index("--")
pairs, command = sys.argv[1:split], sys.argv[split + 1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
said = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
    if pairs and pairs[0].encode() in said:
        os.write(terminal, pairs[1].encode() + b"\r")
        pairs, said = pairs[2:], b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PYTHON
# mender-connect does not read what one shell in fifty writes: the prompt stays in its terminal (strace shows the shell's write, and no read
# after it), and a try without a prompt proves nothing about hub and hubctl. It is made again; any other failure counts.
shell_case() { # COMMAND... : leaves what the shell wrote in $work/talk
    local try status
    for try in 1 2 3 4; do
        status=0
        "$@" >"$work/talk" 2>&1 </dev/null || status=$?
        if [ "$status" = 0 ] || grep -q '# ' "$work/talk"; then break; fi
        printf 'try %s without a prompt: %s\n' "$try" "$(cat "$work/talk")"
    done
    [ "$status" = 0 ] || cat "$work/talk"
    return "$status"
}
on_a_terminal() { timeout 20 python3 "$work/terminal.py" "$@"; }

expect 'mender-cli opens a terminal' shell_case on_a_terminal '# ' 'echo "it is $((40+2))"; exit' -- \
    mender-cli terminal --server "$url" "$device"
expect 'and shows what the shell says' grep -q 'it is 42' "$work/talk"
expect 'hubctl opens a terminal' shell_case on_a_terminal '# ' 'stty size; exit' -- "$hubctl" device shell "$record"
expect 'of the size of its own' grep -q '^.*33 99' "$work/talk"
# The second command reads what is typed: the end of the input is said to it, then to the shell.
piped() { printf 'echo piped $((1+1))\ncat\n' | timeout 20 "$hubctl" device shell "$record"; }
expect 'hubctl sends what it is given' shell_case piped
expect 'and shows the answer' grep -q 'piped 2' "$work/talk"

head -c 300000 /dev/urandom >"$work/blob"
chmod 640 "$work/blob"
expect 'mender-cli copies a file to the device' timeout 60 mender-cli cp --server "$url" "$work/blob" "$device:$work/up-cli"
expect 'whole' cmp "$work/blob" "$work/up-cli"
expect 'with its rights' test "$(stat -c %a "$work/up-cli")" = 640
expect 'and from it' timeout 60 mender-cli cp --server "$url" "$device:$work/blob" "$work/down-cli"
expect 'whole again' cmp "$work/blob" "$work/down-cli"
expect 'hubctl copies a file to the device' timeout 60 "$hubctl" device cp "$work/blob" "$record:$work/up-hub"
expect 'as it is' cmp "$work/blob" "$work/up-hub"
expect 'and from it, into a folder' bash -c "mkdir '$work/in'; timeout 60 '$hubctl' device cp '$record:$work/blob' '$work/in'"
expect 'as it is there' cmp "$work/blob" "$work/in/blob"
refuse 'a file that is not there' timeout 60 "$hubctl" device cp "$record:/no/such/file" "$work/none"
expect 'the API fetches a file' api GET "v1/deviceconnect/devices/$device/download?path=$work/blob" -o "$work/down-api" -D "$work/headers"
expect 'as it is' cmp "$work/blob" "$work/down-api"
expect 'with what is known of it' grep -qi '^x-men-file-size: 300000' "$work/headers"
expect 'the API sends a file' api PUT "v1/deviceconnect/devices/$device/upload" -F "path=$work/up-api" -F uid=0 -F gid=0 -F mode=0640 -F "file=@$work/blob"
expect 'as it is' cmp "$work/blob" "$work/up-api"
expect 'with its rights' test "$(stat -c %a "$work/up-api")" = 640

python3 -m http.server --bind 127.0.0.1 --directory "$work" 8099 >/dev/null 2>&1 &
# mender-cli ends when the first connection it forwards is refused.
expect 'something answers on the device' until_true 20 curl -sf http://127.0.0.1:8099/blob -o /dev/null
mender-cli port-forward --server "$url" "$device" 8101:127.0.0.1:8099 >"$work/forward.log" 2>&1 &
fetch() { curl -sSf --max-time 30 "http://127.0.0.1:$1/blob" -o "$work/forwarded" && cmp "$work/blob" "$work/forwarded"; }
expect 'mender-cli forwards a port' until_true 20 fetch 8101
"$hubctl" device forward "$record" 8102:127.0.0.1:8099 >"$work/forward-hub.log" 2>&1 &
forwarding=$!
expect 'hubctl forwards a port' until_true 20 fetch 8102
many() {
    local one pids=()
    for one in 1 2 3 4 5; do
        curl -sSf --max-time 30 "http://127.0.0.1:8102/blob" -o "$work/many-$one" &
        pids+=($!)
    done
    wait "${pids[@]}"
    for one in 1 2 3 4 5; do cmp "$work/blob" "$work/many-$one" || return 1; done
}
expect 'several connections at once' many
# A program that ends its side first, as nc -N does, and a server that answers a second later.
cat >"$work/slow.py" <<'PYTHON'
import socket, time

server = socket.create_server(("127.0.0.1", 8103))
print("up", flush=True)
connection, _ = server.accept()
connection.recv(65536)
time.sleep(1)
connection.sendall(b"x" * 200000)
connection.close()
PYTHON
python3 "$work/slow.py" >"$work/slow.log" &
expect 'a slow server waits' until_true 20 grep -q up "$work/slow.log"
"$hubctl" device forward "$record" 8104:127.0.0.1:8103 >"$work/forward-slow.log" 2>&1 &
slow=$!
expect 'its port is forwarded' until_true 20 grep -q 8104 "$work/forward-slow.log"
half_closed() {
    python3 -c '
import socket
connection = socket.create_connection(("127.0.0.1", 8104))
connection.sendall(b"question")
connection.shutdown(socket.SHUT_WR)
total = 0
while part := connection.recv(65536): total += len(part)
assert total == 200000, total'
}
expect 'who ended its side gets the answer' half_closed
kill -TERM "$slow"
kill -TERM "$forwarding"
status=0
wait "$forwarding" || status=$?
expect 'and ends when asked' test "$status" = 0

cat >"$work/interrupted.py" <<'PYTHON'
"""Ends a command on a terminal by a signal once WORD was seen, and wants the terminal back as it was. usage: interrupted.py SIGNAL WORD COMMAND..."""
import os, pty, select, sys, termios

number, word, command = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3:]
terminal, other = pty.openpty()
before = termios.tcgetattr(other)
child = os.fork()
if child == 0:
    os.login_tty(other)
    os.execvp(command[0], command)
said = b""
while word not in said:
    if select.select([terminal], [], [], 0.2)[0]:
        said += os.read(terminal, 4096)
    elif os.waitpid(child, os.WNOHANG)[0]:
        sys.exit("ended by itself: " + said.decode(errors="replace"))
print(said.decode(errors="replace"))
raw = termios.tcgetattr(other)
os.kill(child, number)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
after = termios.tcgetattr(other)
print(code, raw == before, after == before)
sys.exit(0 if raw != before and after == before and code == 128 + number else 1)
PYTHON
for number in 15 1 3; do
    expect "a shell ended by signal $number leaves the terminal as it was" \
        shell_case timeout 20 python3 "$work/interrupted.py" "$number" '# ' "$hubctl" device shell "$record"
done
expect '~. leaves a shell' shell_case on_a_terminal '# ' 'true' '# ' $'\r~.' -- "$hubctl" device shell "$record"

seconds=$SECONDS
stop_hub TERM
expect 'a hub with a link ends in time' test "$((SECONDS - seconds))" -le 9
export HUB_LISTEN_HTTPS=127.0.0.1:$port
start_hub
expect 'and the device comes back' until_true 90 link_status connected

expect 'the device looks for updates when told to' api POST "v1/deviceconnect/devices/$device/check-update"
expect 'the trail has the shells' test "$("$hubctl" audit list --json | jq '[.[]|select(.action=="link.shell")]|length')" -ge 3
expect 'and the files' test "$("$hubctl" audit list --json | jq '[.[]|select(.action=="link.fileRead")]|length')" -ge 3

(sleep 3; decide rejected) &
refuse 'a shell ends when its device is shut out' on_a_terminal '# ' 'sleep 30' -- "$hubctl" device shell "$record"
expect 'the device is gone' until_true 10 bash -c "! '$hubctl' device shell '$record' </dev/null"
