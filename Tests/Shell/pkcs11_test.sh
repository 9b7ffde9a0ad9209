#!/usr/bin/env bash
# The CA's key in a PKCS#11 token: SoftHSM stands for any. A hub and devices with it, and a clear line for everything that can be
# wrong with library, token, PIN and key.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hubs.sh"

library=/usr/lib/softhsm/libsofthsm2.so
for need in softhsm2-util:softhsm2 pkcs11-tool:opensc; do
    command -v "${need%:*}" >/dev/null || { skip "${need#*:} is not installed; run scripts/bootstrap" && exit 77; }
done
[ -e "$library" ] || { skip "$library is not installed; run scripts/bootstrap" && exit 77; }
openssl engine pkcs11 >/dev/null 2>&1 || { skip "libengine-pkcs11-openssl is not installed; run scripts/bootstrap" && exit 77; }

# --- two tokens: what the hub uses, and one that is not meant
export SOFTHSM2_CONF=$work/softhsm2.conf
mkdir "$work/tokens"
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$work" >"$SOFTHSM2_CONF"
pin=4711-secret
printf '%s\n' "$pin" >"$work/pin"
printf 'another-pin\n' >"$work/wrong.pin"
chmod 600 "$work"/*pin
make_token() { softhsm2-util --init-token --free --label "$1" --so-pin 12345678 --pin "$pin" >/dev/null; }
token_tool() { pkcs11-tool --module "$library" --token-label site --login --pin "$pin" "$@" >/dev/null 2>&1; }
make_token site
make_token spare
token_tool --keypairgen --key-type EC:prime256v1 --label ca --id 01
token_tool --keypairgen --key-type EC:secp384r1 --label ca384 --id 02
token_tool --keypairgen --key-type rsa:2048 --label rsa --id 03
token_tool --keypairgen --key-type EC:prime256v1 --label half --id 04
token_tool --delete-object --type pubkey --id 04

hub_ca() { # ACTION DIR OBJECT OPTION...
    local action=$1 folder=$2 object=$3
    shift 3
    "$root/ca/make-hub-ca.sh" "$action" "$folder" --organization "Example Site" --token "pkcs11:token=site;object=$object;type=private" \
        --module "$library" "$@" </dev/null
}

# --- the certificate of a key in a token
expect "a root for the token's key" hub_ca root "$work/ca" ca --pin "$work/pin"
expect "verifies strictly" openssl verify -x509_strict -CAfile "$work/ca/ca.crt" "$work/ca/ca.crt"
expect "no key was written" test ! -e "$work/ca/ca.key"
expect "a second one does not overwrite it" refused_with "exists; nothing was changed" hub_ca root "$work/ca" ca --pin "$work/pin"
expect "a wrong PIN is said in a line" refused_with "openssl: PIN incorrect" hub_ca root "$work/bad" ca --pin "$work/wrong.pin"
expect "a missing key as well" refused_with "openssl: object not found" hub_ca root "$work/bad" nothing --pin "$work/pin"
expect "a PIN in the URI is refused" refused_with "must hold no PIN" hub_ca root "$work/bad" "ca?pin-value=$pin"
expect "nothing was written" test ! -e "$work/bad/ca.crt"

# --- what can be wrong: one line each
key="pkcs11:token=site;object=ca"
with=(--ca-certificate "$work/ca/ca.crt" --ca-pkcs11module "$library")
pinned=(--ca-passphrase-file "$work/pin")
refused_start() { # WORDS OPTION...; CODE 1 without another
    local words=$1
    shift
    will_not_start "${CODE:-1}" "$words" --state "$work/x" "${with[@]}" "$@"
}
expect "no PIN" refused_start "wants a PIN" --ca-key "$key"
expect "a wrong PIN, which is not tried again" will_not_start 78 "the PIN does not open" --state "$work/x" "${with[@]}" --ca-key "$key" \
    --ca-passphrase-file "$work/wrong.pin"
expect "the unit does not restart it then" grep -qx RestartPreventExitStatus=78 "$root/systemd/hubd.service"
expect "no such token" refused_start "no token, or more than one, fits pkcs11:token=other" --ca-key "pkcs11:token=other;object=ca" "${pinned[@]}"
CODE=78 expect "no such key" refused_start "holds no usable key" --ca-key "pkcs11:token=site;object=other" "${pinned[@]}"
CODE=78 expect "another token than the one with the key" refused_start "holds no usable key" --ca-key "pkcs11:token=spare;object=ca" "${pinned[@]}"
CODE=78 expect "a private key without its public half" refused_start "private and public key must both be in it" --ca-key \
    "pkcs11:token=site;object=half" "${pinned[@]}"
expect "the key of another certificate" refused_start "is not the key of" --ca-key "pkcs11:token=site;object=ca384" "${pinned[@]}"
libm=$(ldconfig -p | sed -n 's/.*libm\.so\.6.* => //p' | head -n 1)
expect "no such library" refused_start "cannot open shared object" --ca-key "$key?module-path=$work/none.so" "${pinned[@]}"
expect "a library that is none" refused_start "no PKCS#11 library" --ca-key "$key?module-path=$libm" "${pinned[@]}"
expect "no certificate" will_not_start 1 "make the certificate of the token's key" --state "$work/x" --ca-key "$key" "${pinned[@]}"
chmod 644 "$work/pin"
expect "a PIN that others can read" refused_start "chmod 600" --ca-key "$key" "${pinned[@]}"
chmod 600 "$work/pin"
expect "a PIN in the URI" will_not_start 1 "must hold no PIN" --ca-key "$key?pin-value=$pin"
expect "is not repeated" test -z "$("$hubd" --check-config --ca-key "$key?pin-value=$pin" 2>&1 | grep -F "$pin" || true)"
mkdir "$work/empty"
without_engine() { OPENSSL_ENGINES=$work/empty refused_start "install libengine-pkcs11-openssl" --ca-key "$key" "${pinned[@]}"; }
expect "no engine for OpenSSL" without_engine

# --- a hub whose key no file holds
start "${with[@]}" --ca-key "$key" "${pinned[@]}"
expect "the hub starts" is_ready
expect "no CA key is written" test ! -e "$state/ca/ca.key"
expect "hubctl shows the CA" is_same "$(admin ca show --json | jq -r '.[0].certificate.fingerprint')" "$(fingerprint "$work/ca/ca.crt")"
expect "a device is provisioned" provision d1
expect "it pins the CA" is_same "$(fingerprint "$work/d1/ca.crt")" "$(fingerprint "$work/ca/ca.crt")"
expect "its certificate verifies strictly" openssl verify -x509_strict -purpose sslclient -CAfile "$work/ca/ca.crt" "$work/d1/device.crt"
expect "it renews" renew d1 "$(address)"
issue_many() { # WORKER: ten certificates
    local number
    for number in 1 2 3 4 5 6 7 8 9 10; do
        admin cert issue "client-$1-$number" --ou client --out "$work/issued/$1-$number" >/dev/null || return 1
    done
}
mkdir "$work/issued"
workers=()
for worker in 1 2 3 4 5 6 7 8; do
    issue_many "$worker" &
    workers+=("$!")
done
failed=0
for worker in "${workers[@]}"; do wait "$worker" || failed=1; done
expect "eight at a time get ten certificates each" test "$failed" = 0
expect "all of them verify" test "$(openssl verify -x509_strict -CAfile "$work/ca/ca.crt" "$work"/issued/*.crt | grep -c ': OK$')" = 80
kill -HUP "$pid"
expect "after a reload it signs on" provision d2
expect "the PIN is in no log" test -z "$(grep -F "$pin" "$work/log" || true)"
expect "nor in the process list" test -z "$(tr '\0' ' ' <"/proc/$pid/cmdline" | grep -F "$pin" || true)"
expect "nor in the state folder" test -z "$(grep -rlF "$pin" "$state" || true)"
stop "$pid"
expect "it ends with 0" test "$code" = 0

# --- library and PIN named by the URI, the PIN as a credential, other kinds of key
start --ca-certificate "$work/ca/ca.crt" --ca-key "$key?module-path=$library&pin-source=file:$work/pin"
expect "library and PIN file may stand in the URI" is_ready
expect "and it signs" provision d3
stop "$pid"
expect "it ends with 0, too" test "$code" = 0
mkdir -m 700 "$work/credentials"
install -m 400 "$work/pin" "$work/credentials/ca-passphrase"
for kind in ca384 rsa; do
    hub_ca root "$work/$kind" "$kind" --pin "$work/pin" >/dev/null
    state=$work/state-$kind
    CREDENTIALS_DIRECTORY=$work/credentials start --ca-certificate "$work/$kind/ca.crt" --ca-pkcs11module "$library" \
        --ca-key "pkcs11:token=site;object=$kind"
    expect "the PIN may come as a credential: $kind" is_ready
    expect "a device is provisioned: $kind" provision "d-$kind"
    expect "its certificate verifies: $kind" openssl verify -x509_strict -CAfile "$work/$kind/ca.crt" "$work/d-$kind/device.crt"
    stop "$pid"
    expect "it ends with 0: $kind" test "$code" = 0
done

# --- a key in a token below an offline root
printf 'root passphrase\n' >"$work/root.pass"
chmod 600 "$work/root.pass"
"$root/ca/make-offline-root.sh" root "$work/offline" --organization "Example Site" --root-passphrase "$work/root.pass" >/dev/null
expect "a request with the token's key" hub_ca request "$work/request" ca --pin "$work/pin"
expect "is signed by the root" "$root/ca/make-offline-root.sh" sign "$work/offline" "$work/request/ca.csr" --root-passphrase "$work/root.pass" \
    --fingerprint "$(openssl req -in "$work/request/ca.csr" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c 1-64)"
state=$work/state-below
start --ca-certificate "$work/offline/hub/ca.crt" --ca-pkcs11module "$library" --ca-key "$key" "${pinned[@]}"
expect "the hub starts below the root" is_ready
expect "a device is provisioned below it" provision d4
expect "and renews" renew d4 "$(address)"
expect "its certificate verifies up to the root" openssl verify -x509_strict -CAfile "$work/offline/root.crt" \
    -untrusted "$work/offline/hub/ca.crt" "$work/d4/device.crt"

# --- a device whose own key is in a token
token_tool --keypairgen --key-type EC:prime256v1 --label device --id 05
device_key="pkcs11:token=site;object=device?module-path=$library&pin-source=file:$work/pin"
secret d5 >/dev/null
expect "a device with its key in a token is provisioned" "$agent" provision --id d5 --hub "$(address)" --secret-file "$work/d5.secret" \
    --state "$work/d5" --key-uri "$device_key"
expect "no key is written" test ! -e "$work/d5/device.key"
expect "it comes back with its certificate" renew d5 "$(address)" --key-uri "$device_key"
expect "a wrong PIN is said in a line" refused_with "the PIN does not open" "$agent" provision --id d6 --hub "$(address)" \
    --secret-file "$work/d5.secret" --state "$work/d6" --key-uri "pkcs11:token=site;object=device?module-path=$library&pin-source=$work/wrong.pin"
stop "$pid"
expect "the hub ends with 0" test "$code" = 0
