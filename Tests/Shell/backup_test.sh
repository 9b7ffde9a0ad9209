#!/usr/bin/env bash
# Certificates that are newer than the backup a hub was restored from, as openssl and curl judge them. Backup and restoration themselves
# are in Tests/ProgramTests.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
start_hub
hubctl() { "$programs/hubctl" "$@"; }
says() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    grep -q -- "$wanted" <<<"$got" || { printf 'no "%s" in:\n%s\n' "$wanted" "$got"; return 1; }
}
(umask 077 && printf 'correct horse battery\n' >"$work/passphrase")
expect "the running hub is backed up" hubctl backup "$work/hub.backup" --passphrase-file "$work/passphrase"
for name in alice bob carol; do
    expect "a certificate newer than the backup is issued" hubctl cert issue "$name" --ou client --out "$work/$name"
done
stop_hub TERM
cp "$state/ca/ca.crt" "$work/ca.crt"
elsewhere=$work/elsewhere
expect "it is restored" hubctl restore "$work/hub.backup" --passphrase-file "$work/passphrase" --state "$elsewhere"
state=$elsewhere
export HUB_SOCKET=$state/run/admin.sock
start_hub
# Certificates newer than the backup: they count, are learned when they are shown, and can be revoked.
as() { curl -sS -o /dev/null --cacert "$work/ca.crt" --cert "$work/$1.crt" --key "$work/$1.key" "https://127.0.0.1:$port/idprov/directory"; }
serial() { openssl x509 -in "$work/$1.crt" -noout -serial | cut -d= -f2 | tr 'A-F' 'a-f'; }
revoked() { curl -sS "$pki/pki/ca.crl" | openssl crl -inform DER -noout -text | grep -qi "$(serial "$1")"; }
status() { openssl ocsp -issuer "$work/ca.crt" -CAfile "$work/ca.crt" -cert "$work/$1.crt" -url "$pki/pki/ocsp" 2>&1; }
soon() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; return 1; }
expect "a certificate newer than the backup counts" as bob
expect "and is learned" soon hubctl cert show "$(serial bob)"
expect "OCSP knows it then" says 'bob.crt: good' status bob
expect "and not before" says 'alice.crt: unknown' status alice
expect "one that nobody knows is revoked by its serial" hubctl cert revoke "$(serial alice)" --reason keyCompromise
expect "is refused" says alert as alice
expect "stands on the list" soon revoked alice
expect "and OCSP says so" says 'alice.crt: revoked' status alice
expect "the operator is told that the hub has no record" says 'no record of a certificate' hubctl cert revoke "$(serial alice)"
expect "one is revoked by its file" hubctl cert revoke --certificate "$work/carol.crt" --reason keyCompromise
expect "is listed by its name" says carol hubctl cert list
expect "and refused" says alert as carol
(cd "$work" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout x.key -out x.crt) 2>/dev/null
expect "a certificate of another CA is not ours to revoke" says 'not issued by an authority of this site' hubctl cert revoke --certificate "$work/x.crt"
refuse "nor is a slip of the finger" hubctl cert revoke 0abc
expect "the trail is whole" hubctl audit verify
stop_hub TERM
