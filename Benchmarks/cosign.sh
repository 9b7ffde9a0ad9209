# Sourced by run: co-signed releases. A device that asks for the current release, and one that judges the answer.
# shellcheck shell=bash disable=SC2154,SC2034 # run sets and uses the variables

admin_api() { curl -sSf --unix-socket "$HUB_SOCKET" -H 'Content-Type: application/json' "http://hub/admin/v1/$1" "${@:2}"; }

# A project with one release for one device, which has a certificate and the answer in $folder/cosigned.json.
cosign_hub() {
    local state=$1 publisher=$folder/publisher
    mkdir -m 700 "$publisher"
    "$programs/hubctl" cosign keygen --kid bench --out "$publisher/project.pem" --no-passphrase >/dev/null
    jq -n --rawfile pem "$publisher/project.pem.pub" \
        '{id: "bench", projectKeys: [{kid: "bench", pem: $pem}], rules: {deviceTypes: ["bench"]}}' |
        admin_api cosign/projects -d @- >/dev/null
    head -c 100000 /dev/urandom >"$publisher/file"
    "$programs/hubctl" cosign sign --key "$publisher/project.pem" --kid bench --project bench --stream os --seq 1 \
        --release-version 1.0 --device-type bench --file "$publisher/file" --out "$publisher/release.json" >/dev/null
    jq -n --rawfile message "$publisher/release.json" '{message: $message}' | admin_api cosign/projects/bench/releases -d @- >/dev/null
    (umask 077 && printf LABELTEXTLABELTEXTLABELTEXT >"$publisher/secret")
    "$programs/oob" add poller --secret-file "$publisher/secret" >/dev/null
    "$programs/hub-agent" provision --id poller --secret-file "$publisher/secret" --state "$folder/poller" --hub "127.0.0.1:$port" \
        >/dev/null 2>&1
}

cosign() {
    local -A shown=()
    local state=$folder/cosign certificate path="/cosign/v1/device/release?stream=os&type=bench&nonce=bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4"
    local before plain poll bound
    start_hub "$state"
    cosign_hub "$state"
    certificate=(--admin-cert "$folder/poller/device.crt" --admin-key "$folder/poller/device.key" --with-cert --threads 16)
    curl -sSf --cacert "$state/ca/ca.crt" --cert "$folder/poller/device.crt" --key "$folder/poller/device.key" \
        "https://127.0.0.1:$port$path" >"$folder/cosigned.json"
    headline "Co-signed releases over TLS 1.3, kept connections with a device's certificate"
    before=$(hub_cpu)
    "$folder/idprov_load" --port "$port" --phases dir --n "$n" "${certificate[@]}" >"$folder/output"
    plain=$((($(hub_cpu) - before) * 1000 / n))
    before=$(hub_cpu)
    "$folder/idprov_load" --port "$port" --phases dir --dir-path "$path" --n "$n" "${certificate[@]}" >"$folder/output"
    [ "$(jq -r .ok "$folder/output")" = "$n" ] || incomplete=1
    poll=$((($(hub_cpu) - before) * 1000 / n))
    bound=$(awk "BEGIN { print ${limit[sign]} + ${limit[verify]} }")
    row "directory" 0 "$(awk "BEGIN { print $plain / 1000 }")" 0 0
    row "poll, co-signed for the device" "$(jq -r .per_s "$folder/output")" "$(awk "BEGIN { print $poll / 1000 }")" 0 0
    row "  beyond the directory" 0 "$(awk "BEGIN { print ($poll - $plain) / 1000 }")" "$bound" "$(awk "BEGIN { print 3 * $bound }")"
    figure "  100,000 devices that ask every 30 minutes on kept connections" \
        "$(awk "BEGIN { printf \"%.2f %% of a core\", $poll / 1000 * 100000 / 1800e6 * 100 }")" "under 10 %"
    figure "  size of the answer" "$(wc -c <"$folder/cosigned.json") bytes" "under 2,048"
    judge_messages "$state"
    stop_hub
}

# What a device pays to judge a message.
judge_messages() {
    local each
    [ -x "$programs/conformance" ] || swift build -c "$configuration" --product conformance
    jq -n --rawfile message "$folder/cosigned.json" --argjson trust "$(admin_api cosign/projects/bench/trust)" --argjson now "$(date +%s)" \
        '{message: $message, kind: "release", now: $now, challenge: "bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4", trust: $trust,
          device: {id: "poller", type: "bench"}, state: {streams: {}, time_floor: 0, jti: []}}' >"$folder/judge.json"
    each=$("$programs/conformance" cosign-test verify --repeat 2000 "$folder/judge.json" | jq -er .microseconds)
    row "message judged by a device" 0 "$each" "$(awk "BEGIN { print 2 * ${limit[verify]} }")" "$(awk "BEGIN { print 6 * ${limit[verify]} }")"
}
