"""Whether numbers may stand beside each other: those of a champion's metric only beside the candidate's on the same data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TypeVar

from letpass.language import typed
from letpass.semantics.around import Around, measure
from letpass.semantics.formula import Compare, Formula, Known, Written, conj, disj, no
from letpass.semantics.places import Element, Fellow, Measure, Twin
from letpass.semantics.terms import counterpart
from letpass.semantics.values import Kind, Read

Metric = Measure | Twin
Slice = Element | Fellow
P = TypeVar("P")


def comparable(node: typed.Comparison, around: Around) -> Formula:
    """No number of a champion's metric stands beside one of the candidate's that was measured on other data or in another way.

    Where a metric or a slice is not there, the sides are not known anyway.
    """
    metrics, slices = ([*of(node.left, around), *of(node.right, around)] for of in (_metrics, _slices))
    return conj(
        *[conj(same_data(a, b), same_way(a, b)) for a, b in _beside(metrics)],
        *[same_judge(a, b) for a, b in _beside(slices)],
    )


def _beside(found: list[tuple[bool, P]]) -> Iterator[tuple[P, P]]:
    """Each of the champion's places with each of the candidate's."""
    ours, theirs = (dict.fromkeys(place for champion, place in found if champion is whose) for whose in (False, True))
    return product(theirs, ours)


def same_data(a: Metric, b: Metric) -> Formula:
    """Two measures are on one data set: the same name, and the same digest where both have one."""
    names, digests = ([Read(m, field, Kind.TEXT) for m in (a, b)] for field in ("data_set", "data_digest"))
    same = Compare(digests[0], "==", digests[1])
    return conj(Compare(names[0], "==", names[1]), disj(*[no(Known(d)) for d in digests], same))


def same_way(a: Metric, b: Metric) -> Formula:
    """Two measures are by one protocol, or neither says one; and by one judge, or by none."""
    protocols = [Read(m, "protocol", Kind.TEXT) for m in (a, b)]
    unsaid = conj(*[no(Known(p)) for p in protocols])
    return conj(disj(unsaid, Compare(protocols[0], "==", protocols[1])), same_judge(a, b))


def same_judge(a: Metric | Slice, b: Metric | Slice) -> Formula:
    """Two measures, or two slices, are by one judge that has a name, or both by none."""
    judges = [Read(m, "judge.model", Kind.TEXT) for m in (a, b)]
    unjudged = conj(*[no(Written(m, "judge")) for m in (a, b)])
    return disj(unjudged, Compare(judges[0], "==", judges[1]))


def _metrics(term: typed.Term, around: Around) -> Iterator[tuple[bool, Metric]]:
    """The metrics of which a number is made, and whether they are the champion's.  What a `where` asks is compared there."""
    match term:
        case typed.Measured() | typed.MeasuredField():
            of = term.of if isinstance(term, typed.MeasuredField) else term
            if of.section == "metrics":
                yield of.champion, measure(of)
        case typed.Element():
            level = around.levels[term.level]
            if level.owner is not None:
                yield level.champion, level.owner
        case typed.Counterpart():
            yield True, counterpart(term, around)
            yield False, measure(term.of)
        case typed.Extremum(list=typed.Slices() as listed):
            yield listed.of.champion, measure(listed.of)
        case typed.Add():
            yield from _metrics(term.left, around)
            yield from _metrics(term.right, around)
        case typed.Scale() | typed.Absolute():
            yield from _metrics(term.operand, around)
        case typed.Named():
            yield from _metrics(term.body, around.outside())  # type: ignore[arg-type]
        case _:
            pass


def _slices(term: typed.Term, around: Around) -> Iterator[tuple[bool, Slice]]:
    """The slices around of which a number is made, and whether they are the champion's; in a let there are none around."""
    match term:
        case typed.Element():
            level = around.levels[term.level]
            if level.owner is not None:
                yield level.champion, Element(term.level)
        case typed.Counterpart():
            yield True, Fellow(counterpart(term, around), term.level)
        case typed.Add():
            yield from _slices(term.left, around)
            yield from _slices(term.right, around)
        case typed.Scale() | typed.Absolute():
            yield from _slices(term.operand, around)
        case _:
            pass
