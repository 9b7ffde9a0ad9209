#!/usr/bin/env bash
# PINs: records made by oob and by manufacturers, hub-agent at a real hub, locks and unlocking, and the tool that runs the vectors.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
hub_options=(--secrets-weak-need-pairing true --secrets-pairing-back-off 0)
start_hub
oob() { "$programs/oob" "$@"; }
agent() { "$programs/hub-agent" provision --id "$1" --secret-file "$work/pin" --state "$work/$1" --hub "127.0.0.1:$port" --timeout "${2:-10}"; }
says() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    grep -q -- "$wanted" <<<"$got" || { printf 'no "%s" in:\n%s\n' "$wanted" "$got"; return 1; }
}
pin() { (umask 077 && printf '%s' "$1" >"$work/pin"); }

pin 123456
expect "oob makes a record of a PIN" oob add lamp-1 --secret-file "$work/pin" --pairing spake2plus
expect "the PIN itself is not at the hub" test "$(oob export --secrets 2>/dev/null | grep -c 123456)" = 0
expect "the device pairs" agent lamp-1
expect "the trail says how" grep -q 'pairing' <("$programs/hubctl" audit list --subject lamp-1 --json)

pin "4711-0815"
printf 'deviceID,secret,pairing\nlamp-2,47110815,spake2plus\nlamp-3,47110815,any\n' >"$work/pins.csv"
expect "a file with PINs is imported" oob import "$work/pins.csv"
expect "a device of it pairs, hyphens or not" agent lamp-2
expect "importing it again changes nothing" says "2 unchanged" oob import "$work/pins.csv"
shell_device() { (cd "$work" && bash "$root/Examples/provision.sh" "$@"); }
pin 47110815
refuse "the plain way is closed for weak secrets" shell_device "127.0.0.1:$port" lamp-3 "$work/pin" "$work/shell-3"
expect "pairing is not" agent lamp-3

record() { jq -r ".registration[0].$1" "$root/Tests/PKITests/Vectors/spake2plus.json"; }
printf 'deviceID,salt,iterations,w0,L\n%s,%s,%s,%s,%s\n' "$(record deviceID)" "$(record salt)" "$(record iterations)" "$(record w0)" "$(record L)" >"$work/records.csv"
expect "a manufacturer's records are imported" oob import "$work/records.csv"
expect "and again, unchanged" says "1 unchanged" oob import "$work/records.csv"
pin "$(record secret)"
expect "their device pairs" agent "$(record deviceID)"
printf 'deviceID,secret,salt,iterations,w0,L\nbad-1,,00,1000,00,00\nbad-2,,%s,1000,%064d,%0130d\nbad-3,x,%s,1000,%s,%s\nbad-4,,%s,,,\n' \
    "$(record salt)" 0 0 "$(record salt)" "$(record w0)" "$(record L)" "$(record salt)" >"$work/bad.csv"
refuse "records that are none are refused" oob import "$work/bad.csv"
expect "each row by itself" says "4 refused" oob import "$work/bad.csv"

pin 000000
printf '%s' 999999 >"$work/right"
expect "a PIN is registered" oob add lamp-9 --secret-file "$work/right"
guess() { for _ in $(seq 20); do rm -rf "$work/lamp-9" && agent lamp-9 1 >/dev/null 2>&1 && return 1; done; return 0; }
expect "twenty wrong guesses" guess
rm -rf "$work/lamp-9"
expect "lock the device at the hub" says lamp-9 grep -h 'secret.lock' <("$programs/hubctl" audit list --subject lamp-9)
cp "$work/right" "$work/pin"
refuse "then the right PIN does not help" agent lamp-9 2
rm -rf "$work/lamp-9"
expect "an administrator unlocks it" oob unlock lamp-9
expect "and it does" agent lamp-9

operation() { printf '%s' "$1" >"$work/operation.json" && "$programs/conformance" pake-test "$work/operation.json"; }
expect "the test tool registers" says "$(record w0)" operation "$(jq -c '.registration[0] | {op:"register",secret,deviceID,salt,iterations}' "$root/Tests/PKITests/Vectors/spake2plus.json")"
expect "and refuses a bad share" says '"error":"bad_share"' operation "$(jq -c '{op:"verifier_respond",context:.flow.context,idProver:"a",idVerifier:"b",w0:.flow.w0,L:.flow.L,y:.flow.y,shareP:.shares_to_refuse.off_curve}' "$root/Tests/PKITests/Vectors/spake2plus.json")"
