"""The hub is killed at every step of an update: devices come back, and end right."""
import asyncio
import signal

from agent import Agent
from cases import case, equal, main
from hub import until
from update_rig import becomes, deploy, part, prepare, release, upload

SHORT = (0.3, 0.6, 1)


class Crash:
    """Kills the hub the first time a device comes to the step, and starts it again after a while. Not before the operator has his
    answer (`ready`), which a crash would swallow."""

    def __init__(self, hub, step, pause=0.5):
        self.hub, self.step, self.pause, self.done = hub, step, pause, False
        self.ready = asyncio.Event()

    async def __call__(self, _, step):
        if step == self.step and not self.done:
            self.done = True
            await self.ready.wait()
            await self.hub.end(signal.SIGKILL)
            await asyncio.sleep(self.pause)
            await self.hub.start()


async def update(hub, step, answer="apply", push=False, size=3_000_000):
    """One update with a crash at the step; the device and its part of the deployment when it is over."""
    firmware, identifier = await upload(hub, size=size), f"crash-{step}-{answer}-{'push' if push else 'rollout'}"
    crash = Crash(hub, step)
    agent = Agent(hub, identifier, hub.key, answer=answer, step=crash, delays=SHORT).start()
    try:
        await asyncio.wait_for(agent.online.wait(), 20)
        if push:
            await hub.run("device", "push", identifier, release(firmware))
            deployment = max(await hub.json("deployment", "list"), key=lambda one: one["createdAt"])["id"]
        else:
            deployment = await deploy(hub, firmware, "--device", identifier)
        crash.ready.set()
        state = "success" if answer == "apply" else "failure"
        await becomes(hub, deployment, identifier, state, 60)
        assert crash.done, "the hub was not killed"
        if answer == "apply":
            equal(agent.uuid, firmware.uuid, "the firmware that runs")
        await asyncio.wait_for(agent.online.wait(), 20)
        await asyncio.sleep(1.5)
        equal((await part(hub, deployment, identifier))["state"], state, "state, a while later")
        assert len(agent.updates) <= 2, f"the update was sent {len(agent.updates)} times"
        equal(agent.history.count(firmware.uuid), 1 if answer == "apply" else 0, "installations")
    finally:
        await agent.stop()


for name in ("received", "started", "half", "completed", "rebooted"):
    @case(f"killed when an update is {name}: the device comes back and has it", timeout=120)
    async def killed(hub, name=name):
        await prepare(hub)
        await update(hub, name)


@case("the same for an operator's push", timeout=240)
async def pushed(hub):
    await prepare(hub)
    for name in ("received", "half", "completed"):
        await update(hub, name, push=True)


@case("killed half way of an update that fails: it is a failure", timeout=120)
async def failed(hub):
    await prepare(hub)
    await update(hub, "half", answer="fail")


@case("killed right after the update was sent, and with the report lost: it is sent again", timeout=120)
async def lost(hub):
    await prepare(hub)
    firmware = await upload(hub)
    taken = asyncio.Event()

    class Deaf(Agent):
        """Loses the first update: the power fails as it comes in."""

        async def update(self, update):
            if taken.is_set():
                return await super().update(update)
            taken.set()
            self.updating = None
    agent = Deaf(hub, "crash-lost", hub.key, delays=SHORT).start()
    try:
        await asyncio.wait_for(agent.online.wait(), 20)
        deployment = await deploy(hub, firmware, "--device", "crash-lost")
        await asyncio.wait_for(taken.wait(), 20)
        await hub.end(signal.SIGKILL)
        await hub.start()
        await becomes(hub, deployment, "crash-lost", "success", 60)
    finally:
        await agent.stop()


@case("killed with ten devices at work, three times: all have it in the end", timeout=240)
async def many(hub):
    await prepare(hub)
    firmware = await upload(hub, size=2_000_000)
    agents = [Agent(hub, f"crash-many-{number}", hub.key, delays=SHORT).start() for number in range(10)]
    try:
        for agent in agents:
            await asyncio.wait_for(agent.online.wait(), 30)
        deployment = await deploy(hub, firmware, "--device", *[agent.identifier for agent in agents], "--concurrent", "4")
        for pause in (0.3, 1, 2):
            await asyncio.sleep(pause)
            await hub.end(signal.SIGKILL)
            await hub.start()

        async def over():
            return (await hub.json("deployment", "show", deployment))["deployment"]["status"] == "finished"
        await until(over, "the deployment is finished", 120)
        counts = (await hub.json("deployment", "show", deployment))["deployment"]["counts"]
        equal({name: count for name, count in counts.items() if count}, {"success": 10}, "counts")
        equal({agent.uuid for agent in agents}, {firmware.uuid}, "the firmware that runs")
    finally:
        await asyncio.gather(*[agent.stop() for agent in agents])


if __name__ == "__main__":
    main()
