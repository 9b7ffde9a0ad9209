#!/bin/sh
# The ceremony of an offline root: run it on a machine without network, with two people, and read README.md here first.
#
#   make-offline-root.sh root DIR --organization O      makes the root: DIR/root.crt, DIR/root.key (encrypted)
#       [--curve P-384] [--years 20]
#   make-offline-root.sh sign DIR REQUEST               signs a hub's CA: DIR/hub/ca.crt, root.crt, COPY.txt
#       [--fingerprint HEX] [--years 10] [--into hub] [--crl-url URL] [--issuer-url URL]
#   make-offline-root.sh crl  DIR [--days 365]          makes DIR/root.crl; --revoke CERTIFICATE takes a hub's CA back first
#   make-offline-root.sh hub  DIR --organization O      request and sign here: the hub's key is made here and has to travel
#   make-offline-root.sh show DIR                       fingerprints and lives, and checks everything again
#
# Passphrases are asked for; for unattended use name files: --root-passphrase FILE, --hub-passphrase FILE.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

[ $# -ge 2 ] || usage
action=$1 folder=$2 request=""
shift 2
if [ "$action" = sign ]; then
    [ $# -ge 1 ] || usage
    request=$1
    shift
fi
organization="" name="" years="" curve=P-384 into=hub fingerprint="" crl_url="" issuer_url="" days=365 revoked=""
root_passphrase="" hub_passphrase=""
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --organization) organization=$2 ;;
    --name) name=$2 ;;
    --years) years=$2 ;;
    --curve) curve=$2 ;;
    --into) into=$2 ;;
    --fingerprint) fingerprint=$2 ;;
    --crl-url) crl_url=$2 ;;
    --issuer-url) issuer_url=$2 ;;
    --days) days=$2 ;;
    --revoke) revoked=$2 ;;
    --root-passphrase) root_passphrase=$2 ;;
    --hub-passphrase) hub_passphrase=$2 ;;
    *) usage ;;
    esac
    shift 2
done
case $into in '' | .* | */*) die "--into must be the name of a folder" ;; esac
case $days in '' | *[!0-9]* | 0* | ?????*) die "--days must be a number from 1 to 9999" ;; esac
check_curve "$curve"
hub=$folder/$into

# Runs openssl with the root's key; without a file openssl asks for the passphrase.
with_root_key() { # COMMAND ARGUMENT...
    if [ -n "$root_passphrase" ]; then set -- "$@" -passin "file:$root_passphrase"; fi
    openssl "$@"
}

need_root() {
    if [ ! -e "$folder/root.crt" ] || [ ! -e "$folder/root.key" ]; then
        die "no root in $folder; make it with: make-offline-root.sh root $folder"
    fi
}

make_root() {
    check_organization "$organization"
    check_years "${years:-20}" 30
    mkdir -p "$folder"
    new_file "$folder/root.crt"
    echo "The root's key: choose a passphrase, keep it apart from the medium."
    make_key "$folder/root.key" "$curve" "$root_passphrase"
    with_root_key req -new -x509 -sha384 -config "$here/openssl.cnf" -extensions root -utf8 -key "$folder/root.key" \
        -subj "/O=$organization/CN=${name:-$organization Root CA}" -days "$((${years:-20} * 365))" \
        -set_serial "$(serial)" -out "$folder/root.crt"
    chmod 644 "$folder/root.crt"
    show
}

# The request must be signed with its own key, of a kind every client takes, and come from the hub people think it comes from.
check_request() {
    [ -f "$request" ] || die "no request $request"
    [ "$(wc -c <"$request")" -le 65536 ] || die "$request is too large for a request"
    openssl req -in "$request" -noout -verify >"$scratch/verified" 2>&1 || true
    grep -q 'verify OK' "$scratch/verified" || die "$request is not a request signed with its own key"
    openssl req -in "$request" -noout -pubkey >"$scratch/public.pem"
    openssl pkey -pubin -in "$scratch/public.pem" -noout -text >"$scratch/public.txt"
    grep -qE '^(NIST CURVE: P-(256|384)|(RSA )?Public-Key: \((2048|3072|4096) bit\))$' "$scratch/public.txt" ||
        die "the key of $request must be P-256, P-384 or RSA of 2048 to 4096 bits"
    subject=$(openssl req -in "$request" -noout -subject -nameopt RFC2253 | sed 's/^subject=//')
    case ",$subject" in *,CN=?*) ;; *) die "$request has no common name" ;; esac
    [ "$subject" != "$(subject_of "$folder/root.crt")" ] || die "$request has the name of the root; choose another on the hub"
    check_other_hubs
    actual=$(key_fingerprint <"$scratch/public.pem")
    echo "Request of: $subject"
    echo "Its key:    $actual"
    if [ -z "$fingerprint" ]; then
        [ -t 0 ] || die "give the fingerprint that the hub showed: --fingerprint HEX"
        printf 'Type yes if the hub showed the same fingerprint: '
        read -r answer
        [ "$answer" = yes ] || die "not confirmed, nothing was signed"
    elif [ "$(printf %s "$fingerprint" | tr -d ' :' | tr A-F a-f)" != "$actual" ]; then
        die "the request's key is another one than the hub showed: nothing was signed"
    fi
}

subject_of() { openssl x509 -in "$1" -noout -subject -nameopt RFC2253 | sed 's/^subject=//'; }

# Two CAs of one name would be taken for each other; the same key again is a renewal.
check_other_hubs() {
    for other in "$folder"/*/ca.crt; do
        [ -e "$other" ] || continue
        [ "$(subject_of "$other")" = "$subject" ] || continue
        openssl x509 -in "$other" -noout -pubkey | cmp -s - "$scratch/public.pem" ||
            die "$other has the name $subject; choose another on the hub: make-hub-ca.sh request --name"
    done
}

check_url() { # URL OPTION
    case $1 in '') ;; *[!A-Za-z0-9:/._~%?=@+-]*) die "$2 holds a character that no such URL needs" ;; http://?*) ;;
    *) die "$2 must be an http URL: a program that checks a certificate cannot check another one for it first" ;;
    esac
}

extensions() { # openssl.cnf with the URLs in the section of a hub's CA
    cat "$here/openssl.cnf"
    echo '[hub]'
    if [ -n "$crl_url" ]; then echo "crlDistributionPoints = URI:$crl_url"; fi
    if [ -n "$issuer_url" ]; then echo "authorityInfoAccess = caIssuers;URI:$issuer_url"; fi
}

make_sign() {
    need_root
    check_years "${years:-10}" 10
    check_url "$crl_url" --crl-url
    check_url "$issuer_url" --issuer-url
    new_file "$hub/ca.crt"
    lasting=$((${years:-10} * 365))
    openssl x509 -in "$folder/root.crt" -noout -checkend "$((lasting * 86400))" >/dev/null ||
        die "the root ends before that; choose fewer --years"
    check_request
    extensions >"$scratch/openssl.cnf"
    with_root_key x509 -req -sha384 -in "$request" -extfile "$scratch/openssl.cnf" -extensions hub \
        -CA "$folder/root.crt" -CAkey "$folder/root.key" -set_serial "$(serial)" -days "$lasting" -out "$scratch/issued.crt"
    run_openssl "the certificate does not verify, nothing was written" \
        verify -x509_strict -CAfile "$folder/root.crt" "$scratch/issued.crt" >/dev/null
    mkdir -p "$hub"
    # The hub reads its own certificate first, then what leads to the root.
    cat "$scratch/issued.crt" "$folder/root.crt" >"$scratch/ca.crt"
    cp "$folder/root.crt" "$hub/root.crt"
    copy_list >"$hub/COPY.txt"
    mv "$scratch/ca.crt" "$hub/ca.crt"
    chmod 644 "$hub/ca.crt" "$hub/root.crt" "$hub/COPY.txt"
    show
    cat "$hub/COPY.txt"
}

copy_list() {
    cat <<END
To the hub, on a medium:
  ca.crt    -> /etc/latchkey/ca.crt, mode 644: the hub's CA and the root. In hub.yaml: ca.certificate: /etc/latchkey/ca.crt
$(if [ -e "$hub/ca.key" ]; then
    echo "  ca.key    -> /etc/latchkey/private/ca.key, mode 600: a credential of the unit, its passphrase another"
else
    echo "  The key stays where the request was made: ca.key: names its file or token; passphrase or PIN is a credential of the unit."
fi)
  Then: hubd --config /etc/latchkey/hub.yaml --check-config, and start.
To those who verify certificates of the site (brokers, servers, browsers):
  root.crt  as trust anchor. Devices need nothing: they keep the hub's CA when they are provisioned.
Into two safes:
  root.key on two media, its passphrase elsewhere. Then wipe this machine.
Compare on the hub (hubctl ca show):
  $(openssl x509 -in "$scratch/issued.crt" -noout -fingerprint -sha256)
END
}

make_hub() {
    need_root
    check_organization "$organization"
    new_file "$hub/ca.crt"
    set -- request "$hub" --organization "$organization" --name "${name:-$organization Hub CA}"
    if [ -n "$hub_passphrase" ]; then set -- "$@" --passphrase "$hub_passphrase"; fi
    "$here/make-hub-ca.sh" "$@" >/dev/null
    request=$hub/ca.csr
    fingerprint=$(openssl req -in "$request" -noout -pubkey | key_fingerprint)
    make_sign
    rm "$request"
}

# openssl keeps the list of revoked certificates in index.txt.
make_crl() {
    need_root
    [ -e "$folder/index.txt" ] || : >"$folder/index.txt"
    [ -e "$folder/crlnumber" ] || echo 1000 >"$folder/crlnumber"
    cat >"$scratch/ca.cnf" <<END
[root]
database = $folder/index.txt
crlnumber = $folder/crlnumber
certificate = $folder/root.crt
private_key = $folder/root.key
default_md = sha384
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
END
    if [ -n "$revoked" ]; then
        openssl x509 -in "$revoked" -out "$scratch/revoked.crt" || die "$revoked is not a certificate"
        openssl verify -no_check_time -CAfile "$folder/root.crt" "$scratch/revoked.crt" >/dev/null 2>&1 ||
            die "$revoked is not from this root"
        with_root_key ca -config "$scratch/ca.cnf" -name root -revoke "$scratch/revoked.crt" -crl_reason cACompromise
    fi
    with_root_key ca -config "$scratch/ca.cnf" -name root -gencrl -crldays "$days" -out "$scratch/root.crl"
    openssl crl -in "$scratch/root.crl" -CAfile "$folder/root.crt" -noout 2>"$scratch/verified"
    grep -q 'verify OK' "$scratch/verified" || die "the list does not verify, nothing was written"
    openssl crl -in "$scratch/root.crl" -outform DER -out "$folder/root.crl"
    chmod 644 "$folder/root.crl"
    openssl crl -in "$folder/root.crl" -inform DER -noout -lastupdate -nextupdate
    echo "Publish $folder/root.crl where --crl-url said, and again before it ends."
}

show() {
    need=0
    for certificate in "$folder/root.crt" "$folder"/*/ca.crt; do
        [ -e "$certificate" ] || continue
        need=1
        echo "== $certificate"
        openssl x509 -in "$certificate" -noout -subject -enddate -fingerprint -sha256
        openssl verify -x509_strict -CAfile "$folder/root.crt" "$certificate" >/dev/null || die "$certificate does not verify"
    done
    [ "$need" = 1 ] || die "no root in $folder"
    for key in "$folder/root.key" "$folder"/*/ca.key; do
        [ -e "$key" ] || continue
        grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$key" || die "$key is not encrypted"
    done
}

case $action in
root | sign | hub | crl) "make_$action" ;;
show) show ;;
*) usage ;;
esac
