"""The life of a connection, and what it may cost: docs/protocols/device-link.md sections 5 and 14."""
import asyncio
import json
import signal
import struct
import time

from cases import case, equal, main
from frame_rig import OK, answers, connect, joined
from hub import until
from link_device import Link
from websocket import CLOSE, TEXT


@case("a close of the device is answered")
async def closing(hub):
    link = await joined(hub, "closing-1")
    link.socket.frame(CLOSE, struct.pack("!H", 1000) + b"bye")
    equal(await link.ended(), 1000, "close code")
    await link.stop()

    async def gone():
        return "closing-1" not in await hub.links()
    await until(gone, "the list shows a link that is closed")


@case("a second connection of a device: the older one is closed with 1000, the new one stays")
async def second(hub):
    first = await joined(hub, "two-links")
    second = await connect(hub, "two-links")
    equal(await first.ended(), 1000, "close code of the older one")
    equal((await second.join())[4], OK, "join")
    await answers(second)
    links = await hub.json("link", "list")
    equal(len([link for link in links if link["deviceID"] == "two-links"]), 1, "links of the device")
    third = await connect(hub, "two-links")  # not joined yet, but proven
    equal(await second.ended(), 1000, "close code of the second")
    await answers(third)
    for link in (first, second):
        await link.stop()
    await third.close()


@case("a refused connection does not close the one that is there")
async def refused_second(hub):
    link = await joined(hub, "stays-1")
    try:
        await Link.with_secret(hub, {**hub.key, "secret": "C" * 43}, "stays-1")
        raise AssertionError("it was let in")
    except Exception as error:  # noqa: BLE001
        assert "401" in str(error), str(error)
    await answers(link)
    await link.close()


@case("the list of links: connecting, connected, gone; a disconnection by the operator")
async def listed(hub):
    link = await connect(hub, "listed-1")

    async def listed(offers):
        links = await hub.links()
        return "listed-1" in links and bool(links["listed-1"]["abilities"]) == offers
    await until(lambda: listed(False), "the list has it, without offers")
    equal((await hub.links())["listed-1"]["address"], "127.0.0.1", "address")
    await link.join()
    await until(lambda: listed(True), "the list says what it offers")
    await hub.run("link", "disconnect", "listed-1")
    code = await link.ended()
    assert code in (1000, 1012), f"close code {code}"

    async def gone():
        return "listed-1" not in await hub.links()
    await until(gone, "the list forgets it")
    await link.stop()


@case("a flood: what is too much is dropped, and closes with 1008 after 10 s; others feel nothing", timeout=120)
async def flood(hub):
    other, link = await joined(hub, "calm-1"), await joined(hub, "flood-1")
    began, sent = time.monotonic(), 0
    text = '[null,"%d","phoenix","heartbeat",{}]'
    while link.closed is None and time.monotonic() - began < 60:
        for _ in range(20):
            sent += 1
            link.socket.frame(TEXT, (text % sent).encode())
        try:
            await link.socket.writer.drain()
        except OSError:
            break
        await asyncio.sleep(0.1)  # 200 a second
        if sent % 200 == 0:
            asked = time.monotonic()
            await answers(other)
            assert time.monotonic() - asked < 20, "another device waits"
    equal(await link.ended(), 1008, "close code")
    took, replies = time.monotonic() - began, len([frame for frame in link.seen if frame[3] == "phx_reply"])
    assert 8 < took < 50, f"closed after {took:.1f} s"
    assert replies < 200 + 55 * took, f"{replies} frames were answered in {took:.1f} s"
    await answers(other)
    for one in (link, other):
        await one.stop()


@case("a burst of 200 frames, and 40 a second kept up, is no flood", timeout=60)
async def burst(hub):
    link = await joined(hub)
    for number in range(180):
        await link.raw([None, f"b{number}", "phoenix", "heartbeat", {}])
    await link.reply("b179")
    for number in range(200):
        await link.raw([None, f"c{number}", "phoenix", "heartbeat", {}])
        await asyncio.sleep(1 / 38)
    await link.reply("c199")
    await link.close()


@case("a device that does not read is let go, and the hub stays small", timeout=180)
async def deaf(hub):
    link = await connect(hub, "deaf-1")
    before = hub.memory()
    link.reading.cancel()  # the socket's buffers fill up, then the queue of the hub
    await asyncio.gather(link.reading, return_exceptions=True)
    link.socket.reader._limit = 1024
    pad = "x" * 900_000
    began = time.monotonic()
    try:
        for number in range(100):
            # The hub repeats the topic in its answer, so that a large one comes back.
            link.socket.frame(TEXT, json.dumps([None, str(number), pad, "x", {}]).encode())
            async with asyncio.timeout(20):
                await link.socket.writer.drain()
            await asyncio.sleep(0.1)
    except (OSError, TimeoutError):
        pass

    async def gone():
        return "deaf-1" not in await hub.links()
    await until(gone, "the link of a device that does not read is closed", 60)
    grown = hub.memory() - before
    assert grown < 64, f"the hub grew by {grown:.0f} MiB in {time.monotonic() - began:.0f} s"
    link.socket.abort()


@case("at a stop, links are closed with 1012; after a start nobody is connected, and devices come back", timeout=120)
async def drain(hub):
    links = [await joined(hub, f"drained-{number}") for number in range(60)]
    ending = asyncio.create_task(hub.end())
    codes = [await link.ended(60) for link in links]
    equal(set(codes), {1012}, "close codes")
    equal(await ending, 0, "exit code of the hub")
    await hub.start()
    equal(await hub.links(), {}, "links after the start")
    link = await joined(hub, "drained-0")
    await answers(link)
    await hub.end(signal.SIGKILL)
    await link.stop()
    await hub.start()
    equal(await hub.links(), {}, "links after a crash")


if __name__ == "__main__":
    main()
