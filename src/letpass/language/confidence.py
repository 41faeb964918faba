"""Typing of comparisons with confidence: of one metric with a constant, or with the champion's same metric."""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

from letpass.diagnostics import PolicyError
from letpass.frozen import replace
from letpass.language import syntax, typed
from letpass.language.operators import MIRRORED, ORDERED
from letpass.language.terms import Operand
from letpass.language.typed import bare

MOST_TRIES = 1_000_000
_SHARES = frozenset({"ratio", "open"})


def refuse(node: syntax.Compare) -> None:
    """Raise `PolicyError` where a confidence stands behind what has no interval."""
    if node.confidence is not None:
        _no_interval(node)


def sure(found: typed.Comparison, left: Operand, right: Operand, node: syntax.Compare) -> typed.Comparison:
    """A comparison of numbers with its confidence; raises `PolicyError` for what no confidence can be told of."""
    from statistics import NormalDist  # what no other policy needs costs their commands no time

    assert node.confidence is not None
    if found.operator not in ORDERED:
        _no_interval(node)
    tries = _tries(node)
    level = _level(node, tries or 1)
    if right.is_constant:
        if not _is_value(left.node):
            _no_interval(node)
        against = None
        if node.paired:
            _no_pairs(node, "a constant has no outcomes")
    else:
        if _is_of_champion(left.node) and not _is_of_champion(right.node):
            found = replace(found, left=right.node, operator=MIRRORED[found.operator], right=left.node)
            left, right = right, left
        against = _contrast(left, right, node)
        _fits(against, found.kind, node)
    if node.corrected and (against is not None or found.kind not in {"ratio", "number"}):
        raise PolicyError.of(
            "GATE222",
            "`corrected for its judge` is for a share against a constant",
            node.span,
            "against the champion the shares that the judge finds are compared: leave it out"
            if against is not None
            else "ask it as in `helpfulness >= 80% corrected for its judge at 95% confidence`",
        )
    if tries is not None and isinstance(left.node, typed.Measured) and left.node.section != "metrics":
        help_ = "what is observed in production was not chosen from several: leave it out"
        raise PolicyError.of("GATE222", "an observation has no tries", node.span, help_)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    return replace(found, tolerant=True, level=level, z=z, against=against, corrected=node.corrected, tries=tries)


def _level(node: syntax.Compare, tries: int) -> float:
    """The level that is asked, of so many tries together: what is left to chance is shared by them."""
    assert node.confidence is not None
    if not Decimal(50) <= node.confidence < Decimal(100):
        raise PolicyError.of(
            "GATE203",
            f"`{node.confidence}%` is no level of confidence",
            node.span,
            "write a level from 50% to below 100%, such as `95%`",
        )
    level = float(1 - (1 - node.confidence / 100) / tries)
    if 0.5 + level / 2 >= 1:
        raise PolicyError.of("GATE203", "no double is so sure", node.span, "write a level as in `95%`, and fewer tries")
    return level


def _tries(node: syntax.Compare) -> int | None:
    """For how many tries a comparison is; None where it does not say."""
    if node.tries is None:
        return None
    if node.tries != int(node.tries) or not 1 <= node.tries <= MOST_TRIES:
        raise PolicyError.of(
            "GATE203",
            f"`{node.tries}` is no number of tries",
            node.span,
            f"write a whole number from 1 to {MOST_TRIES}, as in `over 5 tries`",
        )
    return int(node.tries)


def _is_value(node: typed.Term) -> bool:
    """Is a term one measured value, which may have an interval."""
    return isinstance(node, typed.Measured) or (isinstance(node, typed.Element) and node.field == "value")


def _is_of_champion(node: typed.Term) -> bool:
    """Is a term made of one measured value of the champion's."""
    found = [
        n
        for n in typed.walk(node)
        if isinstance(n, typed.Counterpart) or (isinstance(n, typed.Measured) and n.champion)
    ]
    return len(found) == 1


def _contrast(left: Operand, right: Operand, node: syntax.Compare) -> typed.Contrast:
    """The champion's side of a comparison: its same metric, one margin or one factor."""
    if not _is_value(left.node):
        _no_counterpart(node, f"`{left.span.text}` is reckoned, and no metric as it was measured")
    if isinstance(left.node, typed.Measured) and left.node.champion:
        _no_counterpart(node, f"`{left.span.text}` is compared with `{right.span.text}`, and both are the champion's")
    found = against_champion(left.node, right.node, paired=node.paired)
    if isinstance(found, str):
        _no_counterpart(node, f"`{left.span.text}` is compared with {found}")
    return found


def against_champion(left: typed.Term, right: typed.Term, *, paired: bool = False) -> typed.Contrast | str:
    """The right side of a comparison whose left side is a metric: the champion's same metric, with one margin or one factor.

    Where it is something else, what it is, in words.
    """
    of, factor, shift = bare(right), Decimal(1), Decimal(0)
    match of:
        case typed.Add(left=inner, right=typed.Constant(amount=amount), sign=sign):
            of, shift = bare(inner), sign * amount
        case typed.Add(left=typed.Constant(amount=amount), right=inner, sign=1):
            of, shift = bare(inner), amount
        case typed.Scale(operand=inner, factor=scale):
            of, factor = bare(inner), scale
    if not isinstance(of, typed.Measured | typed.Counterpart):
        return f"`{right.span.text}`, which is more than the champion's metric with one margin or one factor"
    if isinstance(of, typed.Measured) and not of.champion:
        return f"`{of.span.text}`, and not with the champion's"
    if not _same(left, of):
        return f"`{of.span.text}`, which is another metric"
    return typed.Contrast(of, factor, shift, paired)


def _same(ours: typed.Term, theirs: typed.Measured | typed.Counterpart) -> bool:
    """Is it the champion's same metric, on the same data set, or the same group of it."""
    if isinstance(ours, typed.Element):
        return isinstance(theirs, typed.Counterpart) and theirs.level == ours.level
    return (
        isinstance(ours, typed.Measured)
        and isinstance(theirs, typed.Measured)
        and ours == replace(theirs, champion=False)
    )


def _fits(against: typed.Contrast, kind: str, node: syntax.Compare) -> None:
    """Raise `PolicyError` for a margin or factor that no value can keep, and for pairs of what has no outcomes."""
    if against.factor <= 0 or (kind == "ratio" and abs(against.shift) >= 1):
        raise PolicyError.of(
            "GATE203",
            f"`{node.right.span.text}` is no bound for a metric",
            node.right.span,
            "a factor is more than 0, and a margin less than 100 points",
        )
    if not node.paired:
        return
    if kind not in _SHARES or against.metric.section != "metrics":
        _no_pairs(node, f"`{node.left.span.text}` is no share of cases")
    if against.factor != 1:
        _no_pairs(node, "a share of the champion's has no outcomes")


def _no_interval(node: syntax.Compare) -> NoReturn:
    raise PolicyError.of(
        "GATE211",
        "a confidence is for one metric against a constant, or against the champion's same metric",
        node.span,
        "write `accuracy >= 85% at 95% confidence`, or `accuracy >= champion.accuracy - 3 points at 95% confidence`",
    )


def _no_counterpart(node: syntax.Compare, why: str) -> NoReturn:
    raise PolicyError.of(
        "GATE220", why, node.span, "write it as in `accuracy >= champion.accuracy - 3 points at 95% confidence`"
    )


def _no_pairs(node: syntax.Compare, why: str) -> NoReturn:
    raise PolicyError.of(
        "GATE221",
        f"`paired` is for shares against the champion: {why}",
        node.span,
        "leave it out, or write it as in `accuracy >= champion.accuracy - 3 points paired at 95% confidence`",
    )
