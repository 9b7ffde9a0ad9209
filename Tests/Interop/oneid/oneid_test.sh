#!/usr/bin/env bash
# oneID Connect's own SDK, unchanged from PyPI, against a running hub: what its tutorial does, and who is refused.
# shellcheck disable=SC2154 # cases.sh and hub.sh set root, work, programs, state and port
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../Shell/cases.sh"
. "$here/../../Shell/hub.sh"

# sdk_python prints the interpreter of an environment that has the SDK; a second call finds it there. Its own list of packages is of
# 2017: of each it gets one that current Python runs.
sdk_python() {
    local folder=$root/.build/interop-packages/oneid temporary
    mkdir -p "$root/.build/interop-packages"
    exec 9>"$folder.lock"
    flock 9
    if [ ! -x "$folder/bin/python" ]; then
        rm -rf "$folder"
        temporary=$work/oneid.log
        if ! { python3 -m venv "$folder" && "$folder/bin/pip" -q install --disable-pip-version-check cryptography==3.4.8 six PyYAML \
            requests python-dateutil && "$folder/bin/pip" -q install --disable-pip-version-check --no-deps oneid-connect==0.21.1; } \
            >"$temporary" 2>&1; then
            tail -n 3 "$temporary" >&2
            rm -rf "$folder"
            return 1
        fi
    fi
    exec 9>&-
    printf '%s\n' "$folder/bin/python"
}

if ! python=$(sdk_python); then
    skip 'oneID Connect: PyPI does not give oneid-connect, or python3-venv is missing'
    exit 0
fi
keys=$work/keys
mkdir -m 700 "$keys"
export HOME=$work
project=5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10
server=9d0b4a64-58b8-4b64-8b8e-6e3f8b0b9a01
admin=0f0e9c53-7a1b-4f0e-9c53-0f0f3a5d7a11
client() { "$python" -B "$here/oneid_client.py" "$keys" "$@"; }
hubctl() { "$programs/hubctl" "$@"; }
# ends_with CODE COMMAND...: it must end with this exit code
ends_with() {
    local wanted=$1 status=0
    shift
    "$@" || status=$?
    [ "$status" = "$wanted" ]
}
# prepare MESSAGE: as a server does, about the file
prepare() { client prepare "$work/firmware" >"$1"; }
# verify MESSAGE: as a device does, with the file beside
verify() { client verify "$work/firmware" <"$1"; }
# signers MESSAGE: the kids of its signatures
signers() { jq -r '.signatures[].protected | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson.kid' "$1"; }
# edit CLAIM VALUE FROM TO: the message with another claim, its signatures as they were
edit() {
    python3 - "$@" <<'PYTHON'
import base64, json, sys
claim, value, source, target = sys.argv[1:]
message = json.load(open(source))
claims = json.loads(base64.urlsafe_b64decode(message["payload"] + "=="))
claims[claim] = json.loads(value)
message["payload"] = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
json.dump(message, open(target, "w"))
PYTHON
}

start_hub
export ONEID_API_SERVER_BASE_URL=https://127.0.0.1:$port REQUESTS_CA_BUNDLE=$state/ca/ca.crt
head -c 100000 /dev/urandom >"$work/firmware"
expect 'the SDK makes the keys' client keys
expect 'the project is made with the key that the SDK made' hubctl cosign project create "$project" --project-key "$keys/project.pub"
expect 'the server is known' hubctl cosign server add --project "$project" "$server" "$keys/server.pub"
expect 'the administrator is known' hubctl cosign admin add --project "$project" "$admin" "$keys/admin.pub"
expect "the hub's key is handed out" hubctl cosign project cosigner "$project" --out "$keys/cosigner.jwk"

# The tutorial: a server announces a file, a device takes it.
expect 'prepare_message gets its co-signature' prepare "$work/message"
expect 'the message is signed by the hub and the project, by nobody else' \
    test "$(signers "$work/message" | sort | tr '\n' ' ')" = "$project project/$project "
expect 'verify_message accepts the file' verify "$work/message"
expect 'the same message again is a replay' ends_with 4 verify "$work/message"
expect 'another message' prepare "$work/second"
edit download_url '"http://evil.example.com/"' "$work/second" "$work/edited"
expect 'an edited message is rejected' ends_with 4 verify "$work/edited"
jq -c '.signatures |= [.[0]]' "$work/second" >"$work/one"
expect 'a message without the second signature is rejected' ends_with 4 verify "$work/one"
cp "$work/firmware" "$work/kept"
printf x >>"$work/firmware"
expect 'another file is rejected' ends_with 4 verify "$work/second"
cp "$work/kept" "$work/firmware"

# Who is refused, by the name that the SDK has for 403.
expect 'the project key is suspended' hubctl cosign key suspend --project "$project" "$project"
expect 'what the server alone signed is co-signed all the same' client prepare "$work/firmware"
expect 'the key is active again' hubctl cosign key activate --project "$project" "$project"
cp "$keys/server.key" "$work/server.key"
cp "$keys/admin.key" "$keys/server.key"
expect 'a stranger with the name of the server is refused with 403' ends_with 3 client prepare "$work/firmware"
cp "$work/server.key" "$keys/server.key"
expect 'the administrator revokes the server' client revoke server "$server"
expect 'a revoked server is refused with 403' ends_with 3 client prepare "$work/firmware"
expect 'it is revoked once more without complaint' client revoke server "$server"
stop_hub TERM
start_hub
export ONEID_API_SERVER_BASE_URL=https://127.0.0.1:$port
expect 'the server stays revoked after a restart' ends_with 3 client prepare "$work/firmware"
stop_hub TERM

# A device's message, which the server has co-signed before it believes it: over plain HTTP, as the test tool serves.
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$work/cosigner.key"
jwk() { jq -c --arg kid "$2" '. + {kid: $kid, state: "active"} | {kty, crv, x, y, kid, state}' "$keys/$1.jwk"; }
"$programs/hubctl" cosign public --key "$work/cosigner.key" --kid "project/$project" >"$keys/cosigner.jwk"
jq -n --arg id "$project" --rawfile pem "$work/cosigner.key" --argjson project "$(jwk project "$project")" \
    --argjson server "$(jwk server "$server")" --argjson admin "$(jwk admin "$admin")" --argjson device "$(jwk device sensor-0001)" \
    '{id: $id, project_keys: [$project], servers: [$server], admins: [$admin], devices: [$device],
      cosigner: {kid: ("project/" + $id), private_pem: $pem}, policy: {ttl_s: 900, require_project_signature: false}}' >"$work/project.json"
mkfifo "$work/input"
"$programs/conformance" cosign-test serve "$work/project.json" <"$work/input" >"$work/base" 2>>"$work/log" &
pid=$!
exec 8>"$work/input"
expect 'the test tool says where it serves' until_true test -s "$work/base"
ONEID_API_SERVER_BASE_URL=$(head -n 1 "$work/base")
export ONEID_API_SERVER_BASE_URL
expect 'its address is on loopback' grep -qxE 'http://127\.0\.0\.1:[0-9]+' "$work/base"
expect "a device's message is co-signed and verified" client device
expect 'what a server prepares is co-signed there too' client prepare "$work/firmware"
expect 'the administrator revokes the device' client revoke edge_device sensor-0001
expect "a revoked device's message is refused with 403" ends_with 3 client device
exec 8>&-
status=0
wait "$pid" || status=$?
pid=""
expect 'the test tool ends with its input' test "$status" = 0
