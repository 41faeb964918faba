"""Compiled terms: each is a variable that holds a readable value, or None."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assay.evaluation.emitter import Emitter
from assay.language import typed
from assay.language.types import RECORDED_UNITS, UNITS, Type


@dataclass(frozen=True, slots=True)
class Level:
    """A list that is being walked: the variable of its element, that of the measure whose slice it is."""

    element: str
    owner: str | None = None
    champion: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A variable, the depth at which it is known, and its unit: a variable's name, or fixed (quoted)."""

    var: str
    depth: int = 0
    unit: str = "''"
    fixed: str | None = ""
    piece: str | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """A side with arithmetic: variables of its value (None where unknown), its largest term, and whether a
    unit was converted (an expression)."""

    var: str
    largest: str
    depth: int
    converted: str = "False"
    units: tuple[str, ...] = ()


def whose(kind: str, *, champion: bool) -> str:
    """The variable of the record's values (V), lists (L), measures (M), sections (S) or trust (W)."""
    return f"C{kind}" if champion else kind


class Terms:
    """Writes terms; `levels` are the lists around, `service` who must have attested what is read."""

    def __init__(self, emitter: Emitter) -> None:
        self.emit = emitter

    # ------------------------------------------------------------ values

    def value(self, node: typed.Term, levels: tuple[Level, ...], service: str | None) -> Value:
        match node:
            case typed.Scalar():
                return self.scalar(node, service)
            case typed.Measured():
                return self.measured(node, service)
            case typed.MeasuredField():
                piece = self.piece(node.of, service)
                return self.field(piece, node.field, node.type, 0, service)
            case typed.Element():
                return self.element(node, levels, service)
            case typed.Extremum():
                raise AssertionError("an extremum is written by the truths")
            case typed.Now():
                return Value("now", 0)
            case typed.Instant():
                return Value(str(node.microseconds), 0)
            case typed.Moved():
                moved = self.value(node.date, levels, service)
                return self.emit.once(moved.depth, ("moved", moved.var, node.microseconds), lambda: self._moved(moved, node.microseconds))  # type: ignore[no-any-return]
            case _:
                raise AssertionError(f"{type(node).__name__} is no single value")

    def _moved(self, date: Value, by: int) -> Value:
        var = self.emit.name()
        self.emit.line(date.depth, f"{var} = None if {date.var} is None else {date.var} + {by}")
        return Value(var, date.depth)

    def scalar(self, node: typed.Scalar, service: str | None) -> Value:
        key = ("scalar", node.path, node.type, node.champion, service)
        return self.emit.once(0, key, lambda: self._scalar(node, service))  # type: ignore[no-any-return]

    def _scalar(self, node: typed.Scalar, service: str | None) -> Value:
        var = self.emit.name()
        self.emit.line(0, f"{var} = {whose('V', champion=node.champion)}.get({node.path!r})")
        if node.type.kind == "date" and node.path.startswith("facts."):
            self.emit.line(0, f"{var} = as_date({var})")
        self.check(var, node.type, 0)
        if service is not None:
            self.emit.line(0, f"if {whose('W', champion=node.champion)}.get({node.path!r}) != {service!r}: {var} = None")
        unit = node.type.unit or ""
        return Value(var, 0, repr(unit), unit)

    def check(self, var: str, type_: Type, depth: int, hundred: str | None = None) -> None:
        """Turn what is no value of its type into None.  `hundred`: a condition under which a ratio goes to 100."""
        kind = type_.kind
        if kind in {"choice", "order"}:
            self.emit.line(depth, f"if {var} not in {self.emit.constant(frozenset(type_.symbols))}: {var} = None")
            return
        top = f"(100.0 if {hundred} else 1.0)" if hundred else "100.0" if type_.unit == "%" else "1.0"
        test = {
            "text": f"type({var}) is not str",
            "flag": f"type({var}) is not bool",
            "date": f"type({var}) is not int",
            "ratio": f"type({var}) is not float or not 0.0 <= {var} <= {top}",
            "count": f"type({var}) is not float or {var} < 0.0 or {var} % 1.0",
            "duration": f"type({var}) is not float or {var} < 0.0",
            "size": f"type({var}) is not float or {var} < 0.0",
            "number": f"type({var}) is not float",
            "open": f"type({var}) is Unreadable",
        }[kind]
        if kind in {"duration", "size"} and type_.unit is None and hundred is None:
            test = "True"
        self.emit.line(depth, f"if {test}: {var} = None")

    # ------------------------------------------------------------ measures

    def piece(self, node: typed.Measured, service: str | None) -> str:
        """The variable of the one piece that fills a metric's slot."""
        key = ("piece", node.section, node.name, node.data_set, node.champion, service)
        return self.emit.once(0, key, lambda: self._piece(node, service))  # type: ignore[no-any-return]

    def _piece(self, node: typed.Measured, service: str | None) -> str:
        var, source = self.emit.name("p"), whose("M", champion=node.champion)
        self.emit.line(0, f"{var} = {source}.get({self.emit.constant((node.section, node.name))})")
        choose = f"{var}[0] if len({var}) == 1 else None"
        if node.data_set is not None:
            self.emit.line(0, f"if {var} is not None: {var} = [q for q in {var} if q.get('data_set') == {node.data_set!r}]")
        unusable = f"'@unreadable' in {var}" + (f" or {var}.get('@trust') != {service!r}" if service is not None else "")
        self.emit.line(0, f"if {var} is not None:\n    {var} = {choose}\n    if {var} is not None and ({unusable}): {var} = None")
        return var

    def measured(self, node: typed.Measured, service: str | None) -> Value:
        key = ("measured", node.section, node.name, node.data_set, node.champion, service, node.type)
        return self.emit.once(0, key, lambda: self._measured(self.piece(node, service), None, node.type, 0))  # type: ignore[no-any-return]

    def _measured(self, owner: str, element: str | None, type_: Type, depth: int) -> Value:
        """The value of a piece, or of a slice of it, with the unit that the piece has."""
        var = self.emit.name("v")
        unit = self.unit(owner, type_, 0)
        fixed = "" if type_.kind in {"number", "count"} else None
        self.emit.line(depth, f"{var} = {element or owner}.get('value') if {unit} is not None else None")
        hundred = f"{unit} == '%'" if type_.kind == "ratio" else None
        self.check(var, Type(type_.kind if type_.kind != "open" else "number", (), "s" if type_.kind in {"duration", "size"} else None), depth, hundred)
        return Value(var, depth, unit, fixed, element or owner)

    def unit(self, owner: str, type_: Type, depth: int) -> str:
        """The variable of a piece's unit; None where there is no piece, or its unit does not fit."""
        return self.emit.once(depth, ("unit", owner, type_.kind, type_.unit), lambda: self._unit(owner, type_, depth))  # type: ignore[no-any-return]

    def _unit(self, owner: str, type_: Type, depth: int) -> str:
        var = self.emit.name("u")
        declared = type_.unit or ""
        none_said = "None" if type_.kind in {"duration", "size"} and not declared else repr(declared)
        fitting = frozenset(u for u, kind in RECORDED_UNITS.items() if kind == type_.kind)
        if type_.kind == "open":
            other = f"{var} if type({var}) is str else None"
        elif type_.kind in {"number", "count"}:
            other = f"'' if type({var}) is str and {var} not in {self.emit.constant(frozenset(RECORDED_UNITS))} else None"
        else:
            other = f"{var} if {var} in {self.emit.constant(fitting)} else None"
        self.emit.line(
            depth,
            f"if {owner} is None: {var} = None\nelse:\n    {var} = {owner}.get('unit')\n    {var} = {none_said} if {var} is None else ({other})",
        )
        return var

    def field(self, piece: str, field: str, type_: Type, depth: int, service: str | None) -> Value:
        """A field of a piece or element, `a.b` of a group inside it."""
        return self.emit.once(depth, ("field", piece, field, type_), lambda: self._field(piece, field, type_, depth))  # type: ignore[no-any-return]

    def _field(self, piece: str, field: str, type_: Type, depth: int) -> Value:
        var = self.emit.name()
        first, *rest = field.split(".")
        self.emit.line(depth, f"{var} = None if {piece} is None else {piece}.get({first!r})" if depth == 0 else f"{var} = {piece}.get({first!r})")
        for part in rest:
            self.emit.line(depth, f"{var} = {var}.get({part!r}) if isinstance({var}, dict) else None")
        self.check(var, type_, depth)
        unit = type_.unit or ""
        return Value(var, depth, repr(unit), unit, piece)

    def element(self, node: typed.Element, levels: tuple[Level, ...], service: str | None) -> Value:
        level, depth = levels[node.level], node.level + 1
        if node.of is not None and node.field == "value":
            assert level.owner is not None
            owner = level.owner
            return self.emit.once(depth, ("slice", level.element, node.of.type), lambda: self._measured(owner, level.element, node.of.type, depth))  # type: ignore[no-any-return, union-attr]
        return self.field(level.element, node.field, node.type, depth, service)

    # ------------------------------------------------------------ bounds

    def bound(self, node: typed.Constant, kind: str, value: Value) -> str:
        """An expression of a literal in the unit that a value has."""
        if kind not in UNITS:
            return repr(float(node.amount))
        if value.fixed is not None:
            return repr(_in(node.amount, kind, value.fixed))
        table = {unit: _in(node.amount, kind, unit) for unit in UNITS[kind] if not unit.startswith("point")}
        likely = "" if kind == "ratio" else "ms" if kind == "duration" else "B"
        return f"({table[likely]!r} if {value.unit} == {likely!r} else {self.emit.constant(table, (kind, node.amount))}[{value.unit}])"

    # ------------------------------------------------------------ arithmetic

    def sum(self, node: typed.Term, at: typed.Comparison, levels: tuple[Level, ...], service: str | None, extremum: Any) -> Sum:
        """One side of a comparison with arithmetic, in the comparison's unit."""
        match node:
            case typed.Constant():
                value = float(node.amount) if at.kind not in UNITS else _in(node.amount, at.kind, at.unit)
                return Sum(repr(value), repr(abs(value)), 0)
            case typed.Add():
                left, right = self.sum(node.left, at, levels, service, extremum), self.sum(node.right, at, levels, service, extremum)
                depth = max(left.depth, right.depth)
                key = ("add", left.var, left.largest, right.var, right.largest, node.sign)
                return self.emit.once(depth, key, lambda: self._add(left, right, node.sign, depth))  # type: ignore[no-any-return]
            case typed.Scale():
                inner = self.sum(node.operand, at, levels, service, extremum)
                factor = float(node.factor)
                var, largest = self.emit.name("t"), self.emit.name("g")
                self.emit.line(inner.depth, f"{var} = None if {inner.var} is None else {inner.var} * {factor!r}\n{largest} = {inner.largest} * {max(1.0, abs(factor))!r}")
                return Sum(var, largest, inner.depth, inner.converted, inner.units)
            case typed.Absolute():
                inner = self.sum(node.operand, at, levels, service, extremum)
                var = self.emit.name("t")
                self.emit.line(inner.depth, f"{var} = None if {inner.var} is None else abs({inner.var})")
                return Sum(var, inner.largest, inner.depth, inner.converted, inner.units)
            case _:
                value = extremum(node) if isinstance(node, typed.Extremum) else self.value(node, levels, service)
                key = ("converted", value.var, at.kind, at.unit)
                return self.emit.once(value.depth, key, lambda: self._leaf(value, at))  # type: ignore[no-any-return]

    def _add(self, left: Sum, right: Sum, sign: int, depth: int) -> Sum:
        var, largest = self.emit.name("t"), self.emit.name("g")
        known = " or ".join(f"{s.var} is None" for s in (left, right) if s.var[0].isalpha())
        self.emit.line(
            depth,
            f"if {known or 'False'}:\n    {var} = None\n    {largest} = 0.0\nelse:\n    {var} = {left.var} {'+' if sign > 0 else '-'} {right.var}\n"
            f"    {largest} = {left.largest} if {left.largest} > {right.largest} else {right.largest}",
        )
        converted = " or ".join(c for c in (left.converted, right.converted) if c != "False") or "False"
        return Sum(var, largest, depth, converted, (*left.units, *right.units))

    def _leaf(self, value: Value, at: typed.Comparison) -> Sum:
        var, largest = self.emit.name("t"), self.emit.name("g")
        converted = "False"
        if at.kind not in UNITS or value.fixed == at.unit:
            self.emit.line(value.depth, f"{var} = {value.var}")
        else:
            table = {unit: float(UNITS[at.kind][unit] / UNITS[at.kind][at.unit]) for unit in UNITS[at.kind] if not unit.startswith("point")}
            factors = self.emit.constant(table, (at.kind, at.unit))
            converted = f"{value.unit} != {at.unit!r}"
            self.emit.line(value.depth, f"{var} = {value.var}\nif {var} is not None and {converted}: {var} = {var} * {factors}[{value.unit}]")
        self.emit.line(value.depth, f"{largest} = 0.0 if {var} is None else abs({var})")
        units = (value.unit,) if at.kind == "open" else ()
        return Sum(var, largest, value.depth, converted, units)


def _in(amount: Decimal, kind: str, unit: str) -> float:
    """A literal's amount in a unit, converted in decimal."""
    return float(amount / UNITS[kind][unit])


