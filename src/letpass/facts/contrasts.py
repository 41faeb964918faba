"""Two versions beside each other with confidence: shares case by case (Tango), anything else by two intervals (MOVER).

Tango 1998, Statistics in Medicine 17:891-908, in its closed form; Zou and Donner 2008, ibid. 27:1693-1702, with Wilson's limits
Newcombe's method 10 (1998, ibid. 17:873-890).  The order of the arithmetic is fixed, so that every engine comes to the same double.
"""

from __future__ import annotations

from binascii import a2b_base64
from math import sqrt

from letpass.frozen import Frozen

NARROW = 1e-12
"""How exactly the ends of an interval are looked for."""


class Pairs(Frozen):
    """Of cases that both versions were measured on: how many only the one had right, and how many only the other."""

    better: float
    worse: float
    cases: float

    def mirrored(self) -> Pairs:
        """As the other version sees it, or for outcomes of which fewer are better."""
        return Pairs(self.worse, self.better, self.cases)


def pairs(ours: str, theirs: str, cases: float) -> Pairs:
    """Outcomes in base64 compared case by case."""
    a, b = (int.from_bytes(a2b_base64(text)) for text in (ours, theirs))
    return Pairs(float((a & ~b).bit_count()), float((b & ~a).bit_count()), cases)


def tango(of: Pairs, margin: float) -> tuple[float, float]:
    """The gain over the margin, T, and what one standard error of it is at the margin, S, both in cases.

    The one is not worse than the other by the margin, from -1 to 1, where T is at least z times S, and more than nothing; it
    is worse where T is less than minus z times S.
    """
    b, c, n, m = of.better, of.worse, of.cases, margin
    slope = b + c + (2.0 * n - b + c) * m
    curve = c * m * (1.0 + m)
    q = (sqrt(max(slope * slope - 8.0 * n * curve, 0.0)) + slope) / (4.0 * n)
    return b - c + n * m, sqrt(max(n * (2.0 * q - m * (1.0 + m)), 0.0))


def tango_interval(of: Pairs, z: float) -> tuple[float, float]:
    """The differences, from -1 to 1, that the same test does not refuse; for display alone."""

    def first(of: Pairs) -> float:
        """The least margin by which it is shown not to be worse."""
        low, high = -1.0, 1.0
        while high - low > NARROW:
            middle = (low + high) / 2.0
            gain, error = tango(of, middle)
            low, high = (low, middle) if gain >= z * error and gain > 0.0 else (middle, high)
        return high

    return -first(of), first(of.mirrored())


class Side(Frozen):
    """A value and the ends of its interval."""

    value: float
    low: float
    high: float


def mover(ours: Side, theirs: Side, factor: float) -> tuple[float, float]:
    """The interval of our value less `factor` times theirs."""
    difference = ours.value - theirs.value * factor
    down, up = ours.value - ours.low, (theirs.high - theirs.value) * factor
    low = difference - sqrt(down * down + up * up)
    up, down = ours.high - ours.value, (theirs.value - theirs.low) * factor
    return low, difference + sqrt(up * up + down * down)
