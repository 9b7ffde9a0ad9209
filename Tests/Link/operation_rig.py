"""A joined device."""
from cases import equal
from link_device import Link, join_payload

OK = {"status": "ok", "response": {}}


async def device(hub, identifier, **payload):
    hub.key = getattr(hub, "key", None) or await hub.product_key()
    link = await Link.with_secret(hub, hub.key, identifier)
    equal((await link.join(payload=join_payload(**payload)))[4], OK, "reply to the join")
    return link
