"""The gauges of a decision as pictures and in words: numbers in the unit of their bound."""

from __future__ import annotations

from letpass.evaluation.drawn import LEVEL, Gauge, Group, Groups, Standing
from letpass.evaluation.explanation import show
from letpass.frozen import Frozen, replace
from letpass.reports.pictures import Picture

_WANTED = {
    ">=": "at least ",
    ">": "more than ",
    "<=": "at most ",
    "<": "less than ",
    "==": "exactly ",
    "!=": "other than ",
}
UNNAMED = "not named"
_HOLDS = {Standing.MET: True, Standing.MISSED: False}


class Unit(Frozen):
    """How numbers are written: in their unit, or as percentages where their bound was; what percentages differ by in points."""

    name: str = ""
    percent: bool = False
    difference: bool = False

    def write(self, value: float) -> str:
        """A number for people."""
        if self.difference and (self.percent or self.name == "%"):
            shown = float(f"{value * (100 if self.percent else 1):.3g}")
            return show(shown, "point" if abs(shown) == 1 else "points")
        if self.percent and self.name != "%":
            return show(float(f"{value * 100:.6g}"), "%")
        return show(float(f"{value:.6g}"), self.name)


def of_gauge(gauge: Gauge) -> Picture:
    """The picture of a rule, in its colour."""
    made = Picture("", gauge.value, gauge.bound, gauge.side, gauge.truth, gauge.champion, gauge.low, gauge.high)
    unit = Unit(gauge.unit, gauge.percent, gauge.difference)
    return _labelled(gauge.name, made, unit, gauge.operator, gauge.level or LEVEL)


def of_group(row: Group, table: Groups) -> Picture | None:
    """The picture of one group; None where it has no number."""
    if row.value is None:
        return None
    made = Picture("", row.value, row.bound, table.side, _HOLDS.get(row.standing), row.champion, row.low, row.high)
    return _labelled(row.name or UNNAMED, made, unit_of(table), table.operator)


def unit_of(table: Groups) -> Unit:
    """How the numbers of a table are written."""
    return Unit(table.unit, table.percent)


def _labelled(name: str, picture: Picture, unit: Unit, operator: str, level: float = LEVEL) -> Picture:
    """A picture with what it shows, in words."""
    said = f"{name}: {unit.write(picture.value)} seen"
    if picture.bound is not None:
        said += f", {_WANTED.get(operator, '')}{unit.write(picture.bound)} required"
    if picture.champion is not None:
        said += f", champion {unit.write(picture.champion)}"
    if picture.low is not None and picture.high is not None:
        said += f", {level * 100:.6g}% interval {unit.write(picture.low)} to {unit.write(picture.high)}"
    return replace(picture, label=said)
