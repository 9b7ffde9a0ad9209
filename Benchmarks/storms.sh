# Sourced by run: what a connection costs, and what strangers who storm the listeners do to memory and to the others.
# shellcheck shell=bash disable=SC2154,SC2034 # run sets and uses the variables

megabytes() { awk "BEGIN { printf \"%.1f\", ($1) / 1024 }"; }

# Waits until a file holds words; the process that writes it must live.
await_words() { # WORDS FILE PROCESS
    until grep -qs "$1" "$2"; do
        kill -0 "$3" 2>/dev/null || die "a load generator ended: $(cat "$2" "$folder/error")"
        read -rt 0.05 <&"$silence" || true
    done
}

# Ends a load generator; the JSON of its last line is then in $result.
finish() { # PROCESS FILE
    kill -TERM "$1" 2>/dev/null || true
    wait "$1" || true
    result=$(tail -n 1 "$2")
}

# A hub with every listener; over loopback its tunnels let everybody in. PER_ADDRESS bounds what one loopback address may hold.
storm_hub() {
    local wanted=("${hub_options[@]}")
    hub_options=(--tunnel-enabled true --tunnel-mock-authenticator true --listen-tunnel-tcp 127.0.0.1:0 --listen-proxy-tcp 127.0.0.1:0
        --listen-tunnel-web-socket 127.0.0.1:0 --listen-proxy-web-socket 127.0.0.1:0)
    [ -z "${PER_ADDRESS:-}" ] || hub_options+=(--listen-per-address-loopback "$PER_ADDRESS")
    rm -rf "$folder/storm"
    start_hub "$folder/storm"
    hub_options=("${wanted[@]}")
    "$folder/storm-load" probe "$port" --seconds 1 >"$folder/output" # what the first requests need is no part of a storm
}

listener() { jq -er ".$1.port" "$folder/storm/run/addresses.json"; }

# ---- what a connection costs

cost() { # NAME TARGET KIND [OPTION...]
    local name=$1 target=$2 before load each
    shift 2
    PER_ADDRESS="" storm_hub # all of them come from one
    before=$(hub_memory)
    : >"$folder/load" # what the one before said
    "$folder/storm-load" "$1" "$port" --count "$each_kind" --seconds 300 "${@:2}" >"$folder/load" 2>"$folder/error" &
    load=$!
    await_words standing "$folder/load" "$load"
    # Connected is what the kernel has taken; the hub may still be at it.
    until [ "$(find "/proc/$hub_pid/fd" -mindepth 1 | wc -l)" -ge "$each_kind" ]; do
        kill -0 "$load" 2>/dev/null || die "a load generator ended: $(cat "$folder/load" "$folder/error")"
        sleep 0.1
    done
    sleep 1
    each=$(awk "BEGIN { printf \"%.1f kB\", ($(hub_memory) - $before) / $each_kind }")
    figure "  $name" "$each" "$target"
    finish "$load" "$folder/load"
    [ "$(jq .held <<<"$result")" = "$each_kind" ] || incomplete=1
    stop_hub
}

connections() {
    printf '\nWhat a connection costs: private memory, %s of a kind, a fresh hub each\n' "$each_kind"
    cost "accepted, nothing sent" "4 kB" idle
    cost "after the TLS handshake" "20 kB" tls
    cost "after one request" "20 kB" request
    cost "after one request, client certificate" "20 kB" request --cert "$folder/storm/ca/admin.crt" --key "$folder/storm/ca/admin.key"
}

# ---- storms

storm_headline() {
    printf '\nStorms: %s\n%-36s %6s %8s %8s %8s %8s %9s %9s %9s %9s\n' "memory in MB beyond what it was before; CPU of $storm_seconds s; client and tunnel in ms" \
        "" held ended peak after "CPU s" "client" longest "tunnel" longest
    printf '%-36s %6s %8s %8s %8s %8s %9s %9s %9s %9s\n' target "" "" "30" "20 %" "" "" 500 "" "20"
}

# One storm: a well-behaved client of the listener that it meets (https where that is one for tunnels), and an open tunnel beside it.
storm() { # NAME LISTENER KIND [OPTION...]
    local name=$1 at=$2 before cpu load client tunnel watcher peak client_is tunnel_is options=() probed
    shift 2
    [[ $name =~ ${ONLY:-.} ]] || return 0
    storm_hub
    probed=$port
    [ "$at" != pki ] || { probed=$pki_port && options=(--plain --path /pki/ca.cer); }
    : >"$folder/load" && : >"$folder/client" && : >"$folder/tunnel" # what the one before said
    before=$(hub_memory)
    watch_memory "$folder/peak" 0.1 &
    watcher=$!
    "$folder/storm-load" tunnel "$(listener tunnelTCP)" --seconds 300 >"$folder/tunnel" 2>"$folder/error" &
    tunnel=$!
    await_words standing "$folder/tunnel" "$tunnel"
    "$folder/storm-load" probe "$probed" --seconds 300 "${options[@]}" >"$folder/client" 2>>"$folder/error" &
    client=$!
    await_words standing "$folder/client" "$client"
    kill -USR1 "$client" "$tunnel" # they count from now
    cpu=$(hub_cpu)
    "$folder/storm-load" "$1" "$(listener "$at")" --sources 1 --seconds 300 "${@:2}" >"$folder/load" 2>>"$folder/error" &
    load=$!
    await_words standing "$folder/load" "$load"
    sleep "$storm_seconds"
    finish "$client" "$folder/client"
    client_is=$result
    finish "$tunnel" "$folder/tunnel"
    tunnel_is=$result
    cpu=$(($(hub_cpu) - cpu))
    finish "$load" "$folder/load"
    sleep "$settle"
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    peak=$(cat "$folder/peak")
    storm_row "$name" "$(jq -r '"\(.held) \(.ended + .refused)"' <<<"$result")" "$before" "$peak" "$(hub_memory)" "$cpu" "$client_is" "$tunnel_is"
    stop_hub
}

storm_row() { # NAME "HELD ENDED" BEFORE PEAK AFTER CPU CLIENT TUNNEL
    awk -v name="$1" -v counts="$2" -v before="$3" -v peak="$4" -v after="$5" -v cpu="$6" -v client="$(figures_of "$7")" -v tunnel="$(figures_of "$8")" 'BEGIN {
        split(counts, n, " "); split(client, c, " "); split(tunnel, t, " ")
        over = (peak - before > 30 * 1024 ? " memory" : "") (after > 1.2 * before ? " after" : "") (c[2] > 500 || c[3] > 0 ? " client" : "") (t[2] > 20 || t[3] > 0 ? " tunnel" : "")
        printf "%-36s %6d %8d %8.1f %8.1f %8.2f %9.1f %9.1f %9.2f %9.1f%s%s%s\n", name, n[1], n[2], (peak - before) / 1024, (after - before) / 1024, cpu / 1e6,
            c[1], c[2], t[1], t[2], (over == "" ? "" : "  over:" over), (c[3] > 0 ? ", " c[3] " clients failed" : ""), (t[3] > 0 ? ", the tunnel ended" : "")
    }'
}

figures_of() { jq -r '"\(.median * 1000) \(.longest * 1000) \(.failed)"' <<<"$1"; }

# Counts are those of the attacks that were found, so that figures of different days can be compared; SCALE=4 is a quarter of the connections.
storms() {
    local introspect='{"id":1,"method":"RemoteProxy.Introspect"}' hello='{"id":1,"method":"RemoteProxy.Hello"}' n
    scaled() { echo $((($1 + scale - 1) / scale)); }
    storm_headline
    storm "60 connections of GETs, https" https pipeline --count "$(scaled 60)" --bytes 525000
    storm "150 connections of GETs, https" https pipeline --count "$(scaled 150)" --bytes 525000
    storm "100 connections of GETs, pki" pki pipeline --count "$(scaled 100)" --bytes 525000 --plain --path /pki/ca.cer
    storm "5000 silent connections, https" https idle --count "$(scaled 5000)"
    storm "5000 silent connections, pki" pki idle --count "$(scaled 5000)"
    storm "1500 after their handshake, https" https tls --count "$(scaled 1500)"
    storm "1500 slow bodies, https" https body --count "$(scaled 1500)"
    storm "1500 slow bodies, pki" pki body --count "$(scaled 1500)" --plain --path /pki/ocsp
    storm "1500 slow heads, https" https head --count "$(scaled 1500)"
    storm "1500 slow heads, pki" pki head --count "$(scaled 1500)" --plain
    storm "connect and close, https" https flood --count 64 --plain
    storm "handshake and close, https" https flood --count 64
    storm "connect and close, pki" pki flood --count 64 --plain
    storm "connect and close, tunnels" proxyTCP flood --count 64 --plain
    for n in 1 6 16; do storm "$n senders of Introspect, tunnels" proxyTCP ask --count "$n" --again --text "$introspect"; done
    for n in 1 6 16; do storm "$n senders of Hello, tunnels" proxyTCP ask --count "$n" --again --text "$hello"; done
}
