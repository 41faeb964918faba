"""A project whose moves are told to a receiver, with a ledger in a place of its own."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from letpass.ledger import history
from letpass.ledger.delivery import Table
from letpass.ledger.entry import Entry
from letpass.ledger.history import DONE, Step
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.project import Project as Opened
from tests.events.receiver import Receiver
from tests.integration.conftest import _address, _server  # noqa: F401 - the places for a ledger on each kind of store

SECRET = "a secret of more than twenty-four bytes"


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


class Project:
    """A project in a folder: declares targets, logs moves, and looks at what became of their events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count()

    def declare(self, *targets: str) -> None:
        """Write `policy.toml`; each target's lines."""
        text = "".join(f"[[events]]\n{target}\n" for target in targets)
        (self.folder / "policy.toml").write_text(text, encoding="utf-8")

    def desk(self) -> Opened:
        return Opened(load())

    def log(self, *about: str, kind: str = "promotion") -> Opened:
        """Log a finished move for each MODEL@VERSION; gives the desk that did it."""
        desk = self.desk()
        desk.ledger.writer().append([self.entry(name, kind) for name in about], int(time.time() * 1e6))
        desk.ledger.keep(desk.ledger.writer())
        return desk

    def entry(self, about: str, kind: str = "promotion") -> Entry:
        model, _, version = about.rpartition("@")
        nonce = str(next(self.numbers))
        return history.entry(Step(0, 0, model, version, "sha256:" + "0" * 64, DONE, kind, Stage("production"), nonce))

    def table(self) -> Table:
        ledger = self.desk().ledger.reader()
        assert ledger is not None
        return Table(ledger.store)

    def due_now(self) -> None:
        """Let the time pass that somebody waits before the next attempt, or holds an event in hand."""
        table = self.table()
        table.store.run("UPDATE delivery SET due = 0, until = 0", ())


@pytest.fixture(name="bare")
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """Makes the project whose ledger is at an address; it is the working directory."""
    for name in [n for n in os.environ if n.startswith("LETPASS_") or n.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CI_EVENTS_SECRET", SECRET)

    def make(address: str) -> Project:
        monkeypatch.setenv("LETPASS_LEDGER", address)
        monkeypatch.chdir(tmp_path)
        return Project(tmp_path)

    return make


@pytest.fixture(name="project")
def _project(bare: Callable[[str], Project], tmp_path: Path) -> Project:
    """That project on SQLite."""
    return bare(str(tmp_path / "ledger.db"))
