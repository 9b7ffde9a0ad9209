#!/usr/bin/env bash
# A hub's state goes into a file and comes up again elsewhere; interruptions leave what was there.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
start_hub
hubctl() { "$programs/hubctl" "$@"; }
provision() {
    (umask 077 && printf 'LABELTEXTLABELTEXTLABELTEXT' >"$work/secret")
    "$programs/oob" add "$1" --secret-file "$work/secret" &&
        "$programs/hub-agent" provision --id "$1" --secret-file "$work/secret" --state "$work/$1" --hub "127.0.0.1:$port"
}
backup() { hubctl backup "$1" --passphrase-file "$work/passphrase"; }
restore() { hubctl restore "$1" --passphrase-file "$work/passphrase" --state "$2" "${@:3}"; }
says() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    grep -q -- "$wanted" <<<"$got" || { printf 'no "%s" in:\n%s\n' "$wanted" "$got"; return 1; }
}
(umask 077 && printf 'correct horse battery\n' >"$work/passphrase" && printf 'short\n' >"$work/short")

expect "a device is provisioned" provision lamp-1
expect "another is revoked" provision lamp-2
expect "so that the backup knows it" hubctl cert revoke --device lamp-2 --reason keyCompromise
"$programs/oob" generate 20000 --pattern 'bulk-{000001}' >"$work/bulk.csv"
expect "many secrets are there" "$programs/oob" import "$work/bulk.csv"
expect "the running hub is backed up and read back" backup "$work/hub.backup"
expect "the file is private" test "$(stat -c %a "$work/hub.backup")" = 600
expect "and holds nothing in clear" test "$(grep -c -a -E 'SQLite format|PRIVATE KEY|lamp-1' "$work/hub.backup")" = 0
expect "no copy of the database is left" test "$(find "$state" -name 'backup-*' | wc -l)" = 0
refuse "a short passphrase is refused" hubctl backup "$work/x" --passphrase-file "$work/short"
expect "in the hub's own words" grep -q "the passphrase must have 8 or more characters" <(hubctl backup "$work/x" --passphrase-file "$work/short" 2>&1)
refuse "and nothing is written" test -e "$work/x"
expect "and leaves no file" test ! -e "$work/x"
expect "the trail knows" grep -q backup.make <(hubctl audit list)

cp "$work/hub.backup" "$work/kept"
backup "$work/hub.backup" >/dev/null 2>&1 &
interrupted=$!
sleep 0.4
stop_hub KILL
wait "$interrupted" && ended=0 || ended=$?
if [ "$ended" != 0 ]; then
    expect "a hub that dies meanwhile leaves the old backup as it was" cmp "$work/hub.backup" "$work/kept"
else
    skip "the backup was faster than the kill"
fi
cp "$work/kept" "$work/hub.backup"
start_hub
expect "the next start cleans up" test "$(find "$state" -name 'backup-*' | wc -l)" = 0
for name in alice bob carol; do
    expect "a certificate newer than the backup is issued" hubctl cert issue "$name" --ou client --out "$work/$name"
done
refuse "a running hub is not overwritten" restore "$work/hub.backup" "$state" --replace
expect "in one line that says why" says "stop it first" restore "$work/hub.backup" "$state" --replace
stop_hub TERM
refuse "an occupied state neither, unless asked" restore "$work/hub.backup" "$state"

# Another machine: another folder, another port.
cp "$state/ca/ca.crt" "$work/ca.crt"
elsewhere=$work/elsewhere
printf 'wrong passphrase\n' >"$work/wrong"
refuse "the wrong passphrase does not open it" hubctl restore "$work/hub.backup" --passphrase-file "$work/wrong" --state "$elsewhere"
head -c 20000 "$work/hub.backup" >"$work/cut.backup"
refuse "a cut backup is refused" restore "$work/cut.backup" "$elsewhere"
expect "and nothing stands there" test ! -e "$elsewhere/hub.db"
expect "it is restored" restore "$work/hub.backup" "$elsewhere"
expect "keys are private" test "$(stat -c %a "$elsewhere/ca/ca.key" "$elsewhere/keys/store.key" | sort -u)" = 600
state=$elsewhere
export HUB_SOCKET=$state/run/admin.sock
start_hub
expect "the CA is the same" cmp "$work/ca.crt" "$state/ca/ca.crt"
expect "the device renews without noticing" "$programs/hub-agent" renew --state "$work/lamp-1" --hub "127.0.0.1:$port"
expect "secrets are there" test "$("$programs/oob" list --json | jq length)" = 20000
expect "the revoked device is still refused" says alert curl -sS --cacert "$work/ca.crt" --cert "$work/lamp-2/device.crt" --key "$work/lamp-2/device.key" "https://127.0.0.1:$port/idprov/directory"
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

# A restoration that the power ended after it counted: the hub's start finishes it.
mkdir -p "$work/old"
expect "a state to be replaced" restore "$work/hub.backup" "$work/old"
expect "is replaced when asked" restore "$work/hub.backup" "$work/old" --replace
expect "and kept aside" test -s "$work/old/before-restore/hub.db"
mkdir -p "$work/old/restore" && mv "$work/old/hub.db" "$work/old/restore/hub.db" && printf '1\n' >"$work/old/restore.commit"
state=$work/old
export HUB_SOCKET=$state/run/admin.sock
start_hub
expect "an interrupted restoration is finished at the start" test ! -e "$state/restore.commit" -a -s "$state/hub.db"
expect "with every device" says lamp-1 hubctl device list
stop_hub TERM

# The hub's user laid links into the folder and waits for root.
if [ "$(id -u)" = 0 ]; then
    chmod 711 "$work"
    victim=$work/victim
    mkdir -m 755 "$victim" "$victim/folder" && printf 'root:secret\n' >"$victim/shadow" && chmod 644 "$victim/shadow"
    look() { find "$victim" -printf '%p %U %G %m %T@ %l\n' | sort && cat "$victim/shadow"; }
    before=$(look)
    same() { test "$(look)" = "$before"; }
    trap_state() {
        rm -rf "$work/theirs" && mkdir -m 700 "$work/theirs" && ln -s "$2" "$work/theirs/$1" && chown -hR 65534:65534 "$work/theirs"
    }
    for name in artifacts ca keys hub.db lock restore restore.commit before-restore; do
        for target in "$victim" "$victim/shadow" "$victim/new"; do
            trap_state "$name" "$target"
            restore "$work/hub.backup" "$work/theirs" --replace >/dev/null 2>&1 || true
            expect "a link at $name leads root nowhere (${target#"$work"/})" same
        done
    done
    rm -rf "$work/theirs" && mkdir -m 700 "$work/theirs" && chown 65534:65534 "$work/theirs" && chmod 700 "$work"
    expect "root restores for the folder's owner, wherever the folder stands" restore "$work/hub.backup" "$work/theirs"
    expect "who owns all of it" test "$(find "$work/theirs" -printf '%U %G\n' | sort -u)" = "65534 65534"
    trap_state artifacts "$victim"
    expect "what stands in the way is named" says "$work/theirs/artifacts: expected a folder, found a link or a file" \
        restore "$work/hub.backup" "$work/theirs" --replace
else
    skip "links in the folder of the hub's user need root"
fi
