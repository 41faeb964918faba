"""Refusals of a gated server: what a client reads of them, and can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.diagnostics import clean
from letpass.evaluation.decision import Verdict
from letpass.evaluation.remedies import remedy
from letpass.lifecycle import Moved
from letpass.logbook import Recorded
from letpass.policyset import PolicySet
from letpass.reports.interface import Report, Style, renderer
from letpass.reports.words import against, summary


class RefusedError(Exception):
    """A call that the gate does not let through.  `said`: what a client can show of it, as plain data."""

    def __init__(self, message: str, said: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.said = said


def refused(what: str, why: str, said: Mapping[str, Any] | None = None) -> RefusedError:
    """A refusal of a call, in one line.  `said`: what a client can show of it."""
    return RefusedError(clean(f"gate: {what} refused: {why}"), {"verdict": "deny", **(said or {})})


def unless_allowed(policies: PolicySet, moved: Moved, what: str) -> None:
    """Raise `RefusedError` where a move was not allowed, or what has been moved already has lost its approval."""
    if moved.ended:
        why = "; ".join(f"{e.kind} {e.detail}" for e in moved.ended)
        raise refused(what, f"it is there already, and its approval has ended: {why}", {"ended": len(moved.ended)})
    if moved.recorded is None or moved.recorded.decision.verdict is Verdict.ALLOW:
        return
    decision = moved.recorded.decision
    first = [against(o) for o in decision.objections if o.denies or o.doubtful][:2]
    first += [f"{r.rule.id} ({remedy(r).label})" for r in decision.blocking][:5]
    first += [h.what for h in decision.holds][:2]
    more = f": {'; '.join(first)}" if first else ""
    rest = len(decision.blocking) - 5
    more += f", and {rest} more" if rest > 0 else ""
    raise refused(what, f"{summary(decision)}{more}", told(moved.recorded, policies))


def told(recorded: Recorded, policies: PolicySet) -> dict[str, Any]:
    """A decision as a client shows it: whole, and as reports."""
    decision = recorded.decision
    report = Report((decision,), (), (), 0, None, "", Style(verbose=False))
    return {
        "verdict": decision.verdict.value,
        "entry": recorded.index,
        "decision": decision.as_json(),
        "reports": {name: renderer(name)(report) for name in ("text", "concise", "markdown")},
        "policies": policies.digest,
    }
