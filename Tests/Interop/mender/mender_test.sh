#!/usr/bin/env bash
# The vendor's own programs, unchanged from Debian, against a running hub: mender-client, mender-artifact, mender-cli.
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
export SSL_CERT_FILE=$state/ca/ca.crt
mender_device "$url" "$state/ca/ca.crt"

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
again=$(deploy rel-1 '"retries":0')
expect 'what is installed is not installed again' until_true 60 is_status "$again" already-installed

expect 'an artifact that fails is uploaded' artifact rel-bad bad "$work/greeting.txt"
failing=$(deploy rel-bad)
expect 'a failing module fails the deployment' until_true 60 is_status "$failing" failure
has_log() { api GET "v1/deployments/deployments/$failing/devices/$device/log" | grep -q 'going wrong'; }
expect 'its log tells why' until_true 30 has_log
