#!/usr/bin/env bash
# The vendor's own programs, unchanged from Debian, against a running hub: mender-client, mender-artifact, mender-cli.
# shellcheck disable=SC2016 # what is in single quotes is for the modules' own shell
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../Shell/cases.sh"
. "$here/../packages.sh"
. "$here/host.sh"
[ -n "${MENDER_HOST:-}" ] || mender_host "$here/mender_test.sh"
. "$here/../../Shell/hub.sh"
trap '{ kill -KILL $(jobs -p); wait; } 2>/dev/null; rm -rf "$work"' EXIT
mender_mounts
start_hub
url=https://127.0.0.1:$port
export SSL_CERT_FILE=$state/ca/ca.crt HOME=$work
# The device reaches the hub through a port mapping, as behind a router: every link must lead back through it.
cat >"$work/mapping.py" <<'PYTHON'
"""Passes connections on, both ways, until each side has ended. usage: mapping.py FROM TO"""
import asyncio, sys

async def copy(reader, writer):
    try:
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()

async def serve(reader, writer):
    other_reader, other_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(copy(reader, other_writer), copy(other_reader, writer))
    writer.close()
    other_writer.close()

async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])) as server:
        await server.serve_forever()

asyncio.run(main())
PYTHON
mapped=8443
python3 "$work/mapping.py" "$mapped" "$port" 2>/dev/null &
expect 'the hub is reached through a port mapping' until_true 10 curl -s -o /dev/null --cacert "$state/ca/ca.crt" "https://127.0.0.1:$mapped/"
mender_device "https://127.0.0.1:$mapped" "$state/ca/ca.crt"

# api METHOD PATH [CURL OPTIONS...]: the management API as an operator
token=""
api() {
    local method=$1 path=$2
    shift 2
    curl -sSf --cacert "$state/ca/ca.crt" -X "$method" -H "Authorization: Bearer $token" "$@" "$url/api/management/$path"
}
json() { api POST "$1" -H 'Content-Type: application/json' -d "$2" "${@:3}"; }
# device_status WORD: what the hub says of the device
device_status() { [ "$(api GET v2/devauth/devices | jq -r '.[0].status')" = "$1" ]; }
# status DEPLOYMENT: how it stands on the device
status() { api GET "v1/deployments/deployments/$1/devices" | jq -r '.[0].status // "pending"'; }
is_status() { [ "$(status "$1")" = "$2" ]; }
# deploy NAME [MORE JSON]: prints its number
deploy() {
    local id
    json v1/deployments/deployments "{\"name\":\"$1\",\"artifact_name\":\"$1\",\"devices\":[\"$device\"]${2:+,$2}}" \
        -D "$work/headers" >/dev/null
    id=$(tr -d '\r' <"$work/headers" | sed -n 's#^[Ll]ocation: .*/##p')
    printf '%s\n' "$id"
}
# artifact NAME MODULE FILE [OPTIONS...]: writes and uploads one
artifact() {
    mender-artifact write module-image -T "$2" -n "$1" -t qemu -o "$work/$1.mender" -f "$3" "${@:4}" >/dev/null
    mender-cli artifacts --server "$url" upload --no-progress "$work/$1.mender"
}

printf 'a good long password' | "$programs/hubctl" user add op@example.com --role operator --password-stdin
expect 'mender-cli logs in' mender-cli login --server "$url" --username op@example.com --password 'a good long password'
token=$(cat ~/.cache/mender/authtoken)

mender_start
expect 'a first contact makes a pending device' until_true 30 device_status pending
device=$(api GET v2/devauth/devices | jq -r '.[0].id')
set_id=$(api GET v2/devauth/devices | jq -r '.[0].auth_sets[0].id')
accept() { api PUT "v2/devauth/devices/$device/auth/$set_id/status" -H 'Content-Type: application/json' -d "{\"status\":\"$1\"}"; }
expect 'the operator accepts it' accept accepted
has_inventory() { api GET "v1/inventory/devices/$device" | jq -e '.attributes[]|select(.name=="os" and .value=="debian")'; }
expect 'its inventory arrives' until_true 30 has_inventory
expect 'mender-cli lists it' bash -c "mender-cli devices list --server '$url' | grep -q '$device'"

printf 'hello hub\n' >"$work/greeting.txt"
printf '#!/bin/sh\ncase $1 in ArtifactInstall) cp files/greeting.txt /tmp/greeted ;; SupportsRollback) echo Yes ;; esac\n' >"$work/good"
printf '#!/bin/sh\ncase $1 in ArtifactInstall) echo going wrong >&2; exit 1 ;; SupportsRollback) echo Yes ;; esac\n' >"$work/bad"
install -m 755 "$work/good" /usr/share/mender/modules/v3/good
install -m 755 "$work/bad" /usr/share/mender/modules/v3/bad
expect 'mender-cli uploads an artifact' artifact rel-1 good "$work/greeting.txt"
expect 'mender-cli lists it' bash -c "mender-cli artifacts list --server '$url' | grep -q rel-1"
deployment=$(deploy rel-1)
expect 'a deployment succeeds' until_true 60 is_status "$deployment" success
expect 'what it brought is there' cmp "$work/greeting.txt" /tmp/greeted
expect 'it was fetched through the mapping' grep -q "https://127.0.0.1:$mapped/" "$work/mender.log"
again=$(deploy rel-1 '"retries":0')
expect 'what is installed is not installed again' until_true 60 is_status "$again" already-installed

printf '#!/bin/sh\nexit 0\n' >"$work/ArtifactInstall_Enter_00_hello"
expect 'an artifact with a state script is uploaded' artifact rel-script good "$work/greeting.txt" -s "$work/ArtifactInstall_Enter_00_hello"
scripted=$(deploy rel-script)
expect 'its deployment succeeds' until_true 60 is_status "$scripted" success
substate() { api GET "v1/deployments/deployments/$1/devices" | jq -r '.[0].substate'; }
expect 'the last word of its script stays' test "$(substate "$scripted")" = 'finished executing script: ArtifactInstall_Enter_00_hello'
code=$(curl -s -o "$work/answer" -w '%{http_code}' --cacert "$state/ca/ca.crt" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
    -d '{"name":"none","artifact_name":"no-such-release","devices":["2f7b1f5c-0b1e-4a59-8c3f-6d1d7f1f0a11"]}' "$url/api/management/v1/deployments/deployments")
expect 'a deployment of what is not there is unprocessable' test "$code $(jq -r .error "$work/answer")" = '422 No artifact for the deployment'

expect 'an artifact that fails is uploaded' artifact rel-bad bad "$work/greeting.txt"
failing=$(deploy rel-bad)
expect 'a failing module fails the deployment' until_true 60 is_status "$failing" failure
has_log() { api GET "v1/deployments/deployments/$failing/devices/$device/log" | grep -q 'going wrong'; }
expect 'its log tells why' until_true 30 has_log

# An update that holds before it installs, and is released, then one that is aborted there.
expect 'an artifact for a held update is uploaded' artifact rel-held good "$work/greeting.txt"
hold='"update_control_map":{"priority":0,"states":{"ArtifactInstall_Enter":{"action":"pause"}}}'
held=$(deploy rel-held "$hold")
expect 'the device waits at the hold point' until_true 60 is_status "$held" pause_before_installing
release() { api PATCH "v1/deployments/deployments/$1" -H 'Content-Type: application/json' -d '{"update_control_map":{"states":{}}}'; }
expect 'the operator releases it' release "$held"
expect 'and it succeeds' until_true 60 is_status "$held" success
artifact rel-ended good "$work/greeting.txt" >/dev/null
ended=$(deploy rel-ended "$hold")
expect 'another one waits' until_true 60 is_status "$ended" pause_before_installing
abort() { api PUT "v1/deployments/deployments/$1/status" -H 'Content-Type: application/json' -d '{"status":"aborted"}'; }
expect 'it is aborted' abort "$ended"
rolled_back() { mender show-artifact | grep -qx rel-held && tail -n 400 "$work/mender.log" | grep -q 'abort'; }
expect 'the device goes back to what it had' until_true 60 rolled_back
expect 'and the deployment stays aborted' is_status "$ended" aborted

# A module that takes its time, to have something to interrupt.
cat >"$work/slow" <<'END'
#!/bin/sh
case $1 in
Download)
    while stream=$(cat stream-next) && [ -n "$stream" ]; do
        { dd bs=64k count=8 status=none; touch /tmp/downloading; while [ -e /tmp/hold ]; do sleep 0.1; done; cat; } <"$stream" >/tmp/slow-got
    done ;;
ArtifactInstall) mv /tmp/slow-got /tmp/slow-installed ;;
SupportsRollback) echo Yes ;;
esac
END
install -m 755 "$work/slow" /usr/share/mender/modules/v3/slow
head -c 48000000 /dev/urandom >"$work/large"
slow() {
    mender-artifact write module-image -T slow -n "$1" -t qemu -o "$work/$1.mender" -f "$work/large" --compression none >/dev/null
    mender-cli artifacts --server "$url" upload --no-progress "$work/$1.mender"
}
expect 'a large artifact is uploaded' slow rel-large
touch /tmp/hold
rm -f /tmp/downloading
large=$(deploy rel-large)
expect 'its download begins' until_true 60 test -e /tmp/downloading
token_of() { api GET "v2/devauth/devices/$device" | jq -r '.auth_sets[]|select(.status=="accepted").id'; }
expect 'the token is revoked in the middle' api DELETE "v2/devauth/tokens/$(token_of)"
# The hub dies in the middle; what the device has is not fetched again.
HUB_LISTEN_HTTPS=127.0.0.1:$port
export HUB_LISTEN_HTTPS
stop_hub KILL
rm -f /tmp/hold
start_hub
expect 'the device goes on where the download was cut, with a new token' until_true 150 is_status "$large" success
expect 'and has every byte' cmp "$work/large" /tmp/slow-installed
expect 'it asked for the rest only' grep -q 'Range' "$work/mender.log"

# The operator rejects the device in the middle of a download.
expect 'another large artifact is uploaded' slow rel-last
touch /tmp/hold
rm -f /tmp/downloading
deploy rel-last >/dev/null
expect 'its download begins' until_true 60 test -e /tmp/downloading
set_id=$(token_of)
expect 'the device is rejected' accept rejected
rm -f /tmp/hold
cut_off() { tail -n 300 "$work/mender.log" | grep -qiE 'unexpected EOF|connection broken|Download connection'; }
expect 'its download ends at once' until_true 20 cut_off
expect 'and nothing was installed' cmp "$work/large" /tmp/slow-installed
expect 'its status is rejected' device_status rejected
mender_stop
expect 'nothing tried to restart the machine' test ! -e "$work/reboots"
