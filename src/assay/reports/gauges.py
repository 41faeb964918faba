"""The picture of a rule: the value seen, its bound, the champion and the interval, all in the unit of the bound."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from assay.evaluation.decision import Decision, RuleResult
from assay.evaluation.explanation import Explanation, Margin, show
from assay.facts.estimates import bound
from assay.facts.record import Element, Record
from assay.frozen import Frozen, replace
from assay.language.types import UNITS, dimension
from assay.reports.pictures import Gauge

LEVEL, Z = 0.95, 1.959963984540054
SECTIONS = ("metrics", "observations")


class Unit(Frozen):
    """How numbers are written: in their unit, or as percentages where their bound was."""

    name: str = ""
    percent: bool = False

    def write(self, value: float) -> str:
        """A number for people."""
        if self.percent and self.name != "%":
            return show(float(f"{value * 100:.6g}"), "%")
        return show(float(f"{value:.6g}"), self.name)


def gauge(result: RuleResult, decision: Decision) -> Gauge | None:
    """The picture of a rule that compares one number with a bound; None where it is about something else."""
    part = next((p for p in _leaves(result.test) if p.margin is not None), None)
    if (
        part is None
        or part.margin is None
        or (part is not result.test and any(".slices[" in s.path for s in part.seen))
    ):
        return None  # single groups have a picture of their own
    margin = part.margin
    if not all(isfinite(v) for v in (margin.amount, margin.value, margin.bound)):
        return None
    found = _piece(decision.record, part)
    value, low, high, champion = margin.value, None, None, None
    if found is not None and (measured := _in_unit(found, margin.unit)) is not None:
        low, high = interval(found, measured)
        # a bound of an interval is judged, and what was measured is shown
        if any(s.name.startswith(("lower bound", "upper bound")) for s in part.seen):
            value = measured
        holder = _piece(decision.champion, part) if isinstance(decision.champion, Record) else None
        if holder is not None and one_data(found, holder):
            champion = _in_unit(holder, margin.unit)
    name = part.seen[0].name if part.seen else result.rule.id
    made = Gauge("", value, margin.bound, side(margin), result.truth, champion, low, high)
    return replace(made, label=words(name, made, Unit(margin.unit, margin.percent)))


def side(margin: Margin) -> str:
    """On which side of its bound a value should be: told by its margin, since the bound's sign has gone."""
    if margin.amount == 0 or margin.value == margin.bound:
        return ""
    return "higher" if (margin.amount > 0) == (margin.value > margin.bound) else "lower"


def interval(piece: Element, value: float) -> tuple[float | None, float | None]:
    """The 95% interval of a measure that reads `value` in the unit wanted, or nothing."""
    raw = piece.get("value")
    if not isinstance(raw, float):
        return None, None
    percent = piece.get("unit") == "%"
    low, high = [bound(piece, raw, LEVEL, Z, lower=lower, percent=percent, share=True) for lower in (True, False)]
    if isinstance(low, str) or isinstance(high, str):
        return None, None
    factor = value / raw if raw else 1.0
    return low.value * factor, high.value * factor


def words(name: str, gauge: Gauge, unit: Unit) -> str:
    """What a picture shows, in words."""
    said = f"{name}: {unit.write(gauge.value)} seen"
    if gauge.bound is not None:
        wanted = {"higher": "at least ", "lower": "at most "}.get(gauge.side, "")
        said += f", {wanted}{unit.write(gauge.bound)} required"
    if gauge.champion is not None:
        said += f", champion {unit.write(gauge.champion)}"
    if gauge.low is not None and gauge.high is not None:
        said += f", 95% interval {unit.write(gauge.low)} to {unit.write(gauge.high)}"
    return said


def _leaves(part: Explanation) -> Iterator[Explanation]:
    """The conditions that were compared, what decided first."""
    yield from part.deciding()
    stack = [part]
    while stack:
        one = stack.pop(0)
        yield one
        stack += one.parts


def _piece(record: Record, part: Explanation) -> Element | None:
    """The measure that a comparison read first."""
    for seen in part.seen:
        for section in SECTIONS:
            if seen.path.startswith(section):
                for pieces in record.measures.values():
                    for piece in pieces:
                        if piece["@"] == seen.path and not seen.champion and "@unreadable" not in piece:
                            return piece
    return None


def one_data(a: Element, b: Element) -> bool:
    return a.get("data_set") == b.get("data_set")


def _in_unit(piece: Element, wanted: str) -> float | None:
    """A measure's value in the wanted unit; None where it has none to convert from."""
    value, unit = piece.get("value"), piece.get("unit")
    if not isinstance(value, float) or not isfinite(value):
        return None
    if unit in (None, wanted):
        return value
    if unit == "%" and not wanted:
        return value / 100
    if not isinstance(unit, str) or dimension(unit) is None or dimension(unit) != dimension(wanted):
        return None
    units = UNITS[str(dimension(unit))]
    return value * float(units[unit] / units[wanted])
