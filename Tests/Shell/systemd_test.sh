#!/usr/bin/env bash
# Units, users and folders for systemd, and the exposure of the services.
set -euo pipefail
exec "$(dirname "$0")/../../scripts/check-systemd"
