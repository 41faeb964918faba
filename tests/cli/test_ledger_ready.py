"""`policy ledger ready`: whether a decision could be logged now, looked at with nothing written."""

from __future__ import annotations

import hashlib
import resource
import sqlite3
import time
from pathlib import Path

import pytest

from letpass.ledger import gatekey
from letpass.ledger.entry import Entry
from tests.cli.conftest import Call, ledger_of, write


def everything(folder: Path) -> dict[str, str]:
    """The files of a project and what is in them; what SQLite keeps beside its file while that is open is not."""
    found = (p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(("-wal", "-shm")))
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def refused(call: Call) -> tuple[int, str]:
    """The exit code, and the first line of what is said; nothing is printed as an answer."""
    code, out, err = call("ledger", "ready")
    assert out == ""
    return code, err.splitlines()[0]


def test_a_ledger_that_is_not_begun_is_ready_and_stays_so(project: Path, call: Call) -> None:
    """No key is made, and no file."""
    before = everything(project)

    code, out, err = call("ledger", "ready")

    assert (code, err) == (0, "")
    assert out == "ready: the ledger `.letpass/ledger.db` could be written; the first decision begins it\n"
    assert everything(project) == before
    assert not (project / ".letpass").exists()


def test_nothing_is_written_into_a_ledger_that_is_ready(allowed: Path, call: Call) -> None:
    """However often it is asked: not its head, not the kept checkpoint, no safeguard that is missing."""
    store = ledger_of(allowed).store
    store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
    head = store.newest()
    store.close()
    before = everything(allowed)

    for _ in range(3):
        assert call("ledger", "ready", "-q") == (0, "", "")
    assert call("ledger", "ready")[1].endswith("could be written; it has 8 entries\n")

    assert everything(allowed) == before
    assert ledger_of(allowed).store.newest() == head


def test_a_key_that_is_gone_or_open_to_others_or_another_is_not_ready(
    allowed: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = allowed / ".letpass/gate.key"
    assert call("ledger", "ready", "-q")[0] == 0

    key.chmod(0o644)
    assert refused(call) == (2, "error[GATE412]: others may read this key")
    key.unlink()
    assert refused(call) == (2, "error[GATE412]: cannot read the key: no such file or directory")
    assert not key.exists()
    gatekey.make(allowed / "other.key")
    monkeypatch.setenv("LETPASS_GATE_KEY", str(allowed / "other.key"))
    code, said = refused(call)
    assert (code, "the trust file does not name this gate's key" in said) == (2, True)


def test_another_writer_who_does_not_end_is_waited_for_two_seconds(allowed: Path, call: Call) -> None:
    with sqlite3.connect(allowed / ".letpass/ledger.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        code, said = refused(call)
        took = time.monotonic() - begun
        other.execute("ROLLBACK")
    other.close()

    assert (code, said.partition("error")[2]) == (4, "[GATE420]: the ledger cannot be used: database is locked")
    assert 1.9 < took < 6
    assert call("ledger", "ready", "-q")[0] == 0


def test_a_ledger_that_is_not_what_it_was_or_is_gone_is_not_ready(allowed: Path, call: Call) -> None:
    ledger = allowed / ".letpass/ledger.db"
    with sqlite3.connect(ledger) as connection:
        connection.execute("DROP TRIGGER head_grows")
        connection.execute("UPDATE head SET size = 7")
    connection.close()
    code, said = refused(call)
    assert (code, "error[GATE421]: the ledger is not to be trusted" in said) == (4, True)

    ledger.unlink()
    code, said = refused(call)
    assert (code, "error[GATE421]: the ledger is gone" in said) == (4, True)
    assert not ledger.exists()


def test_a_missing_safeguard_is_left_to_the_next_writer(allowed: Path, call: Call) -> None:
    """Readiness mends nothing."""
    with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
        connection.execute("DROP TRIGGER entry_stays")
    connection.close()

    assert call("ledger", "ready", "-q")[0] == 0

    with sqlite3.connect(allowed / ".letpass/ledger.db") as connection:
        found = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'entry_stays'").fetchone()
    connection.close()
    assert found == (0,)


def test_a_clock_that_runs_behind_is_not_ready(allowed: Path, call: Call) -> None:
    """A decision would be refused for it."""
    ahead = int((time.time() + 7200) * 1e6)
    ledger = ledger_of(allowed)
    ledger.clock = lambda: ahead
    ledger.append([Entry("move", data={"n": 1})], ahead)
    ledger.store.close()

    code, said = refused(call)

    assert (code, "error[GATE421]: the clock runs behind the ledger's last entry" in said) == (4, True)


def test_a_project_whose_trust_file_is_gone_is_not_ready(allowed: Path, call: Call) -> None:
    (allowed / "trust.json").unlink()
    settings = allowed / "policy.toml"
    write(settings, "\n".join(line for line in settings.read_text().splitlines() if not line.startswith("root")))

    code, said = refused(call)

    assert (code, "error[GATE411]: the ledger has seen a trust file" in said) == (2, True)


def test_a_place_without_room_is_not_ready(allowed: Path, call: Call) -> None:
    """This process may write no file as large as a decision may need; a disk that is full is in the tests with real parts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, hard))
    try:
        code, out, err = call("ledger", "ready")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (code, out) == (4, "")
    assert err.startswith(
        "error[GATE420]: the ledger cannot be written: file too large in `.`, of which 1024 KiB are needed\n"
    )
    assert "help: make room, or let the gate write there" in err
    assert call("ledger", "ready", "-q") == (0, "", "")
