"""Of which dimension a comparison is: what is declared, what a unit says, else what a plain number does."""

from __future__ import annotations

from tests.oracle import names as n
from tests.oracle import terms as t
from tests.oracle.names import Names, Scope, Target
from tests.oracle.schema import FIELDS, OBSERVED, PIECE, SLICE
from tests.oracle.units import POINTS, measures

LEAST = {"duration": "s", "size": "B"}
"""In which values are compared where no unit is declared."""


def of_target(target: Target) -> str:
    """The kind of what a name stands for; `open` where its use tells."""
    match target:
        case n.Measure():
            fields = PIECE if target.section == "metrics" else OBSERVED
            return target.kind if target.field == "value" else fields[target.field].holds
        case n.Counterpart():
            return target.level.of.kind if target.level.of else "open"
        case n.Element():
            of = target.level.of
            return of.kind if of and target.field == "value" else target.level.fields[target.field].holds
        case n.Entry():
            known = {"tags": "text", "seeds": "number"}.get(target.section, "open")
            return target.fact.kind if target.fact else known
        case n.Scalar():
            return FIELDS[target.path].holds
        case n.Now():
            return "date"
    raise TypeError(target)


def of_term(term: t.Term, names: Names, scope: Scope) -> str:
    """The kind of a side; `open` where all of it is."""
    match term:
        case t.Literal():
            return "ratio" if term.unit in POINTS else measures(term.unit) or "number"
        case t.Name():
            target = names.target(term, scope)
            if isinstance(target, n.Let):
                return of_term(target.of, names, ())
            return of_target(target)
        case t.Sum():
            return common(term.left, term.right, names, scope)
        case t.Product() | t.Abs():
            return of_term(term.term, names, scope)
        case t.Extreme():
            return of_extreme(term, names, scope)
        case t.Day():
            return "date"
        case t.Word():
            return "ordered"
    raise TypeError(term)


def common(left: t.Term, right: t.Term, names: Names, scope: Scope) -> str:
    """The kind in which two meet: what is open takes that of what stands beside it, and a plain constant does, too."""
    first, second = of_term(left, names, scope), of_term(right, names, scope)
    if first == "date" or first == second:
        return first
    if "open" in {first, second}:
        return second if first == "open" else first
    if {first, second} == {"number", "count"}:
        constant = left if first == "number" else right
        return "count" if is_constant(constant, names, scope) else "number"
    return second if first == "number" else first


def is_constant(term: t.Term, names: Names, scope: Scope) -> bool:
    """Whether nothing recorded is in it."""
    match term:
        case t.Name():
            target = names.target(term, scope)
            return isinstance(target, n.Let) and is_constant(target.of, names, ())
        case t.Sum():
            return is_constant(term.left, names, scope) and is_constant(term.right, names, scope)
        case t.Product() | t.Abs():
            return is_constant(term.term, names, scope)
    return isinstance(term, t.Literal)


def of_extreme(term: t.Extreme, names: Names, scope: Scope) -> str:
    """The kind of a field of the elements of a list."""
    target = names.target(term.list, scope)
    if isinstance(target, n.Measure):
        return target.kind if term.field == "value" else SLICE[term.field].holds
    if isinstance(target, n.Of):
        return FIELDS[f"{target.list}[].{term.field}"].holds
    raise TypeError(target)


def unit_of(term: t.Term, names: Names, scope: Scope) -> str | None:
    """The first unit that is declared for something in a term, None without one."""
    match term:
        case t.Name():
            target = names.target(term, scope)
            if isinstance(target, n.Let):
                return unit_of(target.of, names, ())
            if isinstance(target, n.Element | n.Counterpart):
                of = target.level.of if isinstance(target, n.Counterpart) or target.field == "value" else None
                return of.declared.unit if of and of.declared else None
            if isinstance(target, n.Measure):
                return target.declared.unit if target.declared and target.field == "value" else None
            if isinstance(target, n.Entry):
                return target.fact.unit if target.fact else None
            return "B" if of_target(target) == "size" else None
        case t.Sum():
            return unit_of(term.left, names, scope) or unit_of(term.right, names, scope)
        case t.Product() | t.Abs():
            return unit_of(term.term, names, scope)
        case t.Extreme():
            target = names.target(term.list, scope)
            measured = isinstance(target, n.Measure) and target.declared is not None and term.field == "value"
            return target.declared.unit if measured else None
    return None
