"""A ledger on SQLite with a key of its own, and ways to bend it behind its back."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from letpass.ledger import gatekey, merkle, place
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from letpass.ledger.merkle import Over
from letpass.trust import strict

NOW = strict.instant("2026-11-23T12:00:00Z")


def entry(n: int, model: str = "fraud") -> Entry:
    """An entry of no meaning."""
    return Entry("move", data={"n": n}, model=model)


def over(leaves: Sequence[bytes]) -> Over:
    """The roots over leaf hashes that are all at hand."""
    return lambda begin, end: merkle.root(leaves[begin:end])


class Bench:
    """A ledger in a folder, with its key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = gatekey.load_or_make(folder / "gate.key")
        self.path = folder / "ledger.db"

    def ledger(self, key: gatekey.GateKey | None = None, path: Path | None = None) -> Ledger:
        return Ledger(place.store(str(path or self.path), make=True), (), key or self.key)

    def filled(self, count: int = 10) -> Ledger:
        """A ledger of single appends and one batch of three."""
        ledger = self.ledger()
        for n in range(count - 3):
            ledger.append([entry(n)], NOW + n * 1_000_000)
        ledger.append([entry(n) for n in range(count - 3, count)], NOW + count * 1_000_000)
        return ledger

    def bend(self, *statements: str) -> None:
        """What somebody with the file does: the triggers dropped, then anything."""
        with sqlite3.connect(self.path) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (trigger,) in triggers:
                connection.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                connection.execute(statement)
        connection.close()


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
