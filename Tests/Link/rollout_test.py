"""Which device is sent an update, and when: docs/protocols/device-link.md sections 8 and 9."""
import asyncio
import datetime
import time

from cases import case, equal, main
from update_rig import becomes, deploy, device, install, no_update, part, release, upload


@case("ignored and rescheduled: nothing more until the time is over; a delay is minutes up to 10080, milliseconds above")
async def blocked(hub):
    for name, report, seconds in (
            ("ignored", {"status": "ignored", "reason": ""}, 1440 * 60), ("minutes", {"status": "rescheduled", "delay_for": 15}, 900),
            ("least", {"status": "rescheduled", "delay_for": 1}, 300), ("missing", {"status": "rescheduled", "reason": "busy"}, 300),
            ("milliseconds", {"status": "rescheduled", "delay_for": 1_200_000}, 1200)):
        firmware, identifier = await upload(hub), f"blocked-{name}"
        link = await device(hub, identifier)
        await deploy(hub, firmware, "--device", identifier, "--penalty", "1440", "--retries", "3")
        await link.event("update")
        await link.push("device", "status_update", {"status": "received"})
        await link.push("device", "status_update", report)
        await no_update(link)
        settings = (await hub.device(identifier)).get("updates") or {}
        until_text = settings.get("blockedUntil")
        assert until_text, f"{name}: nothing says until when it is blocked: {settings}"
        left = datetime.datetime.fromisoformat(until_text.replace("Z", "+00:00")).timestamp() - time.time()
        assert abs(left - seconds) < 90, f"{name}: blocked for {left:.0f} s instead of {seconds}"
        await hub.run("device", "updates", "unblock", identifier)
        await link.event("update")
        await link.close()


@case("a failure blocks for the penalty, three attempts end the device's part")
async def penalty(hub):
    firmware = await upload(hub)
    link = await device(hub, "penalty-1")
    deployment = await deploy(hub, firmware, "--device", "penalty-1", "--failures", "3", "--penalty", "60", "--retries", "10")
    for _ in range(3):
        await link.event("update")
        await link.push("device", "status_update", {"status": "received"})
        await link.push("device", "status_update", {"status": "failed", "reason": "no"})
        await no_update(link)
        before = await part(hub, deployment, "penalty-1")
        if before["state"] == "failure":
            break
        await hub.run("device", "updates", "unblock", "penalty-1")
    await link.close()


@case("updates switched off, and the modes off and device-managed: nothing is pushed until they are on again")
async def switches(hub):
    for off, on in ((("off",), ("on",)), (("mode", "off"), ("mode", "automatic")), (("mode", "device_managed"), ("mode", "automatic"))):
        identifier = "switched-" + "-".join(off).replace("_", "-")
        firmware = await upload(hub)
        link = await device(hub, identifier)
        await hub.run("device", "updates", *off, identifier)
        await deploy(hub, firmware, "--device", identifier)
        await no_update(link)
        await hub.run("device", "updates", *on, identifier)
        equal((await link.event("update"))["firmware_meta"]["uuid"], firmware.uuid, "uuid")
        await link.close()


@case("a device that is not validated gets no rollout until it says that it is")
async def validation(hub):
    firmware = await upload(hub)
    link = await device(hub, "unvalidated-1", meta={"firmware_validated": False, "firmware_auto_revert_detected": False})
    await deploy(hub, firmware, "--device", "unvalidated-1")
    await no_update(link)
    await link.push("device", "firmware_validated", {})
    await link.event("update")
    await link.close()
    firmware = await upload(hub)
    link = await device(hub, "unknown-validation", meta=None)
    await deploy(hub, firmware, "--device", "unknown-validation")
    await link.event("update")
    await link.close()


@case("an operator's push skips blocks, modes and validation, and switches automatic updates off")
async def pushed(hub):
    firmware, other = await upload(hub), await upload(hub)
    link = await device(hub, "pushed-1", meta={"firmware_validated": False})
    await hub.run("device", "updates", "mode", "off", "pushed-1")
    await deploy(hub, other, "--device", "pushed-1")
    await no_update(link)
    await hub.run("device", "push", "pushed-1", release(firmware))
    update = await link.event("update")
    equal(update["firmware_meta"]["uuid"], firmware.uuid, "uuid")
    await install(link, update)
    link = await device(hub, "pushed-1", uuid=firmware.uuid)
    await hub.run("device", "updates", "mode", "automatic", "pushed-1")
    await no_update(link)  # automatic updates are off since the push
    await hub.run("device", "updates", "on", "pushed-1")
    equal((await link.event("update"))["firmware_meta"]["uuid"], other.uuid, "uuid")
    await link.close()


@case("one at a time: the next device is told when a place is free")
async def concurrent(hub):
    firmware = await upload(hub)
    names = [f"slot-{number}" for number in range(3)]
    links = {name: await device(hub, name) for name in names}
    deployment = await deploy(hub, firmware, "--device", *names, "--concurrent", "1")
    for _ in range(3):
        await asyncio.sleep(1.5)
        told = [name for name in names if any(frame[3] == "update" for frame in links[name].inbox)]
        equal(len(told), 1, f"devices at work: {told}")
        name = told[0]
        await install(links[name], await links[name].event("update"))
        links[name] = await device(hub, name, uuid=firmware.uuid)
        await becomes(hub, deployment, name, "success")
    await hub.run("deployment", "watch", deployment)
    for link in links.values():
        await link.close()


@case("product, platform, architecture and version decide who gets it")
async def conditions(hub):
    firmware = await upload(hub, platform="board")
    wrong = {"nerves_fw_platform": "sim"}, {"nerves_fw_platform": "board", "nerves_fw_architecture": "arm"}, {
        "nerves_fw_platform": "board", "version": "0.9.0"}, {"nerves_fw_platform": "board", "version": "not a version"}
    others = [await device(hub, f"condition-{number}", **payload) for number, payload in enumerate(wrong)]
    right = await device(hub, "condition-right", nerves_fw_platform="board", version="0.1.5")
    await hub.run("deployment", "create", release(firmware), "--filter", "inventory.platform=board", "--product", "widget", "--platform",
                  "board", "--architecture", "x86_64", "--version-requirement", "~> 0.1.0")
    equal((await right.event("update"))["firmware_meta"]["uuid"], firmware.uuid, "uuid")
    for link in others:
        await no_update(link, 0.3)
    late = await device(hub, "condition-late", nerves_fw_platform="board", version="0.1.9")
    equal((await late.event("update"))["firmware_meta"]["uuid"], firmware.uuid, "uuid")
    for link in (*others, right, late):
        await link.close()


@case("a device may ask: whether there is an update, for the update, for another mode")
async def managed(hub):
    firmware = await upload(hub)
    link = await device(hub, "managed-1", device_api_version="2.4.0")
    equal(await link.event("update_mode"), {"mode": "automatic", "managed_updates_allowed": False}, "update_mode")

    async def ask(event, answer, payload=None):
        await link.push("device", event, payload or {})
        return await link.event(answer)
    equal(await ask("check_update", "update_available"), {"available": False, "firmware_meta": None}, "nothing there")
    equal((await ask("set_update_mode", "update_mode", {"mode": "device_managed"}))["mode"], "automatic", "mode without the grant")
    assert "reason" in await ask("request_update", "update_rejected"), "refused without a reason"
    await hub.run("device", "updates", "mode", "device_managed", "managed-1")
    equal((await link.event("update_mode"))["mode"], "device_managed", "mode")
    await deploy(hub, firmware, "--device", "managed-1")
    await no_update(link)
    answer = await ask("check_update", "update_available")
    equal((answer["available"], answer["firmware_meta"]["uuid"]), (True, firmware.uuid), "there is one")
    assert "firmware_url" not in str(answer), answer
    equal((await ask("request_update", "update"))["firmware_meta"]["uuid"], firmware.uuid, "the update")
    await hub.run("device", "updates", "mode", "off", "managed-1")
    equal((await link.event("update_mode"))["mode"], "off", "mode")
    equal((await ask("set_update_mode", "update_mode", {"mode": "automatic"}))["mode"], "off", "off is the operator's")
    await link.close()
    old = await device(hub, "managed-old")
    await old.heartbeat()
    assert not [frame for frame in old.seen if frame[3] == "update_mode"], "update_mode unasked to an older client"
    await old.push("device", "check_update", {})
    equal(await old.event("update_available"), {"available": False, "firmware_meta": None}, "an older client is answered")
    await old.close()


@case("check_update_available is answered with the update, or that there is none")
async def old_question(hub):
    firmware = await upload(hub)
    link = await device(hub, "asks-1")
    ref = await link.push("device", "check_update_available", {})
    equal((await link.reply(ref))[4], {"status": "ok", "response": {"update_available": False}}, "reply")
    await hub.run("device", "updates", "mode", "off", "asks-1")
    await hub.run("device", "updates", "mode", "automatic", "asks-1")
    await link.close()
    await deploy(hub, firmware, "--device", "asks-1")
    link = await device(hub, "asks-1")
    equal((await link.event("update"))["firmware_meta"]["uuid"], firmware.uuid, "uuid")
    await link.close()


@case("a deployment that is paused sends nothing, and goes on when it is resumed")
async def paused(hub):
    firmware = await upload(hub)
    link = await device(hub, "paused-1")
    deployment = await deploy(hub, firmware, "--device", "paused-1", "--start", "2099-01-01T00:00:00Z")
    await no_update(link)
    await hub.run("deployment", "abort", deployment)
    first, second = await device(hub, "paused-2"), await device(hub, "paused-3")
    firmware = await upload(hub)
    deployment = await deploy(hub, firmware, "--device", "paused-2", "paused-3", "--concurrent", "1")
    await asyncio.sleep(1.5)
    busy, waiting = (first, second) if any(frame[3] == "update" for frame in first.inbox) else (second, first)
    await busy.event("update")
    await hub.run("deployment", "pause", deployment)
    await busy.push("device", "status_update", {"status": "failed", "reason": "no"})
    await no_update(waiting)
    await hub.run("deployment", "resume", deployment)
    await waiting.event("update")
    for one in (link, first, second):
        await one.close()


if __name__ == "__main__":
    main()
