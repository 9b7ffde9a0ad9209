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

skip() { printf 'skip - %s\n' "$*"; }
