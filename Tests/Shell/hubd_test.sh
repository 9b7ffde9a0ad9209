#!/usr/bin/env bash
# The daemon as its operator meets it: first start, signals, files, an own CA, and clear words when it can't start.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
programs=$root/.build/${CONFIGURATION:-debug}
hubd=$programs/hubd
. "$root/Tests/Shell/pkilint.sh"
state=$work/state
export HUB_LISTEN_HTTPS=127.0.0.1:0 HUB_LISTEN_PKI=127.0.0.1:0 HUB_DISCOVERY_ENABLED=false HUB_TUNNEL_ENABLED=false
pid=""
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

is_alive() { [ -e "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }
wait_until() { # TENTHS COMMAND...
    local left=$1
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.1
    done
}
is_ended() { ! is_alive "$pid"; }
start() { # OPTION...: starts the hub on $state; not inside expect, whose subshell would be the parent
    rm -f "$state/run/addresses.json"
    "$hubd" --state "$state" "$@" >>"$work/log" 2>&1 &
    pid=$!
}
has_decided() { test -s "$state/run/addresses.json" || is_ended; }
is_ready() {
    wait_until 600 has_decided
    test -s "$state/run/addresses.json" || { cat "$work/log" && return 1; }
}
end_with() { # SIGNAL: the exit code is then in $code; more than the promised 10 s end in kill -9
    code=0
    kill "-$1" "$pid"
    wait_until 105 is_ended || kill -KILL "$pid"
    wait "$pid" || code=$?
    pid=""
}
ask() { curl -sS --fail --max-time 30 --unix-socket "$(jq -r .admin.path "$state/run/addresses.json")" "http://hub$1"; }
directory() { curl -sS --fail --max-time 30 --cacert "$state/ca/ca.crt" "https://127.0.0.1:$(jq .https.port "$state/run/addresses.json")/idprov/directory"; }
counts() { ask /metrics | grep '^latchkey_'; }
lints_clean() {
    # The linter reads files of one certificate; a file with a chain begins with the one that counts.
    openssl x509 -in "$1" -out "$work/linted.crt"
    clean lint_pkix_cert lint -s WARNING "$work/linted.crt"
}
mode_is() { [ "$(stat -c %a "$2")" = "$1" ]; }
# The hub must not start, and its one line must hold the words.
will_not_start() { # WORDS OPTION...
    local words=$1 output status=0
    shift
    output=$(timeout 20 "$hubd" "$@" 2>&1) || status=$?
    echo "exit code $status: $output"
    [ "$status" = 1 ] && grep -qiF -- "$words" <<<"$output"
}

# --- first start
start
expect "the first start makes everything" is_ready
expect "it says so on standard error" grep -q 'hub ready' "$work/log"
expect "the state folder is closed to others" mode_is 700 "$state"
for key in ca/ca.key ca/server.key ca/admin.key keys/store.key; do
    expect "$key is readable by its owner alone" mode_is 600 "$state/$key"
done
expect "the admin socket is for owner and group" mode_is 660 "$(jq -r .admin.path "$state/run/addresses.json")"
expect "the directory is served under the new certificate" directory
expect "the directory holds the CA" test "$(directory | jq -r .caCert | base64 -d | openssl x509 -noout -fingerprint)" = \
    "$(openssl x509 -in "$state/ca/ca.crt" -noout -fingerprint)"
expect "it is healthy" ask /healthz
expect "it is ready" ask /readyz
expect "it counts" counts
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
fingerprint=$(openssl x509 -in "$state/ca/ca.crt" -noout -fingerprint)

# --- signals and restarts
expect "a second hub on the same state is refused" will_not_start "another hub" --state "$state"
taken=127.0.0.1:$(jq .pki.port "$state/run/addresses.json")
# Whoever waits for the hub to be ready, as the announcement does, must not keep it from ending.
expect "a port that is taken is said at once" will_not_start "listen.pki: the address is taken by another program" \
    --state "$work/taken" --listen-pki "$taken" --discovery-enabled true
kill -HUP "$pid"
expect "SIGHUP reloads" directory
expect "SIGHUP does not end it" is_alive "$pid"
end_with TERM
expect "SIGTERM ends it with 0 within 10 s" test "$code" = 0
start
expect "it starts again" is_ready
expect "the CA is the same" test "$(openssl x509 -in "$state/ca/ca.crt" -noout -fingerprint)" = "$fingerprint"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
start
expect "it starts after kill -9, over its own lock and socket" is_ready
expect "and serves" ask /readyz
end_with INT
expect "SIGINT ends it, too" test "$code" = 0

# --- its names and addresses
export HUB_SITE_HOST_NAMES='Hub.Example.,hub.example,192.0.2.7,2001:db8::7'
start
expect "it starts with names and addresses of the operator" is_ready
end_with TERM
unset HUB_SITE_HOST_NAMES
names=$(openssl x509 -in "$state/ca/server.crt" -noout -ext subjectAltName)
expect "a name stands in its certificate once, without the dot" test "$(grep -oi 'DNS:hub\.example[^,]*' <<<"$names")" = DNS:hub.example
expect "addresses are addresses" test "$(grep -oE 'IP Address:(192\.0\.2\.7|2001:DB8:0:0:0:0:0:7)' <<<"$names" | wc -l)" = 2

# --- it says why it does not start
mkdir "$work/mistakes"
printf 'listen:\n  https: "nonsense"\nsite:\n  nmae: X\n' >"$work/mistakes/hub.yaml"
expect "an unknown key stops it" will_not_start site.nmae --state "$work/a" --config "$work/mistakes/hub.yaml"
expect "all mistakes are named at once" will_not_start listen.https --state "$work/a" --config "$work/mistakes/hub.yaml"
expect "an unknown option stops it" will_not_start --listen-htps --state "$work/a" --listen-htps x
expect "a variable that is no key stops it" env HUB_LISTEN_HTPS=x bash -c "$(declare -f will_not_start); hubd=$hubd; will_not_start 'did you mean HUB_LISTEN_HTTPS' --state $work/a --check-config"
expect "a name that can't stand in a certificate stops it" \
    will_not_start 'site.hostNames "müller.example" is not ASCII; write xn--mller-kva.example' --state "$work/a" --site-host-names müller.example
expect "as it stops the check" will_not_start xn--mller-kva.example --site-host-names müller.example --check-config
expect "an address of another machine is named" will_not_start "listen.https: this machine has no such address" --state "$work/b" --listen-https 192.0.2.1:1
expect "the shipped configuration is accepted" "$hubd" --config "$root/systemd/hub.yaml" --check-config
chmod 644 "$state/ca/ca.key"
expect "a CA key that others can read stops it" will_not_start "chmod 600" --state "$state"
chmod 600 "$state/ca/ca.key"
cp "$state/keys/store.key" "$work/store.key"
head -c 32 /dev/urandom >"$state/keys/store.key"
expect "an exchanged store key stops it" will_not_start "not the key" --state "$state"
cp "$work/store.key" "$state/keys/store.key"

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
start "${own[@]}" --ca-passphrase-file "$work/hub.pass"
expect "it starts below an offline root" is_ready
expect "its server certificate chains to the offline root" curl -sS --max-time 30 --cacert "$work/offline/root.crt" \
    "https://127.0.0.1:$(jq .https.port "$state/run/addresses.json")/idprov/directory"
end_with TERM
mkdir "$work/credentials"
cp "$work/hub.pass" "$work/credentials/ca-passphrase"
chmod 400 "$work/credentials/ca-passphrase"
export CREDENTIALS_DIRECTORY=$work/credentials
start "${own[@]}"
expect "the passphrase may come as a credential" is_ready
end_with TERM
