# Sourced by the scripts here: how they speak, and what every one of them asks of openssl. POSIX sh.
# shellcheck shell=sh

umask 077
export SERVER_NAMES=DNS:unused.invalid # openssl.cnf reads it in a section not used here
program=${0##*/}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

usage() {
    sed -n 's/^#   /  /p' "$0" >&2
    exit 64
}
die() {
    echo "$program: $*" >&2
    exit 1
}
new_file() { # FILE: nothing is ever overwritten
    [ ! -e "$1" ] || die "$1 exists; nothing was changed"
}
check_organization() {
    [ -n "$1" ] || usage
    case $1 in *[/=+\\]*) die "the organization must not contain / = + \\" ;; esac
}
check_name() { case $1 in *[/=+\\]*) die "a name must not contain / = + \\" ;; esac; }
check_years() { # YEARS MOST
    case $1 in '' | *[!0-9]* | 0* | ???*) die "--years must be a number from 1 to $2" ;; esac
    [ "$1" -le "$2" ] || die "--years must be a number from 1 to $2"
}
check_curve() { case $1 in P-256 | P-384) ;; *) die "--curve must be P-256 or P-384" ;; esac; }

serial() { printf '0x4%s' "$(openssl rand -hex 16 | cut -c 2-32)"; } # positive, always 16 octets

# What people compare: SHA-256 of the public key, as hubctl shows it. Standard input: a public key in PEM.
key_fingerprint() { openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c 1-64; }

# Runs openssl; what it has to say is shown only when it failed. Some libraries of tokens crash after a refusal: no more than a line.
run_openssl() { # WHAT-FAILED ARGUMENT...
    what=$1
    shift
    if ! (openssl "$@" || exit 1) 2>"$scratch/errors"; then
        sed -n 's/^[0-9A-F]*:error:[^:]*:[^:]*:[^:]*:\([^:]*\):.*/  openssl: \1/p' "$scratch/errors" | sort -u >&2
        die "$what"
    fi
}

make_key() { # FILE CURVE PASSPHRASE-FILE: an encrypted key; without a passphrase file openssl asks
    new_file "$1"
    set -- genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -pkeyopt ec_param_enc:named_curve -aes-256-cbc \
        ${3:+-pass "file:$3"} -out "$1"
    openssl "$@"
}
