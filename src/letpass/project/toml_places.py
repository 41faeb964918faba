"""Where each key and each element of a list stands in a TOML document, which Python's own reader does not tell."""

from __future__ import annotations

import re
import tomllib
from typing import Any

Path = tuple[str | int, ...]
"""The way to a value: the keys of tables and the numbers of elements, from the top."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r"""
    \"{3} (?: \\. | [^\\] )*? \"{3,5}  # lines; up to two of their own quotes stand before the three that end them
    | '{3} .*? '{3,5}
    | " (?: \\. | [^"\\] )* "
    | ' [^']* '
    """,
    re.DOTALL | re.VERBOSE,
)
_OTHER = re.compile(r"[^,\]}#\n]*[^,\]}#\s]")


def places(text: str) -> dict[Path, tuple[int, int]]:
    """The place of every key, and of every element of a list: its first character and the one behind its last.

    text: TOML that `tomllib` reads; raises ValueError for some of what it would refuse.  A key in quotes is what stands
    between them, and a table of an array of tables (`[[name]]`) stands where its heading does.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Path, tuple[int, int]] = {}
        self.lengths: dict[Path, int] = {}  # of arrays of tables, so far

    def document(self) -> None:
        table: Path = ()
        while self.blank() < len(self.text):
            if self.taken("[["):
                table = self.heading(self.key())
                number = self.lengths.get(table, 0)
                self.lengths[table] = number + 1
                table = (*table, number)
                self.found[table] = self.last
                self.passed("]]")
            elif self.taken("["):
                table = self.heading(self.key())
                self.passed("]")
            else:
                self.pair(table)

    def heading(self, key: list[tuple[str, tuple[int, int]]]) -> Path:
        """The table that a heading names: below an array of tables in the newest of them."""
        path: Path = ()
        for name, place in key:
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
            path = (*path, name)
            self.found.setdefault(path, place)
            self.last = place
        return path

    def pair(self, table: Path) -> None:
        path = table
        for name, place in self.key():
            path = (*path, name)
            self.found.setdefault(path, place)
        self.passed("=")
        self.value(path)

    def value(self, path: Path) -> None:
        self.blank()
        if self.taken("["):
            number = 0
            while not self.closed("]"):
                start = self.at
                self.value((*path, number))
                self.found[*path, number] = (start, self.at)
                number += 1
        elif self.taken("{"):
            while not self.closed("}"):
                self.pair(path)
        else:
            found = _STRING.match(self.text, self.at) or _OTHER.match(self.text, self.at)
            self.at = found.end() if found else len(self.text)

    def key(self) -> list[tuple[str, tuple[int, int]]]:
        """The parts of a dotted key, each with its place."""
        parts = []
        while True:
            start = self.blank()
            if found := _BARE.match(self.text, start):
                parts.append((found[0], found.span()))
            elif found := _STRING.match(self.text, start):
                name: Any = tomllib.loads(f"name = {found[0]}")["name"]
                parts.append((name, (found.start() + 1, found.end() - 1)))
            else:
                raise ValueError(f"no key at character {start}")
            self.at = found.end()
            self.blank()
            if not self.taken("."):
                return parts

    def blank(self) -> int:
        """Pass over blanks, ends of lines and comments; where the next thing stands."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def taken(self, mark: str) -> bool:
        """Pass over a mark where it stands here."""
        here = self.text.startswith(mark, self.at)
        self.at += len(mark) if here else 0
        return here

    def passed(self, mark: str) -> None:
        self.blank()
        if not self.taken(mark):
            raise ValueError(f"no `{mark}` at character {self.at}")

    def closed(self, mark: str) -> bool:
        """Is a list or a table at its end here; a comma before that, or before the next element, is passed over."""
        self.blank()
        if self.taken(","):
            self.blank()
        return self.taken(mark)
