#!/usr/bin/env bash
# Debian's mosquitto with the configuration the hub writes: a device publishes in its own topics only, and is refused once revoked.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
if ! command -v mosquitto >/dev/null || ! command -v mosquitto_pub >/dev/null; then
    skip "mosquitto is not installed; run scripts/bootstrap"
    exit 0
fi
start_hub
broker=""
watcher=""
# The watcher is a shell around the program: what runs in it ends first.
trap '{ [ -z "$watcher" ] || pkill -P "$watcher"; kill $broker $watcher; [ -z "$pid" ] || kill -KILL "$pid"; wait; } 2>/dev/null; rm -rf "$work"' EXIT
hubctl() { "$programs/hubctl" "$@"; }
provision() {
    (umask 077 && printf 'LABELTEXTLABELTEXTLABELTEXT' >"$work/secret")
    "$programs/oob" add "$1" --secret-file "$work/secret" &&
        "$programs/hub-agent" provision --id "$1" --secret-file "$work/secret" --state "$work/$1" --hub "127.0.0.1:$port"
}
# Two ports that follow each other.
free_port() { python3 -c '
import socket
while True:
    one, two = socket.socket(), socket.socket()
    one.bind(("127.0.0.1", 0))
    try:
        two.bind(("127.0.0.1", one.getsockname()[1] + 1))
    except OSError:
        continue
    print(one.getsockname()[1])
    break'; }
mqtt=$(free_port)
roles=$((mqtt + 1))
folder=$work/mosquitto

expect "the configuration can be read before it is written" grep -q use_subject_as_username <(hubctl service config mosquitto)
expect "a client certificate for the operator's app" hubctl cert issue dashboard --ou client --out "$work/dashboard"
expect "a certificate for a service" hubctl cert issue historian --ou service --name historian.example --out "$work/historian"
expect "and one whose name needs escapes" hubctl cert issue 'Späth, "Ärger" + Söhne #1' --ou service --out "$work/escaped"
refuse "a device does not get a service's name" provision historian
refuse "nor the name of the hub's admin" provision "hub admin"
for device in lamp-1 lamp-2; do expect "$device is provisioned" provision "$device"; done
expect "everything mosquitto needs is written" hubctl service config mosquitto --folder "$folder" --name 127.0.0.1 --port "$mqtt"
expect "the broker's key is private" test "$(stat -c %a "$folder/broker.key")" = 600
# The test's own user runs it, so that it can read its key; a broker in service has a user of its own.
printf 'user %s\n' "$(id -un)" | cat - "$folder/latchkey.conf" >"$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
broker=$!
hubctl ca crl --out "$folder/crl.pem" --watch --run "kill -HUP $broker" >"$work/watch.log" 2>&1 &
watcher=$!

as() { local who=$1 port=$2 key=$3 certificate=$4; shift 4; "$who" -h 127.0.0.1 -p "$port" --cafile "$folder/ca.pem" --cert "$certificate" --key "$key" "$@"; }
publish() { as mosquitto_pub "$mqtt" "$work/$1/device.key" "$work/$1/device.crt" -q 1 -t "$2" -m "$3"; }
up() { for _ in $(seq 300); do publish lamp-1 devices/lamp-1/state hello 2>/dev/null && return; sleep 0.1; done; cat "$work/mosquitto.log"; return 1; }
expect "a device publishes" up
hear() { timeout 60 stdbuf -oL mosquitto_sub -h 127.0.0.1 -p "$roles" --cafile "$folder/ca.pem" --cert "$work/$1.crt" --key "$work/$1.key" -t '#' -C 1 -W 60 -v -d >"$work/heard" 2>&1; }
heard() { grep -E '^(devices|site)/' "$work/heard"; }
# What a client hears first: the broker passes messages on in the order in which they came.
listening() { # CLIENT DEVICE TOPIC...
    local topic
    : >"$work/heard"
    hear "$1" &
    local listener=$!
    until_true grep -q SUBACK "$work/heard"
    for topic in "${@:3}"; do publish "$2" "$topic" hello; done
    wait "$listener" || true
    heard
}
expect "a client hears it" test "$(listening dashboard lamp-1 devices/lamp-1/state)" = "devices/lamp-1/state hello"
expect "a device can't write in another's topics" test "$(listening dashboard lamp-1 devices/lamp-2/state devices/lamp-1/state)" = "devices/lamp-1/state hello"
# What somebody writes to site/all, and then a service to site/end: what a client hears first.
writes() { # PORT NAME
    : >"$work/heard"
    hear dashboard &
    local listener=$!
    until_true grep -q SUBACK "$work/heard"
    as mosquitto_pub "$1" "$2.key" "$2.crt" -q 1 -t site/all -m now
    as mosquitto_pub "$roles" "$work/escaped.key" "$work/escaped.crt" -q 1 -t site/end -m now
    wait "$listener" || true
    heard
}
expect "a service writes anywhere" test "$(writes "$roles" "$work/historian")" = "site/all now"
expect "also with a name that needs escapes" test "$(writes "$roles" "$work/escaped")" = "site/all now"
expect "a client does not" test "$(writes "$roles" "$work/dashboard")" = "site/end now"
expect "a service at the devices' port does not" test "$(writes "$mqtt" "$work/historian")" = "site/end now"
# The lists stay as they are; a device gets a name in them that has become free.
serial=$(hubctl cert list --common-name historian --json | jq -r '.[0].serial')
expect "the service's certificate is taken back" hubctl cert revoke "0x${serial#0}"
expect "its name is free for a device" provision historian
for gate in "$mqtt" "$roles"; do
    expect "which gets no more than a device" test "$(writes "$gate" "$work/historian/device")" = "site/end now"
done
expect "lamp-1 is revoked" hubctl cert revoke --device lamp-1 --reason keyCompromise
shut_out() { for _ in $(seq 300); do publish lamp-1 devices/lamp-1/state hello 2>"$work/refused" || return 0; sleep 0.1; done; return 1; }
expect "and shut out of the broker" shut_out
expect "because of its certificate" grep -qiE "revoked|tls|error" "$work/refused"
expect "lamp-2 goes on" publish lamp-2 devices/lamp-2/state hello
