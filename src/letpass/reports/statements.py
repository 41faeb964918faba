"""What people and services brought, in sentences: what holds an allow back, and what counted."""

from __future__ import annotations

from letpass.evaluation.decision import Decision, RuleResult
from letpass.evaluation.seen import NotCounted
from letpass.frozen import replace
from letpass.trust.accepted import BREAK_GLASS, Judged


def who(statement: Judged) -> str:
    """`sign-off by vera@corp.example as validator`."""
    by = f" by {statement.person}" if statement.person else ""
    role = f" as {statement.role}" if statement.role else ""
    return f"{statement.kind}{by}{role}"


def standing(statement: Judged) -> str:
    """How a statement stands, in a word; of a waiver only that it may be used: the notes say whether it was."""
    return ("valid" if statement.kind == "waiver" else "counts") if statement.counts else "does not"


def told(decision: Decision) -> tuple[Judged, ...]:
    """The statements that a report lists, what counts first, the rest by its reason: all but
    signatures of other sets while this one's is in force.

    A valid sign-off that is left out by every rule which asks for its role does not count.
    """
    held = any(h.code == "GATE403" for h in decision.holds)
    taken = _taken(decision)
    listed = [_for_rules(s, taken) for s in decision.statements if s.counts or s.kind != "policy set" or held]
    reasons = list(dict.fromkeys(s.why for s in listed))
    return tuple(sorted(listed, key=lambda s: (not s.counts, reasons.index(s.why))))


Taken = dict[tuple[str, str], dict[NotCounted | None, None]]
"""How the rules took the sign-offs: by person and role, why they are not counted, None where one rule counts them."""


def _taken(decision: Decision) -> Taken:
    found: Taken = {}
    for test in (e for r in decision.rules for e in (r.test, r.guard) if e is not None):
        for seen in test.all_seen():
            if seen.signoff is not None:
                found.setdefault((seen.signoff.person, seen.signoff.role), {})[seen.why_not] = None
    return found


def _for_rules(statement: Judged, taken: Taken) -> Judged:
    """A statement as the rules took it."""
    why = taken.get((statement.person, statement.role), {})
    if statement.kind != "sign-off" or not statement.counts or not why or None in why:
        return statement
    return replace(statement, counts=False, why=uncounted_because(*why))


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
