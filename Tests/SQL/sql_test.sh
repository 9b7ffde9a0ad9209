#!/usr/bin/env bash
# Everything that the programs asked the store during the tests can be asked of both engines.
set -euo pipefail
"$(dirname "$0")/../../scripts/check-sql" && echo "ok      every statement prepares on SQLite and PostgreSQL"
