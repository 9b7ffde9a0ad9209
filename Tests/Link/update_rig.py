"""What the tests of updates share: a hub with a firmware key, and what it says of deployments."""
import asyncio
import itertools

from firmware import Firmware, Signer
from hub import Failed, until
from link_device import Link, join_payload

numbers = itertools.count(1)


async def prepare(hub):
    """A product key, once a hub."""
    if not hasattr(hub, "key"):
        hub.key = await hub.product_key()


async def sign_with(hub):
    """Who signs firmware; the hub is told its key once."""
    if not hasattr(hub, "signer"):
        hub.signer = Signer(hub.folder)
        await hub.run("artifact", "key", "add", "maker", hub.signer.public)
    return hub.signer


async def upload(hub, version=None, **options):
    """A new firmware, on the hub."""
    firmware = Firmware(hub.folder, version or f"1.{next(numbers)}.0", await sign_with(hub), **options)
    await hub.run("artifact", "upload", firmware.path)
    return firmware


def release(firmware):
    """The name under which the hub keeps it."""
    return f"{firmware.product}-{firmware.version}"


async def deploy(hub, firmware, *options):
    """A deployment of the firmware; its ID."""
    return (await hub.json("deployment", "create", release(firmware), *options))["id"]


async def device(hub, identifier, **payload):
    """A joined device."""
    await prepare(hub)
    link = await Link.with_secret(hub, hub.key, identifier)
    await link.join(payload=join_payload(**payload))
    return link


async def part(hub, deployment, identifier):
    """The device's part of a deployment."""
    answer = await hub.json("deployment", "show", deployment)
    return next((row for row in answer["devices"] if row["deviceID"] == identifier), None)


async def becomes(hub, deployment, identifier, state, timeout=30):
    """Waits until the device's part has the state."""
    last = None

    async def so():
        nonlocal last
        try:
            last = await part(hub, deployment, identifier)
        except Failed as failure:
            if failure.code != 69:  # a hub that is being started again does not answer
                raise
            return False
        return last is not None and last["state"] == state
    try:
        await until(so, f"{identifier} is {state}", timeout)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {last}") from None


async def no_update(link, seconds=1.5):
    """No update comes: neither before the answer to a heartbeat nor a while after."""
    await link.heartbeat()
    await asyncio.sleep(seconds)
    await link.heartbeat()
    got = [frame for frame in link.inbox if frame[3] == "update"]
    assert not got, f"an update came: {got[0][4]['firmware_meta']}"


async def install(link, update):
    """The reports of an update that goes well, up to the reboot, as section 7.3 recorded them."""
    await link.push("device", "status_update", {"status": "received"})
    await link.push("device", "status_update", {"downloader_network_interface": "lo", "status": "started"})
    for value in (0, 16, 100):
        await link.push("device", "fwup_progress", {"stage": "updating", "value": value})
    await link.push("device", "status_update", {"status": "completed"})
    await link.heartbeat()
    await link.close()
    return update["firmware_meta"]["uuid"]
