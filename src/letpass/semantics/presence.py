"""What is there: what `is recorded` asks for, runs of suites and scanners."""

from __future__ import annotations

from letpass.language import typed
from letpass.semantics.around import Around
from letpass.semantics.comparisons import compared, flag
from letpass.semantics.confidence import ReadTerm
from letpass.semantics.formula import TRUE, AtLeast, Compare, Formula, Known, Shape, Shaped, conj, disj, given, no
from letpass.semantics.lists import listed
from letpass.semantics.meaning import Meaning, conjunction, positive
from letpass.semantics.places import Element, Place, Run
from letpass.semantics.terms import field
from letpass.semantics.values import Asked, Clock, Input, Kind, Literal, Read, Sum, Value

MANY = "hyperparameters."
"""Below it a list or mapping may stand in the place of one value."""


def recorded(node: typed.Recorded, around: Around, term: ReadTerm) -> Meaning:
    """Everything is there, readable and not empty."""
    return positive(conj(*[_recorded(operand, around, term) for operand in node.operands]))


def _recorded(node: typed.Term | typed.Section | typed.ListField, around: Around, term: ReadTerm) -> Formula:
    match node:
        case typed.Section():
            return Input(Asked.FILLED, (".".join(node.path), node.champion, around.service))
        case typed.ListField():
            return _everywhere(node, around)
        case typed.Scalar() if node.path.startswith(MANY):
            many = Input(Asked.MANY, (node.path, node.champion, around.service))
            return disj(_filled(term(node, around).value), many)
        case _:
            return _filled(term(node, around).value)


def _filled(value: Value) -> Formula:
    return Shaped(value, Shape.FILLED)


def _everywhere(node: typed.ListField, around: Around) -> Formula:
    """A field of every element, of which there is one at least."""
    found = listed(node.list, around)
    filled = _filled(field(Element(around.depth), node.field, node.type))

    def some(condition: Formula) -> Formula:
        return AtLeast(1, found.list, around.depth, condition)

    return conj(found.whole, some(TRUE), no(some(no(filled))))


def suite(node: typed.SuitePassed, around: Around) -> Meaning:
    """The run ended well, had a case, reached its score, and is not too old."""
    run = Run("suites", node.suite)
    vouched = around.vouched(run)
    passed, cases = given(Read(run, "passed", Kind.FLAG), vouched), Read(run, "cases", Kind.NUMBER)
    asked = [
        flag(passed),
        positive(Compare(given(cases, vouched), ">=", Literal(1.0))),
        positive(_young(run, node.microseconds, vouched)),
    ]
    if node.operator is not None and node.score is not None:
        score = given(Read(run, "score", Kind.NUMBER), vouched)
        asked.append(compared(score, node.operator, Literal(node.score)))
    return conjunction(asked)


def scan(node: typed.ToolScanned, around: Around) -> Meaning:
    """The scan is there, and not too old."""
    run = Run("scans", node.tool)
    vouched = around.vouched(run)
    there = Known(given(Read(run, "tool", Kind.TEXT), vouched))
    return positive(conj(there, _young(run, node.microseconds, vouched)))


def _young(run: Place, longest: int | None, vouched: Formula) -> Formula:
    """A run without a bound on its age is as old as it likes; one from the future is none."""
    if longest is None:
        return TRUE
    ran = given(Read(run, "ran_at", Kind.DATE), vouched)
    return conj(Compare(ran, "<=", Clock()), Compare(ran, ">=", Sum(Clock(), Literal(longest), -1)))


def fresh(value: Value, longest: int) -> Meaning:
    """A date is no older; one in the future is not known."""
    past, since = given(value, Compare(value, "<=", Clock())), Sum(Clock(), Literal(longest), -1)
    return Meaning(Compare(past, ">=", since), Compare(past, "<", since), complement=True)
