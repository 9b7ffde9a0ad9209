"""Frames: docs/protocols/device-link.md section 4."""
import asyncio
import json
import os

from cases import case, equal, main
from frame_rig import OK, answers, connect, joined
from link_device import join_payload
from websocket import BINARY, PING, TEXT

UNMATCHED = {"status": "error", "response": {"reason": "unmatched topic"}}


async def exchange(link, frame, wanted, what):
    """Sends a frame and waits for exactly this one."""
    await link.raw(frame)
    await link.take(lambda got: got == wanted, f"{what}: {json.dumps(wanted)}", 10)


async def quiet(link, frame, what):
    """A frame that nobody answers, and that ends nothing."""
    await link.raw(frame)
    before = len(link.seen)
    ref = (await link.heartbeat())[1]
    got = [one for one in link.seen[before:] if one[1] != ref and one[3] not in ("extensions:get",)]
    equal(got, [], what)


@case("heartbeats, before and after the join")
async def heartbeats(hub):
    link = await connect(hub)
    await exchange(link, [None, "11", "phoenix", "heartbeat", {}], [None, "11", "phoenix", "phx_reply", OK], "heartbeat")
    await link.join()
    await exchange(link, [None, "12", "phoenix", "heartbeat", {}], [None, "12", "phoenix", "phx_reply", OK], "heartbeat")
    await link.close()


@case("the join, with references echoed as they are")
async def join(hub):
    link = await connect(hub)
    await exchange(link, ["1", "1", "device", "phx_join", join_payload()], ["1", "1", "device", "phx_reply", OK], "join")
    await link.close()
    for reference in (1, "abc", "1000000000000000000000", "ä", 7.5):
        link = await connect(hub)
        await exchange(link, [reference, reference, "device", "phx_join", join_payload()],
                       [reference, reference, "device", "phx_reply", OK], "join")
        await answers(link)
        await link.close()


@case("an unknown topic, and an event on a topic not joined: unmatched topic, with join_ref null")
async def unmatched(hub):
    link = await connect(hub)
    await exchange(link, ["1", "1", "other", "phx_join", {}], [None, "1", "other", "phx_reply", UNMATCHED], "unknown topic")
    await exchange(link, [None, "2", "device", "rebooting", {}], [None, "2", "device", "phx_reply", UNMATCHED], "not joined")
    await exchange(link, ["9", "3", "console", "up", {"data": "x"}], [None, "3", "console", "phx_reply", UNMATCHED], "not joined")
    await link.join()
    for topic in ("device:abc", "device:", "devices", "", "Device", "device/1", "console:1", "extensions:health"):
        await exchange(link, ["4", "4", topic, "phx_join", {}], [None, "4", topic, "phx_reply", UNMATCHED], f"topic {topic!r}")
    await exchange(link, [None, "5", "extensions", "health:report", {}], [None, "5", "extensions", "phx_reply", UNMATCHED], "not joined")
    await link.close()


@case("leave: a reply, then phx_close; of a topic not joined: the reply alone")
async def leave(hub):
    link = await connect(hub)
    await exchange(link, ["1", "1", "device", "phx_join", join_payload(device_api_version="2.0.0")],
                   ["1", "1", "device", "phx_reply", OK], "join")
    before = len(link.seen)
    await link.raw(["1", "2", "device", "phx_leave", {}])
    await link.take(lambda frame: frame == ["1", "1", "device", "phx_close", {}], "phx_close")
    mine = [frame for frame in link.seen[before:] if frame[3].startswith("phx_")]
    equal(mine, [["1", "2", "device", "phx_reply", OK], ["1", "1", "device", "phx_close", {}]], "leave")
    before = len(link.seen)
    await exchange(link, ["1", "3", "device", "phx_leave", {}], ["1", "3", "device", "phx_reply", OK], "leave of a topic not joined")
    await answers(link)
    equal([frame for frame in link.seen[before:] if frame[3] == "phx_close"], [], "phx_close of a topic not joined")
    await exchange(link, [None, "4", "device", "rebooting", {}], [None, "4", "device", "phx_reply", UNMATCHED], "event after the leave")
    await exchange(link, ["5", "5", "device", "phx_join", join_payload()], ["5", "5", "device", "phx_reply", OK], "join again")
    await link.close()


@case("a second join of a topic: reply to the new one, then phx_close of the old")
async def twice(hub):
    link = await connect(hub)
    await exchange(link, ["1", "1", "device", "phx_join", join_payload()], ["1", "1", "device", "phx_reply", OK], "join")
    before = len(link.seen)
    await link.raw(["2", "2", "device", "phx_join", join_payload()])
    await link.take(lambda frame: frame == ["1", "1", "device", "phx_close", {}], "phx_close of the first")
    mine = [frame for frame in link.seen[before:] if frame[3].startswith("phx_")]
    equal(mine, [["2", "2", "device", "phx_reply", OK], ["1", "1", "device", "phx_close", {}]], "second join")
    await link.raw(["1", "3", "device", "check_update_available", {}])
    await answers(link)
    equal([frame for frame in link.seen if frame[1] == "3"], [], "the old join reference still works")
    await link.raw(["2", "4", "device", "check_update_available", {}])
    await link.reply("4")
    await link.close()


@case("both forms of join_ref are taken; a wrong one is ignored")
async def join_references(hub):
    link = await connect(hub)
    await exchange(link, ["7", "7", "device", "phx_join", join_payload()], ["7", "7", "device", "phx_reply", OK], "join")
    for reference in (None, "7"):
        ref = link.reference()
        await link.raw([reference, f"a{ref}", "device", "check_update_available", {}])
        equal((await link.reply(f"a{ref}"))[4], {"status": "ok", "response": {"update_available": False}}, f"with join_ref {reference}")
    for reference in ("6", "", 7):
        await quiet(link, [reference, "w1", "device", "check_update_available", {}], f"with join_ref {reference!r}")
    await link.close()


@case("pushes before the reply to the join has arrived")
async def early(hub):
    link = await connect(hub)
    await link.raw(["1", "1", "device", "phx_join", join_payload()])
    await link.raw([None, "2", "device", "check_update_available", {}])
    await link.raw([None, "3", "device", "report_network_interface", {"interface": "wlan0"}])
    await link.reply("1")
    await link.reply("2")
    equal([frame[1] for frame in link.seen if frame[3] == "phx_reply"][:2], ["1", "2"], "order")
    await link.close()


@case("elements beyond the fifth, and binary frames, are ignored")
async def ignored(hub):
    link = await connect(hub)
    await exchange(link, ["1", "1", "device", "phx_join", join_payload(), {}, 7], ["1", "1", "device", "phx_reply", OK], "seven elements")
    for payload in (b"", b"\0", os.urandom(3000), b"\x00\x01\x01\x06\x041\x31device" + b"{}"):
        link.socket.frame(BINARY, payload)
    await answers(link)
    await link.close()


@case("unknown events and malformed payloads are ignored")
async def odd_events(hub):
    link = await joined(hub)
    wrong = [None, 1, "text", [], [1], True, {}, {"status": None}, {"status": 7}, {"status": []}, {"status": "sleeping"}, {"value": "x"},
             {"value": -1}, {"value": 101}, {"value": 1e300}, {"stage": 7, "value": 5}, {"interface": 7},
             {"interface": None}, {"values": "wifi"}, {"values": [1, None]}, {"ref": 7, "result": []}, {"mode": 3},
             {"reason": {}, "status": "failed"}]
    for event in ("status_update", "fwup_progress", "update_progress", "firmware_validated", "rebooting", "report_network_interface",
                  "connection_types", "scripts/run", "set_update_mode", "phx_reply", "phx_close", "phx_error", "no_such_event", "", "a" * 200):
        for payload in wrong:
            await link.raw([None, link.reference(), "device", event, payload])
        await asyncio.sleep(0.6)  # below the rate that the hub takes for a flood
    await answers(link)
    await link.close()


@case("a join is never refused for missing or odd metadata")
async def odd_joins(hub):
    for payload in ({}, {"nerves_fw_uuid": ""}, {"nerves_fw_uuid": 7, "nerves_fw_version": None, "meta": "yes"}, {"device_api_version": 2.3},
                    {"device_api_version": "two"}, join_payload(nerves_fw_version="not a version"), join_payload(nerves_fw_uuid="x" * 5000),
                    join_payload(meta={"firmware_validated": "yes"}), join_payload(more={"deep": [[[[[1]]]]]}),
                    {"rauc_uuid": "8a8b902c-d1a9-58aa-6111-04ab57c2f2a8", "rauc_version": "1.0.0", "rauc_compatible": "widget"}, [], None, "x"):
        link = await connect(hub)
        await exchange(link, ["1", "1", "device", "phx_join", payload], ["1", "1", "device", "phx_reply", OK], f"join with {str(payload)[:80]}")
        await answers(link)
        await link.close()


@case("what is no frame closes with 1011")
async def no_frames(hub):
    for text in ("", "x", "{}", "7", "null", "[]", '["1","1","device","phx_join"]', '[null,null,null,null', '{"topic":"device"}',
                 '["1","1",7,"phx_join",{}]', '["1","1","device",7,{}]', "\ufeff[null,\"1\",\"phoenix\",\"heartbeat\",{}]"):
        link = await joined(hub)
        await link.raw(text)
        equal(await link.ended(), 1011, f"close code after {text[:40]!r}")
        await link.stop()


@case("a frame beyond the bounds of depth, values or numbers is ignored")
async def beyond(hub):
    link = await joined(hub)
    for payload in ("[" * 40 + "]" * 40, '{"value":1e999999}', "[" + "0," * 9000 + "0]"):
        await link.raw(f'[null,"5","device","fwup_progress",{payload}]')
    await link.raw("[" * 5000)
    await answers(link)
    await link.close()


@case("text that is no UTF-8 closes")
async def no_text(hub):
    link = await joined(hub)
    link.socket.frame(TEXT, b'[null,"1","phoenix","heartbeat",{"a":"\xff\xfe"}]')
    code = await link.ended()
    assert code in (1007, 1011), f"close code {code}"
    await link.stop()


@case("1 MiB is a frame, a byte more closes with 1009; in one piece or in many")
async def sizes(hub):
    def padded(size):
        head, tail = '[null,"77","phoenix","heartbeat",{"pad":"', '"}]'
        return (head + "x" * (size - len(head) - len(tail)) + tail).encode()

    link = await joined(hub)
    link.socket.frame(TEXT, padded(1 << 20))
    equal((await link.reply("77"))[4], OK, "reply to a frame of 1 MiB")
    link.socket.frame(TEXT, padded((1 << 20) + 1))
    equal(await link.ended(), 1009, "close code")
    await link.stop()
    link = await joined(hub)
    try:
        for number in range(65):
            link.socket.frame(TEXT if number == 0 else 0, b"x" * 16384, last=False)
            await link.socket.writer.drain()
    except OSError:
        pass
    equal(await link.ended(), 1009, "close code in pieces")
    await link.stop()


@case("a message in pieces, with a ping between; the hub answers pings and sends none")
async def pieces(hub):
    link = await joined(hub)
    text = b'[null,"5","phoenix","heartbeat",{}]'
    for number, letter in enumerate(text):
        link.socket.frame(TEXT if number == 0 else 0, bytes([letter]), last=number == len(text) - 1)
        if number == 10:
            link.socket.frame(PING, b"hello")
    equal((await link.reply("5"))[4], OK, "reply")
    equal(link.socket.pings, 0, "pings of the hub")
    await link.close()


@case("frames against the rules of WebSockets end the connection, and only that")
async def broken(hub):
    other = await joined(hub)
    for name, raw in {
        "not masked": b"\x81\x02{}", "reserved bits": b"\xf1\x80\0\0\0\0", "unknown opcode": b"\x83\x80\0\0\0\0",
        "a continuation of nothing": b"\x80\x80\0\0\0\0", "a ping of 126 bytes": b"\x89\xfe\x00\x7e\0\0\0\0" + b"x" * 126,
        "a ping in pieces": b"\x09\x80\0\0\0\0", "a length of 2^63": b"\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0",
        "a close of one byte": b"\x88\x81\0\0\0\0\x03",
    }.items():
        link = await joined(hub)
        link.socket.writer.write(raw)
        code = await link.ended()
        assert code in (1002, 1006, 1007, 1009), f"{name}: close code {code}"
        await link.stop()
    await answers(other)
    await other.close()


if __name__ == "__main__":
    main()
