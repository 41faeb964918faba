"""What is brought to the three rules: plain data, and whether a careful person would let the version go on."""

from __future__ import annotations

import math
from random import Random
from typing import Any, NamedTuple

Document = dict[str, Any]
HERE, THERE = "holdout-2026", "holdout-2025"
CASES = 2_000
"""How many cases each of the drawn versions is measured on."""


class Case(NamedTuple):
    """What is brought to one rule, and whether it is to hold."""

    rule: str
    name: str
    document: Document
    good: bool = False


def _bound(name: str, value: Any, *, good: bool = False) -> Case:
    return Case("bound", name, {"accuracy": {"value": value, "data_set": HERE}}, good)


def _beside(name: str, champion: Document, *, good: bool = False) -> Case:
    return Case("no_worse", name, {"accuracy": measured(0.95), "champion": champion}, good)


def measured(value: Any, data_set: str = HERE) -> Document:
    """A share of 2,000 cases, counted."""
    counted = {"samples": CASES, "successes": round(value * CASES)} if isinstance(value, float) else {}
    return {"value": value, "data_set": data_set, **counted}


def _signed(name: str, *who: str, author: str | None = "anna", good: bool = False) -> Case:
    """Sign-offs `vera`, or `vera rejects`."""
    signoffs = [
        {"by": w.split()[0], "role": "validator", "says": "reject" if w.endswith("rejects") else "approve"} for w in who
    ]
    return Case("signed", name, {"signoffs": signoffs} | ({"author": author} if author else {}), good)


CASES_OF = (
    _bound("0.95", 0.95, good=True),
    _bound("0.85", 0.85),
    Case("bound", "no accuracy at all", {}),
    _bound("null", None),
    _bound('the text "0.85"', "0.85"),
    _bound('the text "NaN"', "NaN"),
    _bound("NaN, as Python writes it", math.nan),
    _bound("87, meant as percent", 87),
    _beside("0.95, the champion 0.94", measured(0.94), good=True),
    _beside("0.95, the champion 0.995", measured(0.995)),
    Case("no_worse", "0.95, and no champion's accuracy", {"accuracy": measured(0.95), "champion": {}}),
    _beside('0.95, the champion the text "0.99"', measured("0.99")),
    _beside("0.95, the champion 0.94 on other data", measured(0.94, THERE)),
    _signed("two validators", "vera", "vito", good=True),
    _signed("one validator, twice", "vera", "vera"),
    _signed("the author and another", "vera", "vito", author="vera"),
    _signed("no author is recorded", "vera", "vito", author=None),
    _signed("one approves, one rejects", "vera", "vito rejects"),
    _signed("two approve, a third rejects", "vera", "vito", "rosa rejects"),
    _signed("two validators, one signature broken", "vera", "vito"),
)
FORGED = CASES_OF[-1].name
"""The one case that looks like a good one, and is none: nobody who judges plain data can tell."""


def draws(worse: float, count: int, seed: int = 1) -> list[tuple[list[bool], list[bool]]]:
    """Cases that a candidate and its champion, right in nine of ten, got right; the candidate is worse by that much.

    One in twenty of the champion's right answers is wrong in the candidate, and as many the other way, but for what it
    is worse by.
    """
    random = Random(seed)
    found = []
    for _ in range(count):
        champion = [random.random() < 0.9 for _ in range(CASES)]
        lost = 0.05 + worse / 0.9
        candidate = [random.random() >= lost if right else random.random() < 0.45 for right in champion]
        found.append((candidate, champion))
    return found
