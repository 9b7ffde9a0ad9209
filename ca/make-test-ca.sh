#!/usr/bin/env bash
# A throw-away CA for trials: P-256, 30 days, keys without passphrase. Never use it for a real site.
# usage: make-test-ca.sh DIR [deviceID]      makes ca.crt ca.key server.crt server.key device.crt device.key
set -euo pipefail
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n 's/^# usage: /usage: /p' "${BASH_SOURCE[0]}" >&2
    exit 64
fi
folder=$1 device=${2:-device-1}
export SERVER_NAMES=DNS:hub.local,IP:127.0.0.1,IP:::1
mkdir -p "$folder"

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$folder/$1.key" 2>/dev/null; }
serial() { printf '0x4%s' "$(openssl rand -hex 15)"; }

key ca
openssl req -new -x509 -sha256 -config "$here/openssl.cnf" -extensions hub_root -key "$folder/ca.key" \
    -subj "/O=Throw-away/CN=Throw-away CA" -days 30 -set_serial "$(serial)" -out "$folder/ca.crt"

issue() { # NAME PROFILE SUBJECT
    key "$1"
    openssl req -new -config "$here/openssl.cnf" -key "$folder/$1.key" -subj "$3" |
        openssl x509 -req -sha256 -extfile "$here/openssl.cnf" -extensions "$2" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" \
            -set_serial "$(serial)" -days 30 -out "$folder/$1.crt" 2>/dev/null
}
issue server server "/O=Throw-away/OU=server/CN=hub.local"
issue device iotdevice "/O=Throw-away/OU=iotdevice/CN=$device"
openssl verify -x509_strict -purpose sslserver -CAfile "$folder/ca.crt" "$folder/server.crt" >/dev/null
openssl verify -x509_strict -purpose sslclient -CAfile "$folder/ca.crt" "$folder/device.crt" >/dev/null
echo "$folder: throw-away CA, server and device certificate, verified"
