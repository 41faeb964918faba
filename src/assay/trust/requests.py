"""Requests: which of them is the one that people may sign now, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable

from assay.frozen import Frozen
from assay.trust import signers, strict
from assay.trust.accepted import Judged
from assay.trust.chain import Trust
from assay.trust.dossier import Matter
from assay.trust.statements import Statement

LONGEST = 366 * 86_400_000_000  # microseconds that a request may hold


class Open(Frozen):
    """A request for one move of one version.  `fault`: why it does not count now, or nothing."""

    statement: Statement
    logged: int | None
    signed: bool
    fault: str = ""

    @property
    def issued(self) -> int:
        return self.statement.time("issuedAt")


def judge(
    trust: Trust, found: Iterable[tuple[Statement, int | None]], matter: Matter, evidence: tuple[str, ...],
    used: tuple[str, ...], now: int,
) -> tuple[Open, ...]:  # fmt: skip
    """All requests, the newest first, each with what keeps it from counting."""
    judged = []
    for statement, logged in found:
        signed = bool(statement.envelope.signatures)
        fault = fault_of(trust, statement, matter, evidence, used, now, logged)
        judged.append(Open(statement, logged, signed, fault))
    return tuple(sorted(judged, key=lambda r: (r.issued, r.statement.digest), reverse=True))


def current(requests: tuple[Open, ...]) -> Open | None:
    """The newest request that counts."""
    return next((r for r in requests if not r.fault), None)


def fault_of(
    trust: Trust, statement: Statement, matter: Matter, evidence: tuple[str, ...], used: tuple[str, ...], now: int,
    logged: int | None,
) -> str:  # fmt: skip
    """Why a request is not about this matter now, or nothing: each of its bindings beside what it is now."""
    if statement.envelope.signatures:
        try:
            signers.person(trust, statement, now, logged)
        except ValueError as error:
            return f"its signature does not count: {error}"
    said = statement.predicate
    now_is = {
        "registry": matter.registry,
        "model": matter.model,
        "version": matter.version,
        "move": matter.move,
        "artifact": matter.artifact,
        "policies": matter.policies,
        "author": matter.author,
        "facts": matter.facts,
        "evidence": list(evidence),
    }
    for field, value in now_is.items():
        then = statement.artifact if field == "artifact" else said[field]
        if then != value and not (field == "move" and _same_move(then, matter)):
            return f"it is for another {_NAMES.get(field, field)}: {_short(then)} then, {_short(value)} now"
    if trust.version(said["trust"]) is None:
        return "it was made under a trust file that is none of this chain"
    if statement.time("expiresAt") - statement.time("issuedAt") > LONGEST:
        return "it asks for more than a year"
    if statement.time("expiresAt") <= now:
        return f"it expired at {said['expiresAt']}"
    if statement.time("issuedAt") > (now if logged is None else logged) + signers.SKEW:
        return f"it says that it was issued at {said['issuedAt']}, which lies in the future"
    if statement.digest in used:
        return "a move has used it up"
    return ""


_NAMES = {
    "policies": "policy set",
    "facts": "record",
    "evidence": "set of evidence",
    "artifact": "artifact",
}


def _same_move(then: object, matter: Matter) -> bool:
    """Stages are compared without regard to case."""
    return (
        isinstance(then, dict)
        and then.get("kind") == matter.kind
        and str(then.get("stage", "")).casefold() == matter.stage.casefold()
    )


def _short(value: object) -> str:
    if isinstance(value, dict):
        return " to ".join(str(v) for v in value.values())
    if isinstance(value, list):
        return "[" + ", ".join(_short(v) for v in value) + "]"
    text = str(value)
    return f"`{text[:19]}…`" if ":" in text and len(text) > 40 else f"`{text[:60]}`"


def report(request: Open, chosen: Open | None) -> Judged:
    """The request as a line of the report."""
    statement = request.statement
    why = request.fault or ("" if request is chosen else "a newer request counts")
    who = statement.text("requester") if request.signed else f"{statement.text('requester')} (not signed)"
    return Judged("request", statement.name, statement.digest, who, "", request is chosen, why)


def expiry(statement: Statement) -> str:
    """When a request ends, as it says."""
    return strict.written(statement.time("expiresAt"))
