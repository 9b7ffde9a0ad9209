#!/usr/bin/env bash
# A device's certificate, made by the real programs and judged by others: OpenSSL at its strictest and the linter pkilint.
# Also the example device of shell, curl and openssl alone.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
programs=$root/.build/${CONFIGURATION:-debug}
. "$root/Tests/Shell/pkilint.sh"
state=$work/state
pid=""
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

HUB_LISTEN_HTTPS=127.0.0.1:0 HUB_LISTEN_PKI=127.0.0.1:0 HUB_DISCOVERY_ENABLED=false HUB_TUNNEL_ENABLED=false "$programs/hubd" --state "$state" 2>"$work/log" &
pid=$!
for _ in $(seq 600); do
    if [ -s "$state/run/addresses.json" ]; then break; fi
    sleep 0.1
done
port=$(jq .https.port "$state/run/addresses.json")
export HUB_SOCKET=$state/run/admin.sock
add() { (umask 077 && printf '%s' "$2" >"$work/$1.secret") && "$programs/oob" add "$1" --secret-file "$work/$1.secret"; }
strictly_verified() { openssl verify -x509_strict -purpose sslclient -CAfile "$state/ca/ca.crt" "$1"; }

expect "a secret is registered" add lamp-1 "LABELTEXTLABELTEXTLABELTEXT"
expect "hub-agent is provisioned" "$programs/hub-agent" provision --id lamp-1 --secret-file "$work/lamp-1.secret" \
    --state "$work/lamp-1" --hub "127.0.0.1:$port"
expect "OpenSSL verifies the device's certificate strictly" strictly_verified "$work/lamp-1/device.crt"
expect "and the hub's own" openssl verify -x509_strict -purpose sslserver -CAfile "$state/ca/ca.crt" "$state/ca/server.crt"
if [ -x "$lint/lint_pkix_cert" ]; then
    for certificate in "$work/lamp-1/device.crt" "$state/ca/ca.crt" "$state/ca/server.crt" "$state/ca/admin.crt"; do
        expect "pkilint has nothing to say about $(basename "$certificate")" clean lint_pkix_cert lint -s WARNING "$certificate"
    done
else
    skip "pkilint is not installed; run scripts/bootstrap"
fi
expect "a secret for the shell device is registered" add shell-1 "LABELTEXTLABELTEXTLABELTEXT"
shell_device() { (cd "$work" && bash "$root/Examples/provision.sh" "$@"); }
expect "the shell device is provisioned with curl and openssl alone" \
    shell_device "127.0.0.1:$port" shell-1 "$work/shell-1.secret" "$work/shell-1"
