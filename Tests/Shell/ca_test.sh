#!/usr/bin/env bash
# The CA scripts make what openssl and the linter accept, and refuse to overwrite or to leave keys open.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$root/Tests/Shell/pkilint.sh"

lints_clean() {
    # The linter reads files of one certificate; a file with a chain begins with the one that counts.
    openssl x509 -in "$1" -out "$work/linted.crt"
    clean lint_pkix_cert lint -s WARNING "$work/linted.crt"
}
both_encrypted() { grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$1" && grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$2"; }

printf 'correct horse battery\n' >"$work/root.pass"
printf 'staple and a long one\n' >"$work/hub.pass"
ceremony() { "$root/ca/make-offline-root.sh" "$@" --root-passphrase "$work/root.pass" --hub-passphrase "$work/hub.pass" 2>&1; }

ceremony root "$work/offline" --organization "Example Site" >/dev/null
ceremony hub "$work/offline" --organization "Example Site" >/dev/null
expect "offline root and hub CA verify strictly" \
    openssl verify -x509_strict -CAfile "$work/offline/root.crt" "$work/offline/hub/ca.crt"
expect "the hub CA's file holds itself, then the root" test "$(grep -c 'BEGIN CERT' "$work/offline/hub/ca.crt")" = 2
expect "both keys are encrypted" both_encrypted "$work/offline/root.key" "$work/offline/hub/ca.key"
expect "keys are readable by their owner alone" test "$(stat -c %a "$work/offline/root.key" "$work/offline/hub/ca.key" | sort -u)" = 600
expect "the key opens with its passphrase" openssl pkey -in "$work/offline/hub/ca.key" -passin "file:$work/hub.pass" -noout
refuse "the key stays closed for another passphrase" openssl pkey -in "$work/offline/hub/ca.key" -passin "file:$work/root.pass" -noout
refuse "a second root does not overwrite the first" ceremony root "$work/offline" --organization "Example Site"
refuse "a second hub CA does not overwrite the first" ceremony hub "$work/offline" --organization "Example Site"
expect "show checks everything again" ceremony show "$work/offline"
refuse "an organization cannot smuggle in other attributes" ceremony root "$work/other" --organization "A/CN=B"

expect "a throw-away CA with server and device certificate" "$root/ca/make-test-ca.sh" "$work/test" "device 7"
expect "the device ID is the common name" grep -q 'CN = device 7' <<<"$(openssl x509 -in "$work/test/device.crt" -noout -subject)"
if [ -x "$lint/lint_pkix_cert" ]; then
    for certificate in offline/root.crt offline/hub/ca.crt test/ca.crt test/server.crt test/device.crt; do
        expect "pkilint has nothing to say about $certificate" lints_clean "$work/$certificate"
    done
    openssl req -new -x509 -key "$work/test/device.key" -subj /CN=x -days 1 -out "$work/poor.crt" \
        -addext 'keyUsage=critical,keyEncipherment' 2>/dev/null
    refuse "pkilint does find fault with a poor certificate" lints_clean "$work/poor.crt"
else
    skip "pkilint is not installed; run scripts/bootstrap"
fi
