"""What stands in a value's place, and what it is read as; None where it cannot be read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:(Z)|([-+])(\d\d):(\d\d)))?")


@dataclass(frozen=True)
class Plain:
    """A scalar without quotation marks, which only YAML has."""

    text: str


def number(raw: Any) -> float | None:
    """A finite number."""
    if isinstance(raw, Plain):
        raw = float(raw.text) if NUMBER.fullmatch(raw.text) else None
    if raw is None or isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        return None
    return float(raw)


def count(raw: Any) -> float | None:
    """A whole number from 0."""
    found = number(raw)
    return found if found is not None and found >= 0 and found == int(found) else None


def between(raw: Any, low: float, high: float) -> float | None:
    """A number in a range, both ends in it."""
    found = number(raw)
    return found if found is not None and low <= found <= high else None


def flag(raw: Any) -> bool | None:
    """`true` or `false`."""
    if isinstance(raw, Plain):
        return {"true": True, "false": False}.get(raw.text)
    return raw if isinstance(raw, bool) else None


def text(raw: Any, *, yaml: bool) -> str | None:
    """A text; in YAML also a bare number, as it is written."""
    if isinstance(raw, Plain):
        return None if raw.text in {"", "~", "null", "true", "false"} else raw.text
    if isinstance(raw, int | float) and not isinstance(raw, bool) and yaml:
        return repr(raw)
    return raw if isinstance(raw, str) else None


def date(raw: Any) -> int | None:
    """Microseconds since 1970."""
    written = raw.text if isinstance(raw, Plain) else raw
    found = DATE.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        return None
    day, clock, _, sign, hours, minutes = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}+00:00")
    except ValueError:
        return None
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return (at - (ahead if sign == "+" else -ahead) - EPOCH) // timedelta(microseconds=1)


def word(raw: Any, words: tuple[str, ...], *, yaml: bool) -> str | None:
    """One of the words."""
    found = text(raw, yaml=yaml)
    return found if found in words else None


def looks(raw: Any, *, yaml: bool) -> str | float | bool | None:
    """A text, number or flag by its own looks."""
    found = flag(raw)
    if found is not None:
        return found
    as_number = number(raw)
    return as_number if as_number is not None else text(raw, yaml=yaml)


def read(raw: Any, kind: str, words: tuple[str, ...] = (), *, yaml: bool = False) -> Any:
    """A value of a kind that a field of the record holds."""
    match kind:
        case "number":
            return number(raw)
        case "count":
            return count(raw)
        case "ratio":
            return between(raw, 0, 1)
        case "size":
            return between(raw, 0, math.inf)
        case "flag":
            return flag(raw)
        case "date":
            return date(raw)
        case "text":
            return text(raw, yaml=yaml)
        case "ordered" | "one of":
            return word(raw, words, yaml=yaml)
    raise ValueError(kind)
