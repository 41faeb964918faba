"""Refusals of a gated server: what a client reads of them, and can show."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from letpass.diagnostics import (
    LedgerError,
    LetpassError,
    PolicyError,
    SettingsError,
    TrustError,
    UnreachableError,
    clean,
)
from letpass.evaluation.decision import Verdict
from letpass.evaluation.remedies import remedy
from letpass.lifecycle.moves import Moved
from letpass.lifecycle.recording import Recorded
from letpass.project.policyset import PolicySet
from letpass.registries.interface import NO_LEDGER, OUT_OF_REACH, OVERTAKEN
from letpass.reports.interface import Report, Style, renderer
from letpass.reports.words import against, summary


class Why(Enum):
    """Why a call is not let through: what a client is to do follows from it."""

    NO = "no"
    """The policies say no, or it is nothing that the gate lets anybody do: asking again changes nothing."""
    OVERTAKEN = "overtaken"
    """Another move of the model came first, or is under way: look again, and ask again."""
    UNABLE = "unable"
    """The ledger or the registry is out of reach: the same call may do later."""
    BROKEN = "broken"
    """The gate's own project does not read, its ledger is not what it was, or the gate itself fails: that has to be mended first."""


class RefusedError(Exception):
    """A call that the gate does not let through.  `said`: what a client can show of it, as plain data."""

    def __init__(self, message: str, said: Mapping[str, Any], why: Why = Why.NO) -> None:
        super().__init__(message)
        self.said, self.why = said, why


def undecided(what: str, why: str) -> RefusedError:
    """The refusal of a call that the gate could not decide about, for a reason that nobody foresaw."""
    return RefusedError(clean(f"gate: {what} refused: {why}"), {"verdict": "error"}, Why.BROKEN)


def not_done(what: str, error: LetpassError) -> RefusedError:
    """The refusal of a call that a fault stands in the way of."""
    first = error.diagnostics[0]
    help_ = f" ({first.help})" if first.help else ""
    message = clean(f"gate: {what} refused: {first.code}: {first.message}{help_}")
    return RefusedError(message, {"verdict": "error", "code": first.code}, _why(error))


def _why(error: LetpassError) -> Why:
    code = error.diagnostics[0].code
    if code == OVERTAKEN or code in {NO_LEDGER, OUT_OF_REACH}:
        return Why.OVERTAKEN if code == OVERTAKEN else Why.UNABLE
    # what is wrong with the project is not the caller's; what is wrong with a version or a statement is
    broken = SettingsError | PolicyError | TrustError | LedgerError | UnreachableError
    return Why.BROKEN if isinstance(error, broken) else Why.NO


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
    report = Report((decision,), (), (), 0, None, "", Style(verbose=False), entries=(recorded.entry,))
    return {
        "verdict": decision.verdict.value,
        "entry": recorded.index,
        "decision": decision.as_json(),
        "reports": {name: renderer(name)(report) for name in ("text", "concise", "markdown")},
        "policies": policies.digest,
    }
