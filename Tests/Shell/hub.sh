# Sourced after cases.sh by shell tests that need a running hub: start_hub, stop_hub.
# shellcheck shell=bash disable=SC2034,SC2154 # the test that sources this uses the variables, cases.sh sets root and work

programs=$root/.build/${CONFIGURATION:-debug}
state=$work/state
pid=""
trap '{ [ -z "$pid" ] || kill -KILL "$pid" || true; wait || true; } 2>/dev/null; rm -rf "$work"' EXIT
export HUB_LISTEN_HTTPS=127.0.0.1:0 HUB_LISTEN_PKI=127.0.0.1:0 HUB_DISCOVERY_ENABLED=false HUB_TUNNEL_ENABLED=false
export HUB_SOCKET=$state/run/admin.sock

hub_options=()

# start_hub: a hub on free ports, with hub_options; sets pid, port (TLS) and pki (URL of the plain listener)
start_hub() {
    rm -f "$state/run/addresses.json"
    "$programs/hubd" --state "$state" "${hub_options[@]}" 2>>"$work/log" &
    pid=$!
    for _ in $(seq 600); do
        if [ -s "$state/run/addresses.json" ]; then break; fi
        sleep 0.1
    done
    if [ ! -s "$state/run/addresses.json" ]; then
        printf 'not ok - the hub starts\n' && cat "$work/log"
        exit 1
    fi
    port=$(jq .https.port "$state/run/addresses.json")
    pki=http://127.0.0.1:$(jq .pki.port "$state/run/addresses.json")
}

# stop_hub SIGNAL
stop_hub() {
    kill "-$1" "$pid"
    wait "$pid" 2>/dev/null || true
    pid=""
}
