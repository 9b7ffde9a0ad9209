"""A WebSocket client (RFC 6455) that shows everything: how an upgrade was refused, each frame, the code of the close.

Nothing but the standard library, so that the tests of the device link run wherever Python does, and nothing of the hub, so that both
ends are judged by the same text.
"""
import asyncio
import base64
import hashlib
import os
import ssl
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Refused(Exception):
    """The hub answered the upgrade with something else than 101."""

    def __init__(self, status, headers, body):
        super().__init__(f"status {status}, headers {headers}, body {body!r}")
        self.status, self.headers, self.body = status, headers, body


class Closed(Exception):
    """The connection is over: the code of the close frame, 1006 when there was none."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}")
        self.code, self.reason = code, reason


def tls(ca, certificate=None, key=None, highest=None):
    """How a client checks the hub, and what it shows of itself. `highest` bounds the version of TLS."""
    context = ssl.create_default_context(cafile=str(ca))
    if certificate is not None:
        context.load_cert_chain(str(certificate), str(key))
    if highest is not None:
        context.maximum_version = highest
    return context


async def read_head(reader):
    """Status and headers (names in lower case) of an answer."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        if line:
            name, value = line.split(":", 1)
            headers[name.strip().lower()] = value.strip()
    return int(lines[0].split()[1]), headers


class WebSocket:
    def __init__(self, reader, writer, headers):
        self.reader, self.writer, self.headers = reader, writer, headers
        self.pings = 0
        self.over = None

    @classmethod
    async def open(cls, host, port, context, path, headers, timeout=20, source=None):
        """Opens one, with the request line and headers as given, from the address `source`. Raises Refused, or OSError when nobody
        answers."""
        async with asyncio.timeout(timeout):
            local = (source, 0) if source else None
            reader, writer = await asyncio.open_connection(
                host, port, ssl=context, server_hostname=host, limit=1 << 21, local_addr=local)
            try:
                return await cls.upgrade(reader, writer, f"{host}:{port}", path, headers)
            except asyncio.IncompleteReadError as error:
                writer.transport.abort()
                raise ConnectionResetError("the hub closed without an answer") from error
            except BaseException:
                writer.transport.abort()
                raise

    @classmethod
    async def upgrade(cls, reader, writer, authority, path, headers):
        key = base64.b64encode(os.urandom(16))
        lines = [f"GET {path} HTTP/1.1", f"host: {authority}", "user-agent: mint/1.7.1", "upgrade: websocket", "connection: upgrade",
                 "sec-websocket-version: 13", f"sec-websocket-key: {key.decode()}"]
        lines += [f"{name}: {value}" for name, value in headers]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        status, answer = await read_head(reader)
        if status != 101:
            length = int(answer.get("content-length", "0"))
            raise Refused(status, answer, await reader.readexactly(length))
        wanted = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        if answer.get("sec-websocket-accept") != wanted:
            raise Refused(status, answer, b"the accept header does not fit the key")
        return cls(reader, writer, answer)

    def frame(self, opcode, payload, last=True):
        """Sends one frame as it is."""
        mask = os.urandom(4)
        if len(payload) < 126:
            length = struct.pack("!B", 0x80 | len(payload))
        elif len(payload) < 1 << 16:
            length = struct.pack("!BH", 0x80 | 126, len(payload))
        else:
            length = struct.pack("!BQ", 0x80 | 127, len(payload))
        key = (mask * (len(payload) // 4 + 1))[: len(payload)]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(len(payload), "big")
        self.writer.write(bytes([(0x80 if last else 0) | opcode]) + length + mask + masked)

    async def send(self, text):
        if self.over is not None:
            raise self.over
        self.frame(TEXT, text.encode() if isinstance(text, str) else text)
        try:
            await self.writer.drain()
        except OSError as error:
            # The hub may have said why before it closed: what it said is still to be read.
            self.over = self.over or Closed(1006, str(error))
            raise self.over from error

    async def receive(self):
        """The next message, text or bytes. Answers pings; raises Closed when the connection is over."""
        parts, kind = [], TEXT
        while True:
            try:
                last, opcode, payload = await self.receive_frame()
            except (asyncio.IncompleteReadError, OSError, ssl.SSLError) as error:
                self.over = self.over or Closed(1006, type(error).__name__)
                raise self.over from error
            if opcode == PING:
                self.pings += 1
                self.frame(PONG, payload)
            elif opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                self.over = Closed(code, payload[2:].decode(errors="replace"))
                self.frame(CLOSE, payload[:2])
                self.writer.close()
                raise self.over
            elif opcode != PONG:
                kind = opcode or kind
                parts.append(payload)
                if last:
                    message = b"".join(parts)
                    return message.decode() if kind == TEXT else message

    async def receive_frame(self):
        first, second = await self.reader.readexactly(2)
        if second & 0x80 or first & 0x70:
            raise AssertionError("the hub masks a frame, or sets reserved bits")
        length = second & 0x7F
        if length == 126:
            length = struct.unpack("!H", await self.reader.readexactly(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", await self.reader.readexactly(8))[0]
        return bool(first & 0x80), first & 0x0F, await self.reader.readexactly(length)

    def abort(self):
        """As when the cable is pulled."""
        self.writer.transport.abort()

    async def close(self, code=1000):
        if self.over is None:
            self.frame(CLOSE, struct.pack("!H", code))
        self.writer.close()
