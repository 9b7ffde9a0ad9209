#!/usr/bin/env bash
# The guide for devices of the update protocol, step by step: with curl and openssl, for each kind of key. Uploads and deployments are in
# Tests/ProgramTests.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
. "$(dirname "$0")/guide.sh"
hubctl() { "$programs/hubctl" "$@"; }
is() { [ "$1" = "$2" ] || { printf 'wanted %s, got %s\n' "$2" "$1"; return 1; }; }
ends_with() {
    local wanted=$1 status=0
    shift
    "$@" >/dev/null 2>&1 || status=$?
    is "$status" "$wanted"
}

start_hub
cd "$work"
printf '#!/bin/sh\necho bright\n' >lampd
openssl genrsa -traditional -out publisher.key 2048 2>/dev/null
openssl pkey -in publisher.key -pubout -out publisher.pem
for number in 1 2 3; do
    hubctl artifact write --device-type lamp --type lampd --name "release-$number" --file lampd --sign-key publisher.key \
        --out "release-$number.mender" >/dev/null
    hubctl artifact upload "release-$number.mender" >/dev/null
done

# The guide for devices, command by command.
guide=$root/docs/update-device.md
# follow NAME: does them here, so that later steps find what they leave
follow() {
    local commands
    commands=$(step "$1")
    [ -n "$commands" ] || { printf 'not ok - the guide has the step %s\n' "$1"; exit 1; }
    eval "$commands" >"$work/step" 2>&1 || { printf 'not ok - the guide works: %s\n%s\n' "$1" "$(cat "$work/step")"; exit 1; }
    printf 'ok - %s: %s\n' "$serial" "$1"
}
answer="" id=""
# shellcheck disable=SC2034 # the steps use both
hub=https://127.0.0.1:$port ca=$state/ca/ca.crt
for kind in ecdsa ed25519 rsa; do
    serial=SN-$kind
    mkdir "$work/$kind" && cd "$work/$kind"
    cp ../publisher.pem .
    follow "key-$kind"
    follow request
    if [ "$kind" = ed25519 ]; then follow sign-ed25519; else follow sign-digest; fi
    refuse "$serial waits for the operator" eval "$(step token)"
    follow operator
    follow token
    follow inventory
    follow next
    expect "$serial has nothing to do" is "$answer" 204
    deploy=$(hubctl deployment create release-2 --device "$id" --json | jq -r .id)
    expect "$serial is shown by its identity" is "$serial" "$(hubctl device show "$id" --json | jq -r .identity.data.serial)"
    follow next
    expect "$serial has something to do" is "$answer" 200
    follow fetch
    follow check
    follow signature
    follow install
    expect "$serial has the release" cmp lampd ../lampd
    expect "$serial: the operator sees success" ends_with 0 hubctl deployment watch "$deploy"
done
deploy=$(hubctl deployment create release-3 --device "$id" --json | jq -r .id)
follow next
# shellcheck disable=SC2034 # the step uses it
deployment=$deploy
follow log
expect "a failure ends a deployment" ends_with 1 hubctl deployment watch "$deploy"
expect "and its log tells why" grep -q 'lampd does not start' <(hubctl deployment logs "$deploy" "$id")
expect "a rejected device" hubctl device reject "$id"
follow next
expect "hears nothing more" is "$answer" 401
expect "is accepted again" hubctl device accept "$id"
follow token
follow next
expect "and heard again" is "$answer" 204
