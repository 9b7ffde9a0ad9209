#!/usr/bin/env bash
# Three hosts: a hub, a device that only dials out, an operator. HTTP, a large copy and ssh through a tunnel; the hub is killed and comes again.
# TUNNEL_MB=1000 for the large copy (default 200).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/Tests/Lab/lab.sh"
programs=$root/.build/${CONFIGURATION:-debug}
if missing=$(lab_missing); then
    echo "skip - the lab needs $missing"
    exit 0
fi
expect() {
    local what=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    [ "$status" = 0 ] || { printf 'not ok - %s (exit code %s)\n%s\n' "$what" "$status" "$output" && exit 1; }
    printf 'ok - %s\n' "$what"
}
lab_up hub dev op
state=$LAB_DIR/state hub=$(lab_ip hub) size=${TUNNEL_MB:-200}

hub_start() {
    rm -f "$state/run/addresses.json"
    lab_run hub hubd "$programs/hubd" --state "$state" --discovery-enabled false --log-level warning
    lab_wait 15 test -s "$state/run/addresses.json"
}
expect "the hub is up, with its tunnel listeners at their usual ports" hub_start

# ---- the device: a secret, a certificate, something to reach

secret() { (umask 077 && openssl rand -hex 16 >"$LAB_DIR/secret") && "$programs/oob" add lamp-1 --secret-file "$LAB_DIR/secret" --socket "$state/run/admin.sock"; }
expect "the device's secret is registered" secret
expect "the device is provisioned over the wire" lab_enter dev "$programs/hub-agent" provision --id lamp-1 --hub "$hub:43776" --secret-file "$LAB_DIR/secret" --state "$LAB_DIR/lamp-1"
mkdir "$LAB_DIR/www"
head -c "$size"M /dev/urandom >"$LAB_DIR/www/large"
echo small >"$LAB_DIR/www/small"
lab_run dev web python3 -m http.server --bind 127.0.0.1 --directory "$LAB_DIR/www" 8000
lab_run dev agent "$programs/hub-agent" run --state "$LAB_DIR/lamp-1" --hub "$hub:43776" --tunnel-ports 8000 --tunnel-ports 22
expect "its agent registers at the tunnel proxy" lab_wait 15 grep -q "tunnel up" "$LAB_DIR/agent.err"

# ---- the operator, with a certificate, on another host

as_admin=(--hub "https://$hub:43776" --cert "$state/ca/admin.crt" --key "$state/ca/admin.key" --ca "$state/ca/ca.crt")
open_tunnel() { # NAME PORT LOCAL
    lab_run op "$1" "$programs/hubctl" tunnel open lamp-1 "$2" --local "$3" "${as_admin[@]}"
    lab_wait 10 grep -q "leads to port $2" "$LAB_DIR/$1.out"
}
fetch() { lab_enter op curl -s --fail --max-time 300 -o "$LAB_DIR/got" "http://127.0.0.1:9000/$1" && cmp "$LAB_DIR/got" "$LAB_DIR/www/$1"; }
expect "the device can't be reached directly" bash -c "! timeout 3 nsenter -t $(cat "$LAB_DIR/op.holder") -n curl -s http://$(lab_ip dev):8000/"
expect "the operator opens a local port" open_tunnel open 8000 9000
expect "HTTP goes through" fetch small
from=$(lab_now)
expect "$size MB go through unaltered" fetch large
echo "# $size MB in $(($(lab_now) - from)) ms"
private() { awk '$1 == "VmHWM:" { exit !($2 < 400000) }' "/proc/$(cat "$LAB_DIR/hubd.pid")/status"; }
expect "the hub's memory stays small meanwhile" private

# ---- ssh

if command -v sshd >/dev/null && command -v ssh >/dev/null; then
    ssh-keygen -q -t ed25519 -N "" -f "$LAB_DIR/hostkey"
    ssh-keygen -q -t ed25519 -N "" -f "$LAB_DIR/userkey"
    install -m 600 "$LAB_DIR/userkey.pub" "$LAB_DIR/keys"
    lab_enter dev mkdir -p /run/sshd
    lab_run dev sshd "$(command -v sshd)" -D -p 22 -o ListenAddress=127.0.0.1 -h "$LAB_DIR/hostkey" -o AuthorizedKeysFile="$LAB_DIR/keys" \
        -o StrictModes=no -o PermitRootLogin=yes -o UsePAM=no -o PidFile=none -f /dev/null
    expect "a second port is opened for ssh" open_tunnel open-ssh 22 2222
    by_ssh() { lab_enter op ssh -F none -p 2222 -i "$LAB_DIR/userkey" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 "$@"; }
    greet() { [ "$(by_ssh hostname)" = devhost ]; }
    expect "ssh reaches the device" lab_wait 10 greet
    copy() { by_ssh "cat '$LAB_DIR/www/large'" | cmp - "$LAB_DIR/www/large"; }
    expect "a large file comes over ssh" copy
    lab_end open-ssh
else
    echo "skip - ssh and sshd are not installed"
fi

# ---- the hub dies, and comes again

: >"$LAB_DIR/agent.err"
lab_end hubd KILL
expect "the agent notices that the hub is gone" lab_wait 5 grep -q "tunnel down" "$LAB_DIR/agent.err"
: >"$LAB_DIR/agent.err"
expect "the hub starts again" hub_start
from=$(lab_now)
expect "the agent is back within 5 s" lab_wait 5 grep -q "tunnel up" "$LAB_DIR/agent.err"
echo "# back after $(($(lab_now) - from)) ms"
expect "the open local port works again" fetch small

# ---- a device that vanishes without a word

lab_signal agent STOP
from=$(lab_now)
gone() { ! "$programs/hubctl" tunnel list --json --socket "$state/run/admin.sock" | jq -e '.[] | select(.role == "server")'; }
expect "a device that says nothing for a minute is dropped" lab_wait 80 gone
echo "# after $(($(lab_now) - from)) ms"
lab_signal agent CONT
expect "and comes again when it can" lab_wait 10 bash -c "'$programs/hubctl' tunnel list --json --socket '$state/run/admin.sock' | jq -e '.[] | select(.role == \"server\")'"
