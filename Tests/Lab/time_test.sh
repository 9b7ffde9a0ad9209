#!/usr/bin/env bash
# Hub and device as separate hosts whose clocks are set to and fro under running programs (docs/time.md). Stock clients, whose clock is right, judge.
#
#   Tests/Lab/time_test.sh                 programs of .build/debug; HUBD, HUB_AGENT, HUBCTL, OOB name others
#
# One line per check, then the sum. Needs root, what lab.sh needs, openssl, curl, jq and a C compiler. LAB_KEEP=1 keeps the folder.

set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=Tests/Lab/lab.sh
. Tests/Lab/lab.sh

programs=.build/${CONFIGURATION:-debug}
HUBD=$(realpath "${HUBD:-$programs/hubd}")
HUB_AGENT=$(realpath "${HUB_AGENT:-$programs/hub-agent}")
HUBCTL=$(realpath "${HUBCTL:-$programs/hubctl}")
OOB=$(realpath "${OOB:-$programs/oob}")
for program in "$HUBD" "$HUB_AGENT" "$HUBCTL" "$OOB"; do
    [ -x "$program" ] || { echo "no program $program; build it with: swift build" >&2; exit 1; }
done
export SWIFT_BACKTRACE=enable=no
YEAR=31557600
SHIM_SOURCE=$(realpath Tests/Lab/clock_shim.c)

# set_clock HOST SECONDS: the clock of its programs is so many seconds off.
set_clock() { printf '%s\n' "$2" >"$LAB_DIR/$1.off.new" && mv "$LAB_DIR/$1.off.new" "$LAB_DIR/$1.off"; }

# ---- the hub

hub_start() {
    rm -f "$STATE/run/addresses.json"
    lab_run hub hubd env "LD_PRELOAD=$LAB_DIR/shim.so" "CLKOFF=$LAB_DIR/hub.off" "$HUBD" --state "$STATE" \
        --discovery-enabled false --tunnel-enabled false --listen-https "10.77.0.1:43776" --listen-pki "10.77.0.1:43777"
    lab_wait 20 test -s "$STATE/run/addresses.json" || lab_fail "the hub is not ready: $(tail -n 3 "$LAB_DIR/hubd.err")"
}

on_hub() { lab_enter hub env "HUB_SOCKET=$SOCKET" "$@"; }

quietly() { "$@" >>"$LAB_DIR/quiet.out" 2>&1; }

secret() { ( umask 077; printf 'secret of %s\n' "$1" >"$LAB_DIR/$1.secret" ); echo "$LAB_DIR/$1.secret"; }

# ---- stock clients on the device's host, with the right clock

tls_is_good() {
    lab_enter dev openssl s_client -connect 10.77.0.1:43776 -CAfile "$STATE/ca/ca.crt" -verify_return_error </dev/null >"$LAB_DIR/tls" 2>&1 &&
        lab_enter dev curl -sf --cacert "$STATE/ca/ca.crt" --resolve "hubhost.local:43776:10.77.0.1" -o "$LAB_DIR/directory" \
            https://hubhost.local:43776/idprov/directory
}

tls_is_refused() { ! tls_is_good; }

fetch_list() { lab_enter dev curl -sf -o "$LAB_DIR/crl.der" http://10.77.0.1:43777/pki/ca.crl; }

# list_is_good_at SECONDS: for a client whose clock is so many seconds off.
list_is_good_at() {
    fetch_list && openssl crl -inform DER -in "$LAB_DIR/crl.der" -out "$LAB_DIR/crl.pem" &&
        openssl verify -attime $(($(date +%s) + $1)) -crl_check -CRLfile "$LAB_DIR/crl.pem" -CAfile "$STATE/ca/ca.crt" \
            "$STATE/ca/server.crt" >"$LAB_DIR/verify" 2>&1
}

list_is_good() { list_is_good_at 0; }

list_is_refused() { ! list_is_good; }

# answer_is_good: signature, and times by OpenSSL's own tolerance of 5 minutes.
answer_is_good() {
    lab_enter dev openssl ocsp -issuer "$STATE/ca/ca.crt" -CAfile "$STATE/ca/ca.crt" -cert "$STATE/ca/server.crt" \
        -url http://10.77.0.1:43777/pki/ocsp >"$LAB_DIR/ocsp" 2>&1
    grep -q "Response verify OK" "$LAB_DIR/ocsp" && grep -q "server.crt: good" "$LAB_DIR/ocsp" &&
        ! grep -q "Status times invalid" "$LAB_DIR/ocsp"
}

answer_is_refused() { ! answer_is_good; }

has_alarm() { on_hub "$HUBCTL" alarms --json 2>/dev/null | jq -e --arg kind "$1" 'any(.. | .kind? // empty; . == $kind)' >/dev/null; }

has_no_alarm() { ! has_alarm "$1"; }

status_says() { on_hub "$HUBCTL" status --json 2>/dev/null | jq -re .clockProblem | grep -q "$1"; }

# ---- devices

agent() {
    local command=$1 id=$2; shift 2
    lab_enter dev env "LD_PRELOAD=$LAB_DIR/shim.so" "CLKOFF=$LAB_DIR/dev.off" "$HUB_AGENT" "$command" --state "$LAB_DIR/$id" \
        --hub 10.77.0.1:43776 "$@" >>"$LAB_DIR/$id.out" 2>>"$LAB_DIR/$id.log"
}

new_device() {
    quietly on_hub "$OOB" add "$1" --secret-file "$(secret "$1")" &&
        agent provision "$1" --id "$1" --secret-file "$LAB_DIR/$1.secret" --timeout 20
}

serial() { openssl x509 -in "$LAB_DIR/$1/device.crt" -noout -serial; }

# is_current ID: its certificate is valid now, by the right clock.
is_current() { openssl verify -CAfile "$STATE/ca/ca.crt" "$LAB_DIR/$1/device.crt" >"$LAB_DIR/verify" 2>&1; }

is_not_current() { ! is_current "$1"; }

# renews ID: to another certificate, which is valid now.
renews() {
    local before
    before=$(serial "$1")
    agent renew "$1" && [ "$(serial "$1")" != "$before" ] && is_current "$1"
}

# runs ID NAME: the agent runs in the background, its lines in NAME.err.
runs() {
    lab_run dev "$2" env "LD_PRELOAD=$LAB_DIR/shim.so" "CLKOFF=$LAB_DIR/dev.off" "$HUB_AGENT" run --state "$LAB_DIR/$1" --hub 10.77.0.1:43776
}

says() { grep -q -- "$2" "$LAB_DIR/$1.err"; }

says_not() { ! says "$1" "$2"; }

# ---- scenarios

# A year ahead, everything made, set right under the running hub.
scenario_hub_ahead() {
    set_clock hub $YEAR
    check "hub ahead: starts" hub_start
    check "hub ahead: a device whose clock is right provisions" new_device ahead-1
    check "hub ahead: its certificate is not good yet" is_not_current ahead-1
    quietly on_hub "$HUBCTL" pairing open --minutes 10
    check "hub ahead: stock clients refuse its TLS" tls_is_refused
    check "hub ahead: and its CRL" list_is_refused
    check "hub ahead: and its OCSP answers" answer_is_refused
    set_clock hub 0
    check "set right: TLS is good within seconds" lab_wait 20 tls_is_good
    check "set right: the CRL is good at the next request" list_is_good
    check "set right: OCSP answers are good" lab_wait 20 answer_is_good
    check "set right: an alarm tells of it" has_alarm clockSetBack
    # The looks of the hub are 5 s apart, so the length of the jump is known to some seconds.
    check "set right: the status tells of it" status_says "set back by 3155[67][0-9][0-9][0-9] s"
    check "set right: the device of the other time renews" renews ahead-1
    check "set right: nobody takes the hub for an impostor" has_no_alarm fakeHub
    check "set right: the trail is whole" quietly on_hub "$HUBCTL" audit verify
    check "set right: a CRL is good for a clock that is half a minute slow" list_is_good_at -30
}

# The same, but the clock is set right while the hub is off.
scenario_hub_ahead_restart() {
    lab_end hubd
    set_clock hub $YEAR
    check "hub ahead again: starts" hub_start
    lab_end hubd
    set_clock hub 0
    check "set right while off: starts" hub_start
    check "set right while off: TLS is good at once" tls_is_good
    check "set right while off: the CRL is good" list_is_good
    check "set right while off: OCSP answers are good" lab_wait 20 answer_is_good
}

# scenario_device NAME SECONDS: a device whose clock is wrong from the beginning.
scenario_device() {
    local name=$1 offset=$2
    set_clock dev "$offset"
    check "$name: provisions" new_device "$name"
    check "$name: its certificate is good" is_current "$name"
    check "$name: renews" renews "$name"
    check "$name: renews again" renews "$name"
    check "$name: runs" runs "$name" "run-$name"
    check "$name: knows when renewal is due" lab_wait 20 says "run-$name" "renewal due at"
    check "$name: with nothing to complain of" says_not "run-$name" "failed"
    lab_end "run-$name"
    set_clock dev 0
    check "$name: set right, it renews" renews "$name"
    check "$name: nobody takes the hub for an impostor" has_no_alarm fakeHub
}

# A clock that jumps after a device has its certificate, and while its agent runs.
scenario_device_jumps() {
    set_clock dev 0
    check "jump: provisions" new_device jump-1
    set_clock dev $((6 * YEAR))
    local before
    before=$(serial jump-1)
    check "jump: the agent starts six years ahead" runs jump-1 run-jump
    check "jump: it renews, and takes the hub's time" lab_wait 30 says run-jump "renewed: serial"
    check "jump: to another certificate" test "$(serial jump-1)" != "$before"
    check "jump: nothing failed" says_not run-jump "failed"
    set_clock dev $((-6 * YEAR))
    set_clock dev 0
    check "jump: the agent goes on" lab_alive run-jump
    lab_end run-jump
    set_clock dev $((-6 * YEAR))
    check "jump: six years back, it renews" renews jump-1
    set_clock dev 0
    check "jump: set right, it renews" renews jump-1
    check "jump: nobody takes the hub for an impostor" has_no_alarm fakeHub
}

# A hub that is wrong is not followed by a device whose clock is right, and is no impostor.
scenario_hub_behind() {
    set_clock dev 0
    check "hub behind: provisions before" new_device behind-1
    set_clock hub $((-2 * YEAR))
    lab_wait 20 tls_is_refused
    agent renew behind-1
    check "hub behind: the device says which clocks differ" grep -q "set the clock of this device, or of the hub" "$LAB_DIR/behind-1.log"
    check "hub behind: its certificate stays" is_current behind-1
    set_clock hub 0
    check "hub behind: set right, TLS is good" lab_wait 20 tls_is_good
    check "hub behind: set right, the device renews" renews behind-1
    check "hub behind: nobody takes the hub for an impostor" has_no_alarm fakeHub
}

lab_up hub dev || exit 1
STATE=$LAB_DIR/state
SOCKET=$STATE/run/admin.sock
cc -shared -fPIC -O1 -o "$LAB_DIR/shim.so" "$SHIM_SOURCE" || { lab_fail "no C compiler"; exit 1; }
set_clock dev 0
scenario_hub_ahead
scenario_hub_ahead_restart
scenario_device years-ahead $((6 * YEAR))
scenario_device years-behind $((-6 * YEAR))
scenario_device_jumps
scenario_hub_behind
lab_summary
