"""How many combinations of elements a form with forms in it makes; over a million it is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from tests.oracle import conditions as c
from tests.oracle import speaking
from tests.oracle import terms as t
from tests.oracle.names import Scope
from tests.oracle.places import Place

if TYPE_CHECKING:
    from tests.oracle.meaning import Meaning

MOST = 1_000_000
Form = c.ForAll | c.Count | t.Extreme


def too_large(meaning: Meaning, form: Form, scope: Scope) -> bool:
    """Whether it makes more than a form may."""
    places = tuple(level.place for level in scope)
    return bool(_dependent(form, places)) and _combinations(meaning, form, scope, places) > MOST


def _combinations(meaning: Meaning, form: Form, scope: Scope, places: tuple[Place, ...]) -> int:
    """Along the longest way from its list to an innermost one."""
    target = meaning.names.target(form.list, scope)
    listed = meaning.library.list(target)
    if listed is None:
        return 0
    within = _dependent(form, places)
    if not within:
        return len(listed.elements)
    here = (*places, speaking.place(form))
    levels = meaning.levels(target, listed, form)
    return max(sum(_combinations(meaning, f, (*scope, level), here) for level in levels) for f in within)


@lru_cache(maxsize=4096)
def _dependent(form: Form, places: tuple[Place, ...]) -> tuple[Form, ...]:
    """The forms next inside it that speak of an element around them; others have one value."""
    here = (*places, speaking.place(form))
    parts = (form.where, getattr(form, "have", None))
    found = (f for part in parts if part is not None for f in _next(part))
    return tuple(f for f in found if speaking.depths(f, here))


def _next(part: c.Condition | t.Term) -> Iterator[Form]:
    match part:
        case c.ForAll() | c.Count() | t.Extreme():
            yield part
        case c.And() | c.Or():
            for one in part.of:
                yield from _next(one)
        case c.Not():
            yield from _next(part.of)
        case c.Compare():
            yield from _next(part.left)
            yield from _next(part.right)
        case t.Sum():
            yield from _next(part.left)
            yield from _next(part.right)
        case t.Product() | t.Abs():
            yield from _next(part.term)
