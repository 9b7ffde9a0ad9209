"""Updates that the hub pushes: docs/protocols/device-link.md section 7."""
import asyncio
import re
import time

import download
from cases import case, equal, main
from firmware import Firmware, Signer
from hub import Failed, until
from update_rig import becomes, deploy, device, install, no_update, part, release, sign_with, upload


@case("only what the maker signed is taken")
async def uploads(hub):
    await sign_with(hub)
    elsewhere = hub.folder / "another"
    elsewhere.mkdir()
    for firmware in (Firmware(hub.folder, "0.0.1"), Firmware(hub.folder, "0.0.2", Signer(elsewhere))):
        try:
            await hub.run("artifact", "upload", firmware.path)
        except Failed:
            continue
        raise AssertionError("an unsigned archive, or one of another signer, was taken")
    firmware = await upload(hub)
    listed = next(row for row in await hub.json("artifact", "list") if row["release"] == release(firmware))
    text = str(await hub.json("artifact", "show", listed["id"]))
    for word in (firmware.uuid, firmware.version, "sim", "x86_64"):
        assert word in text, f"{word} is not in {text}"


@case("an update from the deployment to the new firmware, each frame as the specification has it")
async def whole(hub):
    firmware = await upload(hub, size=2_500_000)
    link = await device(hub, "whole-1")
    deployment = await deploy(hub, firmware, "--device", "whole-1")
    update = await link.event("update")
    equal({key: value for key, value in update.items() if key not in ("firmware_url", "firmware_meta", "deployment_id")},
          {"update_available": True, "size": len(firmware.data), "checksum": firmware.checksum, "partials_checksums": firmware.parts}, "update")
    equal(len(firmware.parts), 3, "parts")
    assert update["deployment_id"] is None or isinstance(update["deployment_id"], int), update["deployment_id"]
    equal(update["firmware_meta"], {
        "uuid": firmware.uuid, "product": "widget", "version": firmware.version, "platform": "sim", "architecture": "x86_64",
        "author": "me", "description": "test", "vcs_identifier": None, "misc": None}, "firmware_meta")
    pattern = rf"https://{re.escape(hub.host)}:{hub.port}/fw/{firmware.uuid}\.fw\?(?=.*\be=\d+)(?=.*\bs=[A-Za-z0-9_-]+)\S+"
    assert re.fullmatch(pattern, update["firmware_url"]), update["firmware_url"]
    end = int(re.search(r"\be=(\d+)", update["firmware_url"])[1])
    assert abs(end - time.time() - 86400) < 60, f"the link ends in {end - time.time():.0f} s"
    equal(await download.fetch(update, hub.tls()), firmware.data, "the file")
    await link.push("device", "status_update", {"status": "received"})
    await link.push("device", "status_update", {"downloader_network_interface": "lo", "status": "started"})
    await link.push("device", "fwup_progress", {"stage": "downloading", "value": 40})
    await becomes(hub, deployment, "whole-1", "downloading")
    await link.push("device", "fwup_progress", {"stage": "updating", "value": 60})
    await becomes(hub, deployment, "whole-1", "installing")
    await link.push("device", "fwup_progress", {"stage": "updating", "value": 100})
    await link.push("device", "status_update", {"status": "completed"})
    await becomes(hub, deployment, "whole-1", "rebooting")
    await link.close()
    link = await device(hub, "whole-1", uuid=firmware.uuid, version=firmware.version)
    await becomes(hub, deployment, "whole-1", "success")
    await hub.run("deployment", "watch", deployment)
    await no_update(link)
    text = str(await hub.device("whole-1"))
    for word in (firmware.uuid, firmware.version, "x86_64", "sim", "widget"):
        assert word in text, f"{word} is not in the record: {text}"
    await link.close()


@case("the link to the file: ranges, one past the end, its end, wrong ones; no other right is needed")
async def links(hub):
    firmware = await upload(hub, size=1_500_000)
    link = await device(hub, "ranges-1")
    await deploy(hub, firmware, "--device", "ranges-1")
    url, length, context = (await link.event("update"))["firmware_url"], len(firmware.data), hub.tls()

    async def ask(span=None, address=url):
        response = await download.get(address, context, span)
        return response, await response.body()
    response, body = await ask()
    equal((response.status, response.headers.get("accept-ranges"), body), (200, "bytes", firmware.data), "whole")
    for received in (1, 1 << 20, length - 1):
        response, body = await ask(f"bytes={received}-{length}")
        equal((response.status, response.headers.get("content-range")), (206, f"bytes {received}-{length - 1}/{length}"), "a range one past the end")
        equal(body, firmware.data[received:], "the rest")
    for received in (length, length + 1, 10 ** 15):
        equal((await ask(f"bytes={received}-{max(received, length)}"))[0].status, 416, f"range from {received}")
    for span in ("bytes=5-3", "bytes=-", "lines=1-2", "bytes=0-1,3-4", "bytes=a-b", "bytes=" + "9" * 5000, "bytes=-5"):
        assert (await ask(span))[0].status in (200, 206, 400, 416), f"range {span[:40]}"
    for old, new in ((r"\be=(\d)", "e=9"), (r"\be=\d+", "e=1"), (r"\be=\d+", "e="), (r"\bs=.", "s=_"), (r"\bs=[^&]+", "s="), (r"\bs=[^&]+", "x=1"),
                     (r"\?.*", "?"), (r"/fw/.", "/fw/0" if "/fw/1" in url else "/fw/1")):
        wrong = re.sub(old, new, url, count=1)
        if wrong != url:
            status = (await ask(address=wrong))[0].status
            assert status in (403, 404) if old.startswith("/fw") else status == 403, f"status {status} for {wrong}"
    await hub.run("device", "reject", "ranges-1")
    equal((await ask())[0].status, 403, "the link of a rejected device")


@case("a download that is cut goes on")
async def cut(hub):
    firmware = await upload(hub, size=3_000_000)
    link = await device(hub, "cut-1")
    await deploy(hub, firmware, "--device", "cut-1")
    update = await link.event("update")
    response = await download.get(update["firmware_url"], hub.tls())
    received = b"".join([await response.part() for _ in range(20)])
    response.writer.transport.abort()
    response = await download.get(update["firmware_url"], hub.tls(), f"bytes={len(received)}-{len(firmware.data)}")
    equal(response.status, 206, "status")
    download.check(update, received + await response.body())
    await link.close()


@case("a device that was offline gets its update at the join; nothing is sent twice while one is in flight")
async def offline(hub):
    firmware = await upload(hub)
    await (await device(hub, "offline-1")).close()
    deployment = await deploy(hub, firmware, "--device", "offline-1")
    link = await device(hub, "offline-1")
    update = await link.event("update")
    await link.push("device", "status_update", {"status": "received"})
    await link.push("device", "status_update", {"status": "started"})
    await no_update(link)
    await link.cut()
    link = await device(hub, "offline-1", downloading=firmware.uuid)
    await no_update(link)
    await link.push("device", "fwup_progress", {"stage": "updating", "value": 50})
    await becomes(hub, deployment, "offline-1", "installing")
    await link.cut()
    link = await device(hub, "offline-1")  # not downloading any more: it is sent again
    again = await link.event("update")
    equal(again["firmware_meta"], update["firmware_meta"], "the update that is sent again")
    await install(link, again)
    link = await device(hub, "offline-1", uuid=firmware.uuid)
    await becomes(hub, deployment, "offline-1", "success")
    await link.close()


@case("failed, other text, and an old firmware after completed: a failure with its reason")
async def failures(hub):
    for name, frames in {
        "failed": [{"status": "started"}, {"status": "failed", "reason": "FWUP error : \"no space\""}],
        "text": [{"status": "started"}, {"status": "Fwup Error: checksum"}],
    }.items():
        firmware = await upload(hub)
        link = await device(hub, f"failure-{name}")
        deployment = await deploy(hub, firmware, "--device", f"failure-{name}")
        await link.event("update")
        for payload in frames:
            await link.push("device", "status_update", payload)
        await becomes(hub, deployment, f"failure-{name}", "failure")
        await hub.run("deployment", "watch", deployment, code=1)
        await no_update(link)
        await link.close()
    firmware = await upload(hub)
    link = await device(hub, "failure-reverted")
    deployment = await deploy(hub, firmware, "--device", "failure-reverted")
    await install(link, await link.event("update"))
    link = await device(hub, "failure-reverted", meta={"firmware_validated": True, "firmware_auto_revert_detected": True})
    await becomes(hub, deployment, "failure-reverted", "failure")
    await link.close()


@case("reports that the hub did not ask for, and progress that goes back, break nothing")
async def strange(hub):
    firmware = await upload(hub)
    link = await device(hub, "strange-1")
    for status in ("completed", "received", "failed", "ignored", "rescheduled", "started"):
        await link.push("device", "status_update", {"status": status})
    await link.heartbeat()
    await hub.run("device", "updates", "unblock", "strange-1")
    await link.close()
    link = await device(hub, "strange-1")
    deployment = await deploy(hub, firmware, "--device", "strange-1")
    await link.event("update")
    await link.push("device", "status_update", {"status": "started"})
    for value in (80, 20, 90):
        await link.push("device", "fwup_progress", {"value": value})
    await link.push("device", "update_progress", {"value": 100})  # without a stage: completed
    await becomes(hub, deployment, "strange-1", "rebooting")
    await link.close()
    link = await device(hub, "strange-1", uuid=firmware.uuid)
    await becomes(hub, deployment, "strange-1", "success")
    await link.close()


@case("a device that is rejected while it downloads: link and download end")
async def rejected(hub):
    firmware = await upload(hub, size=20_000_000)
    link = await device(hub, "rejected-1")
    await deploy(hub, firmware, "--device", "rejected-1")
    response = await download.get((await link.event("update"))["firmware_url"], hub.tls())
    await response.part()
    await hub.run("device", "reject", "rejected-1")
    await link.ended()
    try:
        async with asyncio.timeout(20):
            received = len(await response.body())
    except OSError:
        return
    raise AssertionError(f"the download went on to its end: {received} bytes")


@case("progress is live while it goes on")
async def live(hub):
    firmware = await upload(hub)
    link = await device(hub, "live-1")
    deployment = await deploy(hub, firmware, "--device", "live-1")
    await link.event("update")
    await link.push("device", "status_update", {"status": "started"})
    await link.push("device", "fwup_progress", {"stage": "updating", "value": 42})

    async def shown():
        row = await part(hub, deployment, "live-1")
        return row and row.get("progress") == 42
    await until(shown, "the deployment shows 42 %")
    await link.close()


if __name__ == "__main__":
    main()
