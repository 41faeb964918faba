"""Compiled terms: each is a variable that holds a readable value, or None."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from letpass.evaluation.emitter import Emitter
from letpass.frozen import Frozen, replace
from letpass.language import typed
from letpass.language.types import RECORDED_UNITS, UNITS, Type


class NotCompiledError(Exception):
    """A policy that the compiled form does not answer for; the interpreter does."""


class Level(Frozen):
    """A list that is being walked: the variable of its element, that of the measure whose slice it is."""

    element: str
    owner: str | None = None
    champion: bool = False


class Value(Frozen):
    """A variable, the depth at which it is known, and its unit: a variable's name, or fixed (quoted)."""

    var: str
    depth: int = 0
    unit: str = "''"
    fixed: str | None = ""
    piece: str | None = None


class Leaf(Frozen):
    """A value in a sum: its variable; the condition under which its unit was converted; its unit where that is open."""

    var: str
    converted: str
    unit: str


class Sum(Frozen):
    """A side with arithmetic: an expression of its value, expressions of its terms' sizes, and its leaves."""

    text: str
    largest: str
    depth: int
    leaves: tuple[Leaf, ...] = ()


def whose(kind: str, *, champion: bool) -> str:
    """The variable of the record's values (V), whole lists (L), measures (M), sole ones (N), sections (S) or trust (W)."""
    return f"C{kind}" if champion else kind


OPEN_PARTS = ("facts.", "hyperparameters.")  # their values have no type but the one that a policy gives them


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
                return self.field(self.piece(node.of, service), node.field, node.type, 0)
            case typed.Element():
                return self.element(node, levels, service)
            case typed.Counterpart():
                return self.counterpart(node, levels[node.level], service)
            case typed.Extremum() | typed.Named():
                raise AssertionError("an extremum is written by the truths")
            case typed.Now():
                return Value("now", 0)
            case typed.Instant():
                return Value(str(node.microseconds), 0)
            case typed.Moved():
                moved = self.value(node.date, levels, service)
                return self.emit.once(
                    moved.depth, ("moved", moved.var, node.microseconds), lambda: self._moved(moved, node.microseconds)
                )
            case _:
                raise AssertionError(f"{type(node).__name__} is no single value")

    def _moved(self, date: Value, by: int) -> Value:
        var = self.emit.name()
        self.emit.line(date.depth, f"{var} = None if {date.var} is None else {date.var} + {by}")
        return Value(var, date.depth)

    def scalar(self, node: typed.Scalar, service: str | None) -> Value:
        key = ("scalar", node.path, node.type, node.champion, service)
        return self.emit.once(0, key, lambda: self._scalar(node, service))

    def _scalar(self, node: typed.Scalar, service: str | None) -> Value:
        var = self.emit.name()
        self.emit.line(0, f"{var} = {whose('V', champion=node.champion)}.get({node.path!r})")
        is_open = node.path.startswith(OPEN_PARTS)
        if node.type.kind == "date" and is_open:
            self.emit.line(0, f"{var} = as_date({var})")
        self.check(var, node.type, 0, schema=not is_open)
        if service is not None:
            self.emit.line(
                0, f"if {whose('W', champion=node.champion)}.get({node.path!r}) != {service!r}: {var} = None"
            )
        unit = node.type.unit or ""
        return Value(var, 0, repr(unit), unit)

    def check(self, var: str, type_: Type, depth: int, *, schema: bool) -> None:
        """Turn what is no value of its type into None.  What the schema types has been read as that type."""
        kind = type_.kind
        if schema or kind == "open":
            return
        if kind in {"choice", "order"}:
            self.emit.line(depth, f"if {var} not in {self.emit.constant(frozenset(type_.symbols))}: {var} = None")
            return
        test = {
            "text": f"type({var}) is not str",
            "flag": f"type({var}) is not bool",
            "date": f"type({var}) is not int",
            "number": f"type({var}) is not float",
        }.get(kind)
        if test is None:
            outside = (
                "True" if kind in {"duration", "size"} and not type_.unit else self.outside(var, kind, type_.unit or "")
            )
            test = f"type({var}) is not float or {outside}"
        self.emit.line(depth, f"if {test}: {var} = None")

    def outside(self, var: str, kind: str, unit: str) -> str:
        """An expression: a number is outside the range of its kind."""
        if kind == "ratio":
            return f"not 0.0 <= {var} <= {'100.0' if unit == '%' else '1.0'}"
        return f"{var} < 0.0 or {var} % 1.0" if kind == "count" else f"{var} < 0.0"

    # ------------------------------------------------------------ measures

    def piece(self, node: typed.Measured, service: str | None) -> str:
        """The variable of the one piece that fills a metric's slot."""
        key = ("piece", node.section, node.name, node.data_set, node.champion, service)
        return self.emit.once(0, key, lambda: self._piece(node, service))

    def _piece(self, node: typed.Measured, service: str | None) -> str:
        var, key = self.emit.name("p"), self.emit.constant((node.section, node.name))
        sole = f"{node.section}:{node.name}"
        if node.data_set is None:
            self.emit.line(0, f"{var} = {whose('N', champion=node.champion)}.get({sole!r})")
        else:
            several = f"[q for q in {whose('M', champion=node.champion)}.get({key}, ()) if q.get('data_set') == {node.data_set!r}]"
            self.emit.line(
                0, f"{var} = {several}\n{var} = {var}[0] if len({var}) == 1 and '@unreadable' not in {var}[0] else None"
            )
        if service is not None:
            self.emit.line(0, f"if {var} is not None and {var}.get('@trust') != {service!r}: {var} = None")
        return var

    def measured(self, node: typed.Measured, service: str | None) -> Value:
        key = ("measured", node.section, node.name, node.data_set, node.champion, service, node.type)
        return self.emit.once(0, key, lambda: self._measured(self.piece(node, service), node.type))

    def _measured(self, owner: str, type_: Type) -> Value:
        """The value of a piece in the unit that it has: the usual case, no unit recorded, first."""
        var, unit, kind, declared = self.emit.name("v"), self.emit.name("u"), type_.kind, type_.unit or ""
        usual = (
            "True"
            if kind in {"duration", "size"} and not declared
            else "False"
            if kind in {"open", "number"}
            else self.outside(var, kind, declared)
        )
        usual_line = f"    elif {var} is not None and ({usual}): {var} = None\n" if usual != "False" else ""
        self.emit.line(
            0,
            f"if {owner} is None: {var} = {unit} = None\nelse:\n    {var} = {owner}.get('value')\n    {unit} = {declared!r}\n"
            f"    if 'unit' in {owner}:\n        {unit} = {owner}['unit']\n{self._unusual(var, unit, kind)}\n{usual_line}".rstrip(),
        )
        return Value(var, 0, unit, "" if kind in {"number", "count"} else None, owner)

    def _unusual(self, var: str, unit: str, kind: str) -> str:
        """A recorded unit: one of the kind's dimension, else the value cannot be read."""
        fitting = frozenset(u for u, of in RECORDED_UNITS.items() if of == kind)
        if kind == "open":
            return "        pass"
        if kind in {"number", "count"}:
            outside = f" or ({self.outside(var, kind, '')})" if kind == "count" else ""
            return f"        if {unit} in {self.emit.constant(frozenset(RECORDED_UNITS))} or {var} is None{outside}: {var} = None\n        {unit} = ''"
        outside = f"not 0.0 <= {var} <= 100.0" if kind == "ratio" else f"{var} < 0.0"
        return f"        if {unit} not in {self.emit.constant(fitting)} or {var} is None or {outside}: {var} = None"

    def owner_unit(self, owner: str, type_: Type) -> str:
        """The variable of the unit in which a piece's slices are; None where it cannot be read."""
        return self.emit.once(0, ("unit", owner, type_.kind, type_.unit), lambda: self._owner_unit(owner, type_))

    def _owner_unit(self, owner: str, type_: Type) -> str:
        var, declared = self.emit.name("u"), type_.unit or ""
        none_said = "None" if type_.kind in {"duration", "size"} and not declared else repr(declared)
        fitting = frozenset(u for u, kind in RECORDED_UNITS.items() if kind == type_.kind)
        if type_.kind == "open":
            other = var
        elif type_.kind in {"number", "count"}:
            other = f"None if {var} in {self.emit.constant(frozenset(RECORDED_UNITS))} else ''"
        else:
            other = f"{var} if {var} in {self.emit.constant(fitting)} else None"
        self.emit.line(
            0,
            f"{var} = None if {owner} is None else {owner}.get('unit')\n{var} = {none_said} if {var} is None else ({other})",
        )
        return var

    def field(self, piece: str, field: str, type_: Type, depth: int) -> Value:
        """A field of a piece or element, `a.b` of a group inside it."""
        return self.emit.once(depth, ("field", piece, field, type_), lambda: self._field(piece, field, type_, depth))

    def _field(self, piece: str, field: str, type_: Type, depth: int) -> Value:
        var = self.emit.name()
        first, *rest = field.split(".")
        self.emit.line(
            depth,
            f"{var} = None if {piece} is None else {piece}.get({first!r})"
            if depth == 0
            else f"{var} = {piece}.get({first!r})",
        )
        for part in rest:
            self.emit.line(depth, f"if {var} is not None: {var} = {var}.get({part!r})")
        unit = type_.unit or ""
        return Value(var, depth, repr(unit), unit, piece)

    def element(self, node: typed.Element, levels: tuple[Level, ...], service: str | None) -> Value:
        """A field of an element; none where a service must have attested it, and has not."""
        found, element = self._element(node, levels), levels[node.level].element
        if service is None:
            return found

        def write() -> str:
            var = self.emit.name()
            self.emit.line(found.depth, f"{var} = {found.var} if {element}.get('@trust') == {service!r} else None")
            return var

        return replace(found, var=self.emit.once(found.depth, ("vouched", found.var, service), write))

    def _element(self, node: typed.Element, levels: tuple[Level, ...]) -> Value:
        level, depth = levels[node.level], node.level + 1
        if node.of is not None and node.field == "value":
            assert level.owner is not None
            of = node.of.type
            return self.emit.once(depth, ("slice", level.element, of), lambda: self._slice(level, of, depth))
        return self.field(level.element, node.field, node.type, depth)

    def _slice(self, level: Level, type_: Type, depth: int) -> Value:
        assert level.owner is not None
        var, unit, kind = self.emit.name("v"), self.owner_unit(level.owner, type_), type_.kind
        outside = (
            f"not 0.0 <= {var} <= (100.0 if {unit} == '%' else 1.0)"
            if kind == "ratio"
            else ""
            if kind in {"open", "number"}
            else self.outside(var, kind, "")
        )
        self.emit.line(depth, f"{var} = {level.element}.get('value') if {unit} is not None else None")
        if outside:
            self.emit.line(depth, f"if {var} is not None and ({outside}): {var} = None")
        return Value(var, depth, unit, "" if kind in {"number", "count"} else None, level.element)

    def counterpart(self, node: typed.Counterpart, level: Level, service: str | None) -> Value:
        """The champion's value for the group of the element at hand."""
        depth = node.level + 1
        key = ("counterpart", level.element, node.of, service)
        return self.emit.once(depth, key, lambda: self._counterpart(node, level, service, depth))

    def _counterpart(self, node: typed.Counterpart, level: Level, service: str | None, depth: int) -> Value:
        var, unit = self.emit.name("v"), self.emit.name("u")
        this = self.emit.constant(node, ("counterpart", node.level, node.of))
        call = f"beside(Q, {this}, {level.element}, {level.owner}, {service!r})"
        self.emit.line(depth, f"{var}, {unit} = {call}")
        return Value(var, depth, unit, "" if node.type.kind in {"number", "count"} else None)

    def counterpart_piece(self, node: typed.Counterpart, level: Level, service: str | None) -> str:
        """The variable of the champion's measure on the data set of the slices at hand."""

        def write() -> str:
            var = self.emit.name("p")
            this = self.emit.constant(node, ("counterpart", node.level, node.of))
            self.emit.line(0, f"{var} = beside_piece(Q, {this}, {level.owner}, {service!r})")
            return var

        return self.emit.once(0, ("counterpart piece", level.owner, node.of, service), write)

    def one_value(self, node: typed.Named, levels: tuple[Level, ...]) -> None:
        """Refuse a let with a list in it inside another list: it is written where the elements around it would be read."""
        if levels and any(
            isinstance(n, typed.RecordList | typed.Slices | typed.ElementList) for n in typed.walk(node.body)
        ):
            raise NotCompiledError(f"`{node.name}` goes through a list, and is used inside another")

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

    def sum(
        self,
        node: typed.Term,
        at: typed.Comparison,
        levels: tuple[Level, ...],
        service: str | None,
        extremum: Callable[[typed.Extremum], Value],
    ) -> Sum:
        """One side of a comparison with arithmetic, in the comparison's unit."""
        match node:
            case typed.Constant():
                value = float(node.amount) if at.kind not in UNITS else _in(node.amount, at.kind, at.unit)
                return Sum(repr(value), repr(abs(value)), 0)
            case typed.Add():
                left, right = (
                    self.sum(node.left, at, levels, service, extremum),
                    self.sum(node.right, at, levels, service, extremum),
                )
                return Sum(
                    f"({left.text} {'+' if node.sign > 0 else '-'} {right.text})",
                    f"{left.largest}, {right.largest}",
                    max(left.depth, right.depth),
                    left.leaves + right.leaves,
                )
            case typed.Scale():
                inner = self.sum(node.operand, at, levels, service, extremum)
                factor = float(node.factor)
                return Sum(
                    f"({inner.text} * {factor!r})",
                    f"{_most(inner.largest)} * {max(1.0, abs(factor))!r}",
                    inner.depth,
                    inner.leaves,
                )
            case typed.Absolute():
                inner = self.sum(node.operand, at, levels, service, extremum)
                return Sum(f"abs({inner.text})", inner.largest, inner.depth, inner.leaves)
            case typed.Named():
                self.one_value(node, levels)
                return self.sum(node.body, at, (), service, extremum)  # type: ignore[arg-type]
            case _:
                read = extremum(node) if isinstance(node, typed.Extremum) else self.value(node, levels, service)
                key = ("converted", read.var, at.kind, at.unit)
                return self.emit.once(read.depth, key, lambda: self._leaf(read, at))

    def _leaf(self, value: Value, at: typed.Comparison) -> Sum:
        if at.kind not in UNITS or value.fixed == at.unit:
            return Sum(
                value.var,
                f"abs({value.var})",
                value.depth,
                (Leaf(value.var, "", value.unit if at.kind == "open" else ""),),
            )
        var = self.emit.name("t")
        table = {
            unit: float(UNITS[at.kind][unit] / UNITS[at.kind][at.unit])
            for unit in UNITS[at.kind]
            if not unit.startswith("point")
        }
        other = f"{value.unit} != {at.unit!r}"
        self.emit.line(
            value.depth,
            f"{var} = {value.var}\nif {other} and {var} is not None: {var} = {var} * {self.emit.constant(table, (at.kind, at.unit))}[{value.unit}]",
        )
        return Sum(var, f"abs({var})", value.depth, (Leaf(var, other, ""),))


def _most(largest: str) -> str:
    return f"max(0.0, {largest})" if "," in largest else f"({largest})"


def _in(amount: Decimal, kind: str, unit: str) -> float:
    """A literal's amount in a unit, converted in decimal."""
    return float(amount / UNITS[kind][unit])
