# Sourced by the other scripts: where the checkout is, and one way to say things.
# shellcheck shell=bash

# A trap in a Swift program must end it; the interactive backtracer would keep pipes open and hang a job.
export SWIFT_BACKTRACE=enable=no

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Runs a command as root: directly, or through sudo where that asks nothing or a person can answer.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        die "needs root for: $*; run it as root or install sudo"
    fi
}

# Microseconds since 1970, for durations that people read.
now_us() { printf '%s\n' "${EPOCHREALTIME/[.,]/}"; }
