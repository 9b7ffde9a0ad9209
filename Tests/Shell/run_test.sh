#!/usr/bin/env bash
# `make run` shows a device finding the hub and getting its certificate, ends by itself, and leaves nothing behind.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
export KEPT_HUB=$work/kept TMPDIR=$work/t # a hub that somebody left running stays as it is
mkdir "$work/t"
trap '"$root/scripts/run" stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

if [ "$(id -u)" != 0 ]; then
    echo "scripts/run needs root where no Avahi answers"
    exit 77
fi
nothing_left() {
    # The compiler leaves files of its own beside ours.
    ! compgen -G "$work/t/latchkey*" || return 1
    ! grep -lqzF "$work/t/" /proc/[0-9]*/cmdline 2>/dev/null || { echo "a process still runs on the demo's folder" && return 1; }
}
demo() { "$root/scripts/run" "$@" </dev/null >"$work/demo.log" 2>&1 || { cat "$work/demo.log" && return 1; }; }

expect "the demo runs through" demo
expect "it sees the announcement" grep -q '^=;.*_idprov\._tcp' "$work/demo.log"
expect "it shows the certificate's subject" grep -q '^subject=.*OU = iotdevice' "$work/demo.log"
expect "it ends with a summary" grep -q 'holds its certificate$' "$work/demo.log"
expect "nothing is left" nothing_left

export KEEP=1
expect "KEEP=1 runs through, too" demo
expect "and says how to reach the hub" grep -q 'export HUB_SOCKET=' "$work/demo.log"
socket=$(sed -n 's/.*export HUB_SOCKET=//p' "$work/demo.log")
expect "the hub that was left running answers" curl -sS --fail --max-time 30 --unix-socket "$socket" http://hub/readyz
expect "it is ended by stop" "$root/scripts/run" stop
expect "nothing is left then" nothing_left
refuse "stop without a hub is refused" "$root/scripts/run" stop
