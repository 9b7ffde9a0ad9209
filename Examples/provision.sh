#!/bin/sh
# A device in shell: gets or renews a certificate with curl and openssl alone (docs: spec of IDProv, docs/manual.md).
#
#   provision.sh HOST:PORT DEVICE_ID SECRET_FILE [FOLDER]     first time; waits until the operator has approved
#   provision.sh HOST:PORT DEVICE_ID renew [FOLDER]           later, with the certificate
#
# FOLDER (default .) receives device.key, device.crt and ca.crt. Exit codes: 0 done, 1 refused or not our hub, 64 usage,
# 69 hub not reachable. The secret is never an argument of a program: others could read it in the process list.
set -eu
umask 077

fail() { code=$1; shift; echo "provision.sh: $*" >&2; exit "$code"; }

[ $# -ge 3 ] || fail 64 "usage: provision.sh HOST:PORT DEVICE_ID SECRET_FILE|renew [FOLDER]"
hub=$1 id=$2 secret_file=$3 folder=${4:-.}
# JSON escapes are left out here, so is every ID that would need them.
case $id in '' | *[!A-Za-z0-9:._-]*) fail 64 "this script takes IDs of letters, digits and : . _ - only" ;; esac
mkdir -p "$folder"
work=$(mktemp -d "$folder/.provision.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# --- HMAC-SHA256 of standard input under the key in file $1, base64 (RFC 2104) ---------------------------------------
pad() { # key as hex, byte to mix in: writes the 64-byte block
    key=$1 n=0 block=
    while [ $n -lt 64 ]; do
        case $key in ?*) byte=$((0x${key%"${key#??}"})) key=${key#??} ;; *) byte=0 ;; esac
        block="$block\\$(printf %03o $((byte ^ $2)))"
        n=$((n + 1))
    done
    # shellcheck disable=SC2059
    printf "$block"
}

hmac() {
    key_file=$1
    if [ "$(wc -c <"$key_file")" -gt 64 ]; then
        openssl dgst -sha256 -binary "$key_file" >"$work/key"
        key_file=$work/key
    fi
    hex=$(od -An -v -tx1 "$key_file" | tr -d ' \n')
    { pad "$hex" 54; cat; } | openssl dgst -sha256 -binary >"$work/inner"
    { pad "$hex" 92; cat "$work/inner"; } | openssl dgst -sha256 -binary | openssl base64 -A
}

member() { # name, file: the text of a string member (our messages have no quote inside a text)
    sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$2"
}

# --- who the hub is ---------------------------------------------------------------------------------------------------
if [ "$secret_file" = renew ]; then
    : >"$work/secret" # the empty key, exactly when the certificate is shown
    set -- --cacert "$folder/ca.crt" --cert "$folder/device.crt" --key "$folder/device.key"
    cp "$folder/ca.crt" "$work/ca.crt"
else
    # One line end behind the secret is not part of it.
    tr -d '\r' <"$secret_file" | awk 'NR > 1 { printf "\n" } { printf "%s", $0 }' >"$work/secret"
    [ -s "$work/secret" ] || fail 64 "$secret_file is empty"
    # TLS proves nothing yet, but the hub must show the same key in every request.
    openssl s_client -connect "$hub" -showcerts </dev/null 2>/dev/null | openssl x509 -out "$work/server.crt" 2>/dev/null ||
        fail 69 "no hub at $hub"
    pin=$(openssl x509 -in "$work/server.crt" -noout -pubkey | openssl pkey -pubin -outform DER |
        openssl dgst -sha256 -binary | openssl base64 -A)
    set -- --insecure --pinnedpubkey "sha256//$pin"
fi
fetch() { curl --silent --show-error --fail --max-time 15 --max-filesize 65536 --proto =https "$@"; }

fetch "$@" -o "$work/directory" "https://$hub/idprov/directory" || fail 69 "the hub at $hub does not answer"
path=$(member postProvisionRequest "$work/directory")
case $path in /*) ;; *) fail 1 "the directory of $hub leads elsewhere" ;; esac
if [ "$secret_file" != renew ]; then
    member caCert "$work/directory" | openssl base64 -d -A >"$work/ca.crt"
    openssl verify -x509_strict -no_check_time -purpose sslserver -CAfile "$work/ca.crt" "$work/server.crt" >/dev/null 2>&1 ||
        fail 1 "the certificate of $hub does not come from the CA it announces"
fi

# --- the request, in canonical form -----------------------------------------------------------------------------------
[ -s "$folder/device.key" ] || {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/device.key" 2>/dev/null
    mv "$work/device.key" "$folder/device.key"
}
openssl pkey -in "$folder/device.key" -pubout >"$work/device.pub"
pem=$(awk '{ printf "%s\\n", $0 }' "$work/device.pub")
address=$(fetch "$@" -o /dev/null -w '%{local_ip}' "https://$hub/idprov/directory")
head=$(printf '{"deviceID":"%s","ip":"%s","mac":"","publicKeyPEM":"' "$id" "$address")
signature=$({ printf %s "$head"; printf %s "$pem"; printf '","signature":""}'; } | hmac "$work/secret")
{ printf %s "$head"; printf %s "$pem"; printf '","signature":"%s"}' "$signature"; } >"$work/request"

while :; do
    fetch "$@" -o "$work/answer" -H 'Content-Type: application/json' --data-binary "@$work/request" "https://$hub$path" ||
        fail 69 "the hub at $hub does not answer"
    case $(member status "$work/answer") in
    Approved) break ;;
    Rejected) fail 1 "the hub rejected $id: compare ID and secret with the label" ;;
    Waiting)
        seconds=$(sed -n 's/.*"retrySec":\([0-9]\{1,4\}\)[,}].*/\1/p' "$work/answer")
        echo "waiting for the operator; asking again in ${seconds:=30} s" >&2
        sleep "$seconds"
        ;;
    *) fail 1 "$hub gave an answer that is none of the protocol" ;;
    esac
done

# --- the proof: only who knows the secret can sign the answer ---------------------------------------------------------
expected=$(sed 's/"signature":"[^"]*"/"signature":""/' "$work/answer" | awk 'NR > 1 { printf "\n" } { printf "%s", $0 }' |
    hmac "$work/secret")
[ "$(member signature "$work/answer")" = "$expected" ] || fail 1 "$hub does not know the secret: it is not our hub"
printf '%b' "$(member caCert "$work/answer")" >"$work/ca.answer"
printf '%b' "$(member clientCert "$work/answer")" >"$work/device.crt"
cmp -s "$work/ca.answer" "$work/ca.crt" || fail 1 "$hub changed its CA: it is not our hub"
openssl verify -x509_strict -no_check_time -purpose sslclient -CAfile "$work/ca.crt" "$work/device.crt" >/dev/null ||
    fail 1 "the certificate does not come from the CA"
openssl x509 -in "$work/device.crt" -noout -pubkey | cmp -s - "$work/device.pub" || fail 1 "the certificate is for another key"

chmod 644 "$work/ca.crt" "$work/device.crt"
mv "$work/ca.crt" "$folder/ca.crt"
mv "$work/device.crt" "$folder/device.crt" # last: the device is provisioned exactly when this file is there
openssl x509 -in "$folder/device.crt" -noout -subject -enddate
