"""Mappings in a measure whose values are readable only beside other fields of it: outcomes by case, and a judge's counts."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any

from letpass.facts.record import Element
from letpass.facts.values import Unreadable, written

MOST_CASES = 1_000_000
"""Cases whose outcomes are read."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


def outcomes(piece: Element) -> Element:
    """The outcomes of a measure; what does not fit its counts is unreadable in them."""
    found: Element = piece["outcomes"]
    cases, right = found.get("cases"), found.get("right")
    if type(cases) is str and not _DIGEST.match(cases):
        found = _without(found, "cases", "not `sha256:` and 64 digits")
    if type(right) is str and (why := _no_bits(right, piece.get("samples"), piece.get("successes"))):
        found = _without(found, "right", why)
    return found


def judge(piece: Element) -> Element:
    """The judge of a measure; more agreements than there are cases are unreadable in it."""
    found: Element = piece["judge"]
    for part, whole in (("right_of_right", "right"), ("wrong_of_wrong", "wrong")):
        if part in found and whole in found and found[part] > found[whole]:
            found = _without(found, part, f"more than the {found[whole]:.0f} of `{whole}`")
    return found


FIELDS: tuple[tuple[str, Callable[[Element], Element]], ...] = (("outcomes", outcomes), ("judge", judge))
"""The mappings, by the field that holds them, and the function that reads each beside the rest of its piece."""


def _without(found: Element, field: str, why: str) -> Element:
    bad = {**found.get("@bad", {}), field: Unreadable(written(found[field]), why)}
    return {**{k: x for k, x in found.items() if k != field}, "@bad": bad}


def _no_bits(right: str, samples: Any, successes: Any) -> str:
    """Why a text is not the outcomes of so many cases, so many of them right; nothing where it is."""
    if type(samples) is not float or type(successes) is not float:
        return "without readable `samples` and `successes` nobody can tell whose"
    cases = int(samples)
    if not 0 < cases <= MOST_CASES:
        return f"outcomes are of 1 to {MOST_CASES:,} cases"
    try:
        data = a2b_base64(right)
    except (Error, ValueError):
        return "not base64"
    if b2a_base64(data, newline=False).decode() != right:
        return "not base64"
    if len(data) != (cases + 7) // 8:
        return f"{len(data)} bytes, and one bit for each of {cases} cases makes {(cases + 7) // 8}"
    bits = int.from_bytes(data)
    if bits & ((1 << -cases % 8) - 1):
        return "a bit is set behind the last case"
    if bits.bit_count() != successes:
        return f"{bits.bit_count()} of them are right, and `successes` says {successes:.0f}"
    return ""
