"""What a project's project_ledger know of their ledger without reading it again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger.entry import Entry
from letpass.project.configuration import Configuration, load
from letpass.project.ledger import Memories, ProjectLedger

NOW = 1_795_000_000_000_000


@pytest.fixture(name="here")
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    for name in ("LETPASS_LEDGER", "LETPASS_GATE_KEY", "LETPASS_CHECKPOINT", "LETPASS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "policy.toml").write_text('policies = ["policies"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return load()


def project_ledger(here: Configuration, memories: Memories | None = None) -> ProjectLedger:
    return ProjectLedger(here, None, Path("trust.json"), memories)


def filled(here: Configuration, *entries: Entry) -> Path:
    ledger = project_ledger(here).writer()
    ledger.append([Entry("move", data={"n": n}) for n in range(50)], NOW)
    ledger.append(entries, NOW)
    return Path(ledger.store.name)


@pytest.mark.parametrize(
    ("entries", "seen"),
    [
        ((), False),
        ((Entry("move", data={"x": '"kind":"trust"'}), Entry("move", data={"kind": "trust"})), False),
        ((Entry("trust", data={"digest": "x"}),), True),
    ],
)
def test_a_ledger_remembers_whether_it_has_seen_a_trust_file(
    here: Configuration, entries: tuple[Entry, ...], seen: bool
) -> None:
    """By an entry of that kind, and by nothing that only looks like one."""
    assert project_ledger(here).remembers_trust() is False
    filled(here, *entries)

    assert project_ledger(here).remembers_trust() is seen


def test_what_was_read_of_the_ledger_is_not_read_again_to_tell(here: Configuration) -> None:
    """A process that decides often asks for what came since."""
    path = filled(here)
    memories: Memories = {}
    asked: list[str] = []
    assert project_ledger(here, memories).remembers_trust() is False
    later = project_ledger(here, memories)
    assert later.there
    assert later._found is not None
    later._found.connection.set_trace_callback(asked.append)  # type: ignore[attr-defined]

    assert later.remembers_trust() is False

    assert [sql for sql in asked if "body FROM entry" in sql or "FROM listed" in sql or "FROM node" in sql] == [], path


def test_a_ledger_that_is_not_to_be_trusted_still_says_that_it_has_seen_one(here: Configuration) -> None:
    """What is wrong with it is for its reader to say; one that is out of reach is no answer."""
    path = filled(here, Entry("trust", data={"digest": "x"}))
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DROP TRIGGER entry_stays")
        other.execute("UPDATE entry SET body = replace(body, '7', '8') WHERE idx = 7")
    assert project_ledger(here).remembers_trust() is True

    path.write_bytes(b"no database, but long enough to look like one" * 200)
    with pytest.raises(UnreachableError, match="the ledger cannot be used"):
        project_ledger(here).remembers_trust()
