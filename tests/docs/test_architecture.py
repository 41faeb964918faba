"""The page on the architecture leads to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/letpass"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Where to make which change")[2].partition("\n## ")[0].partition("\n`make")[0]
CHANGES = dict(re.findall(r"^\| (?!change \||---)([^|]+) \| (.+) \|$", TABLE, re.MULTILINE))
ROOMS = re.findall(r"^\| \d* ?\| `([\w./]+)` \|", PAGE.partition("## Rooms")[2].partition("\n## ")[0], re.MULTILINE)


def test_every_room_is_listed_once() -> None:
    """Folders and loose modules, from the ground up."""
    there = [p.name + ("/" if p.is_dir() else "") for p in SOURCE.iterdir() if not p.name.startswith(("_", "py.typed"))]

    assert sorted(ROOMS) == sorted(there)
    assert len([r for r in ROOMS if r.endswith(".py")]) <= 11


@pytest.mark.parametrize("change", CHANGES)
def test_each_file_of_a_change_is_there_and_holds_the_thing(change: str) -> None:
    """`FILE` (`NAME`): the file below the source, or the repository, and a word of that name in it."""
    named = re.findall(r"`([\w/.-]+/[\w.-]*|[\w-]+\.(?:py|md|txt))`(?: \(`(\w+)`\))?", CHANGES[change])

    assert named
    for path, name in named:
        found = next((p for p in (SOURCE / path, ROOT / path) if p.exists()), None)
        assert found is not None, path
        assert not name or re.search(rf"\b{name}\b", found.read_text(encoding="utf-8")), (path, name)


def test_each_file_that_another_section_names_is_in_its_room() -> None:
    """`log.py` in the section on trust and ledger is a file of one of them; a path is a path."""
    for section in re.split(r"\n## ", PAGE.partition("## In the language")[2]):
        for name in re.findall(r"`([\w/]+\.(?:py|lark|json))`", section):
            assert [*SOURCE.rglob(name)] or (ROOT / name).exists() or [*(ROOT / "tests").rglob(name)], name


def test_the_way_of_a_promotion_names_files_that_are_there() -> None:
    """In the order of the rooms that it enters."""
    way = PAGE.partition("## The way of a promotion")[2].partition("\n## ")[0]
    paths: list[str] = re.findall(r"`([\w/]+\.py)`", way)

    assert len(paths) >= 10
    assert [p for p in paths if not (SOURCE / p).exists()] == []
