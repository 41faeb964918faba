"""Whether a rule asks at least as much as another: the same, or the same with a stricter bound."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from letpass.frozen import replace
from letpass.language import typed
from letpass.language.rules import Rule

_RISING, _FALLING = frozenset({">=", ">"}), frozenset({"<=", "<"})
Stricter = int | None
"""1: stricter · 0: the same · -1: looser · None: they cannot be compared."""


class Bar(NamedTuple):
    """A rule, and the condition under which its policy applies, None where that is always."""

    rule: Rule
    applies: typed.Truth | None = None


def asks_no_less(then: Bar, now: Bar) -> bool:
    """Does a bar refuse everything that an earlier one refused."""
    change = stricter(then, now)
    return change is not None and change >= 0


def stricter(then: Bar, now: Bar) -> Stricter:
    """How a bar compares with an earlier one: by what both ask, whatever they are called and whatever else is said of them."""
    a, b = then.rule, now.rule
    found = [_truth(a.test, b.test, positive=True), (a.advice > b.advice) - (a.advice < b.advice)]
    if then.applies != now.applies:
        found.append(1 if now.applies is None else -1 if then.applies is None else None)
    if a.guard != b.guard:
        # a rule passes where its guard does not hold: one that holds less often asks less
        guards = _turned(_truth(a.guard, b.guard, positive=False)) if a.guard and b.guard else 1 if a.guard else -1
        found.append(guards)
    if a.waivable != b.waivable:
        found.append(1 if b.waivable is None else -1)
    if a.since != b.since:
        found.append(1 if (b.since or 0) < (a.since or 0) else -1)
    return _together(found)


def _together(found: Sequence[Stricter]) -> Stricter:
    """Several comparisons as one: None where one is stricter and another looser, or one cannot be compared."""
    if None in found:
        return None
    changes = {change for change in found if change}
    return None if len(changes) > 1 else next(iter(changes), 0)


def _turned(found: Stricter) -> Stricter:
    return None if found is None else -found


def _truth(then: typed.Truth, now: typed.Truth, *, positive: bool) -> Stricter:
    """positive: not below a negation, nor in a guard."""
    if isinstance(then, typed.Named) or isinstance(now, typed.Named):
        before, after = (t.body if isinstance(t, typed.Named) else t for t in (then, now))
        return _truth(before, after, positive=positive)  # type: ignore[arg-type]
    if then == now:
        return 0
    if isinstance(then, typed.Not) and isinstance(now, typed.Not):
        return _turned(_truth(then.operand, now.operand, positive=not positive))
    if isinstance(then, typed.Both | typed.Either) and type(then) is type(now):
        parts: tuple[typed.Truth, ...] = now.parts
        if len(then.parts) != len(parts):
            return None
        return _together([_truth(a, b, positive=positive) for a, b in zip(then.parts, parts, strict=True)])
    if isinstance(then, typed.AttestedBy) and isinstance(now, typed.AttestedBy) and then.service == now.service:
        return _truth(then.operand, now.operand, positive=positive)
    if isinstance(then, typed.ForAll) and isinstance(now, typed.ForAll):
        return (
            _truth(then.have, now.have, positive=positive) if (then.list, then.where) == (now.list, now.where) else None
        )
    if isinstance(then, typed.CountOf) and isinstance(now, typed.CountOf) and replace(then, limit=now.limit) == now:
        return _sign(Decimal(now.limit - then.limit)) * (1 if now.least else -1)
    if isinstance(then, typed.Fresh) and isinstance(now, typed.Fresh) and then.operand == now.operand:
        return _sign(Decimal(then.microseconds - now.microseconds))
    if isinstance(then, typed.Comparison) and isinstance(now, typed.Comparison):
        if then.level != now.level and not positive:
            return None  # what needs more to be shown is both true and false less often
        return _comparison(then, now)
    return None


def _comparison(then: typed.Comparison, now: typed.Comparison) -> Stricter:
    same = replace(
        then, left=now.left, right=now.right, against=now.against, level=now.level, z=now.z, tolerant=now.tolerant
    )
    if same != now or now.operator not in _RISING | _FALLING:
        return None
    left = _moved(then.left, now.left, now.symbols)
    if then.against == now.against:
        change = _together([_moved(then.right, now.right, now.symbols), _turned(left)])
        change = change if now.operator in _RISING else _turned(change)
    else:
        change = _against(then, now) if left == 0 else None
    return _together([change, _level(then, now)])


def _level(then: typed.Comparison, now: typed.Comparison) -> Stricter:
    """What is to be shown with more confidence is harder to show; with some it is harder than with none."""
    levels = [0.0 if node.level is None else node.level for node in (then, now)]
    return (levels[1] > levels[0]) - (levels[1] < levels[0])


def _against(then: typed.Comparison, now: typed.Comparison) -> Stricter:
    """Two comparisons with the champion that differ in their margin alone."""
    if then.against is None or now.against is None or replace(then.against, shift=now.against.shift) != now.against:
        return None
    change = _sign(now.against.shift - then.against.shift)
    return change if now.operator in _RISING else -change


def _moved(then: typed.Term, now: typed.Term, symbols: tuple[str, ...]) -> Stricter:
    """Is a term greater than an earlier one, whatever the facts in both are: 1, less: -1, the same: 0; None: it depends."""
    if isinstance(then, typed.Named) or isinstance(now, typed.Named):
        before, after = (t.body if isinstance(t, typed.Named) else t for t in (then, now))
        return _moved(before, after, symbols)  # type: ignore[arg-type]
    if then == now:
        return 0
    if isinstance(then, typed.Constant) and isinstance(now, typed.Constant):
        return _sign(now.amount - then.amount) if now.kind == then.kind else None
    if isinstance(then, typed.Word) and isinstance(now, typed.Word) and symbols:
        return _sign(Decimal(symbols.index(now.value) - symbols.index(then.value)))
    if isinstance(then, typed.Instant) and isinstance(now, typed.Instant):
        return _sign(Decimal(now.microseconds - then.microseconds))
    if isinstance(then, typed.Add) and isinstance(now, typed.Add) and then.sign == now.sign:
        right = _moved(then.right, now.right, symbols)
        return _together([_moved(then.left, now.left, symbols), right if now.sign > 0 else _turned(right)])
    if isinstance(then, typed.Scale) and isinstance(now, typed.Scale) and then.factor == now.factor:
        inner = _moved(then.operand, now.operand, symbols)
        return inner if now.factor > 0 else _turned(inner)
    return None


def _sign(of: Decimal) -> int:
    return (of > 0) - (of < 0)
