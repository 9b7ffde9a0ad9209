#!/usr/bin/env bash
# The site's CA changes and nobody touches the devices: one that was on, one that was off, a stock client, and the end of the old CA.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
start_hub
old=$state/ca/ca.crt
cp "$old" "$work/old.crt"
new=$state/ca/ca-2.crt
hubctl() { "$programs/hubctl" "$@"; }
says() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    grep -q -- "$wanted" <<<"$got" || { printf 'no "%s" in:\n%s\n' "$wanted" "$got"; return 1; }
}
provision() {
    (umask 077 && printf 'LABELTEXTLABELTEXTLABELTEXT' >"$work/secret")
    "$programs/oob" add "$1" --secret-file "$work/secret" &&
        "$programs/hub-agent" provision --id "$1" --secret-file "$work/secret" --state "$work/$1" --hub "127.0.0.1:$port"
}
renew() { "$programs/hub-agent" renew --state "$work/$1" --hub "127.0.0.1:$port"; }
issued_by() { openssl verify -partial_chain -trusted "$1" "$2" && ! openssl verify -partial_chain -trusted "$3" "$2" 2>/dev/null; }

expect "a device is provisioned" provision on-1
expect "another, which is then switched off" provision off-1
expect "the CA is rotated" hubctl ca rotate
expect "two are shown" says previous hubctl ca show
expect "the hub's own certificate comes from the new CA" until_true issued_by "$new" "$state/ca/server.crt" "$work/old.crt"
directory() { curl -sS --fail --cacert "$1" "https://127.0.0.1:$port/idprov/directory" -o "$work/directory"; }
expect "who knows the old CA only still trusts the hub" directory "$work/old.crt"
expect "who knows the new CA only does too" directory "$new"
expect "EST hands out both and the cross certificates" test "$(curl -sS --cacert "$new" "https://127.0.0.1:$port/.well-known/est/cacerts" |
    openssl base64 -d | openssl pkcs7 -inform DER -print_certs | grep -c BEGIN)" = 4
expect "the device that was on renews" renew on-1
expect "its certificate comes from the new CA" issued_by "$new" "$work/on-1/device.crt" "$work/old.crt"
expect "and it believes both" test "$(grep -c BEGIN "$work/on-1/ca.crt")" = 2
expect "a new device is provisioned" provision new-1
expect "a CRL of the old CA is there" curl -sSf "$pki/pki/ca.crl" -o "$work/old.crl"
expect "and one of the new" curl -sSf "$pki/pki/ca-2.crl" -o "$work/new.crl"
expect "OCSP answers for the old CA" says "Response verify OK" \
    openssl ocsp -issuer "$work/old.crt" -cert "$work/off-1/device.crt" -url "$pki/pki/ocsp" -CAfile "$work/old.crt"
expect "and for the new" says "Response verify OK" \
    openssl ocsp -issuer "$new" -cert "$work/on-1/device.crt" -url "$pki/pki/ocsp" -CAfile "$new"
expect "OpenSSL checks a new certificate by its CRL" openssl verify -crl_check -crl_download -CAfile "$new" "$work/on-1/device.crt"
stop_hub TERM
start_hub
refuse "the old CA can't be retired while a device relies on it" hubctl ca retire 1
expect "the device that was off all the time renews after a restart of the hub" renew off-1
expect "and is under the new CA" issued_by "$new" "$work/off-1/device.crt" "$work/old.crt"
expect "the old CA is retired by command" hubctl ca retire 1 --force
expect "its key is gone" test ! -e "$state/ca/ca.key"
expect "the devices renew" renew on-1
expect "and believe the new one only" test "$(grep -c BEGIN "$work/on-1/ca.crt")" = 1
expect "the other too" renew off-1
stop_hub TERM
start_hub
expect "the hub starts without the old CA" directory "$new"
