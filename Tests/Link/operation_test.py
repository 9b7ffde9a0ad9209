"""Console, scripts and orders of the operator: docs/protocols/device-link.md sections 11.1, 11.4 and 15."""
import asyncio
import os
import re

from cases import case, equal, main
from hub import PROGRAMS, Failed, until
from link_device import join_payload
from operation_rig import OK, device
from terminal import Terminal


@case("the console: keys, output, the window's size, and what was said before for who comes later")
async def console(hub):
    link = await device(hub, "console-1")
    equal((await link.join("console", {"console_version": "2.0.0", "device_api_version": "2.3.0"}))[4], OK, "join of the console")
    terminal = Terminal(hub, "device", "console", "console-1", rows=33, columns=99)
    equal(await link.event("window_size", "console"), {"height": 33, "width": 99}, "window_size")
    await link.push("console", "up", {"data": "iex(1)> "})
    await terminal.sees("iex(1)> ")
    terminal.type("1+1\r")
    typed = ""
    while not typed.endswith("\r"):
        typed += (await link.event("dn", "console"))["data"]
    equal(typed, "1+1\r", "what was typed")
    await link.push("console", "up", {"data": ""})
    await link.push("console", "up", {"data": "2 \u2713 ä\r\niex(2)> "})
    await terminal.sees("2 \u2713 ä")
    for payload in (None, 7, {}, {"data": 7}, {"data": None}, []):
        await link.push("console", "up", payload)
    terminal.resize(40, 120)
    os.kill(terminal.child, 28)
    size = await link.event("window_size", "console")
    equal(size, {"height": 40, "width": 120}, "window_size")
    await terminal.end()
    await link.push("console", "up", {"data": "while nobody looked\r\n"})
    await link.heartbeat()
    later = Terminal(hub, "device", "console", "console-1")
    await later.sees("while nobody looked")
    await later.end()
    audit = await hub.run("audit", "list", "--subject", "console-1", "--json")
    assert "console" in audit, f"the audit trail does not say who was on the console: {audit[-1500:]}"
    await link.close()


@case("the console of client 2.12.0, which repeats the whole join; without a console hubctl says so")
async def console_old(hub):
    link = await device(hub, "console-2")
    said = await hub.run("device", "console", "console-2", code=None, input="")
    equal((await link.join("console", join_payload()))[4], OK, "join of the console")
    terminal = Terminal(hub, "device", "console", "console-2")
    await link.push("console", "up", {"data": "\r*** ready ***\r"})
    await terminal.sees("*** ready ***")
    await link.close()
    await terminal.sees("", 1)
    await terminal.end()
    assert "console" in said or said == "", said


@case("a console that pours: hub and device stay usable")
async def pouring(hub):
    link = await device(hub, "console-3")
    await link.join("console", {})
    before = hub.memory()
    for number in range(400):
        await link.push("console", "up", {"data": ("x" * 990 + "\r\n") * 16})
        await asyncio.sleep(1 / 40)
        if number == 200:
            equal((await link.heartbeat())[4], OK, "heartbeat")
    equal((await link.heartbeat())[4], OK, "heartbeat")
    grown = hub.memory() - before
    assert grown < 40, f"the hub grew by {grown:.0f} MiB for a console nobody looks at"
    await link.close()


@case("reboot and identify")
async def orders(hub):
    link = await device(hub, "orders-1")
    await hub.run("device", "identify", "orders-1")
    equal(await link.event("identify"), {}, "identify")
    await hub.run("device", "reboot", "orders-1")
    equal(await link.event("reboot"), {}, "reboot")
    await link.push("device", "rebooting", {})
    await link.heartbeat()
    audit = await hub.run("audit", "list", "--subject", "orders-1", "--json")
    assert "reboot" in audit and "identify" in audit, audit[-1500:]
    await link.close()
    for order in ("identify", "reboot"):
        said = await hub.run("device", order, "orders-1", code=None)
        assert "not connected" in said or said == "", said
    old = await device(hub, "orders-old", device_api_version="1.0.0")
    await hub.run("device", "identify", "orders-old", code=None)
    await hub.run("device", "reboot", "orders-old")
    await old.event("reboot")
    assert not [frame for frame in old.seen if frame[3] == "identify"], "identify was sent to a client that does not know it"
    await old.close()


async def run_script(hub, link, identifier, text, answer, code=0):
    """The script is run by the device; what hubctl printed."""
    file = hub.folder / "script.exs"
    file.write_text(text)
    running = asyncio.create_task(hub.run("device", "script", identifier, file, code=code))
    order = await link.event("scripts/run")
    equal(order["text"], text, "text of the script")
    assert re.fullmatch(r"[A-Za-z0-9+/]{6}", order["ref"]), f"ref is {order['ref']!r}"
    if answer is not None:
        await link.push("device", "scripts/run", {"ref": order["ref"], **answer})
    return await running


@case("scripts: result, error, an unknown ref, a device that does not answer, one that is too old")
async def scripts(hub):
    link = await device(hub, "scripts-1")
    await link.push("device", "scripts/run", {"output": "x", "ref": "AAAAAA", "result": "completed", "return": "1"})
    said = await run_script(hub, link, "scripts-1", 'IO.puts("hi"); 1+1', {"output": "hi\n", "result": "completed", "return": "2"})
    equal([line for line in said.split() if line in ("hi", "2")], ["hi", "2"], f"what was printed: {said}")
    said = await run_script(hub, link, "scripts-1", "slow()", {
        "output": "Error running script: timeout exceeded", "reason": "timeout", "result": "error", "return": ""}, code=None)
    assert "timeout" in said or said == "", said
    said = await run_script(hub, link, "scripts-1", "big()", {"output": "y" * 200_000, "result": "completed", "return": "nil"}, code=None)
    assert len(said) < 150_000, f"{len(said)} bytes of a result"
    began = asyncio.get_running_loop().time()
    await run_script(hub, link, "scripts-1", "never()", None, code=None)
    took = asyncio.get_running_loop().time() - began
    assert took < 25, f"hubctl waited {took:.0f} s"
    big = hub.folder / "big.exs"
    big.write_text("x" * (64 * 1024 + 1))
    await hub.run("device", "script", "scripts-1", big, code=None)
    await link.heartbeat()
    assert not [frame for frame in link.seen if len(str(frame[4])) > 65536 and frame[3] == "scripts/run"], "a script of more than 64 KiB was sent"
    await link.close()
    old = await device(hub, "scripts-old", device_api_version="2.0.0")
    small = hub.folder / "script.exs"
    await hub.run("device", "script", "scripts-old", small, code=None)
    await old.heartbeat()
    assert not [frame for frame in old.seen if frame[3] == "scripts/run"], "a script was sent to a client that does not know them"
    await old.close()


@case("a script on a group: a table of results")
async def group_script(hub):
    links = {name: await device(hub, name) for name in ("grouped-1", "grouped-2")}
    await hub.run("group", "add", "scripted", *links)

    async def answer(name, link):
        order = await link.event("scripts/run")
        await link.push("device", "scripts/run", {"output": f"I am {name}", "ref": order["ref"], "result": "completed", "return": "nil"})
    file = hub.folder / "who.exs"
    file.write_text("who()")
    said, *_ = await asyncio.gather(hub.run("device", "script", "--group", "scripted", file), *[answer(*one) for one in links.items()])
    for name, link in links.items():
        assert f"I am {name}" in said, said
        await link.close()


@case("hubctl device shell takes the console and says so; cp says what the device would need")
async def ways(hub):
    link = await device(hub, "ways-1")
    await link.join("console", {})
    terminal = Terminal(hub, "device", "shell", "ways-1")
    await terminal.sees("console")
    await link.push("console", "up", {"data": "iex(7)> "})
    await terminal.sees("iex(7)> ")
    await terminal.end()
    try:
        await hub.run("device", "cp", "ways-1:/etc/hostname", hub.folder / "name")
        raise AssertionError("a file was copied")
    except Failed as failure:
        assert "needs" in failure.text, failure.text
    await link.close()


@case("hubctl link: list, watch and disconnect as JSON")
async def links(hub):
    watcher = hub.begin("link", "watch", "--json", stdout=open(hub.folder / "watch", "w"))
    await asyncio.sleep(2)  # hubctl says nothing when it begins to watch
    link = await device(hub, "watched-1")
    assert "watched-1" in await hub.joined(), await hub.links()

    async def watched():
        return "watched-1" in (hub.folder / "watch").read_text()
    await until(watched, "hubctl link watch shows a device that comes")
    await hub.run("link", "disconnect", "watched-1")
    await link.ended()
    watcher.terminate()
    watcher.wait()
    await link.stop()


if __name__ == "__main__":
    main()
