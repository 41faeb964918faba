"""Lists, and the forms that go through them."""

from __future__ import annotations

from collections.abc import Callable

from letpass.frozen import Frozen
from letpass.language import typed
from letpass.semantics import terms
from letpass.semantics.around import Around, Level, measure
from letpass.semantics.formula import TRUE, AtLeast, Compare, Formula, Known, Whole, conj, disj, given, no, provided
from letpass.semantics.meaning import Meaning
from letpass.semantics.places import Element, Inside, Joined, List, Listed, Provided
from letpass.semantics.terms import Term
from letpass.semantics.values import Combinations, Extreme, Literal

Lower = Callable[[typed.Truth, Around], Meaning]
MOST = 1_000_000
"""So many combinations of elements are looked at; a form that would look at more is unknown."""
EVERY = Meaning(TRUE, no(TRUE))
"""Without `where` every element is selected."""


class Found(Frozen):
    """A list of the policy, known where who must vouch for it did, and what its elements are."""

    list: List
    level: Level

    @property
    def whole(self) -> Formula:
        """It is known that there are no more elements; only findings can be what a scan that was not whole has found."""
        last = self.list.list if isinstance(self.list, Provided) else self.list
        part = isinstance(last, Joined | Inside) and last.field == "findings"
        return conj(Known(self.list), Whole(self.list) if part else TRUE)


def listed(node: typed.List, around: Around) -> Found:
    """The list that a condition goes through."""
    match node:
        case typed.Slices():
            place = measure(node.of)
            slices = provided(Inside(place, node.field), around.vouched(place))
            return Found(slices, Level(place, node.of.champion))
        case typed.ElementList():
            outer = Element(node.level)
            inner = _joined(Inside(outer, node.path[0]), node.path[1:])
            return Found(provided(inner, around.vouched(outer)), around.levels[node.level])
        case typed.RecordList():
            root = Listed(node.root, node.champion)
            found = provided(_joined(root, node.inner), _attested(root, around))
            return Found(found, Level(None, node.champion))


def _joined(outer: List, path: tuple[str, ...]) -> List:
    for step in path:
        outer = Joined(outer, step)
    return outer


def _attested(root: Listed, around: Around) -> Formula:
    """There is an element, and none that nobody vouches for."""
    vouched = around.vouched(Element(around.depth))
    if vouched == TRUE:
        return TRUE
    return conj(AtLeast(1, root, around.depth, TRUE), no(AtLeast(1, root, around.depth, no(vouched))))


def _combinations(node: typed.Quantified, around: Around) -> Combinations:
    found = listed(node.list, around)
    below = [inner for inner in node.inside if inner.depends(around.depth + 1)]
    inside = around.inside(found.level)
    return Combinations(found.list, around.depth, tuple(_combinations(inner, inside) for inner in below))


class Lists:
    """Lowers quantified forms and extrema; `lower` lowers a condition."""

    def __init__(self, lower: Lower) -> None:
        self.lower = lower

    def every(self, node: typed.ForAll, around: Around) -> Meaning:
        """`all LIST where P have Q`: one is selected, and none may be that perhaps does not satisfy."""
        found, where, inner = self._through(node, node.where, around)
        have = self.lower(node.have, inner)

        def some(condition: Formula) -> Formula:
            return AtLeast(1, found.list, around.depth, condition)

        return Meaning(
            conj(found.whole, some(where.holds), no(some(conj(no(where.fails), no(have.holds))))),
            some(conj(where.holds, have.fails)),
        )

    def count(self, node: typed.CountOf, around: Around) -> Meaning:
        """`at least N`: so many match, or so many cannot; `no`, `at most N`: no more match, and each is decided, or more do."""
        found, where, _ = self._through(node, node.where, around)

        def some(condition: Formula, number: int = 1) -> Formula:
            return AtLeast(number, found.list, around.depth, condition)

        if node.least:
            few = no(some(no(where.fails), node.limit))
            return Meaning(some(where.holds, node.limit), conj(found.whole, few))
        more = some(where.holds, node.limit + 1)
        undecided = some(no(disj(where.holds, where.fails)))
        few = no(some(no(where.fails))) if node.limit == 0 else conj(no(more), no(undecided))
        return Meaning(conj(found.whole, few), more)

    def extremum(self, node: typed.Extremum, around: Around) -> Term:
        """The least or greatest of what is selected, where that is decided and can all be read."""
        found, where, inner = self._through(node, node.where, around)
        value = terms.element(node.value, inner)

        def none(condition: Formula) -> Formula:
            return no(AtLeast(1, found.list, around.depth, condition))

        extreme = Extreme(node.which, found.list, around.depth, value.value, where.holds)
        undecided, unread = no(disj(where.holds, where.fails)), conj(where.holds, no(Known(value.value)))
        return Term(given(extreme, found.whole, none(disj(undecided, unread))), value.unit)

    def _through(
        self, node: typed.Quantified, where: typed.Truth | None, around: Around
    ) -> tuple[Found, Meaning, Around]:
        found = listed(node.list, around)
        inner = around.inside(found.level)
        if not node.depends(around.depth) and any(below.depends(around.depth + 1) for below in node.inside):
            few = Compare(_combinations(node, around), "<=", Literal(float(MOST)))
            found = Found(provided(found.list, few), found.level)
        return found, EVERY if where is None else self.lower(where, inner), inner
