"""Numbers with what they rest on, and how two of them are compared."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.oracle.slots import Piece
from tests.oracle.units import factor

NEAR = Fraction(1, 10**12)
LARGEST = Fraction(sys.float_info.max)


@dataclass(frozen=True)
class Amount:
    """A number.

    value: in the least unit, exactly · largest: of the terms that were added · unit: in which it is recorded, None for a
    constant · double: as it is recorded, None where it was worked out · measures: who, and the piece, of each metric in it ·
    units: of all that is recorded in it · slices: who, and the piece, of each group at hand in it.
    """

    value: Fraction
    largest: Fraction
    unit: str | None = None
    double: float | None = None
    measures: tuple[tuple[str, Piece], ...] = ()
    units: frozenset[str] = frozenset()
    slices: tuple[tuple[str, Piece], ...] = ()

    @property
    def constant(self) -> bool:
        """Whether nothing recorded is in it."""
        return self.unit is None

    @property
    def worked_out(self) -> bool:
        """Whether there is arithmetic in it."""
        return not self.constant and self.double is None


def constant(value: Fraction) -> Amount:
    """What is written in the policy."""
    return Amount(value, abs(value))


def recorded(
    double: float, unit: str, measures: tuple[tuple[str, Piece], ...] = (), slices: tuple[tuple[str, Piece], ...] = ()
) -> Amount:
    """What is recorded."""
    value = Fraction(double) * factor(unit)
    return Amount(value, abs(value), unit, double, measures, frozenset({unit}), slices)


def worked_out(value: Fraction, *of: Amount) -> Amount | None:
    """The outcome of arithmetic; None where it overflows."""
    units = [a.unit for a in of if a.unit is not None]
    if not units:
        return constant(value)
    if abs(value) / factor(units[0]) > LARGEST:
        return None
    largest = max(abs(value), *(a.largest for a in of))
    measures, slices = (tuple(m for a in of for m in getattr(a, name)) for name in ("measures", "slices"))
    return Amount(value, largest, units[0], None, measures, frozenset().union(*(a.units for a in of)), slices)


def absolute(of: Amount) -> Amount:
    """Without its sign; worked out."""
    return replace(of, value=abs(of.value), double=None)


def compared(left: Amount, sign: str, right: Amount, unit: str = "") -> bool:
    """Doubles with doubles; nearly equal is equal where something was worked out or converted.

    unit: in which two recorded values are compared.
    """
    units = {a.unit for a in (left, right) if a.unit is not None}
    if not left.constant and not right.constant:
        units.add(unit)
    if left.worked_out or right.worked_out or len(units) > 1:
        near = abs(left.value - right.value) <= NEAR * max(left.largest, right.largest)
        return _holds(Fraction(0), sign, Fraction(0)) if near else _holds(left.value, sign, right.value)
    per = factor(next(iter(units)))
    doubles = [a.double if a.double is not None else float(a.value / per) for a in (left, right)]
    return _holds(Fraction(doubles[0]), sign, Fraction(doubles[1]))


def _holds(left: Fraction, sign: str, right: Fraction) -> bool:
    return {
        ">=": left >= right, "<=": left <= right, ">": left > right,
        "<": left < right, "==": left == right, "!=": left != right,
    }[sign]  # fmt: skip


def comparable(*sides: Amount) -> bool:
    """Whether what is the champion's was measured on what the candidate's was, and alike.

    One data set by name, no two digests; one protocol or none; one judge or none, of the groups at hand too.
    """
    for ours, theirs in _beside([m for a in sides for m in a.measures]):
        name = ours.value("data_set")
        if not name or name != theirs.value("data_set"):
            return False
        digests = (ours.value("data_digest"), theirs.value("data_digest"))
        if None not in digests and digests[0] != digests[1]:
            return False
        if ours.value("protocol") != theirs.value("protocol") or not _one_judge(ours, theirs):
            return False
    return all(_one_judge(*pair) for pair in _beside([m for a in sides for m in a.slices]))


def _beside(found: list[tuple[str, Piece]]) -> list[tuple[Piece, Piece]]:
    """Each piece of the candidate's with each of the champion's."""
    ours, theirs = ([piece for who, piece in found if who == whose] for whose in ("candidate", "champion"))
    return [(a, b) for a in ours for b in theirs]


def _one_judge(ours: Piece, theirs: Piece) -> bool:
    """Both are judged by nobody, or by the same one that has a name."""
    if not ours.said("judge") and not theirs.said("judge"):
        return True
    judges = {p.value("judge.model") for p in (ours, theirs)}
    return len(judges) == 1 and None not in judges
