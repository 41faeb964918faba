"""The fields of a record, as the table in docs/records.md names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "records.md"


@dataclass(frozen=True)
class Field:
    """holds: the kind of the value · words: of an enumeration, low ones first where it is ordered."""

    holds: str
    required: bool = False
    words: tuple[str, ...] = ()


def _read() -> dict[str, Field]:
    found = {}
    text = PAGE.read_text(encoding="utf-8").split("## Fields")[1].split("Short forms")[0]
    for path, holds, what in re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]*) \|$", text, re.MULTILINE):
        kind, *rest = holds.strip().split("; ")
        words: tuple[str, ...] = ()
        if kind.startswith("one of "):
            words = tuple(kind.removeprefix("one of ").split(", "))
            kind = "ordered" if "from low up" in what else "one of"
        found[path] = Field(kind, "required" in rest, words)
    return found


FIELDS = _read()
LISTS = tuple(p for p, f in FIELDS.items() if f.holds == "list of mappings")
"""Lists of the record: `data`, `scans`, `scans[].findings`, `metrics.NAME.slices`, …"""


@cache
def below(list_: str) -> dict[str, Field]:
    """The fields of an element of a list, `interval.low` with its dot, lists inside with their name."""
    start = f"{list_}[]."
    return {
        p.removeprefix(start): f for p, f in FIELDS.items() if p.startswith(start) and "[]" not in p.removeprefix(start)
    }


SLICE = below("metrics.NAME.slices")
PIECE = {
    p.removeprefix("metrics.NAME."): f for p, f in FIELDS.items() if p.startswith("metrics.NAME.") and "[]" not in p
}
OBSERVED = {p.removeprefix("observations.NAME."): f for p, f in FIELDS.items() if p.startswith("observations.NAME.")}
MAPPINGS = ("metrics", "observations", "facts", "tags", "seeds", "hyperparameters")
