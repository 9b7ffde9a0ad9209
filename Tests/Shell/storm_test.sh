#!/usr/bin/env bash
# Machines that only take: connections, requests whose answers they don't read, endless heads and bodies. Counts and order are judged, no times.
# shellcheck disable=SC2119 # start takes options of hubd, not of this script
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hubs.sh"
export HUB_TUNNEL_ENABLED=true HUB_LISTEN_TUNNEL_TCP=127.0.0.1:0 HUB_LISTEN_PROXY_TCP=127.0.0.1:0 HUB_LISTEN_TUNNEL_WEB_SOCKET=127.0.0.1:0
export HUB_LISTEN_PROXY_WEB_SOCKET=127.0.0.1:0 HUB_TUNNEL_MOCK_AUTHENTICATOR=true
cc -O1 -Wall -o "$work/storm" "$root/Benchmarks/load/storm.c" -lssl -lcrypto
storms=()
end_everything() {
    local storm
    for storm in "${storms[@]}"; do kill -KILL "$storm" 2>/dev/null || true; done
    end_all
}
trap end_everything EXIT

# begin NAME KIND LISTENER OPTION...: a storm from addresses beginning with 127.0.0.2, whose process is in $storm; what it says goes to NAME
begin() {
    local name=$1 kind=$2 port
    port=$(jq -er ".$3.port" "$state/run/addresses.json")
    : >"$work/$name"
    "$work/storm" "$kind" "$port" --sources 1 --seconds 300 "${@:4}" >"$work/$name" 2>&1 &
    storm=$!
    storms+=("$storm")
}
stands() { wait_until 300 grep -q standing "$work/$1" || { cat "$work/$1" && return 1; }; }
end() { # NAME PROCESS: counts are in NAME then
    kill -TERM "$2" 2>/dev/null || true
    wait "$2" || true
}
counted() { tail -n 1 "$work/$1" | jq -e "$2" >/dev/null || { cat "$work/$1" && return 1; }; }
now_counts() { [ "$(connections "$1")" = "$2" ] || { echo "$(connections "$1") connections" && return 1; }; }
connections() { # LISTENER: those of the hub that come from the storm's first address
    local hex
    hex=$(printf '%04X' "$(jq -er ".$1.port" "$state/run/addresses.json")")
    awk -v local="0100007F:$hex" '$2 == local && $3 ~ /^0200007F/ && $4 == "01"' /proc/net/tcp | wc -l
}
private() { awk '$1 == "RssAnon:" { print $2 }' "/proc/$pid/status"; }
files() { find "/proc/$pid/fd" -mindepth 1 | wc -l; }
grew_by_less() { # MEGABYTES BEFORE
    local now
    now=$(private)
    echo "private memory: $2 kB before, $now kB now"
    [ "$now" -lt "$(($2 + $1 * 1024))" ]
}
directory() { curl -sS --fail --max-time 60 --cacert "$state/ca/ca.crt" "https://$(address)/idprov/directory" -o /dev/null; }
list() { curl -sS --fail --max-time 60 "http://127.0.0.1:$(jq .pki.port "$state/run/addresses.json")/pki/ca.crl" -o /dev/null; }
hello() { "$work/storm" probe "$(jq .proxyTCP.port "$state/run/addresses.json")" --seconds 1 --text '{"id":1,"method":"RemoteProxy.Hello"}' | tail -n 1 | jq -e '.answered > 0 and .failed == 0'; }
# Answered while the storm is still there: not because it had ended.
beside() { # PROCESS COMMAND...
    "${@:2}" && is_alive "$1"
}

# ---- one address holds no more than its share, on every listener

export HUB_LISTEN_PER_ADDRESS_LOOPBACK=20
start
expect "the hub starts" is_ready
expect "a request is answered" directory
for at in https pki proxyTCP; do
    begin idle idle "$at" --count 60
    expect "of 60 silent connections of one address 20 are held ($at)" wait_until 300 now_counts "$at" 20
    expect "another address is served beside them: https" beside "$storm" directory
    expect "the list of revoked certificates" beside "$storm" list
    expect "a tunnel's end" beside "$storm" hello
    end idle "$storm"
    expect "40 were refused" counted idle '.held == 20 and .ended + .refused == 40'
    expect "and none is left" wait_until 300 now_counts "$at" 0
done
begin idle idle https --count 60 --sources 3
expect "three addresses hold as many each" stands idle
end idle "$storm"
expect "and none is refused" counted idle '.held == 60 and .ended + .refused == 0'

# ---- requests whose answers nobody reads

for at in https pki; do
    options=()
    [ "$at" = https ] || options=(--plain --path /pki/ca.cer)
    before=$(private)
    begin pipeline pipeline "$at" --count 16 --bytes 400000 "${options[@]}"
    expect "16 connections send 400,000 bytes of requests each, and read nothing ($at)" stands pipeline
    expect "the hub keeps few of them" grew_by_less 30 "$before"
    expect "and answers others meanwhile" beside "$storm" directory
    end pipeline "$storm"
    expect "the storm was there to the end" counted pipeline '.held > 0 and .requests > 1000'
done

# ---- heads and bodies without end: they go on beside what follows

declare -A slow
begin heads head https --count 8
slow[heads]=$storm
begin bodies body https --count 8
slow[bodies]=$storm
begin lines head pki --count 8 --plain
slow[lines]=$storm
for name in heads bodies lines; do expect "slow $name are under way" stands "$name"; done
expect "and requests are answered" directory

# ---- tunnels: strangers' documents

for method in Introspect Hello; do
    begin ask ask proxyTCP --text "{\"id\":1,\"method\":\"RemoteProxy.$method\"}"
    expect "a stranger who asks for $method over and over is closed" wait_until 300 is_ended "$storm"
    expect "after 16 answers at most" counted ask '.ended == 1 and .lines <= 16'
done
"$work/storm" tunnel "$(jq .tunnelTCP.port "$state/run/addresses.json")" --seconds 300 >"$work/tunnel" 2>&1 &
tunnel=$!
storms+=("$tunnel")
expect "a tunnel is open" stands tunnel
begin ask ask proxyTCP --count 16 --again --text '{"id":1,"method":"RemoteProxy.Introspect"}'
expect "16 connections ask for as long as it takes" stands ask
kill -USR1 "$tunnel"
for _ in 1 2 3; do expect "an end is answered beside them" beside "$storm" hello; done
end tunnel "$tunnel"
expect "and the tunnel passed on what it was given" counted tunnel '.failed == 0 and .answered > 5'
end ask "$storm"
expect "while they asked" counted ask '.lines > 16'

# ---- who comes and goes

before=$(files)
for at in https proxyTCP; do
    begin flood flood "$at" --count 16 --plain
    expect "connections that open and close at once ($at)" stands flood
    expect "keep nobody out" beside "$storm" directory
    end flood "$storm"
    expect "though they are many" counted flood '.opened > 100'
done
few_files() { [ "$(files)" -le "$((before + 8))" ]; }
expect "and leave no open files behind" wait_until 300 few_files

# ---- the end of heads and bodies

for name in heads bodies lines; do
    expect "slow $name end although they go on" wait_until 900 is_ended "${slow[$name]}"
    expect "all of them" counted "$name" '.held == 0 and .ended == 8'
done
expect "requests that were cut are no errors of the hub" test "$(grep -cE ' (error|critical) ' "$work/log")" = 0
stop "$pid"
expect "the hub ends in order" is_same "$code" 0

# ---- more connections than open files

unset HUB_LISTEN_PER_ADDRESS_LOOPBACK
printf '#!/bin/sh\nexec prlimit --nofile=256:256 "%s" "$@"\n' "$hubd" >"$work/limited"
chmod +x "$work/limited"
hubd=$work/limited
start
expect "the hub starts with 256 open files" is_ready
for at in https pki; do
    begin idle idle "$at" --count 400
    expect "400 connections are more than it has files for ($at)" stands idle
    expect "the operator is answered" beside "$storm" admin status
    [ "$at" = pki ] || expect "lists of revoked certificates are" beside "$storm" list
    [ "$at" = https ] || expect "requests are" beside "$storm" directory
    expect "files are left" test "$(files)" -lt 250
    end idle "$storm"
    expect "afterwards all is as before: https" directory
    expect "and the list" list
done
stop "$pid"
expect "the hub ends in order" is_same "$code" 0
