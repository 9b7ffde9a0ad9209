#!/usr/bin/env bash
# The ceremony of an offline root: run it on a machine without network, with two people, and read README.md here first.
#
#   make-offline-root.sh root DIR --organization O [--years 20]       makes the root: DIR/root.crt, DIR/root.key (encrypted)
#   make-offline-root.sh hub  DIR --organization O [--years 10]       makes a CA for one hub below it: DIR/hub/ca.crt, ca.key, root.crt
#   make-offline-root.sh show DIR                                     fingerprints and lives, and checks everything again
#
# Passphrases are asked for; for unattended use name files: --root-passphrase FILE, --hub-passphrase FILE.
set -euo pipefail
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export SERVER_NAMES=DNS:unused.invalid # openssl.cnf reads it in a section not used here

usage() {
    sed -n 's/^#   /  /p' "${BASH_SOURCE[0]}" >&2
    exit 64
}
die() {
    echo "make-offline-root: $*" >&2
    exit 1
}

[ $# -ge 2 ] || usage
action=$1 folder=$2
shift 2
organization="" years="" root_passphrase="" hub_passphrase=""
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --organization) organization=$2 ;;
    --years) years=$2 ;;
    --root-passphrase) root_passphrase=$2 ;;
    --hub-passphrase) hub_passphrase=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[[ ${years:-1} =~ ^[1-9][0-9]?$ ]] || die "--years must be a number from 1 to 99"
case $organization in */* | *=* | *+*) die "the organization must not contain / = +" ;; esac

# Options of openssl for a passphrase file, or none: then openssl asks.
passphrase() { # OPTION FILE
    [ -z "$2" ] || printf '%s\nfile:%s\n' "$1" "$2"
}

serial() { # 127 bits, positive: the top one is set, so that the length is always 16 octets
    local hex
    hex=$(openssl rand -hex 16)
    printf '0x%x%s' "$((16#${hex:0:1} & 7 | 4))" "${hex:1}"
}

make_key() { # FILE CURVE PASSPHRASE-FILE
    local options
    mapfile -t options < <(passphrase -pass "$3")
    [ ! -e "$1" ] || die "$1 exists; nothing was changed"
    openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -pkeyopt ec_param_enc:named_curve -aes-256-cbc "${options[@]}" -out "$1"
}

make_root() {
    local options
    [ -n "$organization" ] || usage
    mkdir -p "$folder"
    echo "The root's key: choose a passphrase, keep it apart from the medium."
    make_key "$folder/root.key" P-384 "$root_passphrase"
    mapfile -t options < <(passphrase -passin "$root_passphrase")
    openssl req -new -x509 -sha384 -config "$here/openssl.cnf" -extensions root -utf8 -key "$folder/root.key" "${options[@]}" \
        -subj "/O=$organization/CN=$organization Root CA" -days "$((${years:-20} * 365))" -set_serial "$(serial)" -out "$folder/root.crt"
    show
}

make_hub() {
    local root_options hub_options request
    [ -n "$organization" ] || usage
    if [ ! -e "$folder/root.crt" ] || [ ! -e "$folder/root.key" ]; then
        die "no root in $folder; make it with: make-offline-root.sh root $folder"
    fi
    mkdir -p "$folder/hub"
    [ ! -e "$folder/hub/ca.crt" ] || die "$folder/hub/ca.crt exists; move it away for another hub"
    echo "The hub's CA key: its passphrase goes to the hub as a credential."
    make_key "$folder/hub/ca.key" P-256 "$hub_passphrase"
    mapfile -t hub_options < <(passphrase -passin "$hub_passphrase")
    mapfile -t root_options < <(passphrase -passin "$root_passphrase")
    request=$folder/hub/ca.csr
    openssl req -new -config "$here/openssl.cnf" -utf8 -key "$folder/hub/ca.key" "${hub_options[@]}" \
        -subj "/O=$organization/CN=$organization Hub CA" -out "$request"
    openssl x509 -req -sha384 -in "$request" -extfile "$here/openssl.cnf" -extensions hub -CA "$folder/root.crt" \
        -CAkey "$folder/root.key" "${root_options[@]}" -set_serial "$(serial)" -days "$((${years:-10} * 365))" -out "$folder/hub/issued.crt"
    # The hub reads its own certificate first, then what leads to the root.
    cat "$folder/hub/issued.crt" "$folder/root.crt" >"$folder/hub/ca.crt"
    cp "$folder/root.crt" "$folder/hub/root.crt"
    rm "$request" "$folder/hub/issued.crt"
    chmod 644 "$folder/hub/ca.crt" "$folder/hub/root.crt"
    show
    echo "Bring to the hub: $folder/hub/ca.crt and ca.key. Give to devices and browsers as trust anchor: root.crt."
}

show() {
    local certificate
    for certificate in "$folder/root.crt" "$folder/hub/ca.crt"; do
        [ -e "$certificate" ] || continue
        echo "== $certificate"
        openssl x509 -in "$certificate" -noout -subject -enddate -fingerprint -sha256
        openssl verify -x509_strict -CAfile "$folder/root.crt" "$certificate" >/dev/null || die "$certificate does not verify"
    done
    if [ -e "$folder/hub/ca.key" ]; then
        grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$folder/hub/ca.key" || die "$folder/hub/ca.key is not encrypted"
    fi
    if [ -e "$folder/root.key" ]; then
        grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$folder/root.key" || die "$folder/root.key is not encrypted"
    fi
}

case $action in
root) make_root ;;
hub) make_hub ;;
show) show ;;
*) usage ;;
esac
