"""Whoever looks for the tests of a room finds them in the folder that is called like it."""

from __future__ import annotations

import re

from tests.repository.programs import ROOT

SRC, TESTS = ROOT / "src" / "letpass", ROOT / "tests"


def _folders(where: str) -> set[str]:
    return {p.name for p in (ROOT / where).iterdir() if p.is_dir() and any(p.glob("*.py"))}


def test_every_room_has_its_tests() -> None:
    assert _folders("src/letpass") - _folders("tests") == set()
    assert all(any((TESTS / room).glob("test_*.py")) for room in _folders("src/letpass"))


def test_every_other_folder_of_tests_is_told_of() -> None:
    """They try several rooms at once, or what is around the code."""
    told = set(
        re.findall(r"^\| `tests/([a-z]+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert told == _folders("tests") - _folders("src/letpass")
