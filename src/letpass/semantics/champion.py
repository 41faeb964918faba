"""Whether numbers may stand beside each other: those of a champion's metric only beside the candidate's on the same data."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.language import typed
from letpass.language.typed import own, walk
from letpass.semantics.around import Around, measure
from letpass.semantics.formula import (
    TRUE,
    Compare,
    Formula,
    Kind,
    Known,
    Measure,
    Read,
    Twin,
    conj,
    disj,
    no,
)
from letpass.semantics.terms import counterpart

Metric = Measure | Twin


def comparable(node: typed.Comparison, around: Around) -> Formula:
    """No number of a champion's metric stands beside one of the candidate's that was measured on other data."""
    ours, theirs = dict[Metric, None](), dict[Metric, None]()
    for champion, place in _metrics(node, around):
        (theirs if champion else ours)[place] = None
    if not theirs or not ours:
        return TRUE
    sure = set(_told((node.left, node.right), around))
    found = []
    for a in theirs:
        for b in ours:
            there = [no(Known(place)) for place in (a, b) if place not in sure]
            found.append(disj(*there, same_data(a, b)))
    return conj(*found)


def same_data(a: Metric, b: Metric) -> Formula:
    """Two measures are on one data set: the same name, and the same digest where both have one."""
    names, digests = ([Read(m, field, Kind.TEXT) for m in (a, b)] for field in ("data_set", "data_digest"))
    same = Compare(digests[0], "==", digests[1])
    return conj(Compare(names[0], "==", names[1]), disj(*[no(Known(d)) for d in digests], same))


def _metrics(node: typed.Comparison, around: Around) -> Iterator[tuple[bool, Metric]]:
    """The metrics of which something is compared, wherever it stands, and whether they are the champion's."""
    sides = (node.left, node.right)
    for each in walk(sides):
        if isinstance(each, typed.Measured) and each.section == "metrics":
            yield each.champion, measure(each)
    for each in own(sides):
        if isinstance(each, typed.Element) and each.level < around.depth:
            level = around.levels[each.level]
            if level.owner is not None:
                yield level.champion, level.owner
        elif isinstance(each, typed.Counterpart) and each.level < around.depth:
            yield True, counterpart(each, around)


def _told(terms: tuple[typed.Term, ...], around: Around) -> Iterator[Metric]:
    """Those without which the sides are not known: what is asked of them need not ask whether they are there."""
    for term in terms:
        match term:
            case typed.Measured():
                yield measure(term)
            case typed.MeasuredField():
                yield measure(term.of)
            case typed.Counterpart():
                yield counterpart(term, around)
            case typed.Element():
                owner = around.levels[term.level].owner
                yield from () if owner is None else (owner,)
            case typed.Add():
                yield from _told((term.left, term.right), around)
            case typed.Scale() | typed.Absolute():
                yield from _told((term.operand,), around)
            case typed.Named():
                yield from _told((term.body,), around.outside())  # type: ignore[arg-type]
            case typed.Extremum(list=typed.Slices() as listed):
                yield measure(listed.of)
            case _:
                pass
