"""How many cases would settle what too few cannot tell, if as many of them come out as they do now."""

from __future__ import annotations

from math import ceil, isfinite

from letpass.facts.record import Element

MOST = 1e9
"""Cases of which nobody is told."""


def by_width(piece: Element, value: float, low: float, high: float, bound: float) -> float | None:
    """Cases at which an interval, whose width goes with the root of them, ends at the bound; None where that cannot be told."""
    samples = piece.get("samples")
    if type(samples) is not float or value == bound:
        return None
    width = value - low if value > bound else high - value
    return samples * (width / (value - bound)) ** 2


def by_score(piece: Element, share: float, bound: float, z: float) -> float | None:
    """Cases at which a share of them is shown to be on its side of a bound, by Wilson's interval; None where that cannot be told."""
    return z * z * bound * (1 - bound) / (share - bound) ** 2 if share != bound and "samples" in piece else None


def step(cases: float | None) -> str:
    """What would help, in words; nothing more than the kind of reason tells where that many nobody has."""
    if cases is None or not isfinite(cases) or not 1 <= cases <= MOST:
        return ""
    digits = max(len(str(ceil(cases))) - 2, 0)
    rounded = -(-ceil(cases) // 10**digits) * 10**digits
    return f"measure on more cases: about {rounded:,} would settle it, if as many of them come out so"
