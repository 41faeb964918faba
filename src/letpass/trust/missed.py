"""The conditions that a waiver is bound to: each that kept a rule from holding, with the value seen there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, part

MOST = 100  # conditions of one waiver
LONGEST = 2000  # characters of a text in it
DATE = "date"
"""The unit of moments: microseconds since 1970 in UTC."""
ORDERED = frozenset({">=", "<=", ">", "<"})
_OPERATORS = ORDERED | {"", "==", "!="}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = float | int | str | bool | None


class Missed(Frozen):
    """One condition that keeps a rule from holding.

    condition: its canonical text, with `not` before one that must not be true · within: the elements of lists that it is
    about, the outermost first · operator: which way is better; without one only what was seen is as good · value, bound:
    what was seen on both sides, None where a side is the clock, or a word of the condition · unit: of the numbers ·
    shown_in: `%` or `points`, in which people read a ratio · up_to: the worst value that is still waived, where it is not
    the one that was seen · unknown: why nobody can decide it, each reason's kind and what it is about.

    words: the order in which its words are compared, which is of the evaluation, and is not written.
    """

    condition: str
    within: tuple[str, ...] = ()
    operator: str = ""
    value: Value = None
    bound: Value = None
    unit: str = ""
    shown_in: str = ""
    up_to: Value = None
    unknown: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = part(default=(), compare=False)

    @property
    def limit(self) -> Value:
        """The worst value that is waived."""
        return self.value if self.up_to is None else self.up_to

    def as_json(self) -> dict[str, Any]:
        """It as plain data; what does not apply is left out."""
        data: dict[str, Any] = {"condition": self.condition}
        if self.within:
            data["within"] = list(self.within)
        for name, text in (("operator", self.operator), ("unit", self.unit), ("shownIn", self.shown_in)):
            data |= {name: text} if text else {}
        for name, value in (("value", self.value), ("bound", self.bound), ("upTo", self.up_to)):
            data |= {name: self._written(value)} if value is not None else {}
        if self.unknown:
            data["unknown"] = [{"kind": kind, "about": about} for kind, about in self.unknown]
        return data

    def _written(self, value: Value) -> Value:
        if self.unit != DATE or not isinstance(value, int | float):
            return value
        when = _EPOCH + timedelta(microseconds=int(value))
        return when.isoformat().removesuffix("+00:00") + "Z"


def read(data: Any) -> Missed:
    """What `Missed.as_json` wrote; raises `InvalidError` for anything else."""
    fields = {"condition", "within", "operator", "value", "bound", "unit", "shownIn", "upTo", "unknown"}
    if not isinstance(data, Mapping) or not set(data) <= fields:
        raise InvalidError("no condition that was missed")
    unit = _text(data.get("unit", ""))
    operator, shown_in = _text(data.get("operator", "")), _text(data.get("shownIn", ""))
    value, bound, up_to = (_value(data.get(name), unit) for name in ("value", "bound", "upTo"))
    if operator not in _OPERATORS or shown_in not in {"", "%", "points"} or not data.get("condition"):
        raise InvalidError("no condition that was missed")
    if up_to is not None and (operator not in ORDERED or {type(up_to), type(value)} - {int, float}):
        raise InvalidError("a limit without a value that is measured by it")
    within = tuple(_text(w) for w in _list(data.get("within", [])))
    unknown = tuple(_reason(r) for r in _list(data.get("unknown", [])))
    return Missed(_text(data["condition"]), within, operator, value, bound, unit, shown_in, up_to, unknown)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST:
        raise InvalidError("no list of conditions that were missed")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise InvalidError("no text of a condition that was missed")
    return value


def _reason(value: Any) -> tuple[str, str]:
    if not isinstance(value, Mapping) or set(value) != {"kind", "about"}:
        raise InvalidError("no reason why a condition is unknown")
    return _text(value["kind"]), _text(value["about"])


def _value(value: Any, unit: str) -> Value:
    """A number as a double, a moment as microseconds, a word or a flag as it is."""
    if unit == DATE and value is not None:
        if not isinstance(value, str) or not _MOMENT.match(value):
            raise InvalidError("no moment such as 2027-12-02T09:00:00Z")
        try:
            return (datetime.fromisoformat(value) - _EPOCH) // timedelta(microseconds=1)
        except ValueError:
            raise InvalidError("no moment of the calendar") from None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not isfinite(value):
            raise InvalidError("no finite number")
        return float(value)
    return _text(value)
