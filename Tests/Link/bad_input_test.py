"""Whatever a device or a stranger sends: the hub goes on, others feel nothing, and what it keeps is bounded."""
import asyncio
import itertools
import json
import random
import ssl

import nh1
from cases import case, equal, main
from link_device import SECRET_PATH, Link, join_payload
from websocket import BINARY, TEXT, Refused, WebSocket, read_head

names = itertools.count(1)


async def joined(hub, identifier=None, payload=None):
    hub.key = getattr(hub, "key", None) or await hub.product_key()
    link = await Link.with_secret(hub, hub.key, identifier or f"bad-{next(names)}")
    await link.join(payload=payload)
    return link


async def settles(link, what):
    """It answers a heartbeat, or was closed with a code of its own; never cut, never silent."""
    try:
        await link.heartbeat()
    except Exception:  # noqa: BLE001
        code = await link.ended()
        assert code in (1000, 1002, 1003, 1007, 1008, 1009, 1011), f"{what}: close code {code}"
    await link.cut()


def odd_values(choice):
    """Values that a reader of JSON may stumble over."""
    return choice.choice([
        None, True, 0, -1, 2**31, 2**53 + 1, 2**63, 2**64, -2**63 - 1, 10**300, 1e308, -0.0, 0.1, "", "x" * 5000, "\0", "\ud83d\ude00", "\u202e",
        "a\u0300" * 300, "'; drop table device; --", "../../etc/passwd", "${HOME}", "<script>", [], [[]], [None] * 2000, {}, {"": ""},
        {"a": {"b": {"c": [1, {"d": []}]}}}, {str(number): number for number in range(500)}, "2026-13-45T99:99:99Z", "1" * 400, "NaN"])


EVENTS = [("device", event) for event in ("status_update", "fwup_progress", "update_progress", "firmware_validated", "rebooting",
                                          "report_network_interface", "connection_types", "scripts/run", "check_update_available",
                                          "check_update", "request_update", "set_update_mode")] + [
    ("extensions", event) for event in ("health:report", "health:attached", "geo:location:update", "geo:attached", "logging:send",
                                        "logging:attached", "network_identity:report", "network_identity:attached", "geo:error")] + [
    ("console", event) for event in ("up", "file-data/start", "file-data", "file-data/stop")]
MEMBERS = ["status", "reason", "delay_for", "stage", "value", "interface", "values", "ref", "result", "output", "return", "mode", "timestamp",
           "metrics", "alarms", "checks", "metadata", "latitude", "longitude", "source", "lines", "level", "message", "meta", "identities",
           "data", "filename", "chunk", "downloader_network_interface", "progress"]


async def send_odd_events(hub, seed):
    """800 events of one device."""
    choice, link = random.Random(seed), await joined(hub)
    await link.join("extensions", {"health": "0.0.1", "geo": "0.0.1", "logging": "0.1.0", "network_identity": "0.0.1"})
    await link.join("console", {})
    for number in range(800):
        topic, event = choice.choice(EVENTS)
        payload = {name: odd_values(choice) for name in choice.sample(MEMBERS, choice.randrange(6))}
        if choice.random() < 0.3:
            payload = {"value": payload}
        elif choice.random() < 0.1:
            payload = odd_values(choice)
        references = [choice.choice([None, link.joined[topic]]), choice.choice([None, str(number), number])]
        await link.raw(json.dumps([*references, topic, event, payload]))
        if number % 25 == 24:
            await asyncio.sleep(0.55)  # below the rate of a flood
    equal((await link.heartbeat())[4]["status"], "ok", "heartbeat")
    await link.close()


@case("4,000 events with odd members: ignored, and the connections stay", timeout=240)
async def odd_events(hub):
    other = await joined(hub)
    before = hub.memory()
    await asyncio.gather(*[send_odd_events(hub, seed) for seed in range(5)])
    equal((await other.heartbeat())[4]["status"], "ok", "the heartbeat of another device")
    assert hub.memory() - before < 60, f"the hub grew by {hub.memory() - before:.0f} MiB"
    await hub.json("device", "list")
    await hub.json("link", "list")


@case("joins with odd members, to all topics", timeout=120)
async def odd_joins(hub):
    choice = random.Random(17)
    for _ in range(40):
        payload = {name: odd_values(choice) if choice.random() < 0.4 else value for name, value in join_payload().items()}
        payload.update({f"nerves_fw_{number}": odd_values(choice) for number in range(choice.randrange(20))})
        link = await joined(hub, payload=payload)
        for topic in ("extensions", "console"):
            reply = await link.join(topic, {name: odd_values(choice) for name in ("health", "geo", "logging", "x" * 100)})
            equal(reply[4]["status"], "ok", f"join of {topic}")
        await settles(link, "odd join")


@case("valid frames with a letter changed, cut, doubled or moved: ignored, or closed in an orderly way", timeout=240)
async def mutations(hub):
    choice = random.Random(18)
    samples = [json.dumps(frame) for frame in (
        ["1", "2", "device", "status_update", {"status": "started"}], [None, "3", "phoenix", "heartbeat", {}],
        ["1", "4", "device", "phx_join", join_payload()], [None, "5", "extensions", "health:report", {"value": {"metrics": {"load_1min": 9.75}}}])]
    for number in range(150):
        text = bytearray(choice.choice(samples).encode())
        for _ in range(choice.randrange(1, 4)):
            place = choice.randrange(len(text))
            kind = choice.randrange(4)
            if kind == 0:
                text[place] = choice.randrange(256)
            elif kind == 1:
                del text[place:place + choice.randrange(1, 20)]
            elif kind == 2:
                text[place:place] = text[place:place + choice.randrange(1, 40)]
            else:
                text[place:place] = choice.choice([b"\\", b'"', b"[", b"]", b"{", b"\\u0000", b"\\ud800", b"1e999", b"\xff", b"//", b","])
            text = text or bytearray(b" ")
        link = await joined(hub, f"mutation-{number}")
        link.socket.frame(TEXT, bytes(text))
        await settles(link, f"frame {bytes(text)[:200]!r}")


@case("depth, length and repetition in a frame", timeout=120)
async def shapes(hub):
    deep = "[" * 100_000 + "]" * 100_000
    for name, text in {
        "depth": f'[null,"1","phoenix","heartbeat",{deep}]',
        "depth in objects": '[null,"1","phoenix","heartbeat",' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "]",
        "long number": '[null,"1","phoenix","heartbeat",{"a":' + "9" * 500_000 + "}]",
        "a long exponent": '[null,"1","phoenix","heartbeat",{"a":1e' + "9" * 1000 + "}]",
        "members twice": '[null,"1","phoenix","heartbeat",{"a":1,"a":2,"a":3}]', "200,000 members": "[" + ",".join(["null"] * 200_000) + "]",
        "60,000 names": '[null,"1","phoenix","heartbeat",{' + ",".join(f'"{number}":1' for number in range(60_000)) + "}]",
        "a long reference": json.dumps([None, "r" * 900_000, "phoenix", "heartbeat", {}]),
        "a long event": json.dumps([None, "1", "device", "e" * 900_000, {}]),
        "a long topic": json.dumps([None, "1", "t" * 900_000, "phx_join", {}]), "surrogates": '[null,"\\ud800","phoenix","heartbeat",{}]',
        "spaces": " " * 500_000 + '[null,"1","phoenix","heartbeat",{}]' + "\n" * 500_000,
    }.items():
        link = await joined(hub)
        link.socket.frame(TEXT, text.encode())
        await link.socket.writer.drain()
        await settles(link, name)


@case("500 topics, and 300 joins and leaves of one", timeout=120)
async def topics(hub):
    before = hub.memory()
    link = await joined(hub)
    for number in range(500):
        await link.raw([str(number), str(number), f"topic-{number}", "phx_join", {}])
        if number % 10 == 9:
            await asyncio.sleep(0.22)
    await link.heartbeat()
    await link.close()
    link = await joined(hub)
    for number in range(300):
        await link.raw([f"j{number}", f"j{number}", "extensions", "phx_join", {"health": "0.0.1"}])
        await link.raw([f"j{number}", f"l{number}", "extensions", "phx_leave", {}])
        if number % 10 == 9:
            await asyncio.sleep(0.45)
    await link.reply("l299")
    await link.close()
    assert hub.memory() - before < 30, f"the hub grew by {hub.memory() - before:.0f} MiB"


@case("upgrades with odd heads: refused, never 500", timeout=120)
async def heads(hub):
    long = "x" * 9000
    lines = ["x-nh-alg: NH1-HMAC-sha256-1000-32", "x-nh-key: nhp_" + "A" * 43, "x-nh-time: 1", "x-nh-signature: a.b.c"]
    for name, extra in {
        "no key": ["sec-websocket-version: 13"], "short key": ["sec-websocket-key: abc", "sec-websocket-version: 13"],
        "no version": ["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="], "a long header": [f"x-nh-signature: {long}"],
        "a header of bytes": ["x-nh-key: \xe4\xf6"], "60 headers": [f"x-{number}: y" for number in range(60)],
        "300 headers": [f"x-{number}: y" for number in range(300)], "a body": ["content-length: 10", "", "0123456789"],
        "an origin": ["origin: https://elsewhere.example", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13"],
    }.items():
        reader, writer = await asyncio.open_connection(hub.host, hub.port, ssl=hub.tls(), server_hostname=hub.host)
        head = [f"GET {SECRET_PATH} HTTP/1.1", f"host: {hub.host}", "upgrade: websocket", "connection: upgrade", *lines, *extra]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        try:
            async with asyncio.timeout(20):
                status, _ = await read_head(reader)
            assert 400 <= status < 500, f"{name}: status {status}"
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # closed without an answer
        writer.transport.abort()


@case("strangers: 300 wrong upgrades in a row, and a device still gets in at once", timeout=120)
async def strangers(hub):
    link = await joined(hub)

    async def wrong(number):
        try:
            headers = nh1.headers(hub.key["key"], "D" * 43, f"stranger-{number}")
            await WebSocket.open(hub.host, hub.port, hub.tls(), SECRET_PATH, headers, source="127.0.0.77")
            raise AssertionError("a stranger was let in")
        except Refused as refusal:
            assert refusal.status in (401, 429, 503), refusal
        except OSError:
            pass
    for start in range(0, 300, 10):
        await asyncio.gather(*[wrong(number) for number in range(start, start + 10)])
    equal((await link.heartbeat())[4]["status"], "ok", "heartbeat")
    late = await joined(hub, "after-the-strangers")
    await late.close()
    listed = {device["deviceID"] for device in await hub.json("device", "list")}
    assert not any(name.startswith("stranger-") for name in listed), "a stranger was recorded"
    await link.close()


@case("half a handshake, half a head, half a frame: closed after a while, and nobody waits for them", timeout=120)
async def halves(hub):
    link = await joined(hub)
    silent = []
    for part in (b"", b"\x16\x03\x01\x02\x00\x01"):
        reader, writer = await asyncio.open_connection(hub.host, hub.port)
        writer.write(part)
        silent.append((reader, writer))
    reader, writer = await asyncio.open_connection(hub.host, hub.port, ssl=hub.tls(), server_hostname=hub.host)
    writer.write(f"GET {SECRET_PATH} HTTP/1.1\r\nhost: x\r\n".encode())
    silent.append((reader, writer))
    half = await joined(hub)
    half.socket.writer.write(b"\x81\xfe\x10\x00\0\0\0\0half of it")
    for reader, writer in silent:
        async with asyncio.timeout(60):
            assert await reader.read(100) is not None
        writer.transport.abort()
    equal((await link.heartbeat())[4]["status"], "ok", "heartbeat")
    await half.cut()
    await link.close()


@case("binary frames of every size", timeout=60)
async def binaries(hub):
    link = await joined(hub)
    for size in (0, 1, 125, 126, 65535, 65536, 1 << 20):
        link.socket.frame(BINARY, b"\0" * size)
        await link.socket.writer.drain()
    equal((await link.heartbeat())[4]["status"], "ok", "heartbeat")
    link.socket.frame(BINARY, b"\0" * ((1 << 20) + 1))
    equal(await link.ended(), 1009, "close code")
    await link.stop()


if __name__ == "__main__":
    main()
