"""Limits that are settings: docs/protocols/device-link.md sections 2.4, 3.1 and 5."""
import asyncio
import email.utils
import time

import nh1
from agent import Agent
from cases import case, equal, main
from frame_rig import answers, connect, joined
from upgrade_rig import admitted, refused
from websocket import Refused


class Idle:
    """Links that begin with the first case and are looked at in the last one."""

    silent = None
    beating = None
    since = 0.0


@case("links begin")
async def begin(hub):
    Idle.silent, Idle.beating, Idle.since = await joined(hub, "silent-1"), await joined(hub, "beating-1"), time.monotonic()


@case("more links in a second than are allowed: 429 with Retry-After and Date, and all get in")
async def rate(hub):
    await connect(hub, "rate-first")
    refusals = []

    async def come(number):
        try:
            return await connect(hub, f"rate-{number}")
        except Refused as refusal:
            refusals.append(refusal)
    links = [link for link in await asyncio.gather(*[come(number) for number in range(30)]) if link]
    assert refusals and links, f"{len(links)} of 30 links were opened at once"
    for refusal in refusals:
        equal((refusal.status, refusal.body), (429, b""), "status and body")
        assert 1 <= int(refusal.headers["retry-after"]) <= 60, refusal.headers
        assert email.utils.parsedate_to_datetime(refusal.headers["date"]), refusal.headers
    agents = [Agent(hub, f"rate-late-{number}", hub.key).start() for number in range(20)]
    async with asyncio.timeout(60):
        for agent in agents:
            await agent.online.wait()
    await asyncio.gather(*[agent.stop() for agent in agents], *[link.close() for link in links])


@case("how long a signature is good is a setting")
async def signatures(hub):
    key = await hub.product_key()
    await asyncio.sleep(2)  # the rate of links is back
    await refused(hub, 401, headers=nh1.headers(key["key"], key["secret"], "signature-1", at=time.time() - 12))
    await admitted(hub, nh1.headers(key["key"], key["secret"], "signature-1", at=time.time() - 5))


@case("a link of which nothing is heard for a minute ends; heartbeats keep one", timeout=120)
async def idle(hub):
    while time.monotonic() - Idle.since < 50:
        await answers(Idle.beating)
        await asyncio.sleep(2)
    assert Idle.silent.closed is None, f"closed early: {Idle.silent.closed}"
    code = await Idle.silent.ended(40)
    assert code in (1000, 1002), f"close code {code}"
    assert 58 < time.monotonic() - Idle.since < 85, f"ended after {time.monotonic() - Idle.since:.0f} s"
    await answers(Idle.beating)
    await Idle.beating.close()


if __name__ == "__main__":
    main(HUB_LINK_ACCEPT_RATE="5", HUB_LINK_SIGNATURE_SECONDS="10", HUB_LINK_IDLE_SECONDS="60")
