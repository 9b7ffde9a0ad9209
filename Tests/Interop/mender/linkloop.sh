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
on_a_terminal() { timeout 60 python3 "$work/terminal.py" "$@" >"$work/talk" 2>&1 || { status=$?; cat "$work/talk"; return "$status"; }; }

cat >"$work/interrupted.py" <<'PYTHON'
"""Ends a command on a terminal by a signal once WORD was seen, and wants the terminal back as it was. usage: interrupted.py SIGNAL WORD COMMAND..."""
import os, pty, sys, termios

number, word, command = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3:]
terminal, other = pty.openpty()
before = termios.tcgetattr(other)
child = os.fork()
if child == 0:
    os.login_tty(other)
    os.execvp(command[0], command)
said = b""
while word not in said:
    part = os.read(terminal, 4096); print(repr(part), flush=True); said += part
raw = termios.tcgetattr(other)
print("prompt", flush=True); os.kill(child, number)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
after = termios.tcgetattr(other)
print(code, raw == before, after == before)
sys.exit(0 if raw != before and after == before and code == 128 + number else 1)
PYTHON

for i in $(seq 1 40); do for number in 15 1 3; do
 timeout 30 python3 "$work/interrupted.py" "$number" '# ' "$hubctl" device shell "$record" >"$work/o" 2>&1 || { echo "FAIL $i $number $?"; cat "$work/o"; tail -60 "$work/connect.log"; ps -ef | tail -30; }
done; done
