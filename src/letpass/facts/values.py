"""Reading a document's values as types that a policy can compare; what does not fit its type is unreadable.

Values: float for every number, int for a date (microseconds since 1970, UTC), str for a text, bool for a flag.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from math import isfinite
from typing import Any

from letpass.frozen import Frozen
from letpass.language.types import Field


class Plain(str):
    """A scalar that YAML holds without quotation marks: what it means depends on its place."""

    __slots__ = ()


class Unreadable(Frozen):
    """Something stands in a value's place that is none: `written` is its text, `why` says what was wanted."""

    written: str
    why: str


class Several(Unreadable):
    """Several words in the place of one, each of which may be the one that counts."""


Value = float | int | str | bool | Unreadable

_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d))?\Z")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
LARGEST = sys.float_info.max
"""The largest number."""
EXACT = 1 << 53
"""The largest whole number up to which every one is a number of its own."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def written(raw: Any) -> str:
    """A raw value as its document shows it, cut to a line's length."""
    if isinstance(raw, Plain):
        text = str(raw) or "null"
    else:
        try:
            text = json.dumps(raw, ensure_ascii=False)
        except (TypeError, ValueError):
            text = str(raw)
    return text if len(text) <= 60 else text[:57] + "..."


def number(raw: Any) -> float | Unreadable:
    """A finite number; no text, flag, null, NaN or infinity is one."""
    if type(raw) is float and -LARGEST <= raw <= LARGEST:
        return raw
    if type(raw) is float or type(raw) is int:
        try:
            value = float(raw)
        except OverflowError:
            return Unreadable(written(raw)[:40], "too large for a number")
    elif type(raw) is Plain and _NUMBER.match(raw):
        value = float(raw)
    else:
        return Unreadable(written(raw), "not a number")
    return value if isfinite(value) else Unreadable(written(raw), "not a finite number")


def count(raw: Any) -> float | Unreadable:
    """A whole number from 0."""
    if type(raw) is int and 0 <= raw <= EXACT:
        return float(raw)
    value = number(raw)
    if isinstance(value, float) and not (value >= 0 and value.is_integer()):
        return Unreadable(written(raw), "not a count")
    return value


def count_from(least: int, raw: Any) -> float | Unreadable:
    """A whole number from `least`."""
    value = count(raw)
    return Unreadable(written(raw), f"less than {least}") if isinstance(value, float) and value < least else value


def ratio(raw: Any) -> float | Unreadable:
    """A number from 0 to 1."""
    value = number(raw)
    if isinstance(value, float) and not 0 <= value <= 1:
        return Unreadable(written(raw), "not within 0 to 1")
    return value


def amount(raw: Any) -> float | Unreadable:
    """A number from 0."""
    value = number(raw)
    if isinstance(value, float) and value < 0:
        return Unreadable(written(raw), "below 0")
    return value


def text(raw: Any) -> str | Unreadable:
    """A text; in YAML a number without quotation marks is the text as it is written (`1.10`)."""
    if type(raw) is str:
        return raw
    if type(raw) is Plain and raw not in _NULLS and raw not in _FLAGS:
        return str(raw)
    return Unreadable(written(raw), "not a text")


def license_(raw: Any) -> str | Unreadable:
    """The license in a list of them where it is one; of several none, since nobody says whether all or any of them hold."""
    words = [text(word) for word in raw]
    if len(raw) == 1:
        return words[0]
    if words and all(isinstance(word, str) for word in words):
        return Several(written(raw), "several licenses, and whether all or any of them hold is not said")
    return Unreadable(written(raw), "not a text")


def flag(raw: Any) -> bool | Unreadable:
    """`true` or `false`; `yes`, `no`, 0 and 1 are none."""
    if raw is True or raw is False:
        return raw
    if type(raw) is Plain and raw in _FLAGS:
        return _FLAGS[raw]
    return Unreadable(written(raw), "not true or false")


def date(raw: Any) -> int | Unreadable:
    """An ISO 8601 day, or moment with its zone, as microseconds since 1970."""
    if isinstance(raw, str):
        if not _DATE.match(raw):
            return Unreadable(written(raw), "not a date, such as 2027-12-02, or with its zone 2027-12-02T09:00:00Z")
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            return Unreadable(written(raw), "not a day of the calendar")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        try:
            since = (moment if moment.tzinfo is UTC else moment.astimezone(UTC)) - _EPOCH
        except (OverflowError, ValueError):
            return Unreadable(written(raw), "not a day of the calendar")
        return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    return Unreadable(written(raw), "not a date")


def anything(raw: Any) -> Value:
    """A value of the open part, by its own looks; its declaration says later whether it fits."""
    if type(raw) is str or type(raw) is bool:
        return raw
    if type(raw) is Plain:
        if raw in _FLAGS:
            return _FLAGS[raw]
        if raw in _NULLS:
            return Unreadable(written(raw), "no value")
        return number(raw) if _NUMBER.match(raw) else str(raw)
    return number(raw) if raw is not None else Unreadable("null", "no value")


def symbol(symbols: frozenset[str], raw: Any) -> str | Unreadable:
    """A text that is one of `symbols`."""
    value = text(raw)
    if isinstance(value, str) and value not in symbols:
        return Unreadable(written(raw), "not one of the declared words")
    return value


BY_KIND: dict[str, Callable[[Any], Value]] = {
    "number": number,
    "count": count,
    "ratio": ratio,
    "duration": amount,
    "size": amount,
    "text": text,
    "flag": flag,
    "date": date,
    "open": anything,
}


def reader(field: Field) -> Callable[[Any], Value]:
    """The function that reads a field's value."""
    if field.type.symbols:
        symbols = frozenset(field.type.symbols)
        return lambda raw: symbol(symbols, raw)
    if field.least:
        return partial(count_from, field.least)
    return BY_KIND[field.type.kind]


def moment(microseconds: int) -> str:
    """A date as people write it: to the second, in UTC; a day alone where it is the day's first moment."""
    when = datetime.fromtimestamp(microseconds // 1_000_000, tz=UTC)
    return when.strftime("%Y-%m-%d") if microseconds % 86_400_000_000 == 0 else when.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(value: Any) -> Any:
    """Plain data as JSON would write it: of a YAML scalar without quotation marks a number, flag, nothing, else a text."""
    if isinstance(value, dict):
        return {str(k): as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    if type(value) is Plain:
        found = anything(value)
        return str(value) or None if isinstance(found, Unreadable) else found
    return value
