#!/usr/bin/env bash
# Updates as operator and devices meet them: uploads that break, deployments over scripted devices, the guide for devices step by step.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
. "$(dirname "$0")/guide.sh"
hubctl() { "$programs/hubctl" "$@"; }
is() { [ "$1" = "$2" ] || { printf 'wanted %s, got %s\n' "$2" "$1"; return 1; }; }
one_line() { # WORDS COMMAND...: fails with one line that has the words
    local wanted=$1 got
    shift
    if got=$("$@" 2>&1); then return 1; fi
    if [ "$(wc -l <<<"$got")" = 1 ] && grep -qF -- "$wanted" <<<"$got"; then return 0; fi
    printf 'no "%s" in:\n%s\n' "$wanted" "$got"
    return 1
}
ends_with() {
    local wanted=$1 status=0
    shift
    "$@" >/dev/null 2>&1 || status=$?
    is "$status" "$wanted"
}
# api METHOD PATH [CURL OPTIONS...]: the admin API as it is
api() { curl -sS --unix-socket "$HUB_SOCKET" -H 'Content-Type: application/json' -X "$1" "http://hub/admin/v1/$2" "${@:3}"; }
files() { find "$state/artifacts" -type f -name "$1" | wc -l; }
# waits_for SECONDS COMMAND...: how long it takes at most on a machine that has nothing else to do; a busy one has four times as long
waits_for() {
    local tries=$(($1 * 200))
    shift
    while [ "$tries" -gt 0 ]; do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.02
        tries=$((tries - 1))
    done
    return 1
}

start_hub
cd "$work"
write() { hubctl artifact write --device-type lamp --type lampd "$@" >/dev/null; }
printf '#!/bin/sh\necho bright\n' >lampd
openssl genrsa -traditional -out publisher.key 2048 2>/dev/null
openssl pkey -in publisher.key -pubout -out publisher.pem
head -c 150000000 /dev/urandom >image
write --name large --file image --compression none --out large.mender
write --name larger --file image --file lampd --compression none --out larger.mender
rm image
for number in 1 2 3; do write --name "release-$number" --file lampd --sign-key publisher.key --out "release-$number.mender"; done

# Uploads.
expect "an artifact goes up" hubctl artifact upload release-1.mender --description 'the first'
expect "and is listed" is release-1 "$(hubctl artifact list --json | jq -r '.[0].release')"
first=$(hubctl artifact list --json | jq -r '.[0].id')
expect "with its description" is 'the first' "$(hubctl artifact show "$first" --json | jq -r .description)"
expect "the same again changes nothing" grep -q already <(hubctl artifact upload release-1.mender)
expect "and is kept once" is 1 "$(files '*')"
write --name release-1 --file release-2.mender --out other.mender
expect "another one of that name is refused" one_line 'has an artifact for one of these device types' hubctl artifact upload other.mender
expect "and leaves nothing behind" is 1 "$(files '*')"
expect "it comes back as it was" hubctl artifact download "$first" --out back.mender
expect "to the last byte" cmp release-1.mender back.mender
api GET "artifacts/$first/download" -H 'Range: bytes=1000-1999' -o part
expect "also in parts" cmp part <(tail -c +1001 release-1.mender | head -c 1000)
expect "an unknown one is named so" one_line 'hubctl artifact list' hubctl artifact download 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42

printf 'no artifact\n' >junk.mender
expect "a file that is none does not leave this machine" one_line 'junk.mender: it is not an artifact' hubctl artifact upload junk.mender
# hostile FILE: brings it past hubctl's own check and prints what the hub says
hostile() {
    local id
    id=$(api POST artifacts/uploads -d '{}' | jq -r .id)
    api PATCH "artifacts/uploads/$id?offset=0" -T "$1" >/dev/null
    api POST "artifacts/uploads/$id/finish" -d '{}' | jq -r .error.code
}
cp release-2.mender flipped.mender
printf 'x' | dd of=flipped.mender bs=1 seek=700 conv=notrunc status=none
head -c 3000 release-2.mender >cut.mender
for file in junk flipped cut; do expect "the hub refuses it as well ($file)" is badArtifact "$(hostile "$file.mender")"; done
expect "and keeps nothing of it" is 1 "$(files '*')"
expect "an upload goes nowhere but into its file" is unknownUpload \
    "$(api PATCH 'artifacts/uploads/..%2F..%2Fhub.db?offset=0' -d x | jq -r .error.code)"

# The hub is killed while bytes arrive.
digest=$(sha256sum large.mender | cut -c-64)
id=$(api POST artifacts/uploads -d "{\"sha256\":\"$digest\"}" | jq -r .id)
api PATCH "artifacts/uploads/$id?offset=0" --limit-rate 40M -T large.mender >/dev/null 2>&1 &
sender=$!
part=$state/artifacts/upload-$id.part
arrived() { [ "$(stat -c %s "$1")" -gt 8000000 ]; }
expect "a large upload is on its way" waits_for 20 arrived "$part"
expect "another sender has to wait" is uploadOffset "$(api PATCH "artifacts/uploads/$id?offset=8000000" -d x | jq -r .error.code)"
stop_hub KILL
wait "$sender" || true
start_hub
left=$(api GET "artifacts/uploads/$id" | jq .offset)
expect "after a kill a part of it is there" test "$left" -gt 8000000 -a "$left" -lt "$(stat -c %s large.mender)"
expect "which is no artifact" is 1 "$(hubctl artifact list --json | jq length)"
expect "the upload goes on" hubctl artifact upload large.mender --resume
expect "and is an artifact then" is 2 "$(hubctl artifact list --json | jq length)"
expect "of the right bytes" test -e "$state/artifacts/$digest"
expect "without a rest" is 0 "$(files 'upload-*')"

hubctl artifact upload larger.mender >uploaded 2>&1 &
sender=$!
any_arrived() { [ -n "$(find "$state/artifacts" -name 'upload-*' -size +4000k)" ]; }
expect "an upload of hubctl is on its way" waits_for 30 any_arrived
stop_hub KILL
start_hub
status=0
wait "$sender" || status=$?
expect "it survives the kill by itself" is "$status" 0
expect "and ends as it should" grep -q 'is on the hub' uploaded
stop_hub TERM
expect "without a hub it gives up" ends_with 69 hubctl artifact upload release-2.mender --tries 1
start_hub

expect "what would go is shown" is 2 "$(hubctl artifact prune --keep 1 --dry-run --json | jq length)"
expect "and stays" is 3 "$(hubctl artifact list --json | jq length)"
expect "then it goes" hubctl artifact prune --keep 1
expect "with its files" is 1 "$(files '*')"
hubctl artifact remove "$(hubctl artifact list --json | jq -r '.[0].id')" >/dev/null
expect "the last one, too" is 0 "$(files '*')"
rm large.mender larger.mender
for number in 1 2 3; do hubctl artifact upload "release-$number.mender" >/dev/null; done

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
answer=""
hub=https://127.0.0.1:$port
ca=$state/ca/ca.crt
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

# Twenty devices that come by preauthorisation.
cd "$work"
fleet=()
for number in $(seq 20); do
    mkdir "d$number" && cd "d$number"
    openssl genpkey -algorithm ed25519 -out device.key 2>/dev/null
    openssl pkey -in device.key -pubout -out device.pem
    serial=F-$number
    fleet+=("$(hubctl device preauthorize --identity "{\"serial\":\"$serial\"}" --public-key device.pem --json | jq -r .deviceID)")
    eval "$(step request)"
    eval "$(step sign-ed25519)"
    eval "$(step token)"
    cd ..
done
expect "twenty devices are preauthorized and accepted" is 20 \
    "$(hubctl device list --state approved --json | jq '[.[] | select(.identity.data.serial | startswith("F-"))] | length')"
# call NUMBER METHOD PATH BODY: as a device; prints the status
call() {
    curl -sS --cacert "$ca" -H "Authorization: Bearer $(cat "d$1/token")" -H 'Content-Type: application/json' -X "$2" -d "$4" \
        -o "d$1/answer" -w '%{http_code}' "$hub/api/devices/$3"
}
ask() { call "$1" POST v2/deployments/device/deployments/next '{"device_provides":{"device_type":"lamp","artifact_name":"release-1"},"update_control_map":true}'; }
tell() { call "$1" PUT "v1/deployments/device/deployments/$deploy/status" "{\"status\":\"$2\"}"; }
ask_all() { for number in $(seq 20); do ask "$number" && echo; done | sort | uniq -c | awk '{printf "%s%s*%s", sep, $1, $2; sep=" "}'; }
# deploy OPTIONS...: sets deploy
deploy() { deploy=$(hubctl deployment create release-2 --device "${fleet[@]}" "$@" --json | jq -r .id); }
shown() { hubctl deployment show "$deploy" --json | jq -r "$1"; }

deploy --name phases --phase 10% --phase rest@2099-01-01T00:00:00Z
expect "the first phase takes a tenth" is "$(ask_all)" '2*200 18*204'
expect "and asking again changes nothing" is "$(ask_all)" '2*200 18*204'
expect "the others are shown as pending" is 20 "$(shown '[.devices[] | select(.state == "pending")] | length')"
expect "an aborted deployment" hubctl deployment abort "$deploy"
expect "is over for the device at its next report" is "$(tell 1 installing)" 409
expect "and for all that had not begun" is '{"aborted":20}' "$(hubctl deployment show "$deploy" --json | jq -c .deployment.counts)"
expect "which the list counts apart from failures" is "0 20" \
    "$(hubctl deployment list --search phases | awk 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i } NR == 2 { print $column["FAILED"], $column["ABORTED"] }')"
expect "which whoever watches is told" ends_with 1 hubctl deployment watch "$deploy"

deploy --name stop --stop-at 20% --stop-after 5
for number in 1 2 3 4; do ask "$number" >/dev/null && tell "$number" success >/dev/null; done
ask 5 >/dev/null && tell 5 failure >/dev/null
expect "a fifth that failed stops it" is "paused failures" "$(shown '.deployment | .status + " " + .pauseReason')"
expect "for all others" is "$(ask_all)" '20*204'
expect "resumed" hubctl deployment resume "$deploy"
expect "it goes on" is "$(ask_all)" '15*200 5*204'
expect "paused again" hubctl deployment pause "$deploy"
expect "those at work go on" is "$(tell 6 installing)" 204
expect "as the view shows" grep -q '1 failure, 1 installing, 14 pending, 4 success' <(hubctl deployment watch "$deploy" --once)
for number in $(seq 6 20); do tell "$number" success >/dev/null; done
expect "in the end it is partly done" ends_with 3 hubctl deployment watch "$deploy"
expect "the failing one is named" grep -q "${fleet[4]}" <(hubctl deployment watch "$deploy" 2>/dev/null)

deploy --name retry --retries 1 --force
ask 1 >/dev/null && tell 1 failure >/dev/null
expect "a device that failed is offered it again" is "$(ask 1)" 200
tell 1 failure >/dev/null
expect "so often and no more" is "$(ask 1)" 204
hubctl deployment abort "$deploy" >/dev/null

soon=$(date -d '+2 hours' +%H:%M) later=$(date -d '+3 hours' +%H:%M) before=$(date -d '-1 hour' +%H:%M)
deploy --name window --window "$soon-$later"
expect "outside of its window nothing begins" is "$(ask 2)" 204
hubctl deployment abort "$deploy" >/dev/null
deploy --name window --window "$before-$soon"
expect "within it does" is "$(ask 2)" 200
hubctl deployment abort "$deploy" >/dev/null

deploy --name hold --hold install
expect "a device that knows hold points" is "$(ask 3)" 200
expect "is told to wait" jq -e '.update_control_map.states.ArtifactInstall_Enter.action == "pause"' d3/answer
expect "one that does not gets nothing" is 204 \
    "$(call 4 POST v2/deployments/device/deployments/next '{"device_provides":{"device_type":"lamp","artifact_name":"release-1"}}')"
tell 3 pause_before_installing >/dev/null
expect "released" hubctl deployment release "$deploy" install
call 3 GET "v2/deployments/device/deployments/$deploy/update_control_map" '' >/dev/null
expect "it goes on" jq -e '.update_control_map.states.ArtifactInstall_Enter.action == "continue"' d3/answer
expect "nothing holds any more" one_line 'no device is held at install' hubctl deployment release "$deploy" install
used=$(hubctl artifact list --release release-2 --json | jq -r '.[0].id')
expect "what a deployment needs can't be removed" one_line "hubctl deployment abort $deploy" hubctl artifact remove "$used"
hubctl deployment abort "$deploy" >/dev/null

call 7 PUT v1/inventory/device/attributes '[{"name":"site","value":"north"}]' >/dev/null
deploy=$(hubctl deployment create release-2 --filter inventory.site=north --limit 1 --json | jq -r .id)
expect "a filter takes every matching device" is "$(ask_all)" '1*200 19*204'
tell 7 success >/dev/null
expect "until its limit" ends_with 0 hubctl deployment watch "$deploy"
expect "its filter is shown in words" grep -q 'every device matching inventory.site=north$' <(hubctl deployment show "$deploy")
for said in installing success failure installing; do expect "a device that says $said after its end is answered" is "$(tell 7 "$said")" 204; done
expect "which opens nothing again" is "finished success" "$(shown '.deployment.status + " " + .devices[0].state')"
expect "and is told beside the end" is "installing 3" "$(shown '.devices[0] | "\(.lateState) \(.lateReports)"')"
expect "what a device says of itself is shown" grep -q 'inventory.site *north' <(hubctl device show "${fleet[6]}")

# Settings.
one=${fleet[9]}
expect "a device without settings" is '{}' "$(hubctl device settings get "$one" --json | jq -c .configured)"
expect "gets some" hubctl device settings set "$one" timezone=UTC brightness=40
printf '{"brightness":"60","name":"a b"}' >settings.json
expect "and others, from a file" hubctl device settings set "$one" --file settings.json --remove timezone
expect "which leaves the right ones" is '{"brightness":"60","name":"a b"}' "$(hubctl device settings get "$one" --json | jq -cS .configured)"
expect "a setting without a value is wrong usage" ends_with 64 hubctl device settings set "$one" timezone
expect "settings of nobody are refused" one_line 'hubctl device list' hubctl device settings get nobody
deploy=$(hubctl device settings deploy "$one" --json | jq -r .id)
expect "settings are told to the device" is "$(ask 10)" 200
expect "as a deployment" jq -e '.type == "configuration"' d10/answer
call 10 PUT v1/deviceconfig/configuration '{"brightness":"60"}' >/dev/null
expect "what it says of them stands beside" grep -q 'brightness *60 *60' <(hubctl device settings get "$one")
tell 10 success >/dev/null
expect "and the deployment ends" ends_with 0 hubctl deployment watch "$deploy"
hubctl group add corner "${fleet[7]}" "${fleet[8]}" >/dev/null
deploy=$(hubctl deployment create release-2 --group corner --start "$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)" --json | jq -r .id)
expect "a group's deployment is for its members" is "2 scheduled" "$(shown '.deployment | "\(.deviceCount) \(.status)"')"
expect "before its time nothing begins" is "$(ask 8)" 204
hubctl deployment abort "$deploy" >/dev/null
if command -v script >/dev/null; then
    script -qec "$programs/hubctl deployment watch $deploy" /dev/null >"$work/view" </dev/null || true
    expect "on a terminal the view is drawn over" grep -q $'\e\[2J.*aborted' <(tr -d '\r\n' <"$work/view")
fi
expect "a release nobody brought is refused" one_line 'hubctl artifact list' hubctl deployment create release-9 --all
expect "two targets are wrong usage" ends_with 64 hubctl deployment create release-2 --all --group north
expect "a broken phase, too" ends_with 64 hubctl deployment create release-2 --all --phase tenth
expect "the trail has it all" is 6 "$(hubctl audit list --limit 1000 --json | jq '[.[] | select(.action == "deployment.abort")] | length')"
expect "and is whole" hubctl audit verify
expect "words are completed" grep -q 'deployment' <(hubctl --generate-completion-script bash)
