"""What follows a join, and extensions: docs/protocols/device-link.md sections 6.2, 11.2 and 11.3."""
import asyncio
import base64
import json

from cases import case, equal, main
from firmware import Signer
from hub import until
from operation_rig import OK, device


async def told(link):
    """Events of the topic `device` that came after the join, in their order."""
    await link.heartbeat()
    await asyncio.sleep(0.3)
    await link.heartbeat()
    return [frame[3] for frame in link.seen if frame[2] == "device" and frame[1] is None]


@case("without keys none are sent; an old client hears of no extensions")
async def before_keys(hub):
    link = await device(hub, "keys-0")
    events = await told(link)
    assert "fwup_public_keys" not in events and "archive_public_keys" not in events, events
    equal(events, ["extensions:get"], "events after the join")
    await link.close()
    for number, version in enumerate(("2.1.0", "1.0.0", "", "2", "two", None)):
        link = await device(hub, f"old-{number}", device_api_version=version)
        equal(await told(link), [], f"events for version {version}")
        await link.close()


@case("after the join: firmware keys, archive keys, extensions, in this order; keys only to who asks")
async def after_join(hub):
    signer = Signer(hub.folder)
    await hub.run("artifact", "key", "add", "maker", signer.public)
    link = await device(hub, "keys-1")
    events = await told(link)
    wanted = [event for event in ("fwup_public_keys", "archive_public_keys", "extensions:get") if event in events]
    equal(events, wanted, "order of the events")
    assert "fwup_public_keys" in events and "extensions:get" in events, events
    keys = (await link.event("fwup_public_keys"))["keys"]
    equal(keys, [signer.public], "keys")
    equal([len(base64.b64decode(key)) for key in keys], [32], "length of the keys")
    advertisement = (await link.event("extensions:get")).get("extensions", {})
    for name in ("health", "geo", "logging", "network_identity"):
        versions = advertisement.get(name)
        assert isinstance(versions, list) and "0.0.1" in versions, f"{name} is advertised as {versions}"
        equal(versions, sorted(versions, reverse=True), "newest first")
    await link.close()
    link = await device(hub, "keys-2", fwup_public_keys=None, archive_public_keys=None)
    equal(await told(link), ["extensions:get"], "events for a client that does not ask")
    await link.close()
    link = await device(hub, "keys-3", device_api_version="2.4.0")
    equal([event for event in await told(link) if "keys" not in event], ["extensions:get", "update_mode"], "events for 2.4.0")
    await link.close()
    listed = json.dumps(await hub.json("artifact", "key", "list"))
    assert signer.public in listed and "maker" in listed, listed
    await hub.run("artifact", "key", "remove", "maker")


@case("both forms of the extensions join, and what is left out of its reply")
async def extensions_join(hub):
    for number, (offer, wanted) in enumerate((
            ({"geo": "0.0.1", "health": "0.0.1"}, ["geo", "health"]),
            ({"health": "0.0.1", "network_identity": "0.0.1"}, ["health", "network_identity"]),
            ({"logging": "0.1.0"}, ["logging"]), ({"logging": "0.0.1"}, ["logging"]), ({}, []), ({"health": "9.9.9", "geo": 1, "x": "0.0.1"}, []),
            ({"health": None, "geo": ["0.0.1"]}, []), ([], []), (None, []), ({"local_shell": "0.0.1"}, []))):
        link = await device(hub, f"extensions-{number}")
        reply = await link.join("extensions", offer)
        equal(reply[4]["status"], "ok", f"status for {offer}")
        equal(sorted(reply[4]["response"]), wanted, f"response for {offer}")
        await link.close()


async def attached(hub, identifier, **names):
    """A device whose extensions are attached."""
    link = await device(hub, identifier)
    await link.join("extensions", names)
    for name in names:
        await link.push("extensions", f"{name}:attached", {})
    return link


@case("health and location: asked for at the start, kept, and shown")
async def health(hub):
    link = await attached(hub, "health-1", geo="0.0.1", health="0.0.1")
    equal(await link.event("geo:location:request", "extensions"), {}, "request")
    equal(await link.event("health:check", "extensions"), {}, "check")
    await link.push("extensions", "geo:location:update", {"accuracy": 10, "latitude": 12.5, "longitude": 41.25, "source": "fixed"})
    await link.push("extensions", "health:report", {"value": {
        "timestamp": "2026-11-20T23:50:38.432572Z", "metadata": {"placement": "bench"}, "alarms": {"MyAlarm": "text"},
        "metrics": {"cpu_usage_percent": 58.15, "load_1min": 9.75, "load_5min": 8.32, "load_15min": 4.62, "mem_size_mb": 24684,
                    "mem_used_mb": 1805, "mem_used_percent": 7, "cpu_temp": "warm"},
        "checks": {"db": {"pass": True, "note": ""}}, "connectivity": {}}})
    await link.push("device", "report_network_interface", {"interface": "wlan0"})
    await link.push("device", "connection_types", {"values": ["wifi"]})

    async def shown():
        text = json.dumps([await hub.json("device", "health", "health-1"), await hub.device("health-1")])
        return all(word in text for word in ("58.15", "41.25", "MyAlarm", "wlan0", "wifi"))
    await until(shown, "health, location and network interface are shown")
    assert "warm" not in json.dumps(await hub.json("device", "health", "health-1")), "a text was kept as a metric"
    await hub.run("device", "health", "health-1")
    await link.push("extensions", "geo:location:update", {"error_code": "HTTP_ERROR", "error_description": "no internet"})
    await link.heartbeat()
    await link.close()


@case("logs and network identities, and odd payloads of each extension")
async def more_extensions(hub):
    link = await attached(hub, "more-1", logging="0.1.0", network_identity="0.0.1", health="0.0.1", geo="0.0.1")
    await link.event("network_identity:request", "extensions")
    await link.push("extensions", "network_identity:report", {"identities": [
        {"service": "wireguard", "identifier": "pubkey0", "instance": "wg0", "details": {"ip": "10.0.0.2"}}]})
    await link.push("extensions", "logging:send", {"lines": [{"level": "info", "message": "the line", "meta": {"time": "1795218757000000"}}]})
    await link.push("extensions", "logging:send", {"level": "error", "message": "the other", "timestamp": "2026-11-20T23:50:38Z"})

    async def shown():
        return "pubkey0" in json.dumps(await hub.device("more-1"))
    await until(shown, "the network identity is shown")
    for event in ("health:report", "geo:location:update", "logging:send", "network_identity:report", "health:", ":", "health",
                  "health:a:b:c", "x" * 200):
        for payload in (None, 7, "x", [], {}, {"value": []}, {"value": {"metrics": [1]}}, {"value": {"metrics": {str(n): n for n in range(2000)}}},
                        {"latitude": 1e300, "longitude": "x"}, {"lines": [None] * 500}, {"identities": [{"service": 7}] * 50},
                        {"lines": [{"message": "x" * 20000}]}):
            await link.push("extensions", event, payload)
        await asyncio.sleep(0.4)
    equal((await link.heartbeat())[4], OK, "heartbeat")
    await link.push("extensions", "health:detached", {})
    await link.push("extensions", "geo:error", {"reason": "unknown_extension"})
    equal((await link.heartbeat())[4], OK, "heartbeat")
    await link.close()


@case("an event of an extension that was not accepted: reply detach; before attached: dropped")
async def detach(hub):
    link = await device(hub, "detach-1")
    await link.join("extensions", {"health": "0.0.1"})
    ref = await link.push("extensions", "geo:attached", {})
    reply = await link.reply(ref)
    equal(reply, [link.joined["extensions"], ref, "extensions", "phx_reply", {"status": "error", "response": "detach"}], "reply")
    ref = await link.push("extensions", "health:report", {"value": {"metrics": {"load_1min": 77.25}}})
    await link.heartbeat()
    assert not [frame for frame in link.seen if frame[1] == ref], "an early report was answered"
    assert "77.25" not in await hub.run("device", "health", "detach-1", "--json", code=None), "a report before attached was kept"
    await link.close()


if __name__ == "__main__":
    main()
