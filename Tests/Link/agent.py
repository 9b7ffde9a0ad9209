"""A device that keeps its link up and takes its updates, by the rules of docs/protocols/device-link.md sections 5, 7 and 12."""
import asyncio
import random
import ssl

import download
from link_device import CERTIFICATE_PATH, Link, join_payload
from websocket import Closed, Refused

DELAYS = (1, 2, 4, 8, 16, 32, 60)


class Agent:
    """`answer` is what the application says to an update: apply, ignore, reschedule or fail. `step` is awaited at each step of one."""

    def __init__(self, hub, identifier, key=None, context=None, uuid="8a8b902c-d1a9-58aa-6111-04ab57c2f2a8", version="0.1.0",
                 answer="apply", step=None, delays=DELAYS, **payload):
        self.hub, self.identifier, self.key, self.context = hub, identifier, key, context
        self.uuid, self.version, self.answer, self.step, self.delays, self.payload = uuid, version, answer, step, delays, payload
        self.link, self.online = None, asyncio.Event()
        self.downloading, self.updating = None, None
        self.updates, self.attempts, self.joins, self.history = [], 0, 0, [uuid]
        self.task = None
        self.is_old = len(identifier) % 2 == 0  # both forms of join_ref are played

    def start(self):
        self.task = asyncio.create_task(self.run())
        return self

    async def stop(self):
        for task in (self.task, self.updating):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self.link is not None:
            await self.link.cut()

    async def run(self):
        """For ever: connect, join, serve, and after any end of the connection again, after the delays of section 5."""
        position = 0
        while True:
            try:
                self.attempts += 1
                await self.connect()
                position = 0
                await self.serve()
            except (OSError, Refused, Closed, TimeoutError, asyncio.IncompleteReadError, ssl.SSLError):
                pass
            finally:
                self.online.clear()
            await asyncio.sleep(self.delays[min(position, len(self.delays) - 1)] * random.uniform(1, 1.5))
            position += 1

    async def connect(self):
        if self.key is None:
            self.link = await Link.open(self.hub, path=CERTIFICATE_PATH, context=self.context, old_references=self.is_old)
        else:
            self.link = await Link.with_secret(self.hub, self.key, self.identifier, context=self.context, old_references=self.is_old)
        reply = await self.link.join(payload=join_payload(self.uuid, self.version, self.downloading, **self.payload))
        if reply[4]["status"] != "ok":
            raise Closed(1000, "join refused")
        self.joins += 1
        self.online.set()

    async def serve(self):
        while True:
            frame = await self.link.take(lambda frame: True, "any frame", timeout=3600)
            if frame[3] == "update" and self.updating is None:
                self.updates.append(frame[4])
                self.updating = asyncio.create_task(self.update(frame[4]))
            elif frame[3] == "extensions:get":
                await self.link.start_join("extensions", {"health": "0.0.1"})
            elif frame[3] == "reboot":
                await self.report("rebooting", {})
                raise Closed(1000, "reboots")

    async def report(self, event, payload):
        """Sends a report; one made while disconnected is lost, as the real client's is."""
        try:
            if self.online.is_set():
                await self.link.push("device", event, payload)
        except (Closed, OSError):
            pass

    async def at(self, step):
        if self.step is not None:
            await self.step(self, step)

    async def update(self, update):
        """One update to its end, whatever becomes of the connection meanwhile."""
        try:
            meta = update["firmware_meta"]
            await self.report("status_update", {"status": "received"})
            await self.at("received")
            if meta["uuid"] == self.uuid:
                return await self.report("status_update", {"status": "ignored", "reason": ""})
            if self.answer == "ignore":
                return await self.report("status_update", {"status": "ignored", "reason": "not today"})
            if self.answer == "reschedule":
                return await self.report("status_update", {"status": "rescheduled", "delay_for": 5})
            self.downloading = meta["uuid"]
            await self.report("status_update", {"status": "started", "downloader_network_interface": "lo"})
            await self.at("started")
            await self.fetch(update)
            if self.answer == "fail":
                raise download.GaveUp("FWUP error : \"no\"")
            await self.report("fwup_progress", {"stage": "updating", "value": 100})
            await self.report("status_update", {"status": "completed"})
            await self.at("completed")
            self.uuid, self.version = meta["uuid"], meta["version"]
            self.history.append(self.uuid)
            self.downloading = None
            if self.link is not None:
                self.link.socket.abort()  # the reboot
            await self.at("rebooted")
        except download.GaveUp as error:
            self.downloading = None
            await self.report("status_update", {"status": "failed", "reason": str(error)})
        finally:
            self.updating = None

    async def fetch(self, update):
        seen = -1

        async def progress(percent):
            nonlocal seen
            if percent // 10 > seen // 10 or seen < 0:
                await self.report("fwup_progress", {"stage": "updating", "value": min(percent, 99)})
            if seen < 50 <= percent:
                await self.at("half")
            seen = percent

        await download.fetch(update, self.context or self.hub.tls(), progress)
