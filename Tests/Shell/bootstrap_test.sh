#!/usr/bin/env bash
# scripts/bootstrap asks before it installs, installs only what is missing, and says what it can't do.
set -euo pipefail
. "$(dirname "$0")/cases.sh"

# A copy, so that its build folder is not the real one; stand-ins for the system's programs write down what they were asked.
mkdir -p "$work/checkout" "$work/bin"
cp -r "$root/scripts" "$work/checkout/"
stand_in() { printf '#!/bin/bash\n%s\n' "$2" >"$work/bin/$1" && chmod 755 "$work/bin/$1"; }
# shellcheck disable=SC2016
stand_in dpkg-query 'shift 2; for p; do grep -qxF "$p" "$MISSING" || echo "$p installed"; done'
# shellcheck disable=SC2016
stand_in apt-get 'echo "apt-get $*" >>"$CALLS"; [[ $* != *install* ]] || ! [ -e "$CALLS.broken" ]'
# shellcheck disable=SC2016
stand_in sudo 'echo "sudo" >>"$CALLS"; exec "$@"'
stand_in swift 'echo "Swift version 6.3.1 (swift-6.3.1-RELEASE)"'
export MISSING=$work/missing CALLS=$work/calls
: >"$MISSING" && : >"$CALLS"
bootstrap() { PATH="$work/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$work/checkout/scripts/bootstrap" "$@"; }
output_has() { grep -qF "$1" <<<"$(bootstrap run 2>&1)"; }

expect "nothing missing: nothing is done" bootstrap run
expect "nothing missing: apt is not asked" test ! -s "$CALLS"
printf 'libssl-dev\njq\n' >"$MISSING"
expect "something missing: it is installed" bootstrap run
expect "exactly what is missing" grep -q 'install -y --no-install-recommends libssl-dev jq$' "$CALLS"
expect "after the lists were read" grep -q '^apt-get -q update$' "$CALLS"
expect "it says what it installs" output_has "installing Debian packages: libssl-dev jq"
touch "$CALLS.broken"
refuse "a failing apt ends it" bootstrap run
rm "$CALLS.broken"
: >"$MISSING"
stand_in swift 'echo "Swift version 5.10.1 (swift-5.10.1-RELEASE)"'
refuse "a Swift that is too old is refused" bootstrap run
expect "and named" output_has "Swift 5.10 is too old"
rm "$work/bin/swift"
refuse "a missing Swift is refused" bootstrap run
expect "with the place to get it" output_has "https://www.swift.org/install"
refuse "an unknown purpose is refused" bootstrap everything
