"""What people and services brought, in sentences: what holds an allow back, what counted, which waivers end."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.counted import Counted
from letpass.evaluation.decision import Decision, RuleResult
from letpass.evaluation.meanings import days
from letpass.facts.values import moment
from letpass.trust.accepted import BREAK_GLASS, NotCounted, Waiver

SOON = 7 * 86_400_000_000  # microseconds before its end in which a waiver is said to expire


def who(found: Counted) -> str:
    """`sign-off by vera@corp.example as validator for gate/signed, key SHA256:…, valid then (2027-03-01T10:00:00Z)`."""
    statement = found.statement
    by = f" by {statement.person}" if statement.person else ""
    role = f" as {statement.role}" if statement.role else ""
    rules = f" for {', '.join(found.rules)}" if found.rules else ""
    key = f", key {statement.key}, valid then ({moment(statement.at)})" if statement.key else ""
    return f"{statement.kind}{by}{role}{rules}{key}"


def standing(found: Counted) -> str:
    """How a statement stands, in a word; of a waiver only that it may be used: the notes say whether it was."""
    if found.statement.kind == "waiver":
        return "valid" if found.statement.valid else "does not"
    return "counts" if found.counts else "does not"


def told(decision: Decision) -> tuple[Counted, ...]:
    """The statements that a report lists, what counts first, the rest by its reason: all but
    signatures of other sets while this one's is in force.
    """
    held = any(h.code == "GATE403" for h in decision.holds)
    listed = [c for c in decision.counted if c.statement.valid or c.statement.kind != "policy set" or held]
    reasons = list(dict.fromkeys(c.why for c in listed))
    return tuple(sorted(listed, key=lambda c: (standing(c) == "does not", reasons.index(c.why))))


def uncounted_because(*why: NotCounted | None) -> str:
    """Why rules leave a sign-off out: `signed, not counted: made the version`."""
    return f"signed, not counted: {', '.join(w.words for w in why if w is not None)}"


def waiver_notes(decision: Decision) -> Iterator[str]:
    """Waivers that end soon, have ended, or are of no use here."""
    used = [r.waiver for r in decision.rules if r.waiver is not None]
    for waiver in dict.fromkeys(used):
        if waiver.until - decision.now < SOON:
            yield f"{_of(waiver)} ends in {days(waiver.until - decision.now)}, at {moment(waiver.until)}"
    for waiver in decision.unused_waivers:
        yield f"{_of(waiver)} {_unused(waiver, decision)}"


def _of(waiver: Waiver) -> str:
    return f"the waiver of {waiver.policy}/{waiver.label} by {waiver.person} as {waiver.role}"


def _unused(waiver: Waiver, decision: Decision) -> str:
    if waiver.until < decision.now:
        return f"expired at {moment(waiver.until)}"
    rule = next(
        (r.rule for r in decision.rules if (r.rule.policy, r.rule.label) == (waiver.policy, waiver.label)), None
    )
    if rule is None:
        return "is unused: no policy that governs this move has such a rule"
    if rule.waivable is None or rule.waivable.role != waiver.role:
        return "does not count: the rule does not allow it"
    if rule.waivable.microseconds is not None and waiver.until - waiver.at > rule.waivable.microseconds:
        return f"does not count: it is for {days(waiver.until - waiver.at)}, and the most is {days(rule.waivable.microseconds)}"
    held = next((r for r in decision.rules if r.rule is rule), None)
    if held is not None and held.truth is True:
        return "is unused: the rule holds without it"
    if held is not None and held.waiver is not None:
        return "is unused: another waiver of the rule lasts longer"
    return "does not count: the rule has been changed since"


def command_for(result: RuleResult, decision: Decision) -> str:
    """The command that gathers the sign-offs which a rule awaits; nothing where it awaits none."""
    if not (result.awaits_people and result.blocks and decision.next):
        return ""
    role = next((w.role for w in result.why if w.able), None)
    return decision.next.line(role) if role is not None else ""  # else nobody can


def glass(decision: Decision) -> str:
    """What a report says first where somebody broke the glass."""
    broken = [
        (r.rule.id, r.waiver.person) for r in decision.rules if r.waiver is not None and r.waiver.role == BREAK_GLASS
    ]
    if not broken:
        return ""
    people = dict.fromkeys(person for _, person in broken)
    return f"GLASS BROKEN: {', '.join(rule for rule, _ in broken)}, by {', '.join(people)}"
