"""Comparisons with confidence: when they are shown to hold, and when they are shown not to; else there are too few cases to tell.

It is what `facts/estimates.py` and `facts/contrasts.py` say, with the same arithmetic in the same order.
"""

from __future__ import annotations

from collections.abc import Callable

from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.operators import OPPOSITE, UPWARD
from letpass.language.types import UNITS
from letpass.semantics.around import Around, measure
from letpass.semantics.champion import comparable
from letpass.semantics.formula import TRUE, Compare, Formula, Written, conj, disj, given, no
from letpass.semantics.intervals import Estimate
from letpass.semantics.judged import corrected
from letpass.semantics.meaning import Meaning, conjunction, within
from letpass.semantics.places import Element, Fellow, Place
from letpass.semantics.tango import Tango
from letpass.semantics.terms import Term, counterpart, limit, rescaled
from letpass.semantics.values import Absolute, Apart, Greatest, Kind, Literal, Product, Read, Root, Sum, Value

ReadTerm = Callable[[typed.Term, Around], Term]
SHARES = frozenset({"ratio", "number", "open"})


def sure(node: typed.Comparison, around: Around, term: ReadTerm) -> Meaning:
    """Whether a comparison is shown to hold at its level, with no more tries than it is for."""
    ours = _Side(node.left, node, around, term)
    found = _bounded(node, ours) if node.against is None else _contrasted(node, ours, around, term)
    if node.tries is None:
        return found
    owner: Place = measure(node.left) if isinstance(node.left, typed.Measured) else _owner(node.left, around)
    tries, most = given(Read(owner, "tries", Kind.NUMBER), around.vouched(owner)), Literal(float(node.tries))
    return conjunction([Meaning(Compare(tries, "<=", most), Compare(tries, ">", most), complement=True), found])


class _Side:
    """A measured value, where it stands, and what is recorded of it there."""

    def __init__(self, node: typed.Term, at: typed.Comparison, around: Around, term: ReadTerm) -> None:
        self.term = term(node, around)
        self.place = _place(node, around)
        self.estimate = Estimate(self.place, self.term, share=at.kind in SHARES)


def _place(node: typed.Term, around: Around) -> Place:
    match node:
        case typed.Element():
            return Element(node.level)
        case typed.Counterpart():
            return Fellow(counterpart(node, around), node.level)
        case typed.Measured():
            return measure(node)
        case _:
            raise AssertionError(f"{type(node).__name__} has no interval")


def _owner(node: typed.Term, around: Around) -> Place:
    assert isinstance(node, typed.Element)
    owner = around.levels[node.level].owner
    assert owner is not None
    return owner


# ---------------------------------------------------------------- against a constant


def _bounded(node: typed.Comparison, of: _Side) -> Meaning:
    assert isinstance(node.right, typed.Constant)
    assert node.level is not None
    bound = limit(node.right, node.kind, of.term.unit)
    low, high = (
        corrected(of.estimate, node.z, lower=lower)
        if node.corrected
        else of.estimate.end(node.level, node.z, lower=lower)
        for lower in (True, False)
    )
    scales = [(end.largest, Absolute(end.value), Absolute(bound)) for end in (low, high)]
    return _told(node.operator, (low.value, scales[0]), (high.value, scales[1]), bound)


# ---------------------------------------------------------------- against the champion


def _contrasted(node: typed.Comparison, ours: _Side, around: Around, term: ReadTerm) -> Meaning:
    """Case by case where both have the outcomes, else by both intervals."""
    against = node.against
    assert against is not None
    theirs = _Side(against.champion, node, around, term)
    units = (ours.term.unit.text, theirs.term.unit.text)
    same = Compare(units[0], "==", units[1]) if node.kind == "open" else TRUE
    together = conj(comparable(node, around), same)
    if node.kind not in {"ratio", "open"} or against.factor != 1 or against.metric.section != "metrics":
        return within(_by_intervals(node, ours, theirs), together)
    paired = _case_by_case(node, ours, theirs)
    if against.paired:
        return within(paired, together)
    sides = (ours.place, theirs.place)
    pairs = conj(*[Written(p, "outcomes") for p in sides], *[no(Written(p, "clusters")) for p in sides])
    apart = _by_intervals(node, ours, theirs)
    found = Meaning(
        disj(conj(pairs, paired.holds), conj(no(pairs), apart.holds)),
        disj(conj(pairs, paired.fails), conj(no(pairs), apart.fails)),
    )
    return within(found, together)


def _case_by_case(node: typed.Comparison, ours: _Side, theirs: _Side) -> Meaning:
    """Tango's test; where less is better the sides are swapped."""
    assert node.against is not None
    upward = node.operator in UPWARD
    a, b = (ours, theirs) if upward else (theirs, ours)
    rights, cases = ([Read(s.place, f"outcomes.{field}", Kind.TEXT) for s in (a, b)] for field in ("right", "cases"))
    one_list = conj(
        Compare(cases[0], "==", cases[1]),
        Compare(a.estimate.samples, "==", b.estimate.samples),
        ours.estimate.counts(),
        theirs.estimate.counts(),
    )
    shift = float(node.against.shift)
    margin = Literal(-shift if upward else shift)
    better, worse = (given(Apart(*pair), one_list) for pair in (rights, rights[::-1]))  # only of one length
    test = Tango(better, worse, a.estimate.samples, margin)
    zero, strict = Literal(0.0), "" if "=" in node.operator else "="
    reach, back = (Product(Literal(z), test.error) for z in (node.z, -node.z))
    holds = f">{'' if strict else '='}"
    return Meaning(
        conj(Compare(test.gain, ">", zero, test.largest), Compare(test.gain, holds, reach, test.largest)),
        conj(Compare(test.gain, "<", zero, test.largest), Compare(test.gain, f"<{strict}", back, test.largest)),
    )


def _by_intervals(node: typed.Comparison, ours: _Side, theirs: _Side) -> Meaning:
    """The intervals of both, by MOVER."""
    assert node.against is not None
    assert node.level is not None
    (a, a_low, a_high), (b, b_low, b_high) = (_Ends.of(side, node).all for side in (ours, theirs))
    factor = float(node.against.factor)

    def times(value: Value) -> Value:
        return value if factor == 1.0 else Product(value, Literal(factor))

    amount = node.against.shift
    shift = Literal(float(amount / UNITS[node.kind][node.unit]) if node.kind in UNITS else float(amount))
    middle = times(b)
    difference = Sum(a, middle, -1)

    def reach(own: Value, other: Value) -> Value:
        return Root(Sum(Product(own, own), Product(other, other)))

    low = Sum(difference, reach(Sum(a, a_low, -1), times(Sum(b_high, b, -1))), -1)
    high = Sum(difference, reach(Sum(a_high, a, -1), times(Sum(b, b_low, -1))))
    terms = (Absolute(a), Absolute(middle))
    return _told(
        node.operator,
        (low, (*terms, Absolute(a_low), Absolute(b_high), Absolute(shift))),
        (high, (*terms, Absolute(a_high), Absolute(b_low), Absolute(shift))),
        shift,
    )


class _Ends(Frozen):
    """A value and the ends of its interval, in the unit of a comparison."""

    all: tuple[Value, Value, Value]

    @classmethod
    def of(cls, side: _Side, node: typed.Comparison) -> _Ends:
        assert node.level is not None
        ends = [side.estimate.end(node.level, node.z, lower=lower).value for lower in (True, False)]
        value, low, high = (rescaled(v, side.term.unit, node.kind, node.unit) for v in (side.term.value, *ends))
        return cls((value, low, high))


# ---------------------------------------------------------------- both


def _told(
    operator: str, low: tuple[Value, tuple[Value, ...]], high: tuple[Value, tuple[Value, ...]], bound: Value
) -> Meaning:
    """What an interval says of a bound; each end with the terms that went into it."""
    near, far = (low, high) if operator in UPWARD else (high, low)
    return Meaning(
        _compare(near, operator, bound),
        _compare(far, OPPOSITE[operator], bound),
    )


def _compare(end: tuple[Value, tuple[Value, ...]], operator: str, bound: Value) -> Formula:
    return Compare(end[0], operator, bound, Greatest(end[1]))
