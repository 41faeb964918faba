"""Measured values of comparisons with confidence, their intervals, and what these tell of a bound."""

from __future__ import annotations

from math import isfinite

from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.meanings import nearly
from letpass.evaluation.reading import At, Reader, Reading
from letpass.evaluation.reckoning import Levels, Values
from letpass.facts import estimates
from letpass.facts.estimates import Interval
from letpass.facts.record import Element
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.operators import OPPOSITE, UPWARD
from letpass.language.truth import Truth3

SHARES = {"ratio", "number", "open"}
INTERVAL_STEP = (
    "record how sure it is: `successes` of `samples` where it is a share, else a `standard_error` or an `interval`"
)


class Measured(Frozen):
    """A value that was read, and the piece and measure that it stands in."""

    reading: Reading
    piece: Element
    owner: Element


def measured(
    node: typed.Term, levels: Levels, reader: Reader, values: Values, counterparts: Counterparts
) -> Measured | Reading:
    """A measured value with what stands beside it, or why there is none."""
    reading = values.term(node, levels, reader)
    if not reading.known:
        return reading
    at = place(node, levels, reader, counterparts)
    assert isinstance(at, At)
    assert at.owner is not None
    return Measured(reading, at.element, at.owner)


def place(node: typed.Term, levels: Levels, reader: Reader, counterparts: Counterparts | None = None) -> At | Reading:
    """Where a comparison's measured side stands: the element of a list, the counterpart of one, or the measurement that is named."""
    if isinstance(node, typed.Element):
        return levels[node.level]
    if isinstance(node, typed.Counterpart):
        assert counterparts is not None
        return counterparts.fellow(node, levels, reader)
    assert isinstance(node, typed.Measured)
    found = reader.measure(node)
    return At(found.piece, found.piece) if found.piece is not None and found.known else found


def interval_of(node: typed.Comparison, of: Measured) -> Interval | str:
    """The interval of a measurement at the level that a comparison asks for, in the measurement's unit; else why there is none."""
    assert node.level is not None
    unit = of.reading.unit
    share = node.kind in SHARES and unit in {"", "%"}
    return estimates.interval(of.piece, of.reading.value, node.level, node.z, percent=unit == "%", share=share)


def against_bound(operator: str, low: tuple[float, float], high: tuple[float, float], bound: float) -> Truth3:
    """The truth of a comparison of an interval with a bound; each end comes with the largest term that went into it."""
    near, far = (low, high) if operator in UPWARD else (high, low)
    if isfinite(near[0]) and nearly(near[0], operator, bound, near[1]):
        return True
    return False if isfinite(far[0]) and nearly(far[0], OPPOSITE[operator], bound, far[1]) else None


def asked_level(node: typed.Comparison) -> str:
    """The level of confidence in words."""
    assert node.level is not None
    return f"{node.level * 100:.6g}%"
