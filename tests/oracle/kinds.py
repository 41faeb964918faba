"""Of which dimension a comparison is: what is declared, what a unit says, else what a plain number does."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle import names as n
from tests.oracle import terms as t
from tests.oracle.names import Names, Scope, Target
from tests.oracle.schema import FIELDS, OBSERVED, PIECE, SLICE
from tests.oracle.units import POINTS, measures

PLAIN = frozenset({"number", "count"})


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


def _leaves(term: t.Term, names: Names, scope: Scope) -> Iterator[str]:
    match term:
        case t.Literal():
            kind = "ratio" if term.unit in POINTS else measures(term.unit) if term.unit else None
            yield kind or "plain"
        case t.Name():
            target = names.target(term, scope)
            if isinstance(target, n.Let):
                yield from _leaves(target.of, names, ())  # type: ignore[arg-type]
            else:
                yield of_target(target)
        case t.Sum():
            yield from _leaves(term.left, names, scope)
            yield from _leaves(term.right, names, scope)
        case t.Product() | t.Abs():
            yield from _leaves(term.term, names, scope)
        case t.Extreme():
            yield of_extreme(term, names, scope)
        case t.Day():
            yield "date"
        case t.Word():
            yield "ordered"


def of_extreme(term: t.Extreme, names: Names, scope: Scope) -> str:
    """The kind of a field of the elements of a list."""
    target = names.target(term.list, scope)
    if isinstance(target, n.Measure):
        return target.kind if term.field == "value" else SLICE[term.field].holds
    if isinstance(target, n.Of):
        return FIELDS[f"{target.list}[].{term.field}"].holds
    raise TypeError(target)


def of_comparison(names: Names, scope: Scope, *sides: t.Term) -> str:
    """`ratio`, `duration`, `size`, `number`, `date`, `ordered`, or `open` where all are."""
    found = [k for side in sides for k in _leaves(side, names, scope)]
    for kind in found:
        if kind not in {"open", "plain"} and kind not in PLAIN:
            return kind
    return "open" if set(found) == {"open"} else "number"
