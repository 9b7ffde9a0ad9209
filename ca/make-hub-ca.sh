#!/bin/sh
# The CA of a hub, on the machine where its key stays: in a file, or in a PKCS#11 token. README.md here tells when to use what.
#
#   make-hub-ca.sh request DIR --organization O [KEY]     a request for the offline root: DIR/ca.csr
#   make-hub-ca.sh root    DIR --organization O [KEY]     its own root: DIR/ca.crt, for 20 years (--years)
#
#   KEY in a file:  [--curve P-256] [--passphrase FILE]               makes DIR/ca.key, encrypted
#   KEY in a token: --token URI [--module LIBRARY] [--pin FILE]       takes the key pair that is there: pkcs11:token=site;object=ca
#   --name N        common name of the CA, "O Hub CA" without
#
# Passphrase and PIN are asked for where no file is named. They are no arguments: every user of a machine sees those.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

[ $# -ge 2 ] || usage
action=$1 folder=$2
shift 2
organization="" name="" years=20 curve=P-256 passphrase="" token="" module="" pin=""
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --organization) organization=$2 ;;
    --name) name=$2 ;;
    --years) years=$2 ;;
    --curve) curve=$2 ;;
    --passphrase) passphrase=$2 ;;
    --token) token=$2 ;;
    --module) module=$2 ;;
    --pin) pin=$2 ;;
    *) usage ;;
    esac
    shift 2
done
check_organization "$organization"
name=${name:-$organization Hub CA}
check_name "$name"
check_years "$years" 30
check_curve "$curve"
case $token in
*pin-value*) die "the URI must hold no PIN; name a file with --pin, or be asked" ;;
'' | pkcs11:*) ;;
*) die "--token must be a URI like pkcs11:token=site;object=ca" ;;
esac

# Prepares the key, once, and sets the options by which openssl uses it in $scratch/key, a line each.
prepare_key() {
    if [ -z "$token" ]; then
        [ -n "$passphrase" ] || echo "The key's passphrase; it goes to the hub as a credential:"
        make_key "$folder/ca.key" "$curve" "$passphrase"
        printf '%s\n' -key "$folder/ca.key" >"$scratch/key"
        pin=$passphrase
    elif openssl list -store-loaders 2>/dev/null | grep -qi pkcs11; then
        printf '%s\n' -key "$token" >"$scratch/key"
    else
        printf '%s\n' -engine pkcs11 -keyform engine -key "$token" >"$scratch/key"
        if [ -n "$module" ]; then export PKCS11_MODULE_PATH="$module"; fi
    fi
    if [ -n "$pin" ]; then printf '%s\n' -passin "file:$pin" >>"$scratch/key"; fi
}

with_key() { # ARGUMENT...: openssl req with the key's options
    while IFS= read -r option; do set -- "$@" "$option"; done <"$scratch/key"
    if [ -n "$token" ]; then where="token, library and PIN of $token"; else where="$folder/ca.key"; fi
    run_openssl "the key cannot be used; check $where" \
        req -new -config "$here/openssl.cnf" -utf8 -subj "/O=$organization/CN=$name" "$@"
}

make_request() {
    with_key -out "$scratch/ca.csr"
    mv "$scratch/ca.csr" "$folder/ca.csr"
    chmod 644 "$folder/ca.csr"
    cat <<END
Made: $folder/ca.csr
Carry it to the offline root, and on paper the fingerprint of its key:
  $(openssl req -in "$folder/ca.csr" -noout -pubkey | key_fingerprint)
There: make-offline-root.sh sign ROOT ca.csr --fingerprint THIS
END
}

make_root() {
    with_key -x509 -extensions hub_root -days "$((years * 365))" -set_serial "$(serial)" -out "$scratch/ca.crt"
    run_openssl "the certificate is not right, nothing was written" \
        verify -x509_strict -CAfile "$scratch/ca.crt" "$scratch/ca.crt" >/dev/null
    mv "$scratch/ca.crt" "$folder/ca.crt"
    chmod 644 "$folder/ca.crt"
    cat <<END
Made: $folder/ca.crt
  $(openssl x509 -in "$folder/ca.crt" -noout -fingerprint -sha256)
In hub.yaml:
  ca:
    certificate: $folder/ca.crt
    key: "${token:-$folder/ca.key}"
END
}

mkdir -p "$folder"
case $action in
request) new_file "$folder/ca.csr" ;;
root) new_file "$folder/ca.crt" ;;
*) usage ;;
esac
prepare_key
"make_$action"
