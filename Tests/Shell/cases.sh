# Sourced by the shell tests: one line per case, the first failure ends the test.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export root work

# expect "what is true" COMMAND...
expect() {
    local what=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if [ "$status" != 0 ]; then
        printf 'not ok - %s (exit code %s)\n%s\n' "$what" "$status" "$output"
        exit 1
    fi
    printf 'ok - %s\n' "$what"
}

# refuse "what is refused" COMMAND...: it must fail, and in an orderly way
refuse() {
    local what=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if [ "$status" = 0 ] || [ "$status" -ge 126 ]; then
        printf 'not ok - %s (exit code %s)\n%s\n' "$what" "$status" "$output"
        exit 1
    fi
    printf 'ok - %s\n' "$what"
}

# until_true COMMAND...: waits until it succeeds; a minute is far more than anything here takes on a busy machine
until_true() {
    local left=600
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { "$@" || return 1; }
        sleep 0.1
    done
}

skip() { printf 'skip - %s\n' "$*"; }
