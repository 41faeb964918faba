"""The picture of a rule: the value seen, its bound, the champion and the interval, all in the unit of the bound."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from letpass.diagnostics import Span
from letpass.evaluation.decision import Decision, RuleResult
from letpass.evaluation.explanation import Explanation, Margin, show
from letpass.evaluation.input import Input
from letpass.evaluation.meanings import exactly, same_data
from letpass.evaluation.reading import Reader
from letpass.facts.estimates import bound
from letpass.facts.record import Element
from letpass.frozen import Frozen, replace
from letpass.language import typed
from letpass.language.types import UNITS, dimension
from letpass.reports.asked import Asked, asked
from letpass.reports.pictures import Gauge

LEVEL, Z = 0.95, 1.959963984540054
_WANTED = {
    ">=": "at least ",
    ">": "more than ",
    "<=": "at most ",
    "<": "less than ",
    "==": "exactly ",
    "!=": "other than ",
}


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
    found = _drawn(result)
    if found is None:
        return None
    part, margin, one = found
    value, low, high, champion = margin.value, None, None, None
    if one.measured is not None:
        reader = Reader(Input(decision.record, decision.move, decision.now, decision.champion), None)
        ours = _measured(reader, one.measured, margin.unit)
        theirs = _measured(reader, replace(one.measured, champion=True), margin.unit)
        if ours is not None:
            low, high = interval(ours.piece, ours.unit, margin.unit)
            # a bound of an interval is judged, and what was measured is shown
            value = ours.value if one.level is not None else value
            alike = theirs is not None and (one.measured.section != "metrics" or same_data(ours.piece, theirs.piece))
            champion = theirs.value if theirs is not None and alike else None
    name = part.seen[0].name if part.seen else result.rule.id
    made = Gauge("", value, margin.bound, one.side, result.truth, champion, low, high)
    return replace(made, label=words(name, made, Unit(margin.unit, margin.percent), one.operator))


def _drawn(result: RuleResult) -> tuple[Explanation, Margin, Asked] | None:
    """The comparison that is drawn: one that came out as the rule did, or, where that is undecided, the first.

    Another one's picture would have the rule's colour, and not say why the rule came out so.
    """
    known: dict[Span, set[Asked]] = {}
    for one in asked(result.rule.test):
        known.setdefault(one.node.span, set()).add(one)
    for part in _leaves(result.test):
        both = known.get(part.span, set())
        if part.margin is None or len({o.negated for o in both}) != 1 or part.truth is None:
            continue
        if part is not result.test and any(".slices[" in s.path for s in part.seen):
            continue  # single groups have a picture of their own
        one, margin = next(iter(both)), part.margin
        if not all(isfinite(v) for v in (margin.amount, margin.value, margin.bound)):
            continue
        if (
            isinstance(one.node, typed.SuitePassed)
            and exactly(margin.value, one.node.operator or "", margin.bound) is not part.truth
        ):
            continue  # its score is not why it came out so
        if result.truth is None or result.truth is (part.truth is not one.negated):
            return part, margin, one
    return None


def _leaves(part: Explanation) -> Iterator[Explanation]:
    """The conditions that were compared, what decided first."""
    yield from part.deciding()
    stack = [part]
    while stack:
        one = stack.pop(0)
        yield one
        stack += one.parts


class _Measured(Frozen):
    """A measure: its value in the unit that was wanted, and its piece of the record with the unit that this is in."""

    value: float
    piece: Element
    unit: str


def _measured(reader: Reader, node: typed.Measured, wanted: str) -> _Measured | None:
    """A measure that has a number which can be told in a unit."""
    found, piece = reader.measured(node), reader.measure(node).piece
    factor = scale(found.unit, wanted) if found.known and piece is not None else None
    if piece is None or factor is None or not isfinite(found.value * factor):
        return None
    return _Measured(found.value * factor, piece, found.unit)


def interval(piece: Element, unit: str, wanted: str) -> tuple[float | None, float | None]:
    """The 95% interval of a measure whose value is in `unit`, told in the wanted one; or nothing."""
    raw, factor = piece.get("value"), scale(unit, wanted)
    if not isinstance(raw, float) or factor is None:
        return None, None
    low, high = [bound(piece, raw, LEVEL, Z, lower=lower, percent=unit == "%", share=True) for lower in (True, False)]
    if isinstance(low, str) or isinstance(high, str) or not isfinite((high.value - low.value) * factor):
        return None, None
    return low.value * factor, high.value * factor


def words(name: str, gauge: Gauge, unit: Unit, operator: str = "") -> str:
    """What a picture shows, in words."""
    said = f"{name}: {unit.write(gauge.value)} seen"
    if gauge.bound is not None:
        said += f", {_WANTED.get(operator, '')}{unit.write(gauge.bound)} required"
    if gauge.champion is not None:
        said += f", champion {unit.write(gauge.champion)}"
    if gauge.low is not None and gauge.high is not None:
        said += f", 95% interval {unit.write(gauge.low)} to {unit.write(gauge.high)}"
    return said


def scale(unit: str, wanted: str) -> float | None:
    """What a value in `unit` is multiplied by to be in the wanted one; None where it cannot be."""
    if unit == wanted:
        return 1.0
    if {unit, wanted} == {"%", ""}:
        return 0.01 if unit else 100.0
    if dimension(unit) is None or dimension(unit) != dimension(wanted):
        return None
    units = UNITS[str(dimension(unit))]
    return float(units[unit] / units[wanted])
