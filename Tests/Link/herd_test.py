"""500 devices at once: docs/protocols/device-link.md section 5, connection limit and drain."""
import asyncio
import signal
import time

from agent import Agent
from cases import case, equal, main
from hub import until
from link_device import Link
from update_rig import deploy, prepare, upload

COUNT = 500


async def all_online(agents, what, timeout):
    """Waits for all of them; how long it took."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(timeout):
            for agent in agents:
                await agent.online.wait()
    except TimeoutError:
        raise AssertionError(f"{what}: {sum(agent.online.is_set() for agent in agents)} of {len(agents)} in {timeout} s") from None
    return time.monotonic() - began


class Herd:
    """The devices of this test, made once; they live until it ends."""

    agents = []
    calm = None


@case("500 devices that come at once all get in, and one that is there feels nothing", timeout=240)
async def come(hub):
    await prepare(hub)
    Herd.calm = await Link.with_secret(hub, hub.key, "calm")
    await Herd.calm.join()
    before, slowest, done = hub.memory(), 0.0, asyncio.Event()

    async def look():
        nonlocal slowest
        while not done.is_set():
            asked = time.monotonic()
            await Herd.calm.heartbeat()
            slowest = max(slowest, time.monotonic() - asked)
            await asyncio.sleep(0.5)
    looking = asyncio.create_task(look())
    context = hub.tls()
    Herd.agents = [Agent(hub, f"herd-{number:03}", hub.key, context=context).start() for number in range(COUNT)]
    took = await all_online(Herd.agents, "devices in", 200)
    done.set()
    await looking
    await until(lambda: connected(hub, COUNT + 1), "the list has all of them")
    attempts = sum(agent.attempts for agent in Herd.agents)
    print(f"# {COUNT} devices in {took:.1f} s, {attempts} attempts, the other waited {slowest:.2f} s at most, "
          f"{(hub.memory() - before) * 1024 / COUNT:.0f} KiB a device", flush=True)
    assert slowest < 20, f"a device that was there waited {slowest:.1f} s"
    equal([agent.identifier for agent in Herd.agents if agent.joins != 1], [], "devices that were thrown out again")


async def connected(hub, count):
    return len(await hub.joined()) == count


@case("they all take an update, 50 at a time", timeout=300)
async def updated(hub):
    firmware = await upload(hub)
    deployment = await deploy(hub, firmware, "--device", *[agent.identifier for agent in Herd.agents], "--concurrent", "50")
    most, began = 0, time.monotonic()

    async def over():
        nonlocal most
        shown = (await hub.json("deployment", "show", deployment))["deployment"]
        working = sum(shown["counts"].get(state, 0) for state in ("downloading", "installing", "rebooting"))
        most = max(most, working)
        await asyncio.sleep(0.5)
        return shown["status"] == "finished"
    await until(over, "the deployment is finished", 280)
    print(f"# updated in {time.monotonic() - began:.1f} s, {most} at work at most", flush=True)
    assert most <= 50, f"{most} devices at work at once"
    equal({agent.uuid for agent in Herd.agents}, {firmware.uuid}, "the firmware that runs")
    equal([len(agent.updates) for agent in Herd.agents if len(agent.updates) != 1], [], "updates a device was sent")


@case("a kill of the hub: nobody is connected, then everybody", timeout=240)
async def killed(hub):
    await Herd.calm.cut()
    await hub.end(signal.SIGKILL)
    for agent in Herd.agents:
        agent.online.clear()
    await hub.start()
    took = await all_online(Herd.agents, "devices back", 200)
    await until(lambda: connected(hub, COUNT), "the list has all of them")
    print(f"# all back in {took:.1f} s", flush=True)


@case("a stop of the hub lets them go in batches, and they come back", timeout=240)
async def drained(hub):
    links = [agent.link for agent in Herd.agents]
    began = time.monotonic()
    equal(await hub.end(), 0, "exit code")
    codes = {await link.ended() for link in links}
    print(f"# stopped in {time.monotonic() - began:.1f} s", flush=True)
    equal(codes, {1012}, "close codes")
    for agent in Herd.agents:
        agent.online.clear()
    await hub.start()
    await all_online(Herd.agents, "devices back", 200)
    await asyncio.gather(*[agent.stop() for agent in Herd.agents])


if __name__ == "__main__":
    main()
