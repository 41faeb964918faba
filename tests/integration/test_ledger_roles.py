"""Whoever may only read a ledger in PostgreSQL, replicas, and what is shown of its address."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger import gatekey, place
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from letpass.ledger.memory import Memory
from tests.cli import office
from tests.integration import postgres

pytestmark = pytest.mark.once

Call = Callable[..., tuple[int, str, str]]


def entry(n: int) -> Entry:
    return Entry("move", data={"n": n}, model="fraud")


class Pair:
    """A primary with a ledger, and its replica, which can be held up."""

    def __init__(self, primary: postgres.Server, folder: Path) -> None:
        self.key = gatekey.load_or_make(folder / "gate.key")
        self.primary = primary
        self.ledger = Ledger(place.store(primary.fresh("ledger"), make=True), (), self.key)
        self.ledger.append([entry(n) for n in range(3)], self.now)
        self.replica = postgres.Server(of=primary)

    @property
    def now(self) -> int:
        return time.time_ns() // 1000

    def run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.replica.address(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def reader(self, memory: Memory | None = None) -> Ledger:
        """The ledger as the replica has it."""
        store = place.store(self.replica.address("ledger"), make=False)
        return Ledger(store, (self.key.public,), None, memory)

    def until(self, size: int) -> None:
        """Wait until the replica has so many entries."""
        end = time.monotonic() + 20
        while self.reader().size() < size:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(name="pair", scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    if postgres.programs() is None:
        pytest.skip("there is no PostgreSQL server: install Debian's package postgresql")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    primary = postgres.Server()
    found = Pair(primary, tmp_path_factory.mktemp("pair"))
    yield found
    found.ledger.store.close()
    found.replica.end()
    primary.end()


def told(attempt: Callable[[], object]) -> tuple[str, str, str]:
    """The code, message and help of an error."""
    with pytest.raises(UnreachableError) as caught:
        attempt()
    found = caught.value.diagnostics[0]
    return found.code, found.message, found.help or ""


def test_a_replica_serves_readers_and_takes_no_entry(pair: Pair) -> None:
    """Whole and proven; who would write is told to name the primary."""
    pair.until(3)
    reader = pair.reader()
    assert (reader.faults(), len(reader.about("fraud")), reader.prove(1).index) == ([], 3, 1)

    writer = Ledger(place.store(pair.replica.address("ledger"), make=False), (), pair.key)
    code, message, help_ = told(lambda: writer.append([entry(9)], pair.now))

    assert (code, "in a read-only transaction" in message) == ("GATE420", True)
    assert help_ == "name the primary: what answers is a replica, or the role may only read"
    assert pair.ledger.size() == 3


def test_a_replica_that_is_behind_is_not_taken_for_a_ledger_that_was_cut(pair: Pair) -> None:
    """Neither by a kept checkpoint nor by a process that has read more; once it is up again, both read on."""
    pair.run("SELECT pg_wal_replay_pause()")
    time.sleep(0.2)
    held = pair.reader().size()
    pair.ledger.append([entry(3)], pair.now)
    kept, more = pair.ledger.checkpoint(), pair.ledger.memory
    behind = f"the ledger cannot be used: this is a replica, and behind: it has {held} entries, and "
    help_ = "try again in a moment, or name the primary; nothing is lost by it"
    try:
        assert told(lambda: pair.reader().goes_on(kept)) == (
            "GATE420",
            f"{behind}a checkpoint of {held + 1} was kept",
            help_,
        )
        assert told(lambda: pair.reader(more).checkpoint()) == (
            "GATE420",
            f"{behind}{held + 1} of it were read before",
            help_,
        )
    finally:
        pair.run("SELECT pg_wal_replay_resume()")
    pair.until(held + 1)

    pair.reader().goes_on(kept)
    assert pair.reader(more).checkpoint() == kept


def test_what_a_replica_lacks_is_not_called_lost(
    pair: Pair, openssh: str, call: Call, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`policy ledger recover` signs and leaves nothing there; on the primary nothing is missing."""
    del openssh
    project = office.build(elsewhere / "office")
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(project / "home"))
    primary, replica = pair.primary.fresh("office"), pair.replica.address("office")
    recover = ("ledger", "recover", "--reason", "it is behind", "--key", "home/.ssh/id_ed25519", "-y")
    monkeypatch.setenv("LETPASS_LEDGER", primary)
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 3
    time.sleep(0.5)
    pair.run("SELECT pg_wal_replay_pause()")
    time.sleep(0.2)
    assert call("check", "models/fraud/3.yaml", "--to", "production", "--log")[0] == 1
    try:
        monkeypatch.setenv("LETPASS_LEDGER", replica)
        for command in (("ledger", "verify"), ("ledger", "list")):
            code, out, err = call(*command)
            assert (code, out, "this is a replica, and behind" in err) == (4, "", True)
        code, _, err = call(*recover)
    finally:
        pair.run("SELECT pg_wal_replay_resume()")

    assert (code, "this is a replica, which may be behind: what it has not is not lost" in err) == (2, True), err
    assert not (project / "ledger.next.json").exists()
    monkeypatch.setenv("LETPASS_LEDGER", primary)
    assert call("ledger", "verify")[0] == 0


def test_what_opens_the_ledger_is_shown_nowhere(
    pair: Pair, openssh: str, call: Call, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the password of its address nor the user, where it is told which ledger it is."""
    del openssh
    project = office.build(elsewhere / "office")
    monkeypatch.chdir(project)
    address = pair.primary.fresh("secret").replace("letpass@", "letpass:pa55word@")
    monkeypatch.setenv("LETPASS_LEDGER", address)
    commands = [("doctor",), ("history", "fraud"), ("reconcile",), ("check", "models/fraud/4.yaml", "--to", "production", "--log"),
                ("doctor",), ("history", "fraud"), ("ledger", "verify"), ("ledger", "show", "99")]  # fmt: skip

    said = ["".join(str(part) for part in call(*command)) for command in commands]
    shutil.move(".letpass/gate.key", "kept.key")
    said += ["".join(str(part) for part in call("check", "models/fraud/4.yaml", "--to", "production", "--log"))]

    assert [text for text in said if "pa55word" in text or "letpass:" in text] == []
    assert sum("postgresql:///secret" in text for text in said) >= 6, said
