"""Waivers: the one place that says whether a rule is waived, and why a waiver of it is of no use."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from letpass.evaluation.apart import apart
from letpass.evaluation.people import assignable
from letpass.evaluation.unused import Unused, WhyUnused
from letpass.language.operators import UPWARD
from letpass.language.truth import Truth3
from letpass.language.types import UNITS, dimension
from letpass.trust.accepted import Waiver
from letpass.trust.missed import ORDERED, Missed, Value

if TYPE_CHECKING:
    from letpass.evaluation.input import Input
    from letpass.language.rules import Rule


def settle(
    rule: Rule, truth: Truth3, missed: tuple[Missed, ...], input_: Input
) -> tuple[Waiver | None, tuple[Unused, ...]]:
    """The waiver that covers a rule now, the longest of several, and the others of the rule.

    `missed`: what keeps the rule from holding.  It is covered where a waiver names all of it, and nothing is worse.
    """
    covering, unused = list[Waiver](), list[Unused]()
    for waiver in input_.accepted.waivers:
        if (waiver.policy, waiver.label) != (rule.policy, rule.label):
            continue
        found = _unused(waiver, rule, truth, missed, input_)
        if found is None:
            covering.append(waiver)
        else:
            unused.append(found)
    chosen = max(covering, key=lambda w: (w.until, w.at), default=None)
    return chosen, (*unused, *[Unused(w, WhyUnused.ANOTHER) for w in covering if w is not chosen])


def _unused(waiver: Waiver, rule: Rule, truth: Truth3, missed: tuple[Missed, ...], input_: Input) -> Unused | None:
    """Why a waiver of a rule does not cover it now; None where it does."""
    why = _unfit(waiver, rule, truth, input_) or (None if missed else WhyUnused.NOT_NAMED)
    return Unused(waiver, why) if why is not None else uncovered(waiver, missed)


def _unfit(waiver: Waiver, rule: Rule, truth: Truth3, input_: Input) -> WhyUnused | None:
    """What is wrong with a waiver, whatever the rule misses."""
    allowed = rule.waivable
    if not waiver.at <= input_.now <= waiver.until:
        return WhyUnused.EXPIRED
    if allowed is None or rule.label is None or allowed.role != waiver.role:
        return WhyUnused.NOT_ALLOWED
    if allowed.microseconds is not None and waiver.until - waiver.at > allowed.microseconds:
        return WhyUnused.TOO_LONG
    if truth is True:
        return WhyUnused.HOLDS
    if rule.since is not None and input_.now < rule.since:
        return WhyUnused.COMING
    if waiver.rule != rule.digest:
        return WhyUnused.RULE_CHANGED
    return _own(waiver, input_)


def _own(waiver: Waiver, input_: Input) -> WhyUnused | None:
    """Nobody waives for their own model: who made it, and who asks for the move, is not counted."""
    left_out = apart(input_.record, input_.accepted)
    if left_out.unmade:
        return WhyUnused.AUTHOR_UNKNOWN
    others = set(waiver.people) - left_out.people
    return None if len(others) >= max(1, input_.accepted.thresholds.get(waiver.role, 1)) else WhyUnused.OWN_MODEL


def uncovered(waiver: Waiver, missed: Iterable[Missed]) -> Unused | None:
    """The first condition that a waiver does not cover; None where it covers them all.

    Each needs one of the waiver's own, which tells elements apart that are called alike.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[Missed]] = {}
    for miss in missed:
        groups.setdefault((miss.condition, miss.within), []).append(miss)
    for (condition, within), found in groups.items():
        named = [m for m in waiver.missed if (m.condition, m.within) == (condition, within)]
        fitting = [{str(n) for n, then in enumerate(named) if _covers(then, now)} for now in found]
        if not assignable([(f, 1) for f in fitting]):
            now = next((m for m, f in zip(found, fitting, strict=True) if not f), found[-1])
            then = next((m for m in named if m.operator == now.operator or m.unknown or now.unknown), None)
            if then is None or all(fitting):
                return Unused(waiver, WhyUnused.NOT_NAMED, now)
            valued = now.unknown == then.unknown and now.value is not None
            other = (now.unknown or then.unknown) and not valued
            why = WhyUnused.OTHER_REASON if other else WhyUnused.WORSE
            return Unused(waiver, why, now, then)
    return None


def _covers(then: Missed, now: Missed) -> bool:
    """Is a condition no worse than it was waived."""
    if now.operator != then.operator:
        return False
    if now.unknown or then.unknown:
        same = bool(now.unknown) and set(now.unknown) <= set(then.unknown)
        if not same or now.value is None or then.value is None:
            return same and now.value is then.value
    if now.operator not in ORDERED:
        return _same(now, then)
    up = now.operator in UPWARD
    value = (now.value, now.unit), (then.limit, then.unit)
    bound = (then.bound, then.unit), (now.bound, now.unit)
    pairs = (value, bound) if up else (value[::-1], bound[::-1])
    return all(_no_less(high, low, now.words) for high, low in pairs)


def _same(now: Missed, then: Missed) -> bool:
    """Is exactly that seen which was waived."""
    pairs = ((now.value, then.value), (now.bound, then.bound), (now.unit, then.unit))
    return all(type(a) is type(b) and a == b for a, b in pairs)


def _no_less(high: tuple[Value, str], low: tuple[Value, str], words: tuple[str, ...]) -> bool:
    """Is one value not below another; False for what cannot be compared."""
    (a, a_unit), (b, b_unit) = high, low
    if a is None or b is None:
        return a is b
    if isinstance(a, str) or isinstance(b, str):
        return a in words and b in words and words.index(str(a)) >= words.index(str(b))
    if a_unit == b_unit:
        return a >= b
    factors = [_factor(unit, other) for unit, other in ((a_unit, b_unit), (b_unit, a_unit))]
    if None in factors:
        return False
    x, y = (float(Decimal(repr(v)) * f) for v, f in zip((a, b), factors, strict=True) if f is not None)
    return x >= y or abs(x - y) <= 1e-12 * max(abs(x), abs(y))  # as the language compares what it has converted


def _factor(unit: str, other: str) -> Decimal | None:
    """What one of a unit is in the base unit of its dimension, which the other unit tells where this one is none."""
    kind = dimension(unit) or dimension(other)
    return UNITS[kind].get(unit) if kind is not None else None
