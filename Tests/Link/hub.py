"""Runs the hub of the build for a test, and its administration."""
import asyncio
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import websocket

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".build" / os.environ.get("CONFIGURATION", "debug")


class Failed(Exception):
    """A program ended with another code than 0."""

    def __init__(self, arguments, done):
        super().__init__(f"{' '.join(map(str, arguments))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        self.code, self.text = done.returncode, done.stdout + done.stderr


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Hub:
    """One hub at a time over one state folder. Its port stays the same over restarts, as devices and links to firmware need it."""

    host = "127.0.0.1"

    def __init__(self, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="link-"))
        self.state = self.folder / "state"
        self.port = free_port()
        self.process = None
        self.environment = {
            **os.environ, "HUB_LISTEN_HTTPS": f"127.0.0.1:{self.port}", "HUB_LISTEN_PKI": "127.0.0.1:0", "HUB_DISCOVERY_ENABLED": "false",
            "HUB_TUNNEL_ENABLED": "false", "HUB_SOCKET": str(self.state / "run" / "admin.sock"), "SWIFT_BACKTRACE": "enable=no", **settings,
        }

    async def start(self):
        addresses = self.state / "run" / "addresses.json"
        addresses.unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAMS / "hubd", "--state", self.state], env=self.environment, stdout=log, stderr=log)
        for _ in range(600):
            if addresses.exists() and addresses.stat().st_size or self.process.poll() is not None:
                break
            await asyncio.sleep(0.1)
        if self.process.poll() is not None or not addresses.exists():
            raise AssertionError("the hub does not start:\n" + self.log()[-4000:])

    async def end(self, how=signal.SIGTERM):
        """Ends the hub and gives its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            return await asyncio.to_thread(self.process.wait, 60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("the hub does not end in a minute") from None
        finally:
            self.process.wait()
            self.process = None

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def discard(self):
        """Ends what runs and removes the folder."""
        if self.is_alive():
            self.process.kill()
            self.process.wait()
        if os.environ.get("KEEP"):
            print(f"# kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def memory(self):
        """Resident memory of the hub in MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    @property
    def ca(self):
        return self.state / "ca" / "ca.crt"

    def tls(self, **options):
        return websocket.tls(self.ca, **options)

    async def run(self, *arguments, input=None, program="hubctl", code=0, timeout=60):
        """Runs a program of the build beside what else happens here; what it printed. `code` None: any exit code will do."""
        def call():
            return subprocess.run([PROGRAMS / program, *map(str, arguments)], env=self.environment, input=input, text=True,
                                  capture_output=True, timeout=timeout)

        done = await asyncio.to_thread(call)
        if code is not None and done.returncode != code:
            raise Failed([program, *arguments], done)
        return done.stdout

    async def json(self, *arguments, **options):
        return json.loads(await self.run(*arguments, "--json", **options))

    def begin(self, *arguments, **options):
        """Starts hubctl and leaves it running; the caller ends it."""
        return subprocess.Popen([PROGRAMS / "hubctl", *map(str, arguments)], env=self.environment, **options)

    async def product_key(self, product="widget", *options):
        """A new product key: {"key", "secret", ...}."""
        return await self.json("link", "key", "add", "--product", product, *options)

    async def device(self, identifier):
        return await self.json("device", "show", identifier)

    async def links(self):
        """The links of now, by device ID."""
        return {link["deviceID"]: link for link in await self.json("link", "list")}

    async def joined(self):
        """The devices that have joined: before, a link offers nothing."""
        return {name for name, link in (await self.links()).items() if link["abilities"]}

    async def provision(self, identifier):
        """A device with a certificate of the hub: the options for `tls`."""
        secret, folder = self.folder / f"{identifier}.secret", self.folder / identifier
        secret.touch(mode=0o600)
        secret.write_text(os.urandom(16).hex() + "\n")
        await self.run("add", identifier, "--secret-file", secret, program="oob")
        await self.run("provision", "--id", identifier, "--hub", f"{self.host}:{self.port}", "--secret-file", secret, "--state", folder,
                       program="hub-agent")
        return {"certificate": folder / "device.crt", "key": folder / "device.key"}


async def until(question, what, timeout=30):
    """Asks again until the answer is yes, and gives it. For what the hub tells nobody when it happens."""
    end = time.monotonic() + timeout
    while True:
        answer = await question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not so in {timeout} s: {what}")
        await asyncio.sleep(0.1)
