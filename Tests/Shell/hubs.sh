# Sourced behind cases.sh by tests that run a hub with devices: one hub at a time in $state, more by hand.
# shellcheck shell=bash disable=SC2034,SC2154  # names of cases.sh, and of the tests that use these

programs=$root/.build/${CONFIGURATION:-debug}
hubd=$programs/hubd hubctl=$programs/hubctl oob=$programs/oob agent=$programs/hub-agent
state=$work/state
export HUB_LISTEN_HTTPS=127.0.0.1:0 HUB_LISTEN_PKI=127.0.0.1:0 HUB_DISCOVERY_ENABLED=false HUB_TUNNEL_ENABLED=false
hubs=()
end_all() {
    local hub
    for hub in "${hubs[@]}"; do kill -KILL "$hub" 2>/dev/null || true; done
    rm -rf "$work"
}
trap end_all EXIT

is_alive() { [ -e "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }
is_ended() { ! is_alive "$1"; }
wait_until() { # TENTHS COMMAND...: how long it takes at most on a machine that has nothing else to do; a busy one has four times as long
    local left=$(($1 * 4))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.1
    done
}
start() { # OPTION...: a hub on $state, its process in $pid; not inside expect, whose subshell would be the parent
    rm -f "$state/run/addresses.json"
    "$hubd" --state "$state" "$@" >>"$work/log" 2>&1 &
    pid=$!
    hubs+=("$pid")
}
has_decided() { test -s "$state/run/addresses.json" || is_ended "$pid"; }
is_ready() {
    wait_until 200 has_decided
    test -s "$state/run/addresses.json" || { cat "$work/log" && return 1; }
}
stop() { # PID: the exit code is then in $code
    code=0
    kill -TERM "$1"
    wait_until 30 is_ended "$1" || kill -KILL "$1"
    wait "$1" || code=$?
}
# The hub must not start, and its one line must hold the words.
will_not_start() { # CODE WORDS OPTION...
    local wanted=$1 words=$2 output status=0
    shift 2
    output=$(timeout 20 "$hubd" "$@" 2>&1) || status=$?
    echo "exit code $status: $output"
    [ "$status" = "$wanted" ] && [ "$(wc -l <<<"$output")" = 1 ] && grep -qF -- "$words" <<<"$output"
}
address() { echo "127.0.0.1:$(jq .https.port "$state/run/addresses.json")"; }
admin() { "$hubctl" "$@" --socket "$state/run/admin.sock"; }
secret() { # ID: the file with its secret, registered at the hub
    (umask 077 && openssl rand -hex 16 >"$work/$1.secret")
    "$oob" add "$1" --secret-file "$work/$1.secret" --socket "$state/run/admin.sock"
}
provision() { # ID
    secret "$1"
    "$agent" provision --id "$1" --hub "$(address)" --secret-file "$work/$1.secret" --state "$work/$1"
}
# Renews at once, and ends the agent when it has said how that went.
renew() { # ID HUB OPTION...
    local agent_pid status=0
    : >"$work/$1.log"
    "$agent" run --state "$work/$1" --renew-now --hub "${@:2}" >"$work/$1.log" 2>&1 &
    agent_pid=$!
    wait_until 100 grep -qE 'renewed|renewal failed|hub-agent:' "$work/$1.log" || status=1
    kill -KILL "$agent_pid" 2>/dev/null || true
    wait "$agent_pid" 2>/dev/null || true
    cat "$work/$1.log"
    [ "$status" = 0 ] && grep -q renewed "$work/$1.log"
}
fingerprint() { openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f; }
# A refusal for the right reason: the command fails, in an orderly way, and says the words.
refused_with() { # WORDS COMMAND...
    local words=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    echo "exit code $status: $output"
    [ "$status" != 0 ] && [ "$status" -lt 126 ] && grep -qF -- "$words" <<<"$output"
}
is_same() { [ "$1" = "$2" ] || { echo "$1 is not $2" && return 1; }; }
