"""hubctl on a terminal."""
import fcntl
import os
import pty
import struct
import termios

from hub import PROGRAMS, until


class Terminal:
    """hubctl on a terminal of its own."""

    def __init__(self, hub, *arguments, rows=24, columns=80):
        self.said = b""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execve(PROGRAMS / "hubctl", ["hubctl", *arguments], hub.environment)
        self.resize(rows, columns)
        os.set_blocking(self.terminal, False)

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.terminal, text.encode())

    async def sees(self, word, timeout=20):
        async def seen():
            try:
                self.said += os.read(self.terminal, 65536)
            except (BlockingIOError, OSError):
                pass
            return word.encode() in self.said
        try:
            await until(seen, word, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; on the terminal: {self.said[-2000:]!r}") from None

    async def end(self):
        os.close(self.terminal)

        async def gone():
            return os.waitpid(self.child, os.WNOHANG)[0] != 0
        await until(gone, "hubctl ends with its terminal")
