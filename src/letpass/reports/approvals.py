"""Who has signed and who still has to, and one sentence on who can unblock a move."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.decision import Decision, Outcome, RuleResult
from letpass.evaluation.reasons import ABOUT_PEOPLE, ReasonKind
from letpass.evaluation.seen import SeenKind
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.reports.statements import uncounted_because


class Approval(Frozen):
    """The sign-offs that a rule asks for: in which roles, from how many, who gave theirs, whose does not
    count and why, and what lacks."""

    rule: str
    roles: tuple[str, ...]
    count: int
    given: tuple[str, ...]
    uncounted: tuple[str, ...]
    lacking: tuple[str, ...]
    holds: bool | None


def approvals(decision: Decision) -> list[Approval]:
    """One for each rule and question of who signed, those that still lack somebody first."""
    found = [a for result in decision.rules if result.applicable for a in _of(result)]
    return sorted(found, key=lambda a: (a.holds is True, a.holds is None))


def _of(result: RuleResult) -> Iterator[Approval]:
    for node in typed.walk(result.rule.test):
        if isinstance(node, typed.SignedBy):
            parts = list(result.test.of(node.span))
            seen = list(dict.fromkeys(s for part in parts for s in part.seen))
            given = [s.value for s in seen if s.kind is SeenKind.SIGNOFF and s.why_not is None]
            uncounted = [f"{s.value}: {uncounted_because(s.why_not)}" for s in seen if s.why_not is not None]
            lacking = [] if result.truth is True else dict.fromkeys(str(w) for part in parts for w in part.why)
            enough = result.truth is True or any(part.truth is True for part in parts)
            holds = None if lacking else True if enough else None
            yield Approval(
                result.rule.id, node.roles, node.count, tuple(given), tuple(uncounted), tuple(lacking), holds,
            )  # fmt: skip


def unblock(decision: Decision) -> str:
    """Who can let the model go on, in a sentence; nothing where it may."""
    if decision.allowed or not decision.policies:
        return ""
    parts = []
    blocking = decision.blocking
    if any(o.denies for o in decision.objections):
        parts.append("what was objected to has to be mended, or the objection taken back")
    owners = _named(decision, [r for r in blocking if not r.awaits_people])
    failed = sum(r.outcome is Outcome.FAIL for r in blocking)
    if failed:
        parts.append("the model has to be mended")
    lacking = [w.kind for r in blocking if r.outcome is Outcome.UNKNOWN and not r.awaits_people for w in r.why]
    if set(lacking) - ABOUT_PEOPLE - {ReasonKind.TOO_FEW} or any(
        r.outcome is Outcome.UNKNOWN and not r.why for r in blocking
    ):
        parts.append("missing evidence has to be recorded")
    if ReasonKind.TOO_FEW in lacking:
        parts.append("more cases have to be measured")
    if set(lacking) & (ABOUT_PEOPLE - {ReasonKind.AWAITING_SIGNOFF}):
        parts.append("who made the version and who asks have to be known")
    if roles := _roles(blocking):
        parts.append(f"{_and(roles)} {'has' if len(roles) == 1 else 'have'} to sign")
    waivers = dict.fromkeys(r.rule.waivable.role for r in blocking if r.rule.waivable is not None)
    if waivers:
        parts.append(f"{_and([_quoted(w) for w in waivers])} may waive where the rule allows it")
    if decision.holds and not failed:
        parts.append("what holds an allow back has to be mended")
    said = "; ".join(parts)
    asks = f"; ask {_and([_bare(o) for o in owners])} about the rules" if owners else ""
    return f"{said[:1].upper()}{said[1:]}{asks}." if said else ""


def _roles(blocking: tuple[RuleResult, ...]) -> list[str]:
    """The roles in which somebody has to sign."""
    awaited = [w.role for r in blocking for w in r.why if w.kind is ReasonKind.AWAITING_SIGNOFF]
    return list(dict.fromkeys(_quoted(role) for role in awaited))


def _named(decision: Decision, results: list[RuleResult]) -> list[str]:
    owners = {p.policy.name: p.policy.owner for p in decision.policies}
    return list(dict.fromkeys(o for r in results if (o := r.rule.owner or owners.get(r.rule.policy, ""))))


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _quoted(name: str) -> str:
    return f"`{_bare(name)}`"


def _bare(text: str) -> str:
    """A name without backticks: what stands in those is set as code."""
    return text.replace("`", "'")
