"""One deployment for every device, whatever it speaks and however it is chosen."""
import hashlib
import uuid

import download
from cases import case, equal, main
from link_device import CERTIFICATE_PATH, Link, join_payload
from update_rig import becomes, deploy, device, install, no_update, part, prepare, upload


def rauc(uuid, version):
    """What a device with RAUC says when it joins, section 6.1."""
    return {"device_api_version": "2.3.0", "currently_downloading_uuid": None, "rauc_uuid": uuid, "rauc_version": version,
            "rauc_platform": "raw-board", "rauc_product": "widget", "rauc_architecture": "arm", "rauc_compatible": "widget",
            "rauc_tool_version": "1.8"}


@case("a raw file with given metadata: for a device that installs by another tool than fwup")
async def raw(hub):
    file, data = hub.folder / "bundle.raucb", bytes(range(256)) * 9000
    file.write_bytes(data)
    await hub.run("artifact", "upload", file, "--format", "raw", "--product", "widget", "--version", "7.0.0", "--platform", "raw-board",
                  "--architecture", "arm")
    await prepare(hub)
    link = await Link.with_secret(hub, hub.key, "raw-1")
    await link.join(payload=rauc("8a8b902c-d1a9-58aa-6111-04ab57c2f2a8", "6.0.0"))
    other = await device(hub, "raw-2", nerves_fw_platform="raw-board", nerves_fw_architecture="arm")
    deployment = (await hub.json("deployment", "create", "widget-7.0.0", "--device", "raw-1", "raw-2"))["id"]
    update = await link.event("update")
    meta = update["firmware_meta"]
    equal((meta["version"], meta["platform"], meta["architecture"], meta["product"]), ("7.0.0", "raw-board", "arm", "widget"), "metadata")
    uuid.UUID(meta["uuid"])
    equal(update["checksum"], hashlib.sha256(data).hexdigest().upper(), "checksum")
    equal(await download.fetch(update, hub.tls()), data, "the file")
    await install(link, update)
    link = await Link.with_secret(hub, hub.key, "raw-1")
    await link.join(payload=rauc(meta["uuid"], "7.0.0"))
    await becomes(hub, deployment, "raw-1", "success")
    await no_update(other)
    for one in (link, other):
        await one.close()


@case("an artifact for Mender is never sent over this link")
async def mender(hub):
    payload = hub.folder / "program"
    payload.write_text("#!/bin/sh\n")
    artifact = hub.folder / "widget-9.mender"
    await hub.run("artifact", "write", "--device-type", "sim", "--type", "program", "--name", "widget-9.0.0", "--file", payload, "--out", artifact)
    await hub.run("artifact", "upload", artifact)
    link = await device(hub, "mender-1")
    await hub.run("deployment", "create", "widget-9.0.0", "--device", "mender-1")
    await no_update(link)
    await link.close()


@case("a group, and --all: connected devices are told at once, others when they come")
async def groups(hub):
    links = [await device(hub, f"group-{number}") for number in range(2)]
    await (await device(hub, "group-late")).close()
    await hub.run("group", "add", "north", "group-0", "group-late")
    firmware = await upload(hub)
    deployment = await deploy(hub, firmware, "--group", "north")
    await install(links[0], await links[0].event("update"))
    await no_update(links[1])
    late = await device(hub, "group-late")
    await install(late, await late.event("update"))
    for name in ("group-0", "group-late"):
        await (await device(hub, name, uuid=firmware.uuid, version=firmware.version)).close()
        await becomes(hub, deployment, name, "success")
    everybody = await upload(hub)
    await deploy(hub, everybody, "--all")
    equal((await links[1].event("update"))["firmware_meta"]["uuid"], everybody.uuid, "uuid")
    await links[1].close()


@case("a device with a certificate gets its updates over the link")
async def certificate(hub):
    context = hub.tls(**await hub.provision("certified-1"))
    link = await Link.open(hub, path=CERTIFICATE_PATH, context=context, old_references=False)
    await link.join()
    firmware = await upload(hub)
    deployment = await deploy(hub, firmware, "--device", "certified-1")
    update = await link.event("update")
    equal(await download.fetch(update, hub.tls()), firmware.data, "the file")
    await install(link, update)
    link = await Link.open(hub, path=CERTIFICATE_PATH, context=context, old_references=False)
    await link.join(payload=join_payload(uuid=firmware.uuid, version=firmware.version))
    await becomes(hub, deployment, "certified-1", "success")
    await link.close()


@case("a deployment that is aborted while a device is at work: it stays aborted, the device keeps its place in the fleet")
async def aborted(hub):
    firmware, after = await upload(hub), await upload(hub)
    link = await device(hub, "aborted-1")
    deployment = await deploy(hub, firmware, "--device", "aborted-1")
    update = await link.event("update")
    await link.push("device", "status_update", {"status": "received"})
    await link.push("device", "status_update", {"status": "started"})
    await becomes(hub, deployment, "aborted-1", "downloading")
    await hub.run("deployment", "abort", deployment)
    await install(link, update)
    link = await device(hub, "aborted-1", uuid=firmware.uuid, version=firmware.version)
    equal((await part(hub, deployment, "aborted-1"))["state"], "aborted", "state")
    await deploy(hub, after, "--device", "aborted-1")
    equal((await link.event("update"))["firmware_meta"]["uuid"], after.uuid, "uuid")
    await link.close()


@case("a device that comes and goes while it is told: it has its update once")
async def flapping(hub):
    firmware = await upload(hub)
    link = await device(hub, "flapping-1")
    deployment = await deploy(hub, firmware, "--device", "flapping-1")
    for _ in range(3):
        await link.event("update")
        await link.cut()
        link = await device(hub, "flapping-1")
    await install(link, await link.event("update"))
    link = await device(hub, "flapping-1", uuid=firmware.uuid, version=firmware.version)
    await becomes(hub, deployment, "flapping-1", "success")
    await no_update(link)
    await link.close()


@case("two deployments for one device: one after the other")
async def two(hub):
    first, second = await upload(hub), await upload(hub)
    link = await device(hub, "two-1")
    deployments = [await deploy(hub, firmware, "--device", "two-1") for firmware in (first, second)]
    for firmware, deployment in zip((first, second), deployments):
        update = await link.event("update")
        equal(update["firmware_meta"]["uuid"], firmware.uuid, "uuid")
        await install(link, update)
        link = await device(hub, "two-1", uuid=firmware.uuid, version=firmware.version)
        await becomes(hub, deployment, "two-1", "success")
    await no_update(link)
    await link.close()


if __name__ == "__main__":
    main()
