"""What people and services brought, in sentences: what holds an allow back, and what counted."""

from __future__ import annotations

from enum import Enum

from letpass.evaluation.counted import Counted
from letpass.evaluation.decision import Decision, RuleResult
from letpass.facts.values import moment
from letpass.trust.accepted import NotCounted
from letpass.trust.roles import BREAK_GLASS


class Standing(Enum):
    """How a statement stands; the value is the word for it."""

    VALID = "valid"
    """A waiver that may be used: the notes say whether it was."""
    COUNTS = "counts"
    DOES_NOT = "does not"


def who(found: Counted) -> str:
    """`sign-off by vera@corp.example as validator for gate/signed, key SHA256:…, valid then (2027-03-01T10:00:00Z)`."""
    statement = found.statement
    by = f" by {statement.person}" if statement.person else ""
    role = f" as {statement.role}" if statement.role else ""
    rules = f" for {', '.join(found.rules)}" if found.rules else ""
    key = f", key {statement.key}, valid then ({moment(statement.at)})" if statement.key else ""
    return f"{statement.kind}{by}{role}{rules}{key}"


def standing(found: Counted) -> Standing:
    """How a statement stands; of a waiver only whether it may be used."""
    if found.statement.kind == "waiver":
        return Standing.VALID if found.statement.valid else Standing.DOES_NOT
    return Standing.COUNTS if found.counts else Standing.DOES_NOT


def listed_statements(decision: Decision) -> tuple[Counted, ...]:
    """The statements that a report lists, what counts first, the rest by its reason: all but
    signatures of other sets while this one's is in force.
    """
    held = any(h.code == "GATE403" for h in decision.holds)
    listed = [c for c in decision.counted if c.statement.valid or c.statement.kind != "policy set" or held]
    reasons = list(dict.fromkeys(c.why for c in listed))
    return tuple(sorted(listed, key=lambda c: (standing(c) is Standing.DOES_NOT, reasons.index(c.why))))


def uncounted_because(*why: NotCounted | None) -> str:
    """Why rules leave a sign-off out: `signed, not counted: made the version`."""
    return f"signed, not counted: {', '.join(w.words for w in why if w is not None)}"


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
