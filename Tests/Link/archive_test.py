"""Archives beside the firmware, and files over the console: docs/protocols/device-link.md sections 10 and 11.1."""
import asyncio
import base64
import os

import download
from cases import case, equal, main
from firmware import Firmware, Signer
from operation_rig import OK, device
from terminal import Terminal


async def archive(hub, version, *options, **values):
    """A new archive, offered; the file and what the hub says of it."""
    if not hasattr(hub, "media"):
        hub.media = Signer(hub.folder)
        await hub.run("artifact", "key", "add", "media", hub.media.public, "--purpose", "archive")
    made = Firmware(hub.folder, version, hub.media, **values)
    return made, await hub.json("archive", "add", made.path, *options)


def events(link):
    """What the hub said by itself on the topic device, in its order."""
    return [frame[3] for frame in link.seen if frame[1] is None and frame[2] == "device"]


@case("an archive goes out at the join, between keys and extensions, and its address gives the file")
async def at_join(hub):
    made, said = await archive(hub, "1.0.0", "--product", "widget", size=50_000)
    link = await device(hub, "archive-1")
    sent = await link.event("archive")
    equal(sorted(sent), sorted(["uuid", "version", "size", "description", "platform", "architecture", "uploaded_at", "url"]), "members")
    equal((sent["uuid"], sent["version"], sent["size"]), (made.uuid, "1.0.0", made.path.stat().st_size), "archive")
    equal((sent["platform"], sent["architecture"]), ("sim", "x86_64"), "what it is for")
    assert len(sent["uploaded_at"]) == 19, sent["uploaded_at"]
    await link.event("extensions:get")
    told = [event for event in events(link) if event in ("archive_public_keys", "archive", "extensions:get")]
    equal(told, ["archive_public_keys", "archive", "extensions:get"], "order")
    answer = await download.get(sent["url"], hub.tls())
    equal((answer.status, await answer.body()), (200, made.path.read_bytes()), "the file")
    await link.close()
    equal(said["target"], "filter", "for whom")


@case("an archive goes to connected devices at once, once, and to those only that it is for")
async def at_once(hub):
    meant, other = await device(hub, "archive-2"), await device(hub, "archive-3")
    old = await device(hub, "archive-old", device_api_version="1.0.0")
    elsewhere = await device(hub, "archive-arm", nerves_fw_architecture="arm")
    for link in (meant, other, old, elsewhere):
        await link.heartbeat()
        link.inbox.clear()
    made, said = await archive(hub, "2.0.0", "--device", "archive-2", "archive-old", "archive-arm")
    equal((await meant.event("archive"))["uuid"], made.uuid, "archive")
    # The older one applies again.
    await hub.run("archive", "remove", said["id"])
    equal((await meant.event("archive"))["version"], "1.0.0", "archive")
    for link in (other, old, elsewhere):
        await link.heartbeat()
        assert not [frame for frame in link.inbox if frame[3] == "archive"], "an archive went to a device that it is not for"
    for link in (meant, other, old, elsewhere):
        await link.close()


@case("an archive is no release: it is neither deployed nor pushed, and not removed while it is offered")
async def no_release(hub):
    made, said = await archive(hub, "3.0.0", "--all")
    link = await device(hub, "archive-4")
    for order in (["deployment", "create", "widget-3.0.0", "--all"], ["device", "push", "archive-4", said["id"]],
                  ["artifact", "remove", said["id"]]):
        try:
            await hub.run(*order)
        except Exception as error:  # noqa: BLE001 - that it is refused is what is wanted
            assert "3.0.0" in str(error) or "archive" in str(error), error
        else:
            raise AssertionError(f"taken: {order}")
    await link.heartbeat()
    assert "update" not in events(link), "an update came"
    equal([one["id"] for one in await hub.json("archive", "list")][0], said["id"], "the newest of the list")
    await hub.run("archive", "remove", said["id"])
    await hub.run("artifact", "remove", said["id"])
    await link.close()


async def on_console(hub, identifier):
    link = await device(hub, identifier)
    equal((await link.join("console", {}))[4], OK, "join of the console")
    return link


async def receive(link):
    """A file that the hub sends: its name and content."""
    name, parts = (await link.event("file-data/start", "console"))["filename"], []
    while True:
        frame = await link.take(lambda frame: frame[2] == "console" and frame[3].startswith("file-data"), "a part", 60)
        equal(frame[4]["filename"], name, "name")
        if frame[3] == "file-data/stop":
            return name, b"".join(parts)
        equal(frame[4]["chunk"], len(parts), "number of the part")
        parts.append(base64.b64decode(frame[4]["data"], validate=True))
        assert len(parts[-1]) <= 1024, "a part of more than 1024 bytes"


@case("hubctl device cp sends files over the console, of any size up to 10 MiB")
async def written(hub):
    link = await on_console(hub, "files-1")
    file = hub.folder / "up.bin"
    for size in (0, 1, 1023, 1024, 1025, 300_000, 10 << 20):
        file.write_bytes(os.urandom(size))
        [name, content], said = await both(receive(link), hub.json("device", "cp", file, "files-1:there.bin", timeout=80))
        equal((name, content == file.read_bytes()), ("there.bin", True), f"file of {size} bytes")
        equal(said["bytes"], size, "bytes")
    [name, _], _ = await both(receive(link), hub.run("device", "cp", file, "files-1:", timeout=80))
    equal(name, "up.bin", "the file's own name")
    audit = await hub.run("audit", "list", "--subject", "files-1", "--json")
    assert "link.fileWrite" in audit and "there.bin" in audit, audit[-1500:]
    file.write_bytes(b"x" * ((10 << 20) + 1))
    for source, target in ((file, "files-1:big"), ("files-1:/etc/motd", hub.folder), (hub.folder / "log", "files-1:/etc/motd"),
                           (hub.folder / "log", "files-1:..")):
        try:
            await hub.run("device", "cp", source, target)
        except Exception as error:  # noqa: BLE001 - that it is refused is what is wanted
            assert "console" in str(error), error
        else:
            raise AssertionError(f"taken: {source} {target}")
    equal((await link.heartbeat())[4], OK, "heartbeat")
    assert not [frame for frame in link.inbox if frame[3].startswith("file-data")], "something of a refused file was sent"
    await link.close()


async def both(one, other):
    """Both results; either failure ends the other."""
    async with asyncio.TaskGroup() as group:
        tasks = group.create_task(one), group.create_task(other)
    return [task.result() for task in tasks]


async def send(link, name, content, start=0):
    await link.push("console", "file-data/start", {"filename": name})
    for number, place in enumerate(range(0, len(content), 1024), start):
        data = base64.b64encode(content[place:place + 1024]).decode()
        await link.push("console", "file-data", {"filename": name, "chunk": number, "data": data})
    await link.push("console", "file-data/stop", {"filename": name})


@case("files of a device are stored by hubctl device console --receive, under safe names, and never over others")
async def received(hub):
    link = await on_console(hub, "files-2")
    folder = hub.folder / "received"
    folder.mkdir()
    (folder / "log.txt").write_text("mine")
    # Nobody takes this one, and it is more than a device may send of other frames.
    await send(link, "lost.bin", os.urandom(600_000))
    equal((await link.heartbeat())[4], OK, "heartbeat")
    terminal = Terminal(hub, "device", "console", "files-2", "--receive", str(folder))
    await link.event("window_size", "console")
    await link.push("console", "up", {"data": "iex(1)> "})
    await terminal.sees("iex(1)> ")
    content = os.urandom(1_500_000)
    await send(link, "../log.txt", content)
    await terminal.sees("log.txt.1, 1500000 bytes", 40)
    equal((folder / "log.txt.1").read_bytes() == content, True, "content")
    equal((folder / "log.txt").read_text(), "mine", "the file that was there")
    equal((folder / "log.txt.1").stat().st_mode & 0o777, 0o600, "mode")
    await send(link, "broken.bin", b"x" * 3000, start=1)
    await terminal.sees("broken.bin: a part of it is missing")
    await terminal.end()
    equal(sorted(path.name for path in folder.iterdir()), ["log.txt", "log.txt.1"], "files")
    audit = await hub.run("audit", "list", "--subject", "files-2", "--json")
    assert "link.fileRead" in audit and "log.txt" in audit, audit[-1500:]
    await link.close()


if __name__ == "__main__":
    main()
