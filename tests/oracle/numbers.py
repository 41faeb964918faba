"""What a term is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import NormalDist
from typing import TYPE_CHECKING

from tests.oracle import amounts, contrasts, kinds, schema, values
from tests.oracle import names as n
from tests.oracle import terms as t
from tests.oracle.amounts import Amount
from tests.oracle.budget import too_large
from tests.oracle.estimates import counts, interval
from tests.oracle.names import Scope
from tests.oracle.slots import Piece
from tests.oracle.units import OF_KIND, factor, measures

if TYPE_CHECKING:
    from tests.oracle.meaning import Meaning

Services = frozenset[str]


def literal(of: t.Literal) -> Fraction:
    """A number as it is written, in the least unit."""
    return Fraction(of.number) * factor(of.unit)


def amount(meaning: Meaning, term: t.Term, kind: str, scope: Scope, services: Services) -> Amount | None:
    """A term's number, None where it is unknown. kind: of the comparison."""

    own = kinds.of_term(term, meaning.names, scope)
    if own != "open":
        kind = own

    def inner(of: t.Term) -> Amount | None:
        return amount(meaning, of, kind, scope, services)

    match term:
        case t.Literal():
            return amounts.constant(literal(term))
        case t.Name():
            return _named(meaning, term, kind, scope, services)
        case t.Sum():
            left, right = inner(term.left), inner(term.right)
            if left is None or right is None:
                return None
            value = left.value + right.value if term.sign == "+" else left.value - right.value
            return amounts.worked_out(value, left, right)
        case t.Product():
            of = inner(term.term)
            return None if of is None else amounts.worked_out(of.value * literal(term.by), of)
        case t.Abs():
            of = inner(term.term)
            return None if of is None else amounts.absolute(of)
        case t.Extreme():
            return _extreme(meaning, term, kind, scope, services)
    raise TypeError(term)


def _named(meaning: Meaning, term: t.Name, kind: str, scope: Scope, services: Services) -> Amount | None:
    target = meaning.names.target(term, scope)
    if isinstance(target, n.Let):
        return amount(meaning, target.of, kind, (), services)
    own = kinds.of_target(target)
    if isinstance(target, n.Counterpart):
        pair = meaning.library.counterpart(target.level)
        if pair is None or target.level.of is None:
            return None
        return _measured(pair[0], "value", own, kind, target.level.of, pair[1], "champion", services)
    if isinstance(target, n.Measure):
        piece = meaning.library.piece(target)
        if piece is None:
            return None
        return _measured(piece, target.field, own, kind, target, piece, target.who, services)
    if isinstance(target, n.Element) and target.level.of is not None:
        of, measure = target.level.of, target.level.listed.measure
        if measure is None:
            return None
        return _measured(target.level.element, target.field, own, kind, of, measure, of.who, services)
    said = meaning.library.said(target)
    if said is None or not services <= said.services:
        return None
    declared = target.fact.unit if isinstance(target, n.Entry) and target.fact else None
    unit = "B" if isinstance(target, n.Scalar) and own == "size" else declared
    wanted = kind if own == "open" else own
    double = readable(said.raw, wanted, unit)
    return None if double is None else amounts.recorded(double, _told(unit, wanted))


def _told(unit: str | None, kind: str) -> str:
    """The unit that a number is in; a plain one is in none, whatever is recorded."""
    return "" if unit is None or kind in {"number", "count"} else unit


def _measured(
    piece: Piece, field: str, own: str, kind: str, of: n.Measure, measure: Piece, who: str, services: Services
) -> Amount | None:
    said = None if piece.torn else piece.said(field)
    if said is None or not services <= said.services:
        return None
    unit = unit_of(of, measure) if field == "value" else ""
    wanted = kind if own == "open" else own
    double = readable(said.raw, wanted, unit)
    measures_ = ((who, measure),) if of.section == "metrics" else ()
    slices = ((who, piece),) if piece is not measure else ()
    return None if double is None else amounts.recorded(double, _told(unit, wanted), measures_, slices)


def unit_of(of: n.Measure, measure: Piece) -> str | None:
    """The recorded unit, else the declared one."""
    found = measure.value("unit")
    return found if found is not None else of.declared.unit if of.declared else None


def readable(raw: object, kind: str, unit: str | None) -> float | None:
    """A number of a kind in a unit, None where it is none."""
    match kind:
        case "ratio":
            if unit not in {None, "", "%"}:
                return None
            return values.between(raw, 0, 100 if unit == "%" else 1)
        case "duration" | "size":
            return values.between(raw, 0, float("inf")) if unit in OF_KIND[kind] else None
        case "count":
            return None if unit and measures(unit) else values.count(raw)
        case "number":
            return None if unit and measures(unit) else values.number(raw)
    return values.number(raw)


def _extreme(meaning: Meaning, term: t.Extreme, kind: str, scope: Scope, services: Services) -> Amount | None:
    if too_large(meaning, term, scope):
        return None
    target = meaning.names.target(term.list, scope)
    listed = meaning.library.list(target)
    if listed is None or listed.more or not services <= (listed.services or frozenset()):
        return None
    found: list[Amount] = []
    for level in meaning.levels(target, listed, term):
        inside = (*scope, level)
        chosen = True if term.where is None else meaning.truth(term.where, inside, services)
        if chosen is None:
            return None
        if chosen:
            worth = _named(meaning, t.Name(term.field), kind, (level,), services)
            if worth is None:
                return None
            found.append(replace(worth, slices=()))  # which of them it is of is no group at hand
    if not found:
        return None
    return (min if term.which == "min" else max)(found, key=lambda a: a.value)


@dataclass(frozen=True)
class Measured:
    """A value as it is recorded, in its piece. whole: 1 of a share in its unit, None for what is no share."""

    value: Amount
    piece: Piece
    whole: float | None

    @property
    def double(self) -> float:
        """The number that is recorded."""
        assert self.value.double is not None
        return self.value.double


def measured(meaning: Meaning, term: t.Term, kind: str, scope: Scope, services: Services) -> Measured | None:
    """What is recorded of a metric, or of an element's value; None where that is unknown."""
    if not isinstance(term, t.Name):
        return None
    value = _named(meaning, term, kind, scope, services)
    if value is None or value.double is None:
        return None
    piece = piece_of(meaning, term, scope)
    unit = value.unit or ""
    whole = None if kind in {"duration", "size"} or unit not in {"", "%"} else 100.0 if unit == "%" else 1.0
    return None if piece is None else Measured(value, piece, whole)


def piece_of(meaning: Meaning, term: t.Name, scope: Scope, *, whole: bool = False) -> Piece | None:
    """The piece in which a value stands; whole: of a slice the measure."""
    target = meaning.names.target(term, scope)
    if isinstance(target, n.Measure):
        return meaning.library.piece(target)
    if isinstance(target, n.Element):
        return target.level.listed.measure if whole else target.level.element
    if isinstance(target, n.Counterpart):
        pair = meaning.library.counterpart(target.level)
        return None if pair is None else pair[whole]
    return None


def sure(
    meaning: Meaning,
    term: t.Term,
    kind: str,
    level: Fraction,
    scope: Scope,
    services: Services,
    *,
    judged: bool = False,
) -> tuple[Amount, Amount] | None:
    """The lower and the upper bound of a metric or an element's value at a level of confidence."""
    found = measured(meaning, term, kind, scope, services)
    if found is None:
        return None
    value, unit = found.value, found.value.unit or ""
    bounds = _judged(found, level) if judged else interval(found.piece, found.double, float(level), found.whole)
    if bounds is None or value.double is None:
        return None
    ends = tuple(
        amounts.Amount(Fraction(b) * factor(unit), max(abs(Fraction(b)), abs(Fraction(value.double))) * factor(unit), unit,
                       None, value.measures)
        for b in bounds
    )  # fmt: skip
    return ends[0], ends[1]


def _judged(of: Measured, level: Fraction) -> tuple[float, float] | None:
    found = counts(of.piece, of.double, of.whole)
    ends = None if found is None else contrasts.judged(of.piece, *found, NormalDist().inv_cdf(float((1 + level) / 2)))
    return None if ends is None or of.whole is None else (ends[0] * of.whole, ends[1] * of.whole)


__all__ = ["amount", "literal", "readable", "schema", "sure"]
