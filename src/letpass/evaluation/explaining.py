"""Explanations that several parts of the interpreter make alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from letpass.evaluation.explanation import Explanation, Margin
from letpass.evaluation.reading import Reading
from letpass.evaluation.reasons import RUN_ANEW, Reason, ReasonKind
from letpass.evaluation.seen import Seen
from letpass.facts.record import AtLeast
from letpass.facts.values import Unreadable
from letpass.language import typed
from letpass.language.operators import UPWARD
from letpass.language.statements import one_line
from letpass.language.truth import Truth3


def margin(value: float, operator: str, limit: float, unit: str, *, percent: bool = False) -> Margin:
    """By how much a value is on the right side of its limit."""
    amount = value - limit if operator in UPWARD else limit - value if operator in {"<=", "<"} else -abs(value - limit)
    return Margin(amount, unit, value, limit, percent)


def text_of(node: typed.Node) -> str:
    """The author's words, on one line."""
    return one_line(node.span.text)


def unknown(node: typed.Node, why: tuple[Reason, ...], seen: tuple[Seen, ...] = ()) -> Explanation:
    """A condition that nobody can decide, and why."""
    return Explanation(text_of(node), None, seen, once(why))


def decide(node: typed.Node, found: Reading, test: Callable[[Any], Any]) -> Explanation:
    """A condition on one value, unknown where there is none."""
    if not found.known:
        return unknown(node, found.why, found.seen)
    return Explanation(text_of(node), bool(test(found.value)), found.seen)


def joined(text: str, truth: Truth3, parts: tuple[Explanation, ...]) -> Explanation:
    """A condition that is made of others, with the reasons of those that nobody can decide."""
    why = once([r for p in parts if p.truth is None for r in p.why]) if truth is None else ()
    return Explanation(text, truth, why=why, parts=parts)


def once(reasons: Any) -> tuple[Reason, ...]:
    """Each reason once, in order."""
    return tuple(dict.fromkeys(reasons))


def more(elements: tuple[Any, ...], node: typed.List) -> tuple[Reason, ...]:
    """Why a list may hold more elements than these; nothing where it does not."""
    if not isinstance(elements, AtLeast):
        return ()
    return (Reason(ReasonKind.UNREADABLE, text_of(node), f"there may be more: {elements.why}", step=RUN_ANEW),)


def empty_text(about: str) -> Reason:
    """Why nothing is known by a text without a letter in it."""
    return Reason(ReasonKind.EMPTY, about, "is an empty text", predicate=True)


def unread(about: str, field_: str, raw: Any) -> Reason:
    """Why a field of a run gives nothing."""
    if isinstance(raw, Unreadable):
        return Reason(ReasonKind.UNREADABLE, about, f"`{field_}` holds {raw.written}, which is {raw.why}")
    return Reason(ReasonKind.MISSING, about, f"`{field_}` is not recorded")


def as_percent(node: typed.Comparison, unit: str) -> bool:
    """Was the bound of a ratio written as a percentage or in points."""
    return node.kind == "ratio" and unit == "" and node.right.span.text.rstrip(" )").endswith(("%", "point", "points"))
