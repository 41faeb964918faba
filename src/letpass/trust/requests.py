"""Requests: which of them is the one that people may sign now, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import signers
from letpass.trust.accepted import Asked, Judged
from letpass.trust.bundle import Subject
from letpass.trust.chain import Trust
from letpass.trust.statements import Statement

LONGEST = 366 * 86_400_000_000  # microseconds that a request may hold


class Open(Frozen):
    """A request for one move of one version.  `fault`: why it does not count now, or nothing."""

    statement: Statement
    fault: str = ""

    @property
    def issued(self) -> int:
        """When it was made, in microseconds."""
        return self.statement.time("issuedAt")


def judge(
    trust: Trust,
    found: Iterable[Statement],
    subject: Subject,
    evidence: tuple[str, ...],
    used: tuple[str, ...],
    now: int,
) -> tuple[Open, ...]:
    """All requests, the newest first, each with what keeps it from counting."""
    judged = [Open(s, fault_of(trust, s, subject, evidence, used, now)) for s in found]
    return tuple(sorted(judged, key=lambda r: (r.issued, r.statement.digest), reverse=True))


def current(requests: tuple[Open, ...], answered: frozenset[str]) -> Open | None:
    """The request that people may sign: the newest that counts, of those signed and answered before any other.

    So nobody who only carries files puts an unsigned one of his own in the place of one that people have answered.
    """
    counting = [r for r in requests if not r.fault]
    return max(
        counting,
        key=lambda r: (
            bool(r.statement.envelope.signatures),
            r.statement.digest in answered,
            r.issued,
            r.statement.digest,
        ),
        default=None,
    )


def fault_of(
    trust: Trust, statement: Statement, subject: Subject, evidence: tuple[str, ...], used: tuple[str, ...], now: int
) -> str:
    """Why a request is not about this subject now, or nothing: each of its bindings beside what it is now."""
    if statement.envelope.signatures:
        try:
            signers.asker(trust, statement, now)
        except InvalidError as error:
            return f"its signature does not count: {error}"
    if why := misnamed(statement):
        return why
    said = statement.predicate
    now_is = {
        "registry": subject.registry,
        "model": subject.model,
        "version": subject.version,
        "artifact": subject.artifact,
        "policies": subject.policies,
        "author": subject.author,
        "facts": subject.facts,
        "evidence": list(evidence),
    }
    if (asked := statement.move) != subject.move:
        return f"it is for another move: {asked} then, {subject.move} now"
    for field, value in now_is.items():
        then = statement.artifact if field == "artifact" else said[field]
        if then != value:
            return f"it is for another {_NAMES.get(field, field)}: {_short(then)} then, {_short(value)} now"
    if trust.version(said["trust"]) is None:
        return "it was made under a trust file that is none of this chain"
    if statement.time("expiresAt") - statement.time("issuedAt") > LONGEST:
        return "it asks for more than a year"
    if statement.time("expiresAt") <= now:
        return f"it expired at {said['expiresAt']}"
    try:
        signers.not_later(statement, statement.time("issuedAt"), now)
    except InvalidError as error:
        return str(error)
    if not statement.envelope.signatures and statement.time("issuedAt") > signers.seen(statement, now):
        return "it is not signed, and says that it will be made"
    if statement.digest in used:
        return "a move has used it up"
    return ""


def misnamed(statement: Statement) -> str:
    """Why a request bears the name of another version than the one that it is about, so that signers would be misled; or nothing."""
    name = f"{statement.predicate['model']}@{statement.predicate['version']}"
    return "" if statement.subject == name else f"it is called `{statement.subject[:60]}`, and asks for `{name[:60]}`"


_NAMES = {
    "policies": "policy set",
    "facts": "record",
    "evidence": "set of evidence",
    "artifact": "artifact",
}


def _short(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_short(v) for v in value) + "]"
    text = str(value)
    return f"`{text[:19]}…`" if ":" in text and len(text) > 40 else f"`{text[:60]}`"


def asked(request: Statement) -> Asked:
    """Who asks for the move, by a request that counts."""
    signed = bool(request.envelope.signatures)
    return Asked(request.text("requester"), signed, request.text("service") if signed else "")


def report(request: Open, chosen: Open | None) -> Judged:
    """What became of a request, for reports."""
    statement = request.statement
    why = request.fault or ("" if request is chosen else "another request counts")
    asks = asked(statement)
    who = asks.requester if asks.signed else f"{asks.requester} (not signed)"
    who += f", for whom the service {asks.service} asks" if asks.service else ""
    return Judged("request", statement.name, statement.digest, who, "", request is chosen, why)
