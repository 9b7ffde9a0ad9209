#!/usr/bin/env bash
# Clients and monitors of nymea-remoteproxy, unmodified, at a running hub: both protocols, every generation that is given.
# No distribution packages them, so they must be built first (Debian: qtbase5-dev, libqt5websockets5-dev, libncurses-dev; in a release's folder: qmake && make):
#   NYMEA="BUILD BUILD ..." bash Tests/Interop/nymea/nymea_test.sh
set -euo pipefail
. "$(dirname "$0")/../../Shell/cases.sh"
. "$(dirname "$0")/../../Shell/hubs.sh"
if [ -z "${NYMEA:-}" ]; then
    skip "clients of nymea-remoteproxy: NYMEA names no builds of them"
    echo "NYMEA names no builds of nymea-remoteproxy"
    exit 77
fi
export HUB_TUNNEL_ENABLED=true HUB_LISTEN_TUNNEL_WEB_SOCKET=127.0.0.1:0 HUB_LISTEN_TUNNEL_TCP=127.0.0.1:0
export HUB_LISTEN_PROXY_WEB_SOCKET=127.0.0.1:0 HUB_LISTEN_PROXY_TCP=127.0.0.1:0
helpers=()
end_everything() {
    { for helper in "${helpers[@]}"; do kill -KILL "$helper" || true; done; } 2>/dev/null
    end_all
}
trap end_everything EXIT

one='{11111111-1111-1111-1111-111111111111}' two='{22222222-2222-2222-2222-222222222222}'
port() { jq -er ".$1.port" "$state/run/addresses.json"; }
# Ends the programs a case left, quietly.
end_helpers() {
    { for helper in "${helpers[@]}"; do kill "$helper" && wait "$helper"; done; } 2>/dev/null || true
    helpers=()
}
run() { # BUILD LOG PROGRAM ARGUMENT...: in the background
    LD_LIBRARY_PATH=$1/libnymea-remoteproxyclient:$1/libnymea-remoteproxy timeout 30 "$1/$3" "${@:4}" >"$work/$2" 2>&1 &
    helpers+=($!)
}

# ---- tokens of the hub, as its operators give them out

start
expect "the hub starts" is_ready
expect "a device is provisioned" provision lamp-1
token=$("$hubctl" tunnel token lamp-1 --minutes 5 --json --socket "$state/run/admin.sock" | jq -er .token)
for build in $NYMEA; do
    release=$(basename "$build")
    client=client/nymea-remoteproxy-client
    [ -x "$build/$client" ] || continue
    ways=("wss tunnelWebSocket")
    # Releases that know TCP choose WebSocket by an option.
    more=()
    if grep -q -- '"ws"' "$build/client/main.cpp"; then more=(--ws) && ways+=("ssl tunnelTCP"); fi
    for way in "${ways[@]}"; do
        read -r scheme listener <<<"$way"
        options=("${more[@]}")
        [ "$scheme" = wss ] || options=()
        url=$scheme://127.0.0.1:$(port "$listener")
        run "$build" a "$client" "${options[@]}" -u "$url" -t "$token" -n "$release" -i -p --name one --uuid "$one"
        run "$build" b "$client" "${options[@]}" -u "$url" -t "$token" -n "$release" -i -p --name two --uuid "$two"
        expect "$release over $scheme: two ends with a token of the hub meet" wait_until 100 grep -q 'Ping from two!' "$work/a"
        expect "$release over $scheme: and hear each other" wait_until 100 grep -q 'Ping from one!' "$work/b"
        end_helpers
        run "$build" a "$client" "${options[@]}" -u "$url" -t "${token}x" -n "$release" -i --name one --uuid "$one"
        expect "$release over $scheme: an altered token is refused, and the client sees why" wait_until 100 grep -q 'ProxyConnectionRefusedError' "$work/a"
        end_helpers
    done
done
stop "$pid"

# ---- servers and clients of the tunnel proxy: theirs show neither certificate nor token, so everybody over loopback is let in

start --tunnel-mock-authenticator true
expect "the hub starts for anybody over loopback" is_ready
number=0
for build in $NYMEA; do
    release=$(basename "$build")
    program=tunnelclient/nymea-remoteproxy-tunnelclient
    [ -x "$build/$program" ] || continue
    number=$((number + 1))
    server=aaaaaaaa-0000-4000-8000-00000000000$number
    url=ssl://127.0.0.1:$(port proxyTCP)
    random=()
    ! grep -q -- '"random"' "$build/tunnelclient/main.cpp" || random=(-r)
    run "$build" a "$program" -s "${random[@]}" -i -u "$url" -n srv --uuid "$server"
    expect "$release: a server registers" wait_until 100 grep -q 'running' "$work/a"
    run "$build" b "$program" -c "${random[@]}" -i -u "$url" -n cli --server-uuid "$server"
    expect "$release: a client reaches it" wait_until 100 grep -q 'connection established successfully' "$work/b"
    expect "$release: the server learns of it" wait_until 100 grep -q 'Client connected' "$work/a"
    if [ "${#random[@]}" != 0 ]; then
        echoed() { admin tunnel list --json | jq -e '.[] | select(.role == "client" and .bytesIn >= 200 and .bytesOut >= 200)'; }
        expect "$release: what the client sends comes back" wait_until 100 echoed
    fi
    monitor=$build/monitor/nymea-remoteproxy-monitor
    if grep -q -- '"non-interactive"' "$build/monitor/main.cpp" 2>/dev/null; then
        shows() { LD_LIBRARY_PATH=$build/libnymea-remoteproxy timeout 10 "$monitor" -n -a -s "$(realpath "$state")/run/monitor.sock" 2>&1 | grep -q '| srv'; }
        expect "$release: the monitor lists them" wait_until 50 shows
    fi
    end_helpers
done
expect "the hub stops in order" stop "$pid"
