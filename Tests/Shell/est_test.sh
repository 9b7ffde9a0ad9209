#!/usr/bin/env bash
# Stock clients enrol and renew over EST at a running hub: curl with openssl, and strongSwan's pki (docs/protocols/enrolment.md 1.5).
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
start_hub
ca=$state/ca/ca.crt
base=https://127.0.0.1:$port/.well-known/est
est() { curl -sS --cacert "$ca" "$@"; }
secret() { (umask 077 && printf '%s' "$2" >"$work/secret") && "$programs/oob" add "$1" --secret-file "$work/secret" --replace; }
certificates() { openssl base64 -d | openssl pkcs7 -inform DER -print_certs; }
matches() { grep -q "$2" <<<"$1" || { echo "'$1' is not '$2'"; return 1; }; }
request() {
    local name=$1
    shift
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/$name.key" &&
        openssl req -new -key "$work/$name.key" -subj "/CN=$name" -outform DER "$@" | openssl base64 >"$work/$name.csr"
}
enroll() {
    local name=$1
    shift
    est -o "$work/$name.p7" -w '%{http_code}' -H 'Content-Type: application/pkcs10' -H 'Content-Transfer-Encoding: base64' \
        --data-binary "@$work/$name.csr" "$@"
}
status() {
    local wanted=$1 got
    shift
    got=$("$@") || return 1
    [ "$got" = "$wanted" ] || { echo "status $got instead of $wanted"; return 1; }
}

# --- curl and openssl
expect "cacerts is the CA" test "$(est "$base/cacerts" | certificates | openssl x509 -noout -fingerprint)" = "$(openssl x509 -in "$ca" -noout -fingerprint)"
expect "csrattrs is what the specification says" test "$(est -A '' "$base/csrattrs")" = MCEwFQYHKoZIzj0CATEKBggqhkjOPQMBBwYIKoZIzj0EAwI=
request dev1
expect "without credentials curl is asked for them" status 401 enroll dev1 "$base/simpleenroll"
expect "a device without a secret is told to come back" status 202 enroll dev1 -u dev1:SECRET "$base/simpleenroll"
expect "its secret is registered" secret dev1 SECRETSECRETSECRETSECRET
expect "a wrong secret is refused" status 401 enroll dev1 -u dev1:WRONG "$base/simpleenroll"
expect "the right one gets the certificate" status 200 enroll dev1 -u dev1:SECRETSECRETSECRETSECRET "$base/simpleenroll"
certificates <"$work/dev1.p7" >"$work/dev1.crt"
expect "OpenSSL verifies it strictly" openssl verify -x509_strict -purpose sslclient -CAfile "$ca" "$work/dev1.crt"
expect "and it carries CRL, OCSP and issuer" \
    test "$(openssl x509 -in "$work/dev1.crt" -noout -ext crlDistributionPoints,authorityInfoAccess | grep -c "$pki")" = 3
subject=$(openssl x509 -in "$work/dev1.crt" -noout -subject -nameopt RFC2253 | sed 's/^subject=//')
request renewed
openssl req -new -key "$work/renewed.key" -subj "/O=Latchkey/OU=iotdevice/CN=dev1" -outform DER | openssl base64 >"$work/renewed.csr"
expect "the device renews with its certificate ($subject)" \
    status 200 enroll renewed --cert "$work/dev1.crt" --key "$work/dev1.key" "$base/simplereenroll"
certificates <"$work/renewed.p7" >"$work/renewed.crt"
expect "the renewed certificate holds the new key" test \
    "$(openssl x509 -in "$work/renewed.crt" -noout -pubkey)" = "$(openssl pkey -in "$work/renewed.key" -pubout)"
expect "another subject is refused" status 400 enroll dev1 --cert "$work/dev1.crt" --key "$work/dev1.key" "$base/simplereenroll"
request dev2
expect "an admin enrols any device" status 200 enroll dev2 --cert "$state/ca/admin.crt" --key "$state/ca/admin.key" "$base/simpleenroll"
expect "a device no other one" status 403 enroll dev2 --cert "$work/renewed.crt" --key "$work/renewed.key" "$base/simpleenroll"

# --- what nobody should send
post() {
    local size=$1
    shift
    head -c "$size" /dev/zero | est -o /dev/null -w '%{http_code}' -H 'Content-Type: application/pkcs10' --data-binary @- -u dev1:x "$@" "$base/simpleenroll"
}
expect "1 MiB is too long" status 413 post 1048576
endless() {
    # shellcheck disable=SC2016 # $1 and $2 belong to the inner shell
    timeout 20 bash -c 'yes | curl -sS --cacert "$1" -o "$3" -w "%{http_code}" -T - -X POST -H "Content-Type: application/pkcs10" -H "Expect:" \
        -u dev1:x "$2" 2>/dev/null || true' - "$ca" "$base/simpleenroll" "$work/endless"
}
expect "an endless chunked body is cut" status 413 endless
rss() { awk '/RssAnon/ { print $2 }' "/proc/$pid/status"; }
expect "and the hub holds less than 64 MB" test "$(rss)" -lt 65536

# --- strongSwan: TLS 1.2, no User-Agent, no line breaks
if command -v pki >/dev/null && pki --help 2>&1 | grep -q -- --est; then
    url=https://127.0.0.1:$port
    expect "strongSwan fetches the CA" pki --estca --url "$url" --cacert "$ca" --caout "$work/root.der"
    expect "it is ours" test "$(openssl x509 -in "$work/root-0.der" -inform DER -noout -fingerprint 2>/dev/null || openssl x509 -in "$work/root.der" -inform DER -noout -fingerprint)" = "$(openssl x509 -in "$ca" -noout -fingerprint)"
    swan_request() {
        pki --gen --type ecdsa --size 256 --outform pem >"$work/$1.pem" && pki --req --in "$work/$1.pem" --type ecdsa --dn "$2" --outform pem >"$work/$1.csr"
    }
    swan_enroll() { pki --est --url "$url" --cacert "$ca" --outform pem "${@:2}" >"$work/$1.crt"; }
    expect "strongSwan makes a request" swan_request swan1 CN=swan1
    (sleep 3 && secret swan1 SWANSWANSWANSWANSWANSWAN) >/dev/null &
    expect "it polls until the secret is registered, and gets its certificate" swan_enroll swan1 --in "$work/swan1.csr" --userpass swan1:SWANSWANSWANSWANSWANSWAN --interval 1 --maxpolltime 30
    expect "which OpenSSL verifies" openssl verify -x509_strict -purpose sslclient -CAfile "$ca" "$work/swan1.crt"
    expect "strongSwan makes another request" swan_request swan2 "O=Latchkey, OU=iotdevice, CN=swan1"
    expect "and renews" swan_enroll swan2 --in "$work/swan2.csr" --cert "$work/swan1.crt" --key "$work/swan1.pem"
    expect "strongSwan finds the certificate good online" pki --verify --online --in "$work/swan2.crt" --cacert "$ca"
    expect "the device is revoked" "$programs/hubctl" cert revoke --device swan1 --reason keyCompromise
    refuse "strongSwan finds it revoked" pki --verify --online --in "$work/swan2.crt" --cacert "$ca"
else
    skip "strongSwan's pki with --est is not installed; run scripts/bootstrap"
fi
