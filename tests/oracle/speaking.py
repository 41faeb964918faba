"""Of which of the elements around it a condition speaks."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle import conditions as c
from tests.oracle import schema
from tests.oracle import terms as t
from tests.oracle.places import ELEMENTS, Place

Part = c.Condition | t.Term


def of(condition: c.Condition, places: tuple[Place, ...]) -> bool:
    """Whether it speaks of the innermost element around it."""
    return len(places) - 1 in depths(condition, places)


def depths(part: Part, places: tuple[Place, ...]) -> frozenset[int]:
    """The places, counted from the outermost, of whose elements it speaks."""
    return frozenset(i for i in _depths(part, places) if i < len(places))


def place(form: c.ForAll | c.Count | t.Extreme) -> Place:
    """The list that a form goes through."""
    path = form.list.path.removeprefix("champion.").removeprefix("candidate.")
    if path.endswith(".slices"):
        return Place(form.list, "slices")
    return Place(form.list, path if path in ELEMENTS else "scans[].findings")


def _depths(part: Part, places: tuple[Place, ...]) -> Iterator[int]:
    match part:
        case t.Name():
            slices = [i for i, p in enumerate(places) if p.fields == "slices"]
            if part.path == "champion.value" and slices:
                yield slices[-1]
                return
            yield from [i for i, p in enumerate(places) if part.path in schema.below(ELEMENTS[p.fields])][-1:]
        case t.Sum():
            yield from _depths(part.left, places)
            yield from _depths(part.right, places)
        case t.Product() | t.Abs():
            yield from _depths(part.term, places)
        case c.Compare():
            yield from _depths(part.left, places)
            yield from _depths(part.right, places)
        case c.Is() | c.In() | c.Like() | c.Within() | c.Pinned() | c.Flag():
            yield from _depths(part.name, places)
        case c.Recorded():
            for name in part.names:
                yield from _depths(name, places)
        case c.Not():
            yield from _depths(part.of, places)
        case c.And() | c.Or():
            for one in part.of:
                yield from _depths(one, places)
        case c.ForAll() | c.Count() | t.Extreme():
            yield from _depths(part.list, places)
            inside = (*places, place(part))
            for one in (part.where, getattr(part, "have", None)):
                if one is not None:
                    yield from _depths(one, inside)
