"""Durability: writers that are killed, servers that crash, disks that are full.  Nothing acknowledged is ever lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger import gatekey, place
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from tests.integration import disks, postgres
from tests.integration.writer import acknowledged

ROOT = Path(__file__).parents[2]
WRITERS = ("anna", "bert", "cora", "dave")
SHORT, LONG = 4.0, 20.0  # seconds


class Writers:
    """Four writers of one ledger, each a process of its own."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address, self.folder = address, folder
        self.key = gatekey.load_or_make(folder / "keys" / "gate.key")
        Ledger(place.store(address, make=True), (), self.key).store.close()
        self.running = {who: self.start(who) for who in WRITERS}

    def acks(self, who: str) -> Path:
        return self.folder / f"{who}.acks"

    def start(self, who: str) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "tests.integration.writer",
            self.address,
            str(self.folder / "keys" / "gate.key"),
            who,
            str(self.acks(who)),
        ]
        return subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        )

    def kill(self, who: str) -> None:
        self.running[who].send_signal(signal.SIGKILL)
        self.running[who].wait()

    def kill_one_after_another(self, seconds: float) -> int:
        """Kill and restart a writer at random moments; gives the number of kills."""
        end, kills = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            time.sleep(random.uniform(0.05, 0.4))
            who = random.choice(WRITERS)
            assert self.running[who].poll() is None, "a writer left by itself"
            self.kill(who)
            self.running[who] = self.start(who)
            kills += 1
        return kills

    def end(self) -> None:
        for who in WRITERS:
            self.kill(who)

    def lost(self) -> list[str]:
        """Everything that is wrong with what the ledger holds, beside what it has acknowledged."""
        ledger = Ledger(place.store(self.address, make=False), (self.key.public,))
        wrong = ledger.faults()
        held: dict[tuple[str, int], list[int]] = {}
        for logged in ledger.entries():
            held.setdefault((logged.entry.model, int(logged.entry.data["n"])), []).append(logged.index)
        wrong += [f"{slot} was logged {len(at)} times" for slot, at in held.items() if len(at) > 1]
        for who in WRITERS:
            done = acknowledged(self.acks(who))
            wrong += [
                f"{who}'s {n} was acknowledged as entry {index}, and is lost"
                for n, index in done
                if held.get((who, n)) != [index]
            ]
            more = [n for w, n in held if w == who and n >= len(done)]
            wrong += [f"{who}'s {more} were never acknowledged"] if len(more) > 1 else []
        return wrong


@pytest.fixture(name="writers")
def _writers(address: str, tmp_path: Path) -> Iterator[Writers]:
    found = Writers(address, tmp_path)
    yield found
    found.end()


@pytest.mark.parametrize("seconds", [SHORT, pytest.param(LONG, marks=pytest.mark.soak)])
def test_four_writers_and_random_kills_lose_no_acknowledged_entry(writers: Writers, seconds: float) -> None:
    """SIGKILL at any moment; on SQLite and on PostgreSQL."""
    kills = writers.kill_one_after_another(seconds)
    last = (
        time.monotonic() + 60
    )  # a writer that was killed whenever it had begun has its turn now, however busy the machine
    while time.monotonic() < last and not all(acknowledged(writers.acks(who)) for who in WRITERS):
        time.sleep(0.5)
    time.sleep(1)
    writers.end()

    assert kills >= seconds
    assert min(len(acknowledged(writers.acks(who))) for who in WRITERS) > 0
    assert writers.lost() == []


@pytest.mark.parametrize("crashes", [2, pytest.param(10, marks=pytest.mark.soak)])
def test_a_server_that_crashes_loses_no_acknowledged_entry(
    server: postgres.Server, database: Callable[[], str], tmp_path: Path, crashes: int
) -> None:
    """Every process of PostgreSQL ends at once, without flushing; its writers wait and go on."""
    writers = Writers(database(), tmp_path)
    try:
        for _ in range(crashes):
            time.sleep(1)
            server.crash()
            before = [len(acknowledged(writers.acks(who))) for who in WRITERS]
            server.start()
        time.sleep(2)
        assert all(len(acknowledged(writers.acks(who))) > n for who, n in zip(WRITERS, before, strict=True))
    finally:
        writers.end()

    assert writers.lost() == []


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte."""
    with disks.small(tmp_path / "small", "1m") as folder:
        yield folder


def _until_full(ledger: Ledger) -> tuple[int, str]:
    """Append until the disk refuses; the number of acknowledged entries, and what is said of the next."""
    for n in range(10_000):
        try:
            ledger.append([Entry("move", data={"n": n, "x": "y" * 4000})], n * 1_000_000)
        except UnreachableError as error:
            return n, f"{error.diagnostics[0].code} {error.message}"
    raise AssertionError("the disk was never full")


def test_a_full_disk_refuses_the_append_and_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    """Every acknowledged entry is there, the log is sound, and with room it goes on."""
    key = gatekey.load_or_make(tmp_path / "gate.key")
    ledger = Ledger(place.store(str(small_disk / "ledger.db"), make=True), (), key)
    done, why = _until_full(ledger)
    ledger.store.close()

    again = Ledger(place.store(str(small_disk / "ledger.db"), make=True), (), key)
    assert why == "GATE420 the ledger cannot be used: database or disk is full"
    assert again.faults() == []
    assert [e.entry.data["n"] for e in again.entries()] == list(range(done))
    assert done > 20

    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert again.append([Entry("move", data={"n": done})], 10**13)[0].index == done
    again.store.close()


def test_a_disk_on_which_not_even_the_index_of_the_write_ahead_log_has_room_is_said_to_be_full(
    small_disk: Path, tmp_path: Path
) -> None:
    """SQLite calls it an I/O error where nobody else has the ledger open; what was acknowledged is there afterwards."""
    path, key = small_disk / "ledger.db", gatekey.load_or_make(tmp_path / "gate.key")
    ledger = Ledger(place.store(str(path), make=True), (), key)
    ledger.append([Entry("move", data={"n": 0})], 10**13)
    ledger.store.close()
    other = disks.fill(small_disk)

    for make in (True, False):
        with pytest.raises(UnreachableError) as caught:
            place.store(str(path), make=make)
        found = caught.value.diagnostics[0]
        assert (found.code, found.message) == ("GATE420", "the ledger cannot be used: database or disk is full")
        assert (found.help or "").startswith("make room on its disk; what was acknowledged is there")

    other.unlink()
    again = Ledger(place.store(str(path), make=True), (), key)
    assert again.append([Entry("move", data={"n": 1})], 10**13)[0].index == 1
    assert again.faults() == []
    again.store.close()


def test_a_key_is_made_once_however_many_begin_at_once(tmp_path: Path) -> None:
    """Of eight that begin a ledger at the same moment all write into one log, with one key."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom letpass.ledger import gatekey, place\n"
        "from letpass.ledger.entry import Entry\nfrom letpass.ledger.log import Ledger\n"
        f"folder = Path({str(tmp_path)!r}, 'x')\nkey = gatekey.load_or_make(folder / 'gate.key')\n"
        "ledger = Ledger(place.store(str(folder / 'ledger.db'), make=True), (), key)\n"
        "ledger.append([Entry('move', data={'n': int(sys.argv[1])})], 10**15)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    started = [subprocess.Popen([sys.executable, "-c", code, str(n)], env=environment) for n in range(8)]

    assert [p.wait() for p in started] == [0] * 8
    key = gatekey.load(tmp_path / "x" / "gate.key")
    ledger = Ledger(place.store(str(tmp_path / "x" / "ledger.db"), make=False), (key.public,))
    assert sorted(e.entry.data["n"] for e in ledger.entries()) == list(range(8))
    assert ledger.faults() == []


def test_the_database_refuses_updates_deletions_and_truncation(database: Callable[[], str], tmp_path: Path) -> None:
    """PostgreSQL's triggers stop the honest mistake; what a superuser does is found."""
    import psycopg

    address = database()
    key = gatekey.load_or_make(tmp_path / "gate.key")
    ledger = Ledger(place.store(address, make=True), (), key)
    ledger.append([Entry("move", data={"n": n}, model="fraud") for n in range(5)], 10**15)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in (
            "UPDATE entry SET key = 'x'",
            "DELETE FROM entry",
            "TRUNCATE entry",
            "DELETE FROM head",
            "UPDATE head SET size = 0",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="the ledger is append-only"):
                connection.execute(statement)  # type: ignore[arg-type]
        assert ledger.faults() == []
        connection.execute("DROP TRIGGER entry_stays ON entry")
        connection.execute("UPDATE entry SET body = replace(body, '3', '7') WHERE idx = 3")

    assert ledger.faults() == [
        "entry 3 was edited: its text has another hash than the one that was logged",
        "the trigger `entry_stays` of `entry` is missing",
    ]


def test_a_server_that_is_not_there_is_out_of_reach(tmp_path: Path) -> None:
    """Another try may mend it, and a password in the address is never shown."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with pytest.raises(UnreachableError) as caught:
        place.store(f"postgresql://anna:secret@/x?host={tmp_path}", make=False)

    assert "the ledger cannot be used" in caught.value.message
    assert "secret" not in str(caught.value.diagnostics)
