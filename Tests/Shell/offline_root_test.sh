#!/usr/bin/env bash
# A hub below an offline root: the ceremony with a key that never leaves the hub, and what devices, administrators and other hubs
# of the same root see of it.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hubs.sh"

printf 'root passphrase\n' >"$work/root.pass"
printf 'hub passphrase\n' >"$work/hub.pass"
chmod 600 "$work"/*.pass
offline=$work/offline
ceremony() { "$root/ca/make-offline-root.sh" "$@" --root-passphrase "$work/root.pass" </dev/null; }
request() { # DIR NAME: on a hub's machine
    "$root/ca/make-hub-ca.sh" request "$1" --organization "Example Site" --name "$2" --passphrase "$work/hub.pass"
}
key_of() { openssl req -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c 1-64; }
sign() { # REQUEST OPTION...
    local file=$1
    shift
    ceremony sign "$offline" "$file" --fingerprint "$(key_of "$file")" "$@"
}
text_has() { openssl x509 -in "$1" -noout -text | grep -qF -- "$2"; }
certificates_in() { grep -c 'BEGIN CERTIFICATE' "$1"; }

# --- the ceremony
expect "the root is made" ceremony root "$offline" --organization "Example Site"
expect "a P-256 root as well" ceremony root "$work/small" --organization "Example Site" --curve P-256 --years 15
expect "the hub makes its key and a request" request "$work/one" "Hub One"
expect "the key stays behind, encrypted" grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$work/one/ca.key"
expect "readable by its owner alone" test "$(stat -c %a "$work/one/ca.key")" = 600
expect "a second request does not overwrite the first" refused_with "exists; nothing was changed" request "$work/one" "Hub One"
expect "nothing is signed unseen" refused_with "give the fingerprint" ceremony sign "$offline" "$work/one/ca.csr"
expect "nor with another fingerprint" refused_with "is another one than the hub showed" ceremony sign "$offline" "$work/one/ca.csr" --fingerprint "$(printf '0%.0s' $(seq 64))"
openssl req -in "$work/one/ca.csr" -outform DER | python3 -c \
    'import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d[:-1] + bytes([d[-1] ^ 1]))' | openssl req -inform DER -out "$work/forged.csr"
expect "nor a request that is not signed with its key" refused_with "not a request signed with its own key" sign "$work/forged.csr"
openssl req -new -newkey ed25519 -noenc -keyout "$work/ed.key" -subj "/O=Example Site/CN=Odd" -out "$work/odd.csr" 2>/dev/null
expect "nor a key that clients may not take" refused_with "must be P-256, P-384 or RSA" sign "$work/odd.csr"
expect "nor beyond ten years" refused_with "--years must be a number from 1 to 10" sign "$work/one/ca.csr" --years 11
expect "nor with a URL that would bring in more" refused_with "holds a character" sign "$work/one/ca.csr" --crl-url 'http://x/,URI:http://y/'
expect "nor with one that needs a certificate itself" refused_with "must be an http URL" sign "$work/one/ca.csr" --crl-url 'https://x/root.crl'
expect "nothing was written so far" test ! -e "$offline/hub"
expect "the request is signed" sign "$work/one/ca.csr" --crl-url http://pki.example/root.crl --issuer-url http://pki.example/root.crt
expect "it verifies strictly" openssl verify -x509_strict -CAfile "$offline/root.crt" "$offline/hub/ca.crt"
expect "path length 0" text_has "$offline/hub/ca.crt" 'CA:TRUE, pathlen:0'
expect "below path length 1" text_has "$offline/root.crt" 'CA:TRUE, pathlen:1'
expect "it may sign certificates and lists" text_has "$offline/hub/ca.crt" 'Certificate Sign, CRL Sign'
expect "it names the list" text_has "$offline/hub/ca.crt" 'URI:http://pki.example/root.crl'
expect "it names the root" text_has "$offline/hub/ca.crt" 'CA Issuers - URI:http://pki.example/root.crt'
expect "what to copy is written down" grep -q /etc/latchkey/ca.crt "$offline/hub/COPY.txt"
expect "no key came to the root" test ! -e "$offline/hub/ca.key"
expect "a second hub CA does not overwrite the first" refused_with "exists; nothing was changed" sign "$work/one/ca.csr"
expect "the same key again is a renewal" sign "$work/one/ca.csr" --into hub-next
request "$work/twin" "Hub One" >/dev/null
expect "two hubs of one name are refused" refused_with "choose another on the hub" sign "$work/twin/ca.csr" --into twin
request "$work/two" "Hub Two" >/dev/null
expect "a second hub below the same root" sign "$work/two/ca.csr" --into hub-two --years 5
expect "a list of what was taken back" ceremony crl "$offline"
expect "which is empty" grep -q 'No Revoked' <(openssl crl -in "$offline/root.crl" -inform DER -noout -text)
expect "a hub's CA is taken back" ceremony crl "$offline" --revoke "$offline/hub-next/ca.crt"
expect "then it stands in the list" grep -qi "$(openssl x509 -in "$offline/hub-next/ca.crt" -noout -serial | cut -d= -f2)" \
    <(openssl crl -in "$offline/root.crl" -inform DER -noout -text)
expect "one of another root is not" refused_with "is not from this root" ceremony crl "$offline" --revoke "$work/small/root.crt"
expect "show checks everything again" ceremony show "$offline"

# --- the hub
with_key() { printf '%s\n' --ca-key "$work/$1/ca.key" --ca-passphrase-file "$work/hub.pass"; }
mapfile -t key_one < <(with_key one)
mapfile -t key_two < <(with_key two)
{ openssl x509 -in "$offline/hub/ca.crt" && cat "$work/small/root.crt"; } >"$work/broken.crt"
expect "a chain that leads nowhere stops it" will_not_start 1 "is not a chain" --state "$work/x" --ca-certificate "$work/broken.crt" "${key_one[@]}"
expect "the root in front stops it" will_not_start 1 "is not the key of" --state "$work/x" --ca-certificate "$offline/root.crt" "${key_one[@]}"
start --ca-certificate "$offline/hub/ca.crt" "${key_one[@]}"
expect "the hub starts" is_ready
first=$pid
intermediate=$(fingerprint "$offline/hub/ca.crt")
expect "hubctl shows the hub's CA" is_same "$(admin ca show --json | jq -r '.[0].certificate.fingerprint')" "$intermediate"
admin ca export --out "$work/export.pem" >/dev/null
expect "hubctl exports it with the root behind it" test "$(certificates_in "$work/export.pem")" = 2
expect "in this order" is_same "$(fingerprint "$work/export.pem")" "$intermediate"
expect "a client that knows the root alone verifies the hub" openssl s_client -connect "$(address)" -CAfile "$offline/root.crt" \
    -verify_return_error -x509_strict </dev/null
curl -sS --cacert "$offline/root.crt" "https://$(address)/idprov/directory" >"$work/directory.json"

# --- devices: they pin the hub's CA, not the root
jq -r .caCert "$work/directory.json" | base64 -d >"$work/announced.pem"
expect "the directory holds one certificate" test "$(certificates_in "$work/announced.pem")" = 1
expect "the hub's CA" is_same "$(fingerprint "$work/announced.pem")" "$intermediate"
expect "a device is provisioned" provision d1
expect "it keeps one certificate" test "$(certificates_in "$work/d1/ca.crt")" = 1
expect "the hub's CA, not the root" is_same "$(fingerprint "$work/d1/ca.crt")" "$intermediate"
expect "its certificate verifies up to the root" openssl verify -x509_strict -purpose sslclient -CAfile "$offline/root.crt" \
    -untrusted "$offline/hub/ca.crt" "$work/d1/device.crt"
expect "curl on the device takes what it keeps as trust anchor" curl -sS --fail --max-time 30 --cacert "$work/d1/ca.crt" "https://$(address)/idprov/directory"
expect "it renews with its certificate" renew d1 "$(address)"

# --- administration over the network
network=(--hub "https://$(address)" --cert "$state/ca/admin.crt" --key "$state/ca/admin.key")
expect "with the exported CA as trust anchor" "$hubctl" status "${network[@]}" --ca "$work/export.pem"
expect "with the root as trust anchor" "$hubctl" status "${network[@]}" --ca "$offline/root.crt"

# --- another hub below the same root is a stranger
one=$state one_address=$(address)
state=$work/other
start --ca-certificate "$offline/hub-two/ca.crt" "${key_two[@]}"
expect "a second hub starts" is_ready
expect "it has its own devices" provision d2
expect "the first hub's device does not believe it" refused_with "does not come from the right CA" renew d1 "$(address)"
expect "the second hub's device does not believe the first" refused_with "does not come from the right CA" renew d2 "$one_address"
expect "the second hub's administrator is nobody at the first" refused_with alert curl -sS --max-time 30 --cacert "$offline/root.crt" \
    --cert "$state/ca/admin.crt" --key "$state/ca/admin.key" "https://$one_address/idprov/status/d1"
stop "$pid"
expect "the second hub ends with 0" test "$code" = 0
state=$one
expect "the first serves on" provision d3
stop "$first"
expect "and ends with 0" test "$code" = 0
