# Sourced by run: the update protocol. Fleet of devices, downloads beside nginx, an upload.
# shellcheck shell=bash disable=SC2154,SC2034 # run sets and uses the variables

api() { curl -sSf --cacert "$state/ca/ca.crt" -H "Authorization: Bearer $operator" "$@"; }

updates_hub() {
    state=$folder/updates
    # One address stands for the whole fleet here.
    HUB_UPDATES_AUTHENTICATIONS_PER_MINUTE=0 HUB_UPDATES_POLLS_PER_MINUTE=0 start_hub "$state"
    base=https://127.0.0.1:$port/api/management
    printf 'a good long password' | "$programs/hubctl" user add bench --role admin --password-stdin >/dev/null
    operator=$(curl -sSf --cacert "$state/ca/ca.crt" -u 'bench:a good long password' -X POST "$base/v1/useradm/auth/login")
}

# A fleet that asks for updates when there are none.
fleet() {
    local -A shown=(
        [auth]="token of a device, 16 kept connections|0|0"
        [inventory]="inventory as it was, 16 kept connections|0|0" [poll]="nothing to do, 16 kept connections|0|150"
        [poll-fresh]="nothing to do, a new connection each|${limit[handshake]}|0")
    local before line phase count cpu fresh_poll=0 inventory=0
    headline "Update protocol over TLS 1.3: $fleet_size devices"
    before=$(hub_cpu)
    while IFS= read -r line; do
        cpu=$(hub_cpu)
        phase=$(jq -r .phase <<<"$line") count=$(jq -r .n <<<"$line")
        [ "$(jq -r .ok <<<"$line")" = "$count" ] || { incomplete=1 && echo "not all done: $line" >&2; }
        if [ -n "${shown[$phase]:-}" ]; then
            IFS='|' read -r name bound target <<<"${shown[$phase]}"
            row "$name" "$(jq -r .per_s <<<"$line")" "$(awk "BEGIN { print ($cpu - $before) / $count }")" "$bound" "$target"
        fi
        [ "$phase" != poll-fresh ] || fresh_poll=$((cpu - before))
        [ "$phase" != inventory ] || inventory=$((cpu - before))
        before=$cpu
    done < <("$folder/mender_load" fleet "$port" "$fleet_size" 16 "$operator" preauth auth inventory inventory poll poll-fresh)
    figure "  20,000 devices, a poll on a new connection and an inventory every 30 minutes" \
        "$(awk "BEGIN { printf \"%.2f %% of a core\", ($fresh_poll + $inventory) * (20000 / $fleet_size) / 1800e6 * 100 }")" "under 5 %"
}

# Downloads a URL twice, the second counts: MB/s in speed, CPU of a process in µs per GB in cpu_gb.
download() {
    local process=$1 url=$2 before
    curl -sSf --cacert "$state/ca/ca.crt" -o /dev/null "$url"
    before=$(process_cpu "$process")
    speed=$(curl -sSf --cacert "$state/ca/ca.crt" -o /dev/null -w '%{speed_download}' "$url" | awk '{ printf "%.0f", $1 / 1e6 }')
    cpu_gb=$(awk "BEGIN { printf \"%.2f\", ($(process_cpu "$process") - $before) / 1e6 / ($download_mib * 1048576 / 1e9) }")
}

process_cpu() { awk -v hz="$(getconf CLK_TCK)" '{ printf "%d\n", ($14 + $15) * 1000000 / hz }' "/proc/$1/stat"; }

start_nginx() {
    mkdir -p "$folder/www" "$folder/nginx"
    cp "$1" "$folder/www/file"
    chmod 755 "$folder" "$folder/www" && chmod 644 "$folder/www/file"
    cat >"$folder/nginx.conf" <<END
worker_processes 1; pid $folder/nginx/pid; error_log $folder/nginx/error.log; daemon on;
events { worker_connections 1000; }
http { access_log off; client_body_temp_path $folder/nginx; proxy_temp_path $folder/nginx; fastcgi_temp_path $folder/nginx;
 uwsgi_temp_path $folder/nginx; scgi_temp_path $folder/nginx;
 server { listen 127.0.0.1:18443 ssl; ssl_certificate $state/ca/server.crt; ssl_certificate_key $state/ca/server.key;
 ssl_protocols TLSv1.3; root $folder/www; } }
END
    nginx -c "$folder/nginx.conf" 2>/dev/null
    nginx_worker=$(pgrep -P "$(cat "$folder/nginx/pid")")
}

downloads() {
    local id link idle peak slow hub_speed hub_cpu_gb peers=200
    command -v nginx >/dev/null || { echo "nginx is missing: downloads are not compared" >&2 && return; }
    head -c "$((download_mib * 1048576))" /dev/urandom >"$folder/payload"
    "$programs/hubctl" artifact write --name bench --device-type qemu --type test --file "$folder/payload" --compression none \
        --out "$folder/bench.mender" >/dev/null 2>"$folder/output" || die "no artifact: $(cat "$folder/output")"
    id=$(api -D - -o /dev/null -F "artifact=@$folder/bench.mender" "$base/v1/deployments/artifacts" | tr -d '\r' | sed -n 's#^[Ll]ocation: .*/##p')
    link=$(api "$base/v1/deployments/artifacts/$id/download" | jq -r .uri)
    headline "Download of $download_mib MiB over TLS 1.3, one connection"
    download "$hub_pid" "$link"
    hub_speed=$speed hub_cpu_gb=$cpu_gb
    start_nginx "$folder/bench.mender"
    download "$nginx_worker" "https://127.0.0.1:18443/file"
    kill "$(cat "$folder/nginx/pid")"
    figure "  hub, nginx: MB per s" "$hub_speed, $speed, $(awk "BEGIN { printf \"%.2f\", $hub_speed / $speed }")" "at least 0.7"
    figure "  hub, nginx: CPU s per GB" "$hub_cpu_gb, $cpu_gb, $(awk "BEGIN { printf \"%.2f\", $hub_cpu_gb / $cpu_gb }")" "at most 1.5"
    idle=$(hub_memory)
    "$folder/mender_load" drain "$port" "$peers" 16384 "/${link#https://*/}" >"$folder/drain" &
    slow=$!
    until grep -q reading "$folder/drain"; do kill -0 "$slow" 2>/dev/null || die "downloads were refused"; read -rt 0.1 <&"$silence" || true; done
    read -rt 3 <&"$silence" || true
    peak=$(hub_memory)
    kill "$slow" 2>/dev/null || true
    wait "$slow" 2>/dev/null || true
    figure "  $peers slow downloads: private memory more" "$(awk "BEGIN { printf \"%.1f MB\", ($peak - $idle) / 1024 }")" "under 100 MB, 1 MB each"
    rm -f "$folder/payload" "$folder/bench.mender" "$folder/www/file"
}

# A large artifact goes in: memory, and how long checking takes beside sha256sum of the same file.
upload() {
    local idle watcher before from wall
    head -c "$((upload_mib * 1048576))" /dev/urandom >"$folder/payload"
    "$programs/hubctl" artifact write --name large --device-type qemu --type test --file "$folder/payload" --compression none \
        --out "$folder/large.mender" >/dev/null
    rm "$folder/payload"
    idle=$(hub_memory)
    watch_memory "$folder/peak" &
    watcher=$!
    before=$(hub_cpu)
    from=$(now_us)
    api -o /dev/null -F "artifact=@$folder/large.mender" "$base/v1/deployments/artifacts"
    wall=$(($(now_us) - from))
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    time_command sha256sum "$folder/large.mender"
    figure "Upload of $upload_mib MiB: MB per s, CPU s" \
        "$(awk "BEGIN { printf \"%.0f, %.2f\", $upload_mib * 1.048576 / ($wall / 1e6), ($(hub_cpu) - $before) / 1e6 }")" ""
    figure "  sha256sum of it: CPU s" "$(awk "BEGIN { printf \"%.2f\", $command_cpu / 1e6 }")" ""
    figure "  private memory above idle" "$(awk "{ printf \"%.1f MB\", (\$1 - $idle) / 1024 }" "$folder/peak")" "under 64 MB"
    rm -f "$folder/large.mender"
}

updates() {
    local state base operator fleet_size=$((n)) download_mib=256 upload_mib=1024
    [ "$quick" != 1 ] || upload_mib=256
    updates_hub
    fleet
    downloads
    upload
    stop_hub
    rm -rf "$folder/updates"
}
