"""Links to a PostgreSQL server that can be cut: nothing comes through, nobody is told, and later it goes on."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

HERE = "127.0.0.1"


class CannotError(Exception):
    """This machine lets nobody lay a cable; the text says why."""


class Relay:
    """A relay to a server's socket.  While it is cut it keeps its connections and carries nothing, like a network that loses
    every packet."""

    def __init__(self, path: Path) -> None:
        self._path, self._through, self._ended = str(path), threading.Event(), False
        self._sockets: list[socket.socket] = []
        self._through.set()
        self._door = socket.create_server((HERE, 0))
        self.port = self._door.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def address(self, database: str) -> str:
        """Where a database is, by this way."""
        return f"postgresql://letpass@{HERE}:{self.port}/{database}"

    def cut(self) -> None:
        self._through.clear()

    def mend(self) -> None:
        self._through.set()

    def end(self) -> None:
        """Close everything."""
        self._ended = True
        self._through.set()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)  # else whoever accepts would wait on
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in (self._door, *self._sockets):
            each.close()

    def _accept(self) -> None:
        while not self._ended:
            try:
                near = self._door.accept()[0]
            except OSError:
                return
            self._sockets.append(near)
            self._through.wait()
            far = socket.socket(socket.AF_UNIX)
            self._sockets.append(far)
            try:
                far.connect(self._path)
            except OSError:
                near.shutdown(socket.SHUT_RDWR)  # the server is not there
                continue
            for pair in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._carry, args=pair))
                self._threads[-1].start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                self._through.wait()
                other.sendall(data)
        self._through.wait()
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Cable:
    """A cable between this network and one of its own, in which a server can run: it is pulled and put in again.

    The network ends with the process that holds it, and takes the cable with it.
    """

    def __init__(self) -> None:
        try:
            self._holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"], stderr=subprocess.PIPE)
        except OSError as error:
            raise CannotError(str(error)) from None
        self._near, self._far = f"lp{self._holder.pid}n", f"lp{self._holder.pid}f"
        first = self._holder.pid % 2**15 * 4  # of the addresses that RFC 2544 keeps for tests, four each
        near, self.there = (f"198.{18 + first // 2**16}.{first // 256 % 256}.{first % 256 + n}" for n in (1, 2))
        try:
            self._parted()
            _run(
                "ip",
                "link",
                "add",
                self._near,
                "type",
                "veth",
                "peer",
                "name",
                self._far,
                "netns",
                str(self._holder.pid),
            )
            _run("ip", "address", "add", f"{near}/30", "dev", self._near)
            _run("ip", "link", "set", self._near, "up")
            _run(*self.inside("ip", "address", "add", f"{self.there}/30", "dev", self._far))
            self.mend()
        except (CannotError, OSError) as error:
            self.end()
            raise CannotError(str(error)) from None

    def inside(self, *command: str) -> tuple[str, ...]:
        """A command as it is run in the other network."""
        return ("nsenter", "-t", str(self._holder.pid), "-n", *command)

    def address(self, database: str) -> str:
        """Where a database of a server in the other network is."""
        return f"postgresql://letpass@{self.there}:5432/{database}"

    def cut(self) -> None:
        _run(*self.inside("ip", "link", "set", self._far, "down"))

    def mend(self) -> None:
        _run(*self.inside("ip", "link", "set", self._far, "up"))

    def end(self) -> None:
        self._holder.kill()
        self._holder.communicate()

    def _parted(self) -> None:
        """Wait until the process has a network of its own."""
        own = Path("/proc/self/ns/net").readlink()
        for _ in range(100):
            if self._holder.poll() is not None:
                raise CannotError(self._holder.communicate()[1].decode().strip())
            if Path(f"/proc/{self._holder.pid}/ns/net").readlink() != own:
                return
            time.sleep(0.05)
        raise CannotError("no network of its own in five seconds")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise CannotError(f"{' '.join(command)}: {done.stderr.decode().strip()}")
