#!/usr/bin/env bash
# Links, files and commands of the documents, compared with the built programs.
set -euo pipefail
. "$(dirname "$0")/cases.sh"

expect "documents name only what exists" "$root/scripts/check-docs" --commands
secretive='(Bearer [[:alnum:]]|BEGIN (EC |ENCRYPTED )?PRIVATE KEY)'
expect "no private key and no token stands in the documents" test -z "$(grep -rlE "$secretive" "$root"/*.md "$root"/docs "$root"/ca/*.md || true)"
