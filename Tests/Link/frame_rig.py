"""What the tests of frames and connections share."""
import itertools

from cases import equal
from link_device import Link

OK = {"status": "ok", "response": {}}
names = itertools.count(1)


async def connect(hub, identifier=None, **options):
    """A connected device that has not joined."""
    hub.key = getattr(hub, "key", None) or await hub.product_key()
    return await Link.with_secret(hub, hub.key, identifier or f"frames-{next(names)}", **options)


async def joined(hub, identifier=None, payload=None, **options):
    link = await connect(hub, identifier, **options)
    equal((await link.join(payload=payload))[4], OK, "reply to the join")
    return link


async def answers(link):
    """The connection is alive."""
    equal((await link.heartbeat())[4], OK, "reply to a heartbeat")
