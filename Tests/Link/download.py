"""Fetches a firmware as the real client does: docs/protocols/device-link.md sections 7.2 and 12.4."""
import asyncio
import hashlib
import ssl
import urllib.parse

from websocket import read_head


class Response:
    def __init__(self, status, headers, reader, writer):
        self.status, self.headers, self.reader, self.writer = status, headers, reader, writer
        self.left = int(headers.get("content-length", "0"))

    async def part(self, size=65536):
        """The next bytes of the body; nothing at its end. Raises when the connection is cut."""
        if self.left == 0:
            return b""
        data = await self.reader.read(min(size, self.left))
        if not data:
            raise ConnectionResetError(f"cut {self.left} bytes before the end")
        self.left -= len(data)
        return data

    async def body(self):
        parts = []
        while data := await self.part():
            parts.append(data)
        self.writer.transport.abort()
        return b"".join(parts)


async def get(url, context, span=None, method="GET", attempt=0):
    """Asks for the URL, which is all the right that it takes; the body is still to be read."""
    parts = urllib.parse.urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context, server_hostname=parts.hostname)
    lines = [f"{method} {parts.path}?{parts.query} HTTP/1.1", f"host: {parts.netloc}", "user-agent: NHL/2.12.0", f"x-retry-number: {attempt}",
             "content-type: application/octet-stream"]
    if span is not None:
        lines.append(f"range: {span}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    try:
        async with asyncio.timeout(30):
            status, headers = await read_head(reader)
    except BaseException:
        writer.transport.abort()
        raise
    return Response(status, headers, reader, writer)


class GaveUp(Exception):
    """The hub answered with 400 or more, or the file is another one than was announced."""


async def fetch(update, context, progress=None, wait=0.5, retries=200):
    """The whole file of an `update`, over cuts and restarts of the hub; `progress` hears of each percent. Checks every sum of the update."""
    received, length = bytearray(), None
    for attempt in range(retries):
        try:
            # One past the last byte, which is what the real client asks for.
            span = None if not received else f"bytes={len(received)}-{length}"
            response = await get(update["firmware_url"], context, span, attempt=attempt)
            if response.status >= 400:
                raise GaveUp(f"status {response.status}")
            if span is None:
                length = int(response.headers["content-length"])
            elif response.status == 200:
                received.clear()  # a server that does not know ranges begins again
            while data := await response.part(16384):
                received += data
                if progress is not None:
                    await progress(len(received) * 100 // length)
            response.writer.transport.abort()
            if len(received) == length:
                break
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError):
            await asyncio.sleep(wait)
    check(update, bytes(received))
    return bytes(received)


def check(update, data):
    """The sums and the size of the update hold for the data."""
    if len(data) != update["size"]:
        raise GaveUp(f"{len(data)} bytes instead of {update['size']}")
    if hashlib.sha256(data).hexdigest().upper() != update["checksum"]:
        raise GaveUp("another checksum")
    parts = [hashlib.sha256(data[start:start + (1 << 20)]).hexdigest().upper() for start in range(0, len(data), 1 << 20)]
    if parts != update["partials_checksums"]:
        raise GaveUp("another checksum of a part")
