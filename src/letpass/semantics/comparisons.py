"""Comparisons: of words, dates and numbers, in the units that these have, and with the tolerance of what is reckoned."""

from __future__ import annotations

from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.operators import OPPOSITE
from letpass.language.types import UNITS
from letpass.semantics.around import Around
from letpass.semantics.champion import comparable
from letpass.semantics.confidence import ReadTerm, sure
from letpass.semantics.formula import FALSE, TRUE, Among, Compare, Formula, disj, given
from letpass.semantics.meaning import Meaning
from letpass.semantics.terms import Term, in_units, limit, rescaled
from letpass.semantics.values import Absolute, Default, Given, Greatest, Literal, Pick, Product, Sum, Value


class Reckoned(Frozen):
    """One side of a comparison in the comparison's unit.

    largest: the sizes of its terms · converted: one of them is in another unit · units: as they are recorded, where these tell
    whether the sides can be compared.
    """

    value: Value
    largest: tuple[Value, ...]
    converted: Formula = FALSE
    units: tuple[Value, ...] = ()


class Comparisons:
    """Lowers comparisons; `term` lowers one value."""

    def __init__(self, term: ReadTerm) -> None:
        self.term = term

    def compare(self, node: typed.Comparison, around: Around) -> Meaning:
        """Which form of it is asked."""
        if node.symbols:
            return self._ranked(node, around)
        if node.kind == "date":
            return compared(self.term(node.left, around).value, node.operator, self.term(node.right, around).value)
        if node.level is not None:
            return sure(node, around, self.term)
        if not node.tolerant and isinstance(node.right, typed.Constant):
            found = self.term(node.left, around)
            return compared(found.value, node.operator, limit(node.right, node.kind, found.unit))
        return self._reckoned(node, around)

    def _ranked(self, node: typed.Comparison, around: Around) -> Meaning:
        """Words of one ordered enumeration."""
        ranks = {word: float(n) for n, word in enumerate(node.symbols)}
        left = self.term(node.left, around).value
        if isinstance(node.right, typed.Word):
            bound = ranks[node.right.value]
            chosen = frozenset(word for word, rank in ranks.items() if _holds(rank, node.operator, bound))
            return Meaning(Among(left, chosen), Among(left, frozenset(ranks) - chosen), complement=True)
        table = tuple(ranks.items())
        return compared(Pick(left, table), node.operator, Pick(self.term(node.right, around).value, table))

    def _reckoned(self, node: typed.Comparison, around: Around) -> Meaning:
        left, right = self.number(node.left, node, around), self.number(node.right, node, around)
        units = tuple(dict.fromkeys(left.units + right.units))
        same = [Compare(units[0], "==", unit) for unit in units[1:]]
        value = given(left.value, *same, comparable(node, around))
        return compared(value, node.operator, right.value, _scale(node, left, right))

    def number(self, node: typed.Term, at: typed.Comparison, around: Around) -> Reckoned:
        """One side, or a part of it, in the comparison's unit."""
        match node:
            case typed.Constant():
                amount = in_units(node.amount, at.kind)[at.unit] if at.kind in UNITS else float(node.amount)
                return Reckoned(Literal(amount), (Literal(abs(amount)),))
            case typed.Add():
                left, right = self.number(node.left, at, around), self.number(node.right, at, around)
                return Reckoned(
                    Sum(left.value, right.value, node.sign),
                    left.largest + right.largest,
                    disj(left.converted, right.converted),
                    left.units + right.units,
                )
            case typed.Scale():
                inner, factor = self.number(node.operand, at, around), float(node.factor)
                largest = Product(_greatest(inner.largest), Literal(max(1.0, abs(factor))))
                return Reckoned(Product(inner.value, Literal(factor)), (largest,), inner.converted, inner.units)
            case typed.Absolute():
                inner = self.number(node.operand, at, around)
                return Reckoned(Absolute(inner.value), inner.largest, inner.converted, inner.units)
            case typed.Named():
                return self.number(node.body, at, around.outside())  # type: ignore[arg-type]
            case _:
                return _in_unit(self.term(node, around), at)


def _in_unit(term: Term, at: typed.Comparison) -> Reckoned:
    if at.kind not in UNITS:
        return Reckoned(term.value, (Absolute(term.value),), units=(term.unit.text,) if at.kind == "open" else ())
    value = rescaled(term.value, term.unit, at.kind, at.unit)
    return Reckoned(value, (Absolute(value),), term.unit.differs(at.unit))


def _scale(node: typed.Comparison, left: Reckoned, right: Reckoned) -> Value | None:
    """The largest term, where the sides are equal within a tolerance."""
    largest, converted = _greatest(left.largest + right.largest), disj(left.converted, right.converted)
    if node.tolerant or converted == TRUE:
        return largest
    return None if converted == FALSE else Default(Given(largest, converted), Literal(0.0))


def _greatest(values: tuple[Value, ...]) -> Value:
    found = tuple(dict.fromkeys(values))
    return found[0] if len(found) == 1 else Greatest(found)


def compared(left: Value, operator: str, right: Value, scale: Value | None = None) -> Meaning:
    """Two values against each other."""
    return Meaning(
        Compare(left, operator, right, scale), Compare(left, OPPOSITE[operator], right, scale), complement=True
    )


def flag(value: Value) -> Meaning:
    """A flag that is set."""
    return compared(value, "==", Literal(True))


def _holds(left: float, operator: str, right: float) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
