#!/usr/bin/env bash
# What people are told, and what they decide: webhooks over a kill -9, alarms, pairing windows, the list of waiting devices, and an
# approval on a terminal. The receiver is a Python program that checks every signature by itself.
set -euo pipefail
. "$(dirname "$0")/cases.sh"
programs=$root/.build/${CONFIGURATION:-debug}
hubctl=$programs/hubctl
state=$work/state
export HUB_LISTEN_HTTPS=127.0.0.1:0 HUB_DISCOVERY_ENABLED=false HUB_TUNNEL_ENABLED=false HUB_SOCKET=$state/run/admin.sock
pid="" receiver="" watcher=""
stop_all() {
    local one
    for one in $pid $receiver $watcher; do
        if kill -KILL "$one" 2>/dev/null; then wait "$one" 2>/dev/null || true; fi
    done
    rm -rf "$work"
}
trap stop_all EXIT

wait_until() { # TENTHS COMMAND...: how long it takes at most on a machine that has nothing else to do; a busy one has four times as long
    local left=$(($1 * 4))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { echo "waited in vain for: $*" && return 1; }
        sleep 0.1
    done
}
# Both not inside expect, whose subshell would be the parent.
start() {
    rm -f "$state/run/addresses.json"
    "$programs/hubd" --state "$state" "$@" >>"$work/log" 2>&1 &
    pid=$!
    wait_until 200 test -s "$state/run/addresses.json"
    port=$(jq .https.port "$state/run/addresses.json")
}
end_with() { # SIGNAL
    kill "-$1" "$pid"
    wait "$pid" 2>/dev/null || true
    pid=""
}
agent() { # ID OPTION...: asks once, without a secret
    "$programs/hub-agent" provision --id "$1" --trust-on-first-use --state "$work/$1" --hub "127.0.0.1:$port" "${@:2}"
}
asks_in_vain() { ! timeout 20 "$programs/hub-agent" provision --id "$1" --trust-on-first-use --state "$work/$1" \
    --hub "127.0.0.1:$port" --timeout 2; }
is_pending() { "$hubctl" device show "$1" --json | jq -e '.state == "pending"'; }
is_unknown() { ! "$hubctl" device show "$1"; }
is_approved() { "$hubctl" device show "$1" --json | jq -e '.state == "approved"'; }
field() { "$hubctl" device show "$1" --json | jq -r ".$2"; }

cat >"$work/receiver.py" <<'PYTHON'
"""Writes one line per message, `EVENT SUBJECT ID`, or `BAD …` when something is wrong with it. Refuses while the file `refuse` is there."""
import base64, hashlib, hmac, http.server, json, os, sys, time

folder, secret = sys.argv[1], base64.b64decode(open(sys.argv[2]).read().strip().removeprefix("whsec_"))

class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        identity, moment = self.headers["Webhook-Id"], self.headers["Webhook-Timestamp"]
        signed = f"{identity}.{moment}.".encode() + body
        right = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        message = json.loads(body)
        good = (hmac.compare_digest(right, self.headers["Webhook-Signature"]) and abs(time.time() - int(moment)) < 60
                and list(message) == ["id", "event", "at", "subject", "detail"] and message["id"] == identity)
        refused = os.path.exists(folder + "/refuse")
        with open(folder + ("/refused" if refused else "/received"), "a") as file:
            file.write(f"{'' if good else 'BAD '}{message['event']} {message['subject']} {identity}\n")
        self.send_response(503 if refused else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
with open(folder + "/port.new", "w") as file:
    file.write(str(server.server_port))
os.rename(folder + "/port.new", folder + "/port")
server.serve_forever()
PYTHON
mkdir "$work/in"
touch "$work/in/received" "$work/in/refused"
(umask 077 && printf 'whsec_%s\n' "$(head -c 32 /dev/urandom | base64 -w0)" >"$work/hook.secret")
python3 "$work/receiver.py" "$work/in" "$work/hook.secret" 2>"$work/receiver.log" &
receiver=$!
wait_until 100 test -s "$work/in/port"
url=http://127.0.0.1:$(cat "$work/in/port")/hook
has_received() { grep -qE "^$1 " "$work/in/received"; }
has_refused() { grep -qE "^$1 " "$work/in/refused"; }
add_hook() { "$hubctl" webhook add "$url" --secret-file "$work/hook.secret" "$@" --json >"$work/hook.json"; }
queued() { "$hubctl" webhook list --json | jq '.[0].queued'; }
has_queued() { [ "$(queued)" = "$1" ]; }
is_sealed() { ! grep -qaF "$(base64 -d < <(cut -c7- "$work/hook.secret") | head -c 16)" "$state/hub.db" "$state/hub.db-wal"; }

start
refuse "plain HTTP needs a word" add_hook
refuse "and goes to one's own network only" "$hubctl" webhook add http://192.0.2.1/ --allow-http
expect "a webhook is added" add_hook --allow-http
expect "its own secret is not shown again" jq -e '.secret == null and (.events | length) == 6' "$work/hook.json"
hook=$(jq -r .id "$work/hook.json")
expect "a test message is taken" "$hubctl" webhook test "$hook"
expect "with a signature that is right" has_received "test $hook"
expect "its secret is sealed at rest" is_sealed

expect "a stranger asks and waits" asks_in_vain lamp-1
expect "the webhook is told" wait_until 100 has_received "pending lamp-1"
expect "the list has ID, address, count and the fingerprint in groups" \
    grep -qE '^lamp-1 .*127\.0\.0\.1 .* [1-9][0-9]* +([0-9a-f]{4} ){15}[0-9a-f]{4}$' <("$hubctl" device pending)
expect "and as JSON" jq -e '.[0].deviceID == "lamp-1" and .[0].timesAsked >= 1' <("$hubctl" device pending --json)
"$hubctl" device pending --watch --json >"$work/watched" 2>"$work/watcher.log" &
watcher=$!
expect "a watcher sees who waits" wait_until 50 grep -q '"change":"new".*lamp-1' "$work/watched"

touch "$work/in/refuse"
refuse "without a terminal an approval must say by what" "$hubctl" device approve lamp-1 </dev/null
expect "approved by its fingerprint" "$hubctl" device approve lamp-1 --fingerprint "$(field lamp-1 fingerprint)"
expect "the receiver refuses the news" wait_until 100 has_refused "approved lamp-1"
expect "it stays in the queue" has_queued 1
first=$(awk '/^approved lamp-1/ { print $3; exit }' "$work/in/refused")
expect "a device is rejected meanwhile" "$hubctl" device reject lamp-1
end_with KILL
rm "$work/in/refuse"
start
expect "after kill -9 both are delivered" wait_until 300 has_received "refused lamp-1"
expect "the first with the ID it had before" grep -qx "approved lamp-1 $first" "$work/in/received"
expect "in their order" test "$(grep -nE '^approved lamp-1' "$work/in/received" | head -n 1 | cut -d: -f1)" \
    -lt "$(grep -nE '^refused lamp-1' "$work/in/received" | cut -d: -f1)"
expect "nothing is left" wait_until 50 has_queued 0
expect "every signature was right" test "$(grep -c BAD "$work/in/received" "$work/in/refused" | cut -d: -f2 | sort -u)" = 0
expect "the watcher was told as well, over the restart" wait_until 50 grep -q '"change":"gone".*lamp-1' "$work/watched"

# The event is durable with its cause: killed at once after the answer, the news still goes out.
expect "another stranger asks" asks_in_vain lamp-2
touch "$work/in/refuse"
"$hubctl" device reject lamp-2 >/dev/null
end_with KILL
rm "$work/in/refuse"
start
expect "killed right after the answer: the news is not lost" wait_until 300 has_received "refused lamp-2"

expect "a secret is registered" "$programs/oob" add lamp-3 --secret-file <(printf 'LABELTEXTLABELTEXTLABELTEXT')
guess() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        curl -sS --fail --cacert "$state/ca/ca.crt" "https://127.0.0.1:$port/idprov/provreq" -o /dev/null --data-binary \
            '{"deviceID":"lamp-3","ip":"192.0.2.1","mac":"","publicKeyPEM":"none","signature":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}' || return 1
    done
}
has_alarm() { "$hubctl" alarms --json | jq -e ".[0].kind == \"secretLocked\" and .[0].subject == \"lamp-3\""; }
metric() { curl -sS --fail --unix-socket "$HUB_SOCKET" http://hub/metrics | grep -qxF "latchkey_alarms{kind=\"secretLocked\"} $1"; }
expect "ten guesses" guess
expect "raise an alarm" has_alarm
expect "that the webhook hears" wait_until 100 has_received "alarm lamp-3"
expect "and the metric shows" wait_until 150 metric 1
expect "it is acknowledged" "$hubctl" alarms ack "$("$hubctl" alarms --json | jq '.[0].id')"
expect "and no longer listed" grep -qx "no alarms" <("$hubctl" alarms)
expect "unless one asks for all" grep -q "seen by uid $(id -u)" <("$hubctl" alarms --all)
refuse "an alarm that does not stand" "$hubctl" alarms ack 4711

expect "a stranger waits" asks_in_vain lamp-4
cat >"$work/terminal.py" <<'PYTHON'
"""Runs a command on a terminal of its own, answers its question, shows what it said and ends with its exit code."""
import os, pty, sys

answer, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
said = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
    if answer and b"shows them: " in said:
        os.write(terminal, answer.encode() + b"\n")
        answer = ""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PYTHON
on_a_terminal() { # ANSWER
    timeout 60 python3 "$work/terminal.py" "$1" "$hubctl" device approve lamp-4 >"$work/talk" 2>&1
}
shown=$(field lamp-4 fingerprint)
refuse "on a terminal a wrong end approves nothing" on_a_terminal 00000000
expect "the fingerprint was shown in groups" grep -q "$(cut -c1-4 <<<"$shown") $(cut -c5-8 <<<"$shown")" "$work/talk"
expect "it still waits" is_pending lamp-4
expect "the right end approves" on_a_terminal "${shown: -8}"
expect "it gets its certificate" agent lamp-4

end_with TERM
start --pairing-window-required true
expect "without a window a stranger waits" asks_in_vain lamp-5
expect "and is not recorded" is_unknown lamp-5
expect "nothing is open" jq -e '.isOpen == false and .isRequired' <("$hubctl" pairing show --json)
refuse "what is not open can't be closed" "$hubctl" pairing close
expect "a window is opened" "$hubctl" pairing open --minutes 10 --approve
end_with KILL
start --pairing-window-required true
expect "it is open after kill -9" jq -e '.isOpen and .limit == 1' <("$hubctl" pairing show --json)
expect "the first stranger is let in" agent lamp-5
expect "and has its certificate" is_approved lamp-5
expect "the second one waits" asks_in_vain lamp-6
expect "for the operator" is_pending lamp-6
# "head" ends after one line; the watcher must notice.
expect "a watcher that nobody reads ends" timeout 60 bash -c "'$hubctl' device pending --watch | head -n 1 | grep '^new  lamp-'"
timeout 120 python3 "$work/terminal.py" "" "$hubctl" device pending --watch >"$work/drawn" 2>&1 &
watching=$!
is_drawn_over() { [ "$(grep -cF $'\e[2J' "$work/drawn")" -ge 2 ]; }
expect "on a terminal the list is drawn over itself" until_true is_drawn_over
kill "$watching"
wait "$watching" 2>/dev/null || true
expect "the window is closed" "$hubctl" pairing close
expect "all of it is in the trail" test "$("$hubctl" audit list --subject window --json | jq -r '[.[].action] | join(" ")')" = "pairing.close pairing.open"
expect "which is intact" "$hubctl" audit verify
refuse "the log holds no secret" grep -F "$(cut -c7- "$work/hook.secret")" "$work/log"
expect "the webhook is removed" "$hubctl" webhook remove "$hook"
