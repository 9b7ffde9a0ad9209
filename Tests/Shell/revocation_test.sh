#!/usr/bin/env bash
# A certificate taken back is refused everywhere within a second, and stays so: judged by openssl, pkilint and mosquitto.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
start_hub
ca=$state/ca/ca.crt
. "$root/Tests/Shell/pkilint.sh"
hubctl() { "$programs/hubctl" "$@"; }
provision() {
    (umask 077 && printf 'LABELTEXTLABELTEXTLABELTEXT' >"$work/secret")
    "$programs/oob" add "$1" --secret-file "$work/secret" &&
        "$programs/hub-agent" provision --id "$1" --secret-file "$work/secret" --state "$work/$1" --hub "127.0.0.1:$port"
}
serial() { openssl x509 -in "$work/$1/device.crt" -noout -serial | cut -d= -f2; }
ocsp() { openssl ocsp -issuer "$ca" -cert "$work/$1/device.crt" -url "$pki/pki/ocsp" -CAfile "$ca" "${@:2}" 2>&1; }
says() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    grep -q -- "$wanted" <<<"$got" || { printf 'no "%s" in:\n%s\n' "$wanted" "$got"; return 1; }
}
as_device() { curl -sS --max-time 30 --cacert "$ca" --cert "$work/$1/device.crt" --key "$work/$1/device.key" -o /dev/null -w '%{http_code}\n' "https://127.0.0.1:$port/idprov/status/$1"; }

for device in lamp-1 lamp-2 lamp-3; do expect "$device is provisioned" provision "$device"; done
expect "OCSP says good, verified" says "Response verify OK" ocsp lamp-1
expect "and means this certificate" says "device.crt: good" ocsp lamp-1
expect "without nonce as well" says "device.crt: good" ocsp lamp-1 -no_nonce
expect "and by SHA-256" says "device.crt: good" openssl ocsp -sha256 -issuer "$ca" -cert "$work/lamp-1/device.crt" -url "$pki/pki/ocsp" -CAfile "$ca"
expect "OpenSSL fetches the CRL and accepts" openssl verify -crl_check -crl_download -CAfile "$ca" "$work/lamp-1/device.crt"
expect "the device is let in" says 200 as_device lamp-1

# A connection that is open when its certificate is revoked: it must end, long before it would by its idleness.
mkfifo "$work/hold"
(exec 3<>"$work/hold" && printf 'GET /idprov/directory HTTP/1.1\r\nHost: hub\r\n\r\n' >&3 &&
    timeout 60 openssl s_client -quiet -connect "127.0.0.1:$port" -CAfile "$ca" -cert "$work/lamp-1/device.crt" -key "$work/lamp-1/device.key" \
        <&3 >"$work/held" 2>&1; echo "$?" >"$work/closed") &
held=$!
expect "a request is answered on a connection" until_true grep -q "200 OK" "$work/held"
expect "the connection is held" test ! -e "$work/closed"
expect "lamp-1 is revoked by serial" hubctl cert revoke "$(serial lamp-1)" --reason keyCompromise
wait "$held" || true
expect "its open connection was ended" test "$(cat "$work/closed")" != 124
expect "a new handshake fails with an alert" says "alert" as_device lamp-1
expect "OCSP says revoked, and why" says "keyCompromise" ocsp lamp-1
refused_by_list() { ! openssl verify -crl_check -crl_download -CAfile "$ca" "$work/lamp-1/device.crt"; }
expect "the list is made anew" until_true refused_by_list
refuse "OpenSSL refuses it by the CRL" openssl verify -crl_check -crl_download -CAfile "$ca" "$work/lamp-1/device.crt"
expect "the device is revoked" says revoked hubctl device show lamp-1
refuse "it can't renew" "$programs/hub-agent" provision --id lamp-1 --secret-file "$work/secret" --state "$work/lamp-1-again" --hub "127.0.0.1:$port" --timeout 3

expect "lamp-2 is held" hubctl cert hold --device lamp-2
expect "and shut out" says alert as_device lamp-2
expect "the hold is lifted" hubctl cert unhold --device lamp-2
expect "and it is let in again" says 200 as_device lamp-2
refuse "what is not held can't be lifted" hubctl cert unhold "$(serial lamp-1)"
refuse "a reason nobody knows is refused" hubctl cert revoke "$(serial lamp-2)" --reason because
expect "scripts of others revoke over TLS" says revokedAt curl -sS --cacert "$ca" --cert "$state/ca/admin.crt" --key "$state/ca/admin.key" \
    -H 'Content-Type: application/json' -d "{\"serial\":\"$(serial lamp-3)\",\"reason\":\"keyCompromise\"}" "https://127.0.0.1:$port/admin/revoke"

stop_hub KILL
start_hub
expect "after kill -9 it is still shut out" says alert as_device lamp-1
expect "and lamp-3, revoked just before" says alert as_device lamp-3
expect "lamp-2 is not" says 200 as_device lamp-2
expect "a device is removed" hubctl device remove lamp-2
expect "and shut out" says alert as_device lamp-2

if [ -x "$lint/lint_crl" ]; then
    curl -sS "$pki/pki/ca.crl" -o "$work/ca.crl"
    openssl crl -inform DER -in "$work/ca.crl" -out "$work/ca.crl.pem"
    openssl ocsp -issuer "$ca" -cert "$work/lamp-1/device.crt" -no_nonce -reqout "$work/question" 2>/dev/null
    curl -sS -H 'Content-Type: application/ocsp-request' --data-binary "@$work/question" "$pki/pki/ocsp" -o "$work/answer"
    expect "pkilint has nothing to say about the CRL" clean lint_crl lint -s WARNING -t CRL -p PKIX "$work/ca.crl.pem"
    expect "nor about the OCSP answer" clean lint_ocsp_response lint -s WARNING "$work/answer"
    for certificate in "$work/lamp-1/device.crt" "$ca" "$state/ca/server.crt" "$state/ca/ocsp.crt"; do
        expect "nor about $(basename "$certificate")" clean lint_pkix_cert lint -s WARNING "$certificate"
    done
    expect "nor about the chain" clean lint_pkix_signer_signee_cert_chain lint -s WARNING "$ca" "$work/lamp-1/device.crt"
else
    skip "pkilint is not installed; run scripts/bootstrap"
fi
