"""One connection of a device: channel frames over a WebSocket, docs/protocols/device-link.md sections 4 to 6 and 11."""
import asyncio
import json
import time

import nh1
from websocket import Closed, WebSocket

SECRET_PATH = "/device-socket/websocket?vsn=2.0.0"
CERTIFICATE_PATH = "/socket/websocket?vsn=2.0.0"


LAST_SIGNED = {}


async def sign(key, identifier):
    """Headers of the shared secret `key` ({"key", "secret"}). Never two of one device in the same second: they would be the same, and a
    signature is good once."""
    while LAST_SIGNED.get((key["key"], identifier)) == (now := int(time.time())):
        await asyncio.sleep(0.05)
    LAST_SIGNED[key["key"], identifier] = now
    return nh1.headers(key["key"], key["secret"], identifier, now)


def join_payload(uuid="8a8b902c-d1a9-58aa-6111-04ab57c2f2a8", version="0.1.0", downloading=None, **changes):
    """What client 2.12.0 says when it joins, section 6.1. A change to None, other than of the download, leaves the member out."""
    payload = {
        "archive_public_keys": "on_connect", "console_version": "2.0.0", "device_api_version": "2.3.0",
        "fwup_public_keys": "on_connect", "fwup_version": "1.16.0",
        "meta": {"firmware_auto_revert_detected": False, "firmware_validated": True},
        "nerves_fw_architecture": "x86_64", "nerves_fw_author": "me", "nerves_fw_description": "test firmware",
        "nerves_fw_misc": "", "nerves_fw_platform": "sim", "nerves_fw_product": "widget", "nerves_fw_uuid": uuid,
        "nerves_fw_validated": "1", "nerves_fw_vcs_identifier": "abc123", "nerves_fw_version": version, **changes,
    }
    payload = {name: value for name, value in payload.items() if value is not None}
    payload["currently_downloading_uuid"] = downloading
    return payload


class Link:
    """A connection with its counter of references and what came in. `old_references`: as Slipstream before 1.2.2, without join_ref."""

    kept = []  # all of them: a task that nobody refers to is dropped while it waits

    def __init__(self, socket, old_references=True):
        Link.kept.append(self)
        self.socket, self.old_references = socket, old_references
        self.count, self.joined, self.inbox, self.seen = 0, {}, [], []
        self.closed = None
        self.news = asyncio.Condition()
        self.reading = asyncio.create_task(self.read())

    @classmethod
    async def open(cls, hub, headers=(), path=SECRET_PATH, context=None, old_references=True, compress=True):
        offers = [("sec-websocket-extensions", "permessage-deflate")] if compress else []
        socket = await WebSocket.open(hub.host, hub.port, context or hub.tls(), path, offers + list(headers))
        return cls(socket, old_references)

    @classmethod
    async def with_secret(cls, hub, key, identifier, **options):
        """As a device with the shared secret `key`; signed just before, which the real client does earlier."""
        return await cls.open(hub, await sign(key, identifier), **options)

    async def read(self):
        try:
            while True:
                message = await self.socket.receive()
                async with self.news:
                    frame = json.loads(message) if isinstance(message, str) else message
                    self.inbox.append(frame)
                    self.seen.append(frame)
                    self.news.notify_all()
        except (Closed, AssertionError, ValueError) as error:
            async with self.news:
                self.closed = error
                self.news.notify_all()

    def reference(self):
        self.count += 1
        return str(self.count)

    async def raw(self, frame):
        await self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame, separators=(",", ":")))

    async def push(self, topic, event, payload=None):
        """Sends an event and gives its reference."""
        ref = self.reference()
        await self.raw([None if self.old_references else self.joined.get(topic), ref, topic, event, {} if payload is None else payload])
        return ref

    async def start_join(self, topic, payload):
        ref = self.reference()
        self.joined[topic] = ref
        await self.raw([ref, ref, topic, "phx_join", payload])
        return ref

    async def join(self, topic="device", payload=None):
        """Joins and gives the whole reply."""
        ref = await self.start_join(topic, join_payload() if payload is None else payload)
        return await self.take(lambda frame: frame[1] == ref and frame[3] == "phx_reply", f"the reply to the join of {topic}")

    async def take(self, fits, what="a frame", timeout=20):
        """The first frame that fits, now or later; it leaves the inbox. Raises Closed when the connection ended without it."""
        def found():
            return next((frame for frame in self.inbox if fits(frame)), None)

        try:
            async with asyncio.timeout(timeout), self.news:
                while (frame := found()) is None:
                    if self.closed is not None:
                        raise self.closed
                    await self.news.wait()
                self.inbox.remove(frame)
                return frame
        except TimeoutError:
            raise AssertionError(f"no sign of {what} in {timeout} s; came in: {json.dumps(self.inbox)[:2000]}") from None

    async def event(self, event, topic="device", timeout=20):
        """The payload of the next such event of the hub, which comes addressed to this connection: [join_ref,null,topic,event,payload]."""
        frame = await self.take(lambda frame: frame[2] == topic and frame[3] == event and frame[1] is None, f"{topic} {event}", timeout)
        assert frame[0] == self.joined.get(topic), f"{event} comes with join reference {frame[0]!r}, not {self.joined.get(topic)!r}"
        return frame[4]

    async def reply(self, ref, timeout=20):
        return await self.take(lambda frame: frame[1] == ref and frame[3] == "phx_reply", f"a reply to {ref}", timeout)

    async def heartbeat(self):
        """A heartbeat and its reply: what the hub was sent before is then behind it, and what it wanted to say at once is in the inbox."""
        ref = self.reference()
        await self.raw([None, ref, "phoenix", "heartbeat", {}])
        return await self.reply(ref)

    async def ended(self, timeout=20):
        """Waits until the hub has closed, and gives the code."""
        async with asyncio.timeout(timeout), self.news:
            await self.news.wait_for(lambda: self.closed is not None)
        if not isinstance(self.closed, Closed):
            raise self.closed
        return self.closed.code

    async def close(self):
        await self.socket.close()
        await self.stop()

    async def cut(self):
        self.socket.abort()
        await self.stop()

    async def stop(self):
        self.reading.cancel()
        await asyncio.gather(self.reading, return_exceptions=True)
