"""Truths of conditions on elements of lists without explanations, for elements that no explanation shows.

It gives the same truths as the interpreter, to which it leaves all that is not a plain comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from letpass.evaluation.meanings import exactly, in_unit
from letpass.evaluation.reading import At
from letpass.globs import consists
from letpass.language import typed
from letpass.language.truth import Truth3

Levels = tuple[At, ...]
Explained = Callable[[typed.Truth, Levels, str | None], Truth3]


def truth(node: typed.Truth, levels: Levels, service: str | None, explained: Explained) -> Truth3:
    """The truth of a condition; `explained` gives that of any other one."""
    match node:
        case typed.Not():
            inner = truth(node.operand, levels, service, explained)
            return None if inner is None else not inner
        case typed.Both() | typed.Either():
            decides, undecided = isinstance(node, typed.Either), False
            for part in node.parts:
                found = truth(part, levels, service, explained)
                if found is decides:
                    return decides
                undecided = undecided or found is None
            return None if undecided else not decides
        case typed.AttestedBy() if service in {None, node.service}:
            return truth(node.operand, levels, node.service, explained)
        case typed.Flag() | typed.Among() | typed.Matches() if _is_plain(node.operand):
            value = _value(node.operand, levels, service)
            if value is None or (isinstance(node, typed.Matches) and not value.strip()):
                return None
            return _holds(node, value)
        case typed.Comparison() if _is_plain(node.left) and _is_bound(node):
            value = _value(node.left, levels, service)
            return None if value is None else _compare(node, value)
        case _:
            return explained(node, levels, service)


def _is_plain(node: typed.Term) -> bool:
    """A field of an element that the schema has typed, so that what is readable there is of its type."""
    return isinstance(node, typed.Element) and node.of is None and "." not in node.field


def _value(node: typed.Term, levels: Levels, service: str | None) -> Any:
    """What can be read in the field of an element; None where nothing can, or a service had to attest it and did not."""
    assert isinstance(node, typed.Element)
    element = levels[node.level].element
    return element.get(node.field) if service is None or element.get("@trust", "") == service else None


def _is_bound(node: typed.Comparison) -> bool:
    """Against a constant, with nothing to reckon."""
    plain = not node.tolerant and node.level is None
    return plain and node.kind != "date" and isinstance(node.right, typed.Constant | typed.Word)


def _holds(node: typed.Flag | typed.Among | typed.Matches, value: Any) -> bool:
    if isinstance(node, typed.Among):
        return (value in node.symbols) is not node.negated
    return bool(value) if isinstance(node, typed.Flag) else consists(value, node.parts)


def _compare(node: typed.Comparison, value: Any) -> bool:
    if isinstance(node.right, typed.Word):
        return exactly(node.symbols.index(value), node.operator, node.symbols.index(node.right.value))
    assert isinstance(node.left, typed.Element)
    assert isinstance(node.right, typed.Constant)
    return exactly(value, node.operator, _limit(node.right, node.kind, node.left.type.unit or ""))


@lru_cache(maxsize=1024)
def _limit(node: typed.Constant, kind: str, unit: str) -> float:
    return in_unit(node, kind, unit)
