"""Making statements: what a request, an answer, a waiver or a policy set's signature says, to the byte."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from letpass.diagnostics import InvalidError, StatementError
from letpass.evaluation import ceilings
from letpass.evaluation.apart import apart
from letpass.evaluation.decision import Decision, RuleResult, governing
from letpass.facts.record import Record
from letpass.gathering import Desk
from letpass.language import typed
from letpass.move import Move
from letpass.policyset import PolicySet
from letpass.testimony import matter, reviewed
from letpass.trust import statements, strict
from letpass.trust.accepted import Accepted
from letpass.trust.dossier import Dossier
from letpass.trust.dsse import STATEMENT, Envelope
from letpass.trust.missed import MOST as MOST_MISSED
from letpass.trust.review import rejects
from letpass.trust.statements import POLICIES, REQUEST, SIGNOFF, WAIVER, Statement
from letpass.trust.trustfile import POLICY_OWNER

if TYPE_CHECKING:
    from letpass.trust.chain import Trust

SECOND, DAY = 1_000_000, 86_400_000_000


def unsigned(payload: bytes) -> bytes:
    """A statement that nobody has signed: a request may be one, since everything that counts signs its digest."""
    return Envelope(STATEMENT, payload).text()


def request(
    desk: Desk, trust: Trust, policies: PolicySet, record: Record, move: Move, now: int, requester: str, days: int, reason: str,
    artifact: Path | None = None, service: str = "",
) -> bytes:  # fmt: skip
    """The payload of a request, which a service signs where one asks for the requester; raises `StatementError` for a record that does not say which artifact it is about."""
    if not governing(policies.policies, move):
        governed = ", ".join(sorted({str(m) for p in policies.policies for m in p.moves}))
        raise StatementError.of("GATE413", f"no policy governs {move}", help=f"the policies govern {governed}")
    digest = desk.artifact_of(record, artifact, "a request")
    if not statements.is_digest(digest):
        raise StatementError.of(
            "GATE413", f"`{record.name}` records the digest `{digest[:80]}`, which is none", help="sha256:HEX"
        )
    dossier = desk.dossier(record, artifact)
    assert dossier is not None
    about = matter(dossier, record, move, policies.digest)
    done = reviewed(dossier, record, move, policies.digest, now)
    predicate: dict[str, Any] = {
        "registry": about.registry,
        "model": about.model,
        "version": about.version,
        "move": about.move.as_json(),
        "policies": about.policies,
        "facts": about.facts,
        "evidence": sorted(a.digest for a in done.attested),
        "history": history(trust, dossier, about.artifact, now),
        "author": about.author,
        "requester": requester,
        "nonce": secrets.token_hex(16),
        "trust": trust.current.digest,
        "issuedAt": strict.written(now),
        "expiresAt": strict.written(now + days * DAY),
    }
    if service:
        predicate["service"] = service
    if stage := record.text("stage"):
        predicate["from"] = stage
    if reason:
        predicate["reason"] = reason
    return _made(REQUEST, about.name, about.artifact, predicate)


def history(trust: Trust, dossier: Dossier, artifact: str, now: int) -> list[str]:
    """Earlier rejections of an artifact, for every later signer to see."""
    found = statements.readable((p.name, p.data, p.logged) for p in dossier.papers)
    return sorted({s.digest for s in found if rejects(trust, s, artifact, now)})


def answer(
    trust: Trust, asked: Statement, decision: str, role: str, signer: str, now: int, reason: str, before: int = 0
) -> bytes:
    """The payload of an answer to a request, which repeats what the request is about.

    `before`: when the same person answered last; a later answer is later by a second at least, so that it stands.
    """
    said = asked.predicate
    predicate: dict[str, Any] = {
        "decision": decision,
        "role": role,
        "signer": signer,
        "request": asked.digest,
        "model": said["model"],
        "version": said["version"],
        "move": said["move"],
        "policies": said["policies"],
        "trust": trust.current.digest,
        "issuedAt": strict.written(max(now, asked.time("issuedAt"), before + SECOND)),
    }
    if reason:
        predicate["reason"] = reason
    return _made(SIGNOFF, asked.subject, asked.artifact, predicate)


def last_answer(papers: Sequence[tuple[str, bytes]], asked: Statement, role: str, signer: str) -> int:
    """When a person last answered a request in a role, by the statements beside it; 0 where they did not."""
    own = (
        s.time("issuedAt")
        for s in statements.readable(papers)
        if s.type == SIGNOFF and (s.text("request"), s.text("role"), s.text("signer")) == (asked.digest, role, signer)
    )
    return max(own, default=0)


def policies(trust: Trust, found: PolicySet, signer: str, now: int, reason: str, before: int = 0) -> bytes:
    """The payload of a policy owner's signature of a whole set.

    `before`: when an owner signed last; this one is later by a second at least, so that the set before is superseded.
    """
    predicate: dict[str, Any] = {
        "role": POLICY_OWNER,
        "signer": signer,
        "trust": trust.current.digest,
        "root": trust.root,
        "policies": {p.name: p.digest for p in found.policies},
        "issuedAt": strict.written(max(now, before + SECOND)),
    }
    if reason:
        predicate["reason"] = reason
    return _made(POLICIES, "policies", found.digest, predicate)


def waiver(
    trust: Trust, decision: Decision, result: RuleResult, accepted: Accepted, artifact: str, signer: str, until: int,
    reason: str, up_to: str | None = None,
) -> bytes:  # fmt: skip
    """The payload of a waiver of what one rule misses in a decision, or `up_to` a value as policies write it.

    Raises `StatementError` for what would not count, with the reason.
    """
    rule, now, about = result.rule, decision.now, decision.record
    if fault := _unwaivable(result, until, now) or _own(decision, accepted, signer, rule):
        what, help_ = fault
        raise StatementError.of("GATE501", what, rule.span.source.name, help_)
    missed = [m.missed for m in result.misses]
    if up_to is not None:
        try:
            missed = [ceilings.up_to(result.misses, up_to)]
        except InvalidError as error:
            raise StatementError.of("GATE501", f"`--up-to {up_to}` cannot be: {error}", rule.span.source.name) from None
    predicate = {
        "role": rule.waivable.role if rule.waivable is not None else "",
        "signer": signer,
        "model": about.text("model"),
        "version": about.text("version"),
        "move": decision.move.as_json(),
        "policy": rule.policy,
        "label": rule.label,
        "rule": rule.digest,
        "missed": [m.as_json() for m in missed],
        "until": strict.written(until),
        "reason": reason,
        "trust": trust.current.digest,
        "issuedAt": strict.written(now),
    }
    return _made(WAIVER, about.name, artifact, predicate)


def _unwaivable(result: RuleResult, until: int, now: int) -> tuple[str, str] | None:
    """Why a rule cannot be waived until then, and what can be done; None where it can."""
    rule, misses = result.rule, result.misses
    if rule.waivable is None:
        return f"the rule `{rule.id}` cannot be waived", "only its author can allow it, with `waivable by role …`"
    if result.truth is True:
        return (
            f"the rule `{rule.id}` holds, so there is nothing to waive",
            "`policy check` says what else keeps it back",
        )
    if refused := next((m.missed for m in misses if m.missed.refusal), None):
        return f"`{refused.condition}` was rejected, and nobody waives that", "who rejected it can `policy withdraw`"
    if len(misses) > MOST_MISSED:
        return (
            f"the rule `{rule.id}` misses more than {MOST_MISSED} conditions, which no waiver names",
            "mend some of them",
        )
    if until <= now:
        return f"the waiver would end at {strict.written(until)}, which is over", ""
    if rule.waivable.microseconds is not None and until - now > rule.waivable.microseconds:
        most = strict.written(now + rule.waivable.microseconds)
        return f"the rule `{rule.id}` can be waived until {most} at most", f"write `--until {most}`"
    return None


def _own(decision: Decision, accepted: Accepted, signer: str, rule: typed.Rule) -> tuple[str, str] | None:
    """Why somebody's waiver would not count, since the model is or may be their own; None where it would."""
    name, left_out = decision.record.name, apart(decision.record, accepted)
    role = rule.waivable.role if rule.waivable is not None else ""
    if signer in left_out.people:
        did = "made" if signer in left_out.makers else "ask for the move of"
        return f"you {did} `{name}`, and nobody waives for their own model", f"ask somebody else in the role `{role}`"
    if left_out.unmade:
        doubt = left_out.unmade[0]
        return f"who made `{name}` is not known, and it may be you: {doubt}", doubt.step
    return None


def evidence(record: Record, artifact: str, facts: dict[str, Any], source: str, now: int) -> bytes:
    """The payload of a service's evidence about an artifact."""
    predicate = {"facts": facts, "issuedAt": strict.written(now), "source": source}
    return _made(statements.EVIDENCE, record.name, artifact, predicate)


def _made(type_: str, name: str, artifact: str, predicate: dict[str, Any]) -> bytes:
    """The payload, read back: what cannot be read is never signed."""
    try:
        payload = statements.build(type_, name, artifact, predicate)
        statements.from_envelope("", Envelope(STATEMENT, payload))
    except InvalidError as error:
        raise StatementError.of("GATE413", f"the statement would be refused: {error}") from None
    return payload
