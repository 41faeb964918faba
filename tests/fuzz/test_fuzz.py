"""Every door, twenty seconds in all: half of them the same inputs each time, half of them new ones.

`make fuzz` goes on for an hour.  A finding is told with the command that finds it again.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from random import Random

import pytest

from letpass.diagnostics import Diagnostic, InvalidError, PolicyError, Source, Span
from letpass.evidence.cases import Case
from letpass.ledger import proofs
from letpass.registries import editing
from tests.fuzz import watch
from tests.fuzz.doors import DOORS, Door
from tests.fuzz.walking import Walked, walk

pytestmark = pytest.mark.once

SHARE = 20 / len(DOORS) / 2
"""Seconds of one walk."""


@pytest.mark.parametrize("seed", [14, secrets.randbits(32)], ids=["same", "new"])
@pytest.mark.parametrize("name", DOORS)
def test_whatever_comes_through_a_door_is_read_or_refused(name: str, seed: int) -> None:
    """In words and in time, with nothing written, and never as something better or other than it is."""
    done = Walked()
    walk(DOORS[name], seed, done, end=time.monotonic() + SHARE)

    assert "\n".join(map(str, done.found)) == ""


@pytest.mark.parametrize("name", DOORS)
def test_a_door_stands_open_for_what_is_valid(name: str) -> None:
    """The inputs to begin with are read, or else nothing behind the door would ever be tried."""
    door, read = DOORS[name], 0
    for data in door.seeds:
        try:
            read += bool(door.enter(data, Random(0)))
        except (InvalidError, *watch.REFUSALS):
            continue

    assert read > 0


def test_a_seed_says_all() -> None:
    """The same walk goes the same way."""
    walks = [Walked(), Walked()]
    for done in walks:
        walk(DOORS["junit"], 3, done, end=time.monotonic() + 60, length=200)

    assert walks[0].shapes == walks[1].shapes
    assert walks[0].inputs == walks[1].inputs


def _write(data: bytes, _: Random) -> str:
    Path(os.devnull).write_bytes(data)
    return ""


def _wait(data: bytes, _: Random) -> str:
    begun = time.process_time()
    while time.process_time() - begun < watch.LONGEST + 0.1:
        pass
    return ""


def _outside(data: bytes, _: Random) -> str:
    raise PolicyError.of("GATE001", "it is odd", Span(Source("a", "text"), 3, 9))


def _raised(error: Exception) -> watch.Enter:
    def enter(data: bytes, _: Random) -> str:
        raise error

    return enter


@pytest.mark.parametrize(
    ("enter", "what"),
    [
        (_raised(ValueError("x")), "raises ValueError"),
        (_raised(RecursionError()), "raises RecursionError"),
        (_raised(InvalidError("one\ntwo")), "says several lines"),
        (_raised(InvalidError("Odd")), "does not begin in lower case"),
        (_raised(PolicyError.of("GATE999", "odd")), "says a code without a page: GATE999"),
        (_raised(PolicyError((Diagnostic("usage", "odd"),))), "says a code without a page: usage"),
        (_outside, "says GATE001 at 3 to 9 of 4 characters"),
        (_write, "touches the file"),
        (_wait, "slow: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(enter: watch.Enter, what: str) -> None:
    """Each kind of answer that is none."""
    assert watch.through(lambda data, random: "read", b"", Random(0)).finding == ""
    assert watch.through(enter, b"", Random(0)).finding.startswith(what)


def _walked(name: str) -> str:
    done = Walked()
    door = DOORS[name]
    walk(Door(door.name, door.enter, door.given), 5, done, end=time.monotonic() + 60, length=400)
    return "\n".join(f.what for f in done.found)


def test_a_reader_that_forgets_failures_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that passes over what stands below a case."""
    assert _walked("junit") == ""
    monkeypatch.setattr(Case, "holds", lambda self, element: None)

    assert "passes with a failure more" in _walked("junit") or "have passed" in _walked("junit")


def test_a_proof_of_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose path is not looked at."""
    assert _walked("decision-proof") == ""
    monkeypatch.setattr(proofs, "shows", lambda proof: True)

    assert "proves what was never logged" in _walked("decision-proof")


def test_an_edit_that_loses_a_field_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that writes the record anew, without what is nothing in it."""
    assert _walked("record.json") == ""
    monkeypatch.setattr(editing, "with_fields", lambda read, changes: '{"expires_at": "2027-02-03"}')

    assert "says something else once other fields are written" in _walked("record.json")
