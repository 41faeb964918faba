"""How far the value of a version that is exactly as good lies from a champion's by chance, and how often it keeps a bound."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from math import sqrt
from statistics import NormalDist

from letpass.evaluation.pricing import of_100
from letpass.facts.estimates import counts, wilson
from letpass.facts.power import Z_OFTEN, below
from letpass.facts.record import Element


def spread(piece: Element, value: float, unit: str) -> float | None:
    """One standard error of the difference of two such values, in the value's unit; None where nothing tells it, and of nothing."""
    if not value:
        return None
    found = piece.get("interval", {})
    low, high, level = (found.get(name) for name in ("low", "high", "level"))
    if type(low) is float and type(high) is float and type(level) is float and low < high and 0 < level < 1:
        return (high - low) / 2.0 / NormalDist().inv_cdf(0.5 + level / 2.0) * sqrt(2.0)
    error = piece.get("standard_error")
    if type(error) is float and error > 0:
        return error * sqrt(2.0)
    counted = counts(piece, value, percent=unit == "%", share=True)
    if isinstance(counted, str):
        return None
    # where all are right, or none, the interval still tells how far
    width = wilson(*counted, 1.0, lower=False) - wilson(*counted, 1.0, lower=True)
    return width / 2.0 * sqrt(2.0) * (100.0 if unit == "%" else 1.0)


def margin(spread: float, value: float) -> Decimal | None:
    """The margin, in percent of the value and rounded up to a tenth, that nine equal versions in ten keep; None where it is all."""
    share = Decimal(repr(spread * Z_OFTEN / abs(value) * 100)).quantize(Decimal("0.1"), ROUND_CEILING)
    return share if share < 100 else None


def kept(spread: float, value: float, bound: float, *, higher: bool) -> str:
    """How often an equal version keeps a bound, in words."""
    room = value - bound if higher else bound - value
    return of_100(below(room / spread))
