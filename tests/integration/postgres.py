"""A PostgreSQL server of the tests' own, on a socket in a folder of theirs; it listens on no address, or on that of a network
of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.integration.links import Cable

ACCOUNT = "postgres"


def programs() -> Path | None:
    """Where the server's programs are: on the path, or where Debian puts them."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    there = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return there[-1].parent if there else None


class Server:
    """A server that starts, crashes and starts again.

    cable: it runs at its far end, and is reached by it too · of: the server whose standby it is.
    """

    def __init__(self, cable: Cable | None = None, of: Server | None = None) -> None:
        where = programs()
        assert where is not None
        self.bin, self.cable = where, cable
        # a socket's path has at most 107 bytes, so not below pytest's folders
        self.folder = Path(tempfile.mkdtemp(prefix="letpass-pg-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, ACCOUNT, ACCOUNT)
        if of is not None:
            self._run("pg_basebackup", "-D", str(self.data), "-h", str(of.folder), "-U", "letpass", "-R", "-c", "fast")
        else:
            self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "letpass", "-E", "UTF8", "--locale=C")
        if cable is not None:
            with (self.data / "pg_hba.conf").open("a") as access:
                access.write("host all letpass 198.18.0.0/15 trust\n")
        self.start()

    @property
    def socket(self) -> Path:
        return self.folder / ".s.PGSQL.5432"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://letpass@/{database}?host={self.folder}"

    def fresh(self, name: str) -> str:
        """The address of a new, empty database."""
        import psycopg

        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        return self.address(name)

    def start(self) -> None:
        there = self.cable.there if self.cable is not None else ""
        options = f"-c listen_addresses={there} -c unix_socket_directories={self.folder} -c max_connections=150"
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def crash(self) -> None:
        """End every process of the server at once, as a power cut would; nothing is flushed."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def tool(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs with what it is given; fails where it does."""
        done = subprocess.run([str(self.bin / program), *arguments], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def end(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.bin / program), *arguments]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", *command]
        if self.cable is not None:
            command = [*self.cable.inside(*command)]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", check=False
        )
        assert done.returncode == 0, done.stdout.decode()
