#!/usr/bin/env bash
# oob as its user meets it: every sample file, standard input, generated secrets, labels that a scanner reads, exit codes.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
programs=$root/.build/${CONFIGURATION:-debug}
oob=$programs/oob
samples=$root/oob-secrets
pid=""
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

HUB_LISTEN_HTTPS=127.0.0.1:0 HUB_LISTEN_PKI=127.0.0.1:0 HUB_DISCOVERY_ENABLED=false HUB_TUNNEL_ENABLED=false "$programs/hubd" --state "$work/state" 2>"$work/log" &
pid=$!
for _ in $(seq 600); do
    if [ -s "$work/state/run/addresses.json" ]; then break; fi
    sleep 0.1
done
export HUB_SOCKET=$work/state/run/admin.sock
guide=$root/docs/manual.md
. "$(dirname "$0")/guide.sh"
ends_with() { # CODE COMMAND...
    local code=0 wanted=$1
    shift
    "$@" >"$work/out" 2>"$work/err" || code=$?
    [ "$code" = "$wanted" ] || { cat "$work/out" "$work/err" && echo "exit code $code" && return 1; }
}
refuse_secret() { ! grep -qF "$(sed -n 2p "$samples/small.csv" | cut -d, -f2)" <("$oob" list; "$oob" list --json; "$oob" export); }

expect "the small sample is imported" ends_with 0 "$oob" import "$samples/small.csv"
expect "again it changes nothing" grep -q ' 5 unchanged' <("$oob" import "$samples/small.csv")
for file in "$samples"/good/*.csv; do
    expect "good: $(basename "$file")" ends_with 0 "$oob" import "$file" --replace
done
for file in "$samples"/broken/*.csv; do
    expect "broken: $(basename "$file") is refused" ends_with 1 "$oob" import "$file"
    expect "in one line that says why" test "$(wc -l <"$work/err")" = 1
done
expect "a part is imported with 3" ends_with 3 "$oob" import "$samples/broken/duplicate-device.csv" --partial
expect "standard input is a file, too" ends_with 0 "$oob" import - --dry-run <"$samples/small.csv"
expect "generated secrets all differ" \
    test "$("$oob" generate 20000 --pattern 'x-{1}' | tail -n +2 | cut -d, -f2 | sort -u | wc -l)" = 20000
expect "listings hold no secret" refuse_secret
mkdir "$work/first"
first_devices() { (cd "$work/first" && PATH=$programs:$PATH bash -euo pipefail -c "$(step first-devices)"); }
expect "the manual's first devices are registered as it says" first_devices
expect "so three of them wait" test "$(grep -c 'lamp-000[123]' <("$oob" list))" = 3
printf 'deviceID,secret\nsheet-1,KQ2V5XN7ZBYT4GHM3RWCLD6PJA\n,\n,\n' >"$work/commas.csv"
expect "rows of commas are skipped and counted" grep -q '2 rows of commas alone were skipped' <("$oob" import "$work/commas.csv")
printf 'deviceID,secret\nc9 ,KQ2V5XN7ZBYT4GHM3RWCLD6PJA\n' >"$work/space.csv"
expect "white space at an ID is refused" ends_with 1 "$oob" import "$work/space.csv"
expect "with line and column" grep -q 'line 2 deviceID: begins or ends with white space' "$work/out"
expect "IDs of today have no problem" grep -q "all device IDs follow the current rules" <("$programs/hubctl" device list --invalid-ids)
expect "nobody answers: 69" ends_with 69 "$oob" list --socket "$work/nobody"
expect "wrong usage: 64" ends_with 64 "$oob" label "$samples/small.csv"
expect "a sheet of labels is made" ends_with 0 "$oob" label "$samples/small.csv" --sheet "$work/labels.pdf"
expect "only its owner reads it" test "$(stat -c %a "$work/labels.pdf")" = 600
if command -v pdftoppm >/dev/null && command -v zbarimg >/dev/null; then
    pdftoppm -r 200 -png "$work/labels.pdf" "$work/page"
    wanted=$(tail -n +2 "$samples/small.csv" | sed 's/\([^,]*\),\([^,]*\).*/QR-Code:latchkey:\1?s=\2/' | sort)
    expect "a scanner reads ID and secret of every label" test "$(zbarimg -q "$work"/page-*.png | sort)" = "$wanted"
else
    skip "no pdftoppm or zbarimg to read the labels with"
fi
