"""Values of a record in the units that they have: readable ones of their type, in its range."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.types import RECORDED_UNITS, UNITS, Type
from letpass.semantics.around import Around, measure
from letpass.semantics.formula import FALSE, TRUE, Among, Compare, Formula, Known, Shape, Shaped, conj, disj, given, no
from letpass.semantics.places import Element, Fellow, Itself, Place, Twin
from letpass.semantics.values import Clock, Default, Kind, Literal, Pick, Product, Read, Sum, Value

OPEN = ("facts.", "hyperparameters.")  # their values have no type but the one that a policy gives them
_KINDS = {
    "text": Kind.TEXT, "choice": Kind.TEXT, "order": Kind.TEXT, "flag": Kind.FLAG, "date": Kind.DATE, "open": Kind.ANY,
}  # fmt: skip


class Unit(Frozen):
    """The unit of a value: fixed, or as it is `recorded` there, where nothing is recorded as `declared` (None: none is)."""

    declared: str | None = ""
    recorded: Read | None = None

    def pick(self, table: Mapping[str, float]) -> Value:
        """The number that a table has for the unit."""
        if self.recorded is None:
            return Literal(table[self.declared or ""])
        absent = None if self.declared is None else table[self.declared]
        return Pick(self.recorded, tuple((unit, n) for unit, n in table.items() if unit), absent)

    def differs(self, unit: str) -> Formula:
        """It is another one than this."""
        if self.recorded is None:
            return TRUE if self.declared != unit else FALSE
        words = frozenset({unit})
        return Among(self.recorded, words, negated=True) if self.declared == unit else no(Among(self.recorded, words))

    @property
    def text(self) -> Value:
        """The unit as a text, which is empty where there is none."""
        declared = Literal(self.declared or "")
        return declared if self.recorded is None else Default(self.recorded, declared)


class Term(Frozen):
    """A value, known where it can be read as one of its type, and its unit."""

    value: Value
    unit: Unit = Unit()


def in_units(amount: Decimal, kind: str) -> dict[str, float]:
    """A literal in each unit that a recorded value may have, converted in decimal."""
    return {unit: float(amount / UNITS[kind][unit]) for unit in UNITS[kind] if not unit.startswith("point")}


def limit(node: typed.Constant, kind: str, unit: Unit) -> Value:
    """A literal in the unit of what it is compared with."""
    return unit.pick(in_units(node.amount, kind)) if kind in UNITS else Literal(float(node.amount))


def rescaled(value: Value, unit: Unit, kind: str, to: str) -> Value:
    """A number that is recorded in a unit, in another one of its kind."""
    if kind not in UNITS or unit.differs(to) == FALSE:
        return value
    units = UNITS[kind]
    factors = {word: float(units[word] / units[to]) for word in units if not word.startswith("point")}
    return Product(value, unit.pick(factors))


def scalar(node: typed.Scalar, around: Around) -> Term:
    """A field of the record."""
    place, type_ = Itself(node.champion), node.type
    schema = not node.path.startswith(OPEN)
    read = Read(place, node.path, _KINDS.get(type_.kind, Kind.NUMBER), schema)
    fits = TRUE if schema else _fits(read, type_)
    return Term(given(read, fits, around.vouched(place, node.path)), Unit(type_.unit or ""))


def _fits(read: Read, type_: Type) -> Formula:
    """A value without a type of its own is one of this type."""
    if type_.symbols:
        return Among(read, frozenset(type_.symbols))
    if type_.kind in {"duration", "size"} and type_.unit is None:
        return FALSE  # nobody says in which unit it is
    return in_range(read, type_.kind, Literal(100.0 if type_.unit == "%" else 1.0))


def in_range(value: Value, kind: str, most: Value) -> Formula:
    """A number is one of its kind; `most` is what a ratio may be."""
    least = Compare(value, ">=", Literal(0.0))
    match kind:
        case "ratio":
            return conj(least, Compare(value, "<=", most))
        case "count":
            return conj(least, Shaped(value, Shape.WHOLE))
        case "duration" | "size":
            return least
        case _:
            return TRUE


def amount(place: Place, owner: Place, type_: Type) -> Term:
    """The `value` of a measure or of one of its slices, in the unit that its owner has."""
    value, recorded, kind = Read(place, "value", Kind.NUMBER), Read(owner, "unit", Kind.TEXT), type_.kind
    if kind == "open":
        return Term(value, Unit(type_.unit or "", recorded))
    if kind in {"number", "count"}:
        plain = no(Among(recorded, frozenset(RECORDED_UNITS)))
        return Term(given(value, plain, in_range(value, kind, value)))
    fitting = frozenset(unit for unit, of in RECORDED_UNITS.items() if of == kind)
    if kind == "ratio":
        unit = Unit(type_.unit or "", recorded)
        return Term(given(value, in_range(value, kind, unit.pick({"": 1.0, "%": 100.0}))), unit)
    unit, fits = Unit(type_.unit, recorded), Among(recorded, fitting)
    return Term(
        given(value, in_range(value, kind, value), fits if type_.unit is None else disj(no(Known(recorded)), fits)),
        unit,
    )


def single(node: typed.Term, around: Around) -> Term:
    """One value that is no list's and no let's."""
    match node:
        case typed.Scalar():
            return scalar(node, around)
        case typed.Measured():
            place = measure(node)
            found = amount(place, place, node.type)
            return Term(given(found.value, around.vouched(place)), found.unit)
        case typed.MeasuredField():
            place = measure(node.of)
            return Term(given(field(place, node.field, node.type), around.vouched(place)), Unit(node.type.unit or ""))
        case typed.Element():
            return element(node, around)
        case typed.Counterpart():
            twin = counterpart(node, around)
            found = amount(Fellow(twin, node.level), twin, node.type)
            return Term(given(found.value, around.vouched(twin)), found.unit)
        case typed.Now():
            return Term(Clock())
        case typed.Instant():
            return Term(Literal(node.microseconds))
        case typed.Moved():
            return Term(Sum(single(node.date, around).value, Literal(node.microseconds)))
        case (
            typed.Constant()
            | typed.Word()
            | typed.Add()
            | typed.Scale()
            | typed.Absolute()
            | typed.Extremum()
            | typed.Named()
        ):
            raise AssertionError(f"{type(node).__name__} is lowered elsewhere")


def field(place: Place, name: str, type_: Type) -> Value:
    """A field that the schema types."""
    return Read(place, name, _KINDS.get(type_.kind, Kind.NUMBER))


def element(node: typed.Element, around: Around) -> Term:
    """A field of the element at hand."""
    place, owner = Element(node.level), around.levels[node.level].owner
    if node.of is not None and node.field == "value":
        assert owner is not None
        found = amount(place, owner, node.of.type)
    else:
        found = Term(field(place, node.field, node.type), Unit(node.type.unit or ""))
    return Term(given(found.value, around.vouched(place)), found.unit)


def counterpart(node: typed.Counterpart, around: Around) -> Twin:
    """The champion's measure beside the slices at hand."""
    owner = around.levels[node.level].owner
    assert owner is not None
    return Twin(owner)
