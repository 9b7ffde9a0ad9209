#!/usr/bin/env bash
# The daemon's certificates as openssl, curl and pkilint judge them: its own authority, and one of the operator's below an offline root.
# How it starts, ends and refuses to start is in Tests/ProgramTests.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
. "$(dirname "$0")/pkilint.sh"
lints_clean() {
    # The linter reads files of one certificate; a file with a chain begins with the one that counts.
    openssl x509 -in "$1" -out "$work/linted.crt"
    clean lint_pkix_cert lint -s WARNING "$work/linted.crt"
}
directory() { curl -sS --fail --max-time 30 --cacert "$1" "https://127.0.0.1:$port/idprov/directory"; }
# The hub must not start, and its one line must hold the words.
will_not_start() { # WORDS OPTION...
    local words=$1 output status=0
    shift
    output=$(timeout 20 "$programs/hubd" "$@" 2>&1) || status=$?
    echo "exit code $status: $output"
    [ "$status" = 1 ] && grep -qiF -- "$words" <<<"$output"
}

# --- an authority of its own
export HUB_SITE_HOST_NAMES='Hub.Example.,hub.example,192.0.2.7,2001:db8::7'
start_hub
unset HUB_SITE_HOST_NAMES
expect "the directory is served under the new certificate" directory "$state/ca/ca.crt"
expect "the directory holds the CA" test "$(directory "$state/ca/ca.crt" | jq -r .caCert | base64 -d | openssl x509 -noout -fingerprint)" = \
    "$(openssl x509 -in "$state/ca/ca.crt" -noout -fingerprint)"
for certificate in server:sslserver admin:sslclient; do
    expect "${certificate%:*}.crt verifies strictly" openssl verify -x509_strict -purpose "${certificate#*:}" \
        -CAfile "$state/ca/ca.crt" "$state/ca/${certificate%:*}.crt"
done
if [ -x "$lint/lint_pkix_cert" ]; then
    for certificate in ca server admin; do
        expect "pkilint has nothing to say about $certificate.crt" lints_clean "$state/ca/$certificate.crt"
    done
else
    skip "pkilint is not installed; run scripts/bootstrap"
fi
names=$(openssl x509 -in "$state/ca/server.crt" -noout -ext subjectAltName)
expect "a name stands in its certificate once, without the dot" test "$(grep -oi 'DNS:hub\.example[^,]*' <<<"$names")" = DNS:hub.example
expect "addresses are addresses" test "$(grep -oE 'IP Address:(192\.0\.2\.7|2001:DB8:0:0:0:0:0:7)' <<<"$names" | wc -l)" = 2
stop_hub TERM

# --- a CA of the operator's own, below an offline root, with an encrypted key
printf 'root passphrase\n' >"$work/root.pass"
printf 'hub passphrase\n' >"$work/hub.pass"
chmod 600 "$work"/*.pass
for step in root hub; do
    "$root/ca/make-offline-root.sh" "$step" "$work/offline" --organization "Example Site" \
        --root-passphrase "$work/root.pass" --hub-passphrase "$work/hub.pass" >/dev/null 2>&1
done
own=(--ca-certificate "$work/offline/hub/ca.crt" --ca-key "$work/offline/hub/ca.key")
expect "an encrypted key without passphrase stops it" will_not_start passphrase --state "$work/c" "${own[@]}"
expect "a wrong passphrase stops it" will_not_start "does not open" --state "$work/c" "${own[@]}" --ca-passphrase-file "$work/root.pass"
expect "the key of another CA stops it" will_not_start "not the key of" --state "$work/c" \
    --ca-certificate "$work/offline/hub/ca.crt" --ca-key "$state/ca/ca.key"
state=$work/d
hub_options=("${own[@]}" --ca-passphrase-file "$work/hub.pass")
start_hub
expect "its server certificate chains to the offline root" directory "$work/offline/root.crt"
stop_hub TERM
mkdir "$work/credentials"
cp "$work/hub.pass" "$work/credentials/ca-passphrase"
chmod 400 "$work/credentials/ca-passphrase"
export CREDENTIALS_DIRECTORY=$work/credentials
hub_options=("${own[@]}")
start_hub
expect "the passphrase may come as a credential" directory "$work/offline/root.crt"
stop_hub TERM
