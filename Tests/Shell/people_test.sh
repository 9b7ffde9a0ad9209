#!/usr/bin/env bash
# People, their tokens and groups of devices, as the operator and a script of the management API meet them.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
. "$(dirname "$0")/hub.sh"
start_hub
hubctl=$programs/hubctl
api=https://127.0.0.1:$port/api/management
ask() { curl --silent --show-error --fail --cacert "$state/ca/ca.crt" "$@"; }
status() { curl --silent --output /dev/null --write-out '%{http_code}' --cacert "$state/ca/ca.crt" "$@"; }
is() { [ "$1" = "$2" ]; }
lacks() { ! grep --quiet --fixed-strings -e "$2" "$1"; } # FILE TEXT

add_user() { printf '%s\n' "$3" | "$hubctl" user add "$1" --role "$2" --password-stdin; }
expect "a user is made, the password from standard input" add_user alice@hub.local operator "fourteen ducks"
refuse "a password of seven characters" add_user bob viewer seven77
refuse "a password like the name" add_user margaret viewer margaret1
expect "users are listed" grep -q 'alice@hub.local *operator' <("$hubctl" user list)

# As the vendor's command-line program does it: an empty body, the token alone as the answer.
log_in() { ask -X POST -H 'Content-Type: application/json' -u "$1:$2" "$api/v1/useradm/auth/login"; }
token=$(log_in alice@hub.local "fourteen ducks")
expect "a login gives a token" is 3 "$(tr . '\n' <<<"$token" | wc -l)"
expect "the token tells who one is" grep -q '"email":"alice@hub.local"' <(ask -H "Authorization: Bearer $token" "$api/v1/useradm/users/me")
expect "a wrong password is refused" is 401 "$(status -X POST -u alice@hub.local:wrong "$api/v1/useradm/auth/login")"
expect "a role may not do everything" is 403 \
    "$(status -X POST -H "Authorization: Bearer $token" -d '{}' "$api/v1/useradm/users")"
expect "a chunked body is read" is 200 "$(status -X POST -H "Authorization: Bearer $token" \
    -H 'Transfer-Encoding: chunked' -d '{}' "$api/v2/inventory/filters/search")"

"$hubctl" user token add alice@hub.local nightly --days 1 --json >"$work/token.json"
script=$(jq -r .token "$work/token.json")
expect "a token for a script works" is 200 "$(status -H "Authorization: Bearer $script" "$api/v1/inventory/devices")"
expect "it is listed by name" is nightly "$("$hubctl" user token list alice@hub.local --json | jq -r '.[0].name')"
expect "but not itself" lacks <("$hubctl" user token list alice@hub.local --json) "$script"
expect "it is removed" "$hubctl" user token remove alice@hub.local \
    "$("$hubctl" user token list alice@hub.local --json | jq -r '.[0].id')"
expect "and counts no more" is 401 "$(status -H "Authorization: Bearer $script" "$api/v1/inventory/devices")"
expect "the login still counts" is 200 "$(status -H "Authorization: Bearer $token" "$api/v1/inventory/devices")"
expect "another role is given" "$hubctl" user role alice@hub.local viewer
expect "which ends the login at once" is 401 "$(status -H "Authorization: Bearer $token" "$api/v1/inventory/devices")"
refuse "a role nobody knows" "$hubctl" user role alice@hub.local king

for id in lamp-1 lamp-2; do
    timeout 20 "$programs/hub-agent" provision --id "$id" --trust-on-first-use --state "$work/$id" \
        --hub "127.0.0.1:$port" --timeout 2 >/dev/null 2>&1 || true
done
expect "devices are put into a group" "$hubctl" group add north lamp-1 lamp-2
expect "the group is shown with them" is "lamp-1 lamp-2" \
    "$("$hubctl" group show north --json | jq -r '[.devices[].deviceID] | join(" ")')"
expect "one is taken out" "$hubctl" group remove north lamp-2
expect "a group with a filter is made" "$hubctl" group create waiting --filter identity.status=pending --filter '!system.group'
expect "its members follow from the filter" is lamp-2 "$("$hubctl" group show waiting --json | jq -r '.devices[].deviceID')"
refuse "a member by hand in a group with a filter" "$hubctl" group add waiting lamp-1
refuse "a filter without a scope" "$hubctl" group create bad --filter os=debian
refuse "a group without a filter" "$hubctl" group create bad
refuse "a device nobody knows" "$hubctl" group add north lamp-3
expect "groups are listed" is 2 "$("$hubctl" group list --json | jq length)"
expect "a group is deleted" "$hubctl" group delete waiting
expect "the last member takes its group along" "$hubctl" group remove north lamp-1
expect "so none is left" is 0 "$("$hubctl" group list --json | jq length)"
expect "the audit trail tells of all that" "$hubctl" audit verify
expect "and holds no password" lacks <("$hubctl" audit list --limit 1000) ducks
refuse "what lies ahead is not old" "$hubctl" audit prune --before 2100-01-01
expect "old events are pruned" "$hubctl" audit prune --before "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
expect "the trail is whole without them" "$hubctl" audit verify
expect "and says who pruned it" grep -q 'audit.prune' <("$hubctl" audit list --limit 5)
expect "a removed user is gone" "$hubctl" user remove alice@hub.local
expect "and can't log in" is 401 "$(status -X POST -u "alice@hub.local:fourteen ducks" "$api/v1/useradm/auth/login")"
expect "no password stands in the log" lacks "$work/log" ducks
expect "and no token" lacks "$work/log" "$token"
stop_hub TERM
