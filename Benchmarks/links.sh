# Sourced by run: the live link. A fleet that joins, is held and gets an update pushed; what a device that has joined costs.
# shellcheck shell=bash disable=SC2154,SC2034 # run sets and uses the variables

# Devices that one product's key may make at once: a larger fleet is made with several keys, and each of them opens it then.
links_each_key=900

# A new key of the product, for `link_fleet`.
link_key() {
    local made
    made=$("$programs/hubctl" link key add --product widget --json)
    link_secret=("$(jq -er .key <<<"$made")" "$(jq -er .secret <<<"$made")")
}

# Starts so many devices and waits until all are in, two minutes at most; what it says of that is then in $result, its process in $fleet_pid.
link_fleet() { # COUNT [OPTION...]
    : >"$folder/fleet" # what the one before said
    "$folder/link_load" join "$port" "$1" "${link_secret[@]}" bench --tool raw "${@:2}" >"$folder/fleet" 2>"$folder/error" </dev/null &
    fleet_pid=$!
    await_words '"join"' "$folder/fleet" "$fleet_pid"
    result=$(grep -m 1 '"join"' "$folder/fleet")
    [ "$(jq .ok <<<"$result")" = "$1" ] || die "not all devices joined: $result"
}

end_fleet() {
    kill -TERM "$fleet_pid" 2>/dev/null || true
    wait "$fleet_pid" || { incomplete=1 && echo "links ended: $(tail -n 1 "$folder/fleet")" >&2; }
    fleet_pid=""
}

# A row for what is in $result: name, CPU of the hub in µs.
joined_row() {
    local count
    count=$(jq .ok <<<"$result")
    row "$1" "$(jq .per_s <<<"$result")" "$(awk "BEGIN { print $2 / ($count > 0 ? $count : 1) }")" "$link_limit" 1000
}

shed_figure() { figure "  told to come again; until in, median and longest" "$(jq -r '"\(.shed + .dropped); \(.median * 1000 | round), \(.longest * 1000 | round) ms"' <<<"$result")" "${1:-}"; }

# The hub on the same state once more, and as warm as one that has served a few.
links_again() {
    stop_hub
    start_hub "$folder/links"
    "$folder/storm-load" probe "$port" --seconds 1 >"$folder/output"
    link_fleet 50
    end_fleet
    sleep 1
}

# Devices that the hub does not know yet: each gets its record.
new_links() {
    local before joined_first=1 many spent=0 all="[]"
    while [ "$joined_first" -le "$fleet_size" ]; do
        many=$((fleet_size - joined_first + 1 < links_each_key ? fleet_size - joined_first + 1 : links_each_key))
        link_key
        before=$(hub_cpu)
        link_fleet "$many" --first "$joined_first"
        spent=$((spent + $(hub_cpu) - before))
        end_fleet
        all=$(jq --argjson one "$result" '. + [$one]' <<<"$all")
        joined_first=$((joined_first + many))
    done
    result=$(jq '{ok: map(.ok) | add, per_s: ((map(.ok) | add) / (map(.seconds) | add))}' <<<"$all")
    joined_row "devices that are new, 64 at a time" "$spent"
}

# A fleet that comes back behind a hub that was started again, as fast as it can; then one that comes at a rate, and stays.
known_links() {
    local before
    links_again
    before=$(hub_cpu)
    link_fleet "$fleet_size" --together 256
    joined_row "devices that come back at once, 256 at a time" "$(($(hub_cpu) - before))"
    shed_figure
    end_fleet
    links_again
    before=$(hub_cpu)
    link_fleet "$fleet_size" --rate 1000 --together 256 --heartbeat "$heartbeat" ${REPORTS:+--report}
    joined_row "devices that come back, 1,000 a second" "$(($(hub_cpu) - before))"
    shed_figure "1,000 per s"
}

# What they cost while nothing happens. However many they are, they send as many heartbeats as 9,000 that send one in 30 s.
idle_links() {
    local before seconds=$((quick == 1 ? 12 : 60))
    sleep 2 # the end of the joins
    before=$(hub_cpu)
    sleep "$seconds"
    figure "  $fleet_size joined, a heartbeat each in $heartbeat s: CPU for $seconds s" \
        "$(awk "BEGIN { printf \"%.1f %% of a core\", ($(hub_cpu) - $before) / $seconds / 1e4 }")" "under 25 %"
}

# From the start of `hubctl` until the last of them has its update.
pushed_update() {
    local before spent from release said
    head -c 100000 /dev/urandom >"$folder/firmware"
    release=$("$programs/hubctl" artifact upload "$folder/firmware" --format raw --product widget --version 2.0.0 --platform sim \
        --architecture x86_64 --json | jq -er .release)
    before=$(hub_cpu)
    from=$(now_us)
    "$programs/hubctl" deployment create "$release" --filter inventory.product=widget >"$folder/output"
    for _ in $(seq 600); do
        ! grep -q '"pushed"' "$folder/fleet" || break
        read -rt 0.1 <&"$silence" || true
    done
    spent=$(($(hub_cpu) - before))
    kill -USR1 "$fleet_pid"
    await_words '"now"' "$folder/fleet" "$fleet_pid"
    said=$(grep -m 1 '"now"' "$folder/fleet")
    jq -e '.updated == .n and .updates == .n' <<<"$said" >"$folder/output" || { incomplete=1 && echo "not one update for each: $said" >&2; }
    row "updates pushed by a deployment over all" "$(jq ".updated / ((.last_us - $from) / 1e6)" <<<"$said")" "$(jq "$spent / ([.updated, 1] | max)" <<<"$said")" 0 0
    figure "  created until the first, the last of $fleet_size had its update" \
        "$(jq -r "\"\((.first_us - $from) / 1000 | round), \((.last_us - $from) / 1000 | round) ms\"" <<<"$said")" "under 5 s"
}

# Private memory of the hub with so many devices joined, less that with as many connections that have sent a request.
link_memory() {
    local before connection load
    links_again
    before=$(hub_memory)
    : >"$folder/load"
    "$folder/storm-load" request "$port" --count "$each_kind" --seconds 300 >"$folder/load" 2>"$folder/error" &
    load=$!
    await_words standing "$folder/load" "$load"
    sleep 2
    connection=$(awk "BEGIN { print ($(hub_memory) - $before) / $each_kind }")
    finish "$load" "$folder/load"
    links_again
    before=$(hub_memory)
    link_fleet "$each_kind"
    sleep 2
    figure "  a joined idle device, its connection alone" \
        "$(awk "BEGIN { printf \"%.1f, %.1f kB\", ($(hub_memory) - $before) / $each_kind, $connection }")" "20 kB beyond it"
    end_fleet
}

links() {
    local fleet_size=${LINKS:-$((quick == 1 ? 900 : 9000))} heartbeat fleet_pid="" link_limit link_secret=()
    heartbeat=$(awk -v n="$fleet_size" 'BEGIN { printf "%.3g", 30 * n / 9000 }')
    link_limit=$(awk "BEGIN { print ${limit[handshake]} + $("$folder/link_load" derive | jq .us) }")
    start_hub "$folder/links"
    headline "Live links over TLS 1.3 with shared secrets: $fleet_size devices"
    new_links
    known_links
    idle_links
    pushed_update
    end_fleet
    link_memory
    stop_hub
    rm -rf "$folder/links"
}
