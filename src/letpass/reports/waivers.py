"""Waivers in sentences: what one covers, when it ends, and why it is of no use."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.decision import Decision
from letpass.evaluation.telling import days, in_words
from letpass.evaluation.unused import Unused, WhyUnused
from letpass.facts.values import moment
from letpass.language.operators import UPWARD
from letpass.language.rules import Waivable
from letpass.trust.accepted import Waiver
from letpass.trust.missed import DATE, ORDERED, Missed

SOON = 7 * 86_400_000_000  # microseconds before its end in which a waiver is said to expire
MOST_COVERED = 6
_WHY = {
    WhyUnused.NO_SUCH_RULE: "is unused: no policy that governs this move has such a rule",
    WhyUnused.NOT_ALLOWED: "does not count: the rule does not allow it",
    WhyUnused.HOLDS: "is unused: the rule holds without it",
    WhyUnused.COMING: "is unused: the rule is not in force yet",
    WhyUnused.RULE_CHANGED: "does not count: the rule has been changed since, or what it uses",
    WhyUnused.OWN_MODEL: "does not count: nobody waives for a model that they made or ask for",
    WhyUnused.AUTHOR_UNKNOWN: "does not count: it is not known who made the version, so it may be who signed",
    WhyUnused.ANOTHER: "is unused: another waiver of the rule lasts longer",
}


def waiver_notes(decision: Decision) -> Iterator[str]:
    """Waivers that end soon, have ended, or are of no use here."""
    used = [r.waiver for r in decision.rules if r.waiver is not None]
    for waiver in dict.fromkeys(used):
        if waiver.until - decision.now < SOON:
            yield f"{_of(waiver)} ends in {days(waiver.until - decision.now)}, at {moment(waiver.until)}"
    for unused in decision.unused_waivers:
        yield f"{_of(unused.waiver)} {_unused(unused, decision)}"


def covered(waiver: Waiver) -> tuple[str, ...]:
    """What a waiver covers, a sentence for each condition."""
    lines = tuple(waived(m) for m in waiver.missed[:MOST_COVERED])
    more = len(waiver.missed) - len(lines)
    return (*lines, f"and {more} more conditions") if more else lines


def waived(missed: Missed) -> str:
    """How far one condition is waived: `` `latency <= 60 ms` up to 65 ms (bound 60 ms)``."""
    return f"{_condition(missed)} {_as_far_as(missed)}"


def _condition(missed: Missed) -> str:
    inside = "".join(f" of {w}" for w in reversed(missed.within))
    return f"`{missed.condition}`{inside}"


def _as_far_as(missed: Missed) -> str:
    if missed.unknown:
        return f"while it is unknown ({_reasons(missed)})"
    if missed.value is None:
        return "as it is"
    if missed.operator not in ORDERED:
        return f"while it is {in_words(missed, missed.value)}"
    up = missed.operator in UPWARD
    limit = in_words(missed, missed.limit)
    if missed.unit == DATE or isinstance(missed.value, str):
        words = ("later", "earlier") if missed.unit == DATE else ("higher", "lower")
        far = f"for {limit} or {words[0] if up else words[1]}"
    else:
        far = f"{'down' if up else 'up'} to {limit}"
    seen = [f"seen {in_words(missed, missed.value)}"] if missed.up_to is not None else []
    bound = [f"bound {in_words(missed, missed.bound)}"] if missed.bound is not None else []
    return far + (f" ({', '.join([*seen, *bound])})" if seen or bound else "")


def _reasons(missed: Missed) -> str:
    return "; ".join(f"{kind}: {about}" for kind, about in missed.unknown)


def _of(waiver: Waiver) -> str:
    return f"the waiver of {waiver.policy}/{waiver.label} by {waiver.person} as {waiver.role}"


def _unused(unused: Unused, decision: Decision) -> str:
    waiver, now = unused.waiver, unused.now
    if unused.why is WhyUnused.EXPIRED:
        return (
            f"expired at {moment(waiver.until)}"
            if waiver.until < decision.now
            else f"is unused: it begins at {moment(waiver.at)}"
        )
    if unused.why is WhyUnused.TOO_LONG:
        most = _longest(waiver, decision)
        return f"does not count: it is for {days(waiver.until - waiver.at)}" + (
            f", and the most is {most}" if most else ""
        )
    if now is not None and unused.then is not None:
        return f"does not count any more: it covers {waived(unused.then)}, and now {_seen(now, unused.then)}"
    if now is not None:
        return f"does not count: it does not cover {_condition(now)}, which keeps the rule from holding"
    return _WHY.get(unused.why, "does not count")


def _seen(now: Missed, then: Missed) -> str:
    """What is there now, where a waiver covers something better."""
    if now.unknown:
        return f"it is unknown ({_reasons(now)})"
    if now.value is None and now.bound is None:
        return "it is not so"
    same = now.value == then.value and now.unit == then.unit
    return (
        f"the bound is {in_words(now, now.bound)}" if same or now.value is None else f"it is {in_words(now, now.value)}"
    )


def _longest(waiver: Waiver, decision: Decision) -> str:
    found: Waivable | None = next(
        (r.rule.waivable for r in decision.rules if (r.rule.policy, r.rule.label) == (waiver.policy, waiver.label)),
        None,
    )
    return days(found.microseconds) if found is not None and found.microseconds is not None else ""
