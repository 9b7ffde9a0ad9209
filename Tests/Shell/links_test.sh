#!/usr/bin/env bash
# The programs of devices and administrators stay small: no full Foundation, no database, no web framework.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
programs=$root/.build/${CONFIGURATION:-debug}

# grep reads to the end (no -q): otherwise the writer is killed by the closed pipe, which counts as a failure here.
needs() { readelf -d "$programs/$1" | grep -E "NEEDED.*\[$2" >/dev/null; }
holds() { nm "$programs/$1" 2>/dev/null | grep -E "[\$]s($2)" >/dev/null; }

expect "the programs are built" test -x "$programs/hubd" -a -x "$programs/hub-agent" -a -x "$programs/hubctl" -a -x "$programs/oob"
# The hub holds both, so the patterns do find what they look for.
expect "the hub holds database and web framework" holds hubd '4GRDB|11Hummingbird'
for program in hub-agent hubctl oob; do
    refuse "$program links no full Foundation" needs "$program" 'libFoundation(Networking|XML|Internationalization)?\.so'
    refuse "$program holds no database and no web framework" holds "$program" '4GRDB|11Hummingbird'
done
