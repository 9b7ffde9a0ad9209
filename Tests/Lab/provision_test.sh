#!/usr/bin/env bash
# Hub and devices as separate hosts: everything between discovery and certificate, and what must not go wrong on the way.
#
#   Tests/Lab/provision_test.sh            programs of .build/debug; HUBD, HUB_AGENT, HUBCTL, OOB, DISCOVERY_PROBE name others
#
# One line per check, then the sum. Needs root, what lab.sh needs, openssl, jq, sqlite3, python3 and a C compiler.
# LAB_KEEP=1 keeps the folder with all state and output; LAB_SCENARIOS="provision renewal" runs only these.

set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=Tests/Lab/lab.sh
. Tests/Lab/lab.sh

programs=.build/${CONFIGURATION:-debug}
HUBD=$(realpath "${HUBD:-$programs/hubd}")
HUB_AGENT=$(realpath "${HUB_AGENT:-$programs/hub-agent}")
HUBCTL=$(realpath "${HUBCTL:-$programs/hubctl}")
OOB=$(realpath "${OOB:-$programs/oob}")
PROBE=$(realpath "${DISCOVERY_PROBE:-$programs/discovery-probe}")
FAKE_HUB=$(realpath Tests/Lab/fake_hub.py)
LOAD_SOURCE=$(realpath Benchmarks/load/idprov_load.c)
for program in "$HUBD" "$HUB_AGENT" "$HUBCTL" "$OOB" "$PROBE"; do
    [ -x "$program" ] || { echo "no program $program; build it with: swift build" >&2; exit 1; }
done
TYPE=_idprov._tcp
PORT=43776
export SWIFT_BACKTRACE=enable=no

# ---- the hub

hub_start() {
    rm -f "$STATE/run/addresses.json"
    lab_run hub hubd "$HUBD" --state "$STATE" --discovery-enabled true --listen-https "[::]:$PORT"
    lab_wait 15 test -s "$STATE/run/addresses.json" || lab_fail "the hub is not ready: $(tail -n 3 "$LAB_DIR/hubd.err")"
}

# hub_visible: a device would find it now.
hub_visible() { lab_enter dev "$PROBE" first "$TYPE" 1 | grep -q ";hubhost.local;.*;$PORT;"; }

on_hub() { lab_enter hub env "HUB_SOCKET=$SOCKET" "$@"; }

# secret ID TEXT: the file with a secret, by which hub and device get it.
secret() { ( umask 077; printf '%s\n' "$2" >"$LAB_DIR/$1.secret" ); echo "$LAB_DIR/$1.secret"; }

add_secret() { on_hub "$OOB" add "$1" --secret-file "$(secret "$1" "$2")" >>"$LAB_DIR/oob.out" 2>&1; }

approve() { on_hub "$HUBCTL" device approve "$1" --secret-file "$(secret "$1" "$2")" >>"$LAB_DIR/hubctl.out" 2>&1; }

# store SQL: asks the database beside the running hub.
store() { sqlite3 -readonly "file:$STATE/hub.db?mode=ro" "$1"; }

device_state_is() { [ "$(store "SELECT state FROM device WHERE id = '$1'")" = "$2" ]; }

serial_is_stored() { [ "$(store "SELECT count(*) FROM certificate WHERE serial = '$2' AND common_name = '$1'")" = 1 ]; }

# ---- devices: state in $LAB_DIR/ID, messages in $LAB_DIR/ID.log

# provision ID SECONDS [OPTION...]: once, on host dev.
provision() {
    local id=$1 limit=$2; shift 2
    lab_enter dev "$HUB_AGENT" provision --id "$id" --secret-file "$LAB_DIR/$id.secret" --state "$LAB_DIR/$id" \
        --timeout "$limit" "$@" >"$LAB_DIR/$id.out" 2>>"$LAB_DIR/$id.log"
}

# provision_in_background ID [OPTION...]: until it has its certificate.
provision_in_background() {
    local id=$1; shift
    lab_run dev "agent-$id" "$HUB_AGENT" provision --id "$id" --secret-file "$LAB_DIR/$id.secret" --state "$LAB_DIR/$id" "$@"
}

agent_says() { grep -q -- "$2" "$LAB_DIR/agent-$1.err"; }

status() { lab_enter dev "$HUB_AGENT" status --json --state "$LAB_DIR/$1"; }

field() { status "$1" 2>/dev/null | jq -r ".$2"; }

is_approved() { status "$1" >/dev/null 2>&1; }

is_not_approved() { ! is_approved "$1"; }

# is_sound ID: certificate of the hub's CA, for this device, its key closed to others, its serial in the store.
is_sound() {
    local certificate
    certificate=$(field "$1" certificatePath)
    openssl verify -x509_strict -purpose sslclient -CAfile "$STATE/ca/ca.crt" "$certificate" >/dev/null 2>&1 &&
        openssl x509 -in "$certificate" -noout -subject | grep -q "CN = $1\$" &&
        cmp -s "$(field "$1" authorityPath)" "$STATE/ca/ca.crt" &&
        [ "$(stat -c %a "$(field "$1" keyPath)")" = 600 ] &&
        serial_is_stored "$1" "$(field "$1" serial)"
}

# new_device ID: secret, discovery, certificate.
new_device() { add_secret "$1" "secret of $1" && provision "$1" 10; }

# ---- scenarios

scenario_provision() {
    check "hub: visible to the device within 3 s" lab_wait 3 hub_visible
    check "provision: secret added" add_secret lamp-1 "correct horse"
    local start
    start=$(lab_now)
    check "provision: found, proved, certified" provision lamp-1 10
    local took=$(($(lab_now) - start))
    check "provision: certificate, CA and key in order" is_sound lamp-1
    check "provision: the device is approved in the store" device_state_is lamp-1 approved
    check "provision: discovery to certificate in $took ms, under 500" test "$took" -lt 500
    check "provision: the secret was one-time" test "$(store "SELECT count(*) FROM secret WHERE device_id = 'lamp-1' AND spent_start IS NULL")" = 0
}

# The device asks again after retrySec (30 s), so the end of this is checked last.
scenario_waiting() {
    secret lamp-2 "battery staple" >/dev/null
    provision_in_background lamp-2
    check "waiting: the hub knows it as pending" lab_wait 5 device_state_is lamp-2 pending
    check "waiting: the device says that it waits" lab_wait 5 agent_says lamp-2 "waits for the operator"
    check "waiting: no certificate yet" is_not_approved lamp-2
    check "waiting: the operator approves" approve lamp-2 "battery staple"
}

scenario_waiting_ends() {
    check "waiting: then certified without further ado" lab_wait 60 lab_dead agent-lamp-2
    check "waiting: certificate, CA and key in order" is_sound lamp-2
}

scenario_wrong_secret() {
    add_secret lamp-3 "right"
    secret lamp-3 "wrong" >/dev/null
    check "wrong secret: refused" fails provision lamp-3 5
    check "wrong secret: the device says so" grep -q "does not know the device's secret" "$LAB_DIR/lamp-3.log"
    check "wrong secret: no certificate" is_not_approved lamp-3
    check "wrong secret: none in the store" test "$(store "SELECT count(*) FROM certificate WHERE common_name = 'lamp-3'")" = 0
    secret lamp-3 "right" >/dev/null
    check "wrong secret: the right one still works" provision lamp-3 10
}

fails() { ! "$@"; }

fake_hub_start() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/O=Fake/CN=Hub CA" \
        -addext "subjectAltName=DNS:thirdhost.local,IP:$(lab_ip third)" -keyout "$LAB_DIR/fake.key" -out "$LAB_DIR/fake.crt" \
        2>/dev/null
    lab_run third fake-hub python3 "$FAKE_HUB" "$LAB_DIR/fake.crt" "$LAB_DIR/fake.key" "$PORT"
    lab_run third fake-record "$PROBE" publish idprov "$TYPE" "$PORT" path=/idprov/directory
    lab_wait 5 fake_visible
}

fake_visible() {
    lab_enter dev "$PROBE" first "$TYPE" 1 | grep -q ";thirdhost.local;" &&
        lab_enter dev curl -sk --max-time 2 -o /dev/null --fail "https://$(lab_ip third):$PORT/idprov/directory"
}

scenario_fake_hub() {
    check "fake hub: it is there" fake_hub_start
    add_secret lamp-4 "secret of lamp-4"
    check "fake hub beside the real one: certified" provision lamp-4 20
    check "fake hub beside the real one: by the real one" is_sound lamp-4
    lab_end hubd
    secret lamp-5 "123456" >/dev/null
    check "fake hub alone: no provisioning by PIN" fails provision lamp-5 3
    check "fake hub alone: the PIN is not sent, since it offers no pairing" grep -q pake_unavailable "$LAB_DIR/lamp-5.log"
    secret lamp-5 "the long secret of lamp-5" >/dev/null
    check "fake hub alone: no provisioning" fails provision lamp-5 3
    check "fake hub alone: recognised" grep -q "not signed with the device's secret" "$LAB_DIR/lamp-5.log"
    check "fake hub alone: no certificate" is_not_approved lamp-5
    lab_end fake-record
    lab_end fake-hub
    hub_start
    lab_wait 3 hub_visible
    add_secret lamp-5 "the long secret of lamp-5"
    check "fake hub gone: the device comes to the real one" provision lamp-5 20
}

scenario_restart() {
    local authority
    authority=$(sha256sum <"$STATE/ca/ca.crt")
    lab_signal hubd TERM
    check "hub restart: ends within 10 s" lab_wait 10 lab_dead hubd
    check "hub restart: starts again" hub_start
    check "hub restart: visible again within 3 s" lab_wait 3 hub_visible
    check "hub restart: the same authority" test "$authority" = "$(sha256sum <"$STATE/ca/ca.crt")"
    check "hub restart: earlier certificates are known" is_sound lamp-1
    check "hub restart: a new device is certified" new_device lamp-6
}

scenario_avahi_crash() {
    lab_avahi_kill hub
    check "Avahi crash: the hub goes on" lab_alive hubd
    lab_avahi_start hub
    check "Avahi crash: visible again within 3 s of the daemon" lab_wait 3 hub_visible
    check "Avahi crash: a new device is certified" new_device lamp-7
    lab_bus_stop hub KILL
    check "D-Bus killed: the hub goes on" lab_alive hubd
    lab_start hub
    check "D-Bus killed: visible again within 3 s of the daemon" lab_wait 3 hub_visible
}

scenario_renewal() {
    local before
    before=$(field lamp-1 serial)
    lab_run dev agent-lamp-1 "$HUB_AGENT" run --renew-now --state "$LAB_DIR/lamp-1"
    check "renewal: renewed within 5 s" lab_wait 5 agent_says lamp-1 "renewed: serial"
    check "renewal: another serial" test "$(field lamp-1 serial)" != "$before"
    check "renewal: certificate, CA and key in order" is_sound lamp-1
    check "renewal: the earlier certificate stays on record" serial_is_stored lamp-1 "$before"
    lab_end agent-lamp-1
}

load() {
    [ -x "$LAB_DIR/load" ] || cc -O2 -o "$LAB_DIR/load" "$LOAD_SOURCE" -lssl -lcrypto -lpthread || return 1
    lab_run dev load "$LAB_DIR/load" --host "$(lab_ip hub)" --port "$PORT" --admin-cert "$STATE/ca/admin.crt" \
        --admin-key "$STATE/ca/admin.key" --check "$@"
}

# A secret is good for one certificate while the hub runs. An answer lost because the hub died between commit and answer is
# given again after its restart, to the same key: kill_under_load sees to that.
scenario_used_secret() {
    load --n 5 --threads 1 --prefix lost --phases oob,prov,prov
    lab_wait 20 lab_dead load
    check "used secret: the first request is approved" test "$(jq -s '.[1].ok' "$LAB_DIR/load.out")" = 5
    check "used secret: the same request again waits" test "$(jq -s '.[2].waiting' "$LAB_DIR/load.out")" = 5
}

# kill -9 in the middle of many provisionings. Whoever got an answer must be in the store: counted for the load generator,
# one by one for the agents.
scenario_kill_under_load() {
    local agents=8 devices=${LOAD_DEVICES:-6000} agent acknowledged stored serial lost=0
    for agent in $(seq "$agents"); do add_secret "kill-agent-$agent" "secret $agent"; done
    load --n "$devices" --threads 8 --prefix kill-load --phases oob,prov || { check "kill -9: load generator" false; return; }
    check "kill -9: the load runs" lab_wait 120 certificates_are "kill-load-%" 1
    for agent in $(seq "$agents"); do provision_in_background "kill-agent-$agent" --hub "$(lab_ip hub):$PORT"; done
    lab_wait 10 some_agent_is_approved
    lab_end hubd KILL
    lab_wait 60 lab_dead load
    acknowledged=$(jq -s 'map(select(.phase == "prov"))[0].ok' "$LAB_DIR/load.out")
    check "kill -9: it hit in the middle ($acknowledged of $devices answered)" \
        test "$acknowledged" -gt 0 -a "$acknowledged" -lt "$devices"
    check "kill -9: every answer before was signed" \
        test "$(jq -s 'map(select(.phase == "prov"))[0].bad_signature' "$LAB_DIR/load.out")" = 0
    : >"$LAB_DIR/witnesses"
    # Agents that hold a certificate now got it before the crash.
    for agent in $(seq "$agents"); do
        is_approved "kill-agent-$agent" && field "kill-agent-$agent" serial >>"$LAB_DIR/witnesses"
    done
    check "kill -9: some agents had their certificate" test -s "$LAB_DIR/witnesses"
    check "kill -9: the hub starts again" hub_start
    stored=$(store "SELECT count(*) FROM certificate WHERE common_name LIKE 'kill-load-%'")
    check "kill -9: nothing answered is lost ($stored stored, $acknowledged answered)" test "$stored" -ge "$acknowledged"
    while read -r serial; do
        [ "$(store "SELECT count(*) FROM certificate WHERE serial = '$serial'")" = 1 ] || lost=$((lost + 1))
    done <"$LAB_DIR/witnesses"
    check "kill -9: every agent's certificate of before is in the store" test "$lost" = 0
    check "kill -9: serials are unique" \
        test "$(store "SELECT count(*) - count(DISTINCT serial) FROM certificate")" = 0
    check "kill -9: no certificate without its device" test "$(store "SELECT count(*) FROM certificate
        WHERE ou = 'iotdevice' AND common_name NOT IN (SELECT id FROM device)")" = 0
    check "kill -9: the database is whole" test "$(store 'PRAGMA integrity_check')" = ok
    check "kill -9: the audit trail is whole" on_hub_quietly "$HUBCTL" audit verify
    for agent in $(seq "$agents"); do
        check "kill -9: agent $agent is certified in the end" lab_wait 120 is_approved "kill-agent-$agent"
    done
}

some_agent_is_approved() { grep -qs "provisioned: serial" "$LAB_DIR"/agent-kill-agent-*.err; }

certificates_are() { [ "$(store "SELECT count(*) FROM certificate WHERE common_name LIKE '$1'")" -ge "$2" ]; }

on_hub_quietly() { on_hub "$@" >>"$LAB_DIR/hubctl.out" 2>&1; }

lab_up hub dev third || exit 1
STATE=$LAB_DIR/state
SOCKET=$STATE/run/admin.sock
for host in hub dev third; do lab_start "$host" || exit 1; done
hub_start || exit 1
# shellcheck disable=SC2086 # a list of words
for scenario in ${LAB_SCENARIOS:-provision waiting wrong_secret fake_hub restart avahi_crash renewal used_secret \
    kill_under_load waiting_ends}; do
    "scenario_$scenario"
done
lab_summary
