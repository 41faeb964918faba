"""Why a rule came out as it did: the tree of what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from letpass.diagnostics import NOWHERE, Span
from letpass.evaluation.reasons import Reason
from letpass.evaluation.seen import Seen
from letpass.frozen import Frozen, part
from letpass.language.truth import Truth3, word


class Margin(Frozen):
    """How far a value is on the right side of its bound (negative: how far it missed), in `unit`.

    `percent`: the bound was written as a percentage or in points, so people are shown the same.
    """

    amount: float
    unit: str
    value: float
    bound: float
    percent: bool = False

    def __str__(self) -> str:
        word = "to spare" if self.amount >= 0 else "over by" if self.value > self.bound else "short by"
        # what a percentage misses another percentage by is points
        points = self.percent or self.unit == "%"
        shown = float(f"{abs(self.amount) * (100 if self.percent else 1):.4g}")
        return f"{word} {show(shown, ('point' if shown == 1 else 'points') if points else self.unit)}"


class Price(Frozen):
    """What a comparison with the champion costs with the cases that there are.

    equal: how often an equal model passes, None where that cannot be told · wrong: how often one does that is worse by just the
    margin · apart: the share of the cases that come out differently, None where they were not compared one by one.
    """

    equal: float | None
    wrong: float
    cases: float | None = None
    apart: float | None = None


class Ends(Frozen):
    """What a comparison with confidence looked at: a value, its interval at a level, and the bound, in `unit`.

    percent: as of a margin · difference: the value is one from the champion's, and not the candidate's own.
    """

    value: float
    low: float
    high: float
    bound: float
    level: float
    unit: str = ""
    percent: bool = False
    difference: bool = False
    price: Price | None = None


class Explanation(Frozen):
    """One condition: its text, its truth, what was seen, why it is unknown, and its parts.

    step: what mends it where it is false and no rule can know · ends: of a comparison with confidence · judged: where it asks something of every element of a list, what came of each, for whoever draws it.
    """

    text: str
    truth: Truth3
    seen: tuple[Seen, ...] = ()
    why: tuple[Reason, ...] = ()
    margin: Margin | None = None
    note: str = ""
    parts: tuple[Explanation, ...] = ()
    step: str = part(default="", compare=False, repr=False)
    ends: Ends | None = part(default=None, compare=False, repr=False)
    judged: tuple[Judged, ...] = part(default=(), compare=False, repr=False)
    span: Span = part(default=NOWHERE, compare=False, repr=False)

    def all_seen(self) -> tuple[Seen, ...]:
        """What was seen here and in the parts, each once."""
        found = list(self.seen)
        for inner in self.parts:
            found += inner.all_seen()
        return tuple(dict.fromkeys(found))

    def of(self, span: Span) -> Iterator[Explanation]:
        """What was made of the condition that stands at a place: one explanation for each time it was judged."""
        if self.span == span:
            yield self
        asked = tuple(found for each in self.judged for found in (each.where, each.have) if found is not None)
        for inner in asked or self.parts:  # of what was judged, the parts are those that are shown
            yield from inner.of(span)

    def deciding(self) -> tuple[Explanation, ...]:
        """The innermost conditions that keep this one from being true."""
        blocking = [p for p in self.parts if p.truth is self.truth]
        if self.truth is True or not blocking:
            return (self,)
        return tuple(d for p in blocking for d in p.deciding())

    def as_json(self) -> dict[str, Any]:
        """The tree as plain data; empty parts are left out."""
        data: dict[str, Any] = {"text": self.text, "truth": word(self.truth)}
        if self.seen:
            data["seen"] = [s.as_json() for s in self.seen]
        if self.why:
            data["why"] = [r.as_json() for r in self.why]
        if self.margin and isfinite(self.margin.amount):  # JSON has no infinity
            data["margin"] = {
                "amount": self.margin.amount,
                "unit": self.margin.unit,
                "value": self.margin.value,
                "bound": self.margin.bound,
            }
        if self.note:
            data["note"] = self.note
        if self.parts:
            data["parts"] = [p.as_json() for p in self.parts]
        return data


class Judged(Frozen):
    """One element of a list, by its place in the record: is it asked, and what came of it.

    selected: None where that is unknown · where, have: the conditions that choose and ask, None where there is none or it was
    not looked at.
    """

    place: str
    selected: Truth3
    where: Explanation | None
    have: Explanation | None


def show(value: float, unit: str = "") -> str:
    """A number for people: at most ten digits, its unit beside it."""
    rounded = float(f"{value:.10g}")
    text = f"{rounded:,.0f}".replace(",", "") if rounded.is_integer() and abs(rounded) < 1e15 else f"{rounded:.10g}"
    if "e-" in text and abs(rounded) >= 1e-9:
        text = f"{rounded:.12f}".rstrip("0")
    return f"{text}%" if unit == "%" else f"{text} {unit}" if unit else text
