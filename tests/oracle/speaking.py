"""Whether something in a condition speaks of the element of a list around it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle import conditions as c
from tests.oracle import schema
from tests.oracle import terms as t
from tests.oracle.places import ELEMENTS, Place

Part = c.Condition | t.Term


def of(condition: c.Condition, places: tuple[Place, ...]) -> bool:
    """Whether it speaks of the innermost element around it."""
    return len(places) - 1 in set(_spoken_of(condition, places))


def _spoken_of(part: Part, places: tuple[Place, ...]) -> Iterator[int]:
    match part:
        case t.Name():
            slices = [i for i, p in enumerate(places) if p.fields == "slices"]
            if part.path == "champion.value" and slices:
                yield slices[-1]
                return
            having = [i for i, p in enumerate(places) if part.path in schema.below(ELEMENTS[p.fields])]
            yield from having[-1:]
        case t.Extreme():
            yield from _spoken_of(part.list, places)
            if part.where:
                fields = {"suites": "suites", "scans": "scans"}.get(part.list.path.split(".")[-1], "slices")
                yield from _spoken_of(part.where, (*places, Place(part.list, fields)))
        case t.Sum():
            yield from _spoken_of(part.left, places)
            yield from _spoken_of(part.right, places)
        case t.Product() | t.Abs():
            yield from _spoken_of(part.term, places)
        case c.Compare():
            yield from _spoken_of(part.left, places)
            yield from _spoken_of(part.right, places)
        case c.Is() | c.In() | c.Like() | c.Within() | c.Pinned() | c.Flag():
            yield from _spoken_of(part.name, places)
        case c.Recorded():
            for name in part.names:
                yield from _spoken_of(name, places)
        case c.Not():
            yield from _spoken_of(part.of, places)
        case c.And() | c.Or():
            for one in part.of:
                yield from _spoken_of(one, places)
        case c.ForAll() | c.Count():
            yield from _spoken_of(part.list, places)
            fields = next((k for k, v in ELEMENTS.items() if k == part.list.path.removeprefix("champion.").removeprefix(
                "candidate.")), "slices" if part.list.path.endswith(".slices") else "scans[].findings")
            inside = (*places, Place(part.list, fields))
            for one in (part.where, getattr(part, "have", None)):
                if one is not None:
                    yield from _spoken_of(one, inside)
