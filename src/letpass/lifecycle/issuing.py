"""The payloads of statements: requests, sign-offs, objections, waivers, signatures of policy sets and others."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from letpass.diagnostics import InvalidError, StatementError
from letpass.evaluation import ceilings
from letpass.evaluation.apart import apart
from letpass.evaluation.decision import RuleResult, governing
from letpass.facts.record import Record
from letpass.facts.said import facts_digest
from letpass.gate import gated
from letpass.gate.case import Case
from letpass.language.rules import Rule
from letpass.move import Target
from letpass.project.policyset import PolicySet
from letpass.trust import kinds, shapes, statements, strict
from letpass.trust.dsse import STATEMENT, Envelope
from letpass.trust.kinds import KEY, OBJECTION, POLICIES, REQUEST, SIGNOFF, WAIVER, WITHDRAWAL
from letpass.trust.missed import MOST as MOST_MISSED
from letpass.trust.roles import POLICY_OWNER
from letpass.trust.statements import Statement

if TYPE_CHECKING:
    from letpass.ledger.note import Checkpoint
    from letpass.trust.chain import Trust
    from letpass.trust.verifiers import VerifierKey

SECOND, DAY = 1_000_000, 86_400_000_000


def unsigned(payload: bytes) -> bytes:
    """A statement that nobody has signed: a request may be one, since everything that counts signs its digest."""
    return Envelope(STATEMENT, payload).text()


def request(case: Case, trust: Trust, requester: str, days: int, reason: str, service: str = "") -> bytes:
    """The payload of a request; raises `StatementError` for a record that does not say which artifact it is about.

    `service`: the one that asks for the requester and signs it, nothing where they ask themselves.
    """
    record, move, now = case.record, case.move, case.now
    if not governing(case.policies.policies, move):
        governed = ", ".join(sorted({str(m) for p in case.policies.policies for m in p.moves}))
        raise StatementError.of("GATE413", f"no policy governs {move}", help=f"the policies govern {governed}")
    digest = case.project.artifacts.digest(record, case.bytes_at, "a request")
    if not shapes.is_digest(digest):
        raise StatementError.of(
            "GATE413", f"`{record.name}` records the digest `{digest[:80]}`, which is no digest", help="sha256:HEX"
        )
    about = case.subject
    predicate: dict[str, Any] = {
        "registry": about.registry,
        "model": about.model,
        "version": about.version,
        "move": about.move.as_json(),
        "policies": about.policies,
        "facts": about.facts,
        "evidence": sorted(a.digest for a in case.verified.attested),
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


def signoff(trust: Trust, asked: Statement, role: str, signer: str, now: int, reason: str, before: int = 0) -> bytes:
    """The payload of a sign-off, which repeats what its request is about.

    `before`: when the same person spoke last; this is later by a second at least, so that it is another word.
    """
    said = asked.predicate
    predicate: dict[str, Any] = {
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


def objection(
    trust: Trust, record: Record, digests: Sequence[str], against: Target, role: str, signer: str, now: int, reason: str,
    before: int = 0,
) -> bytes:  # fmt: skip
    """The payload of an objection to a version.  `digests`: all that are known of its bytes, the one to name first.

    `before`: when the same person spoke last.
    """
    predicate = {
        **_version(record),
        "against": against.as_json(),
        "digests": sorted({d for d in digests if shapes.is_digest(d)}),
        "role": role,
        "signer": signer,
        "trust": trust.current.digest,
        "issuedAt": strict.written(max(now, before + SECOND)),
        "reason": reason,
    }
    return _made(OBJECTION, record.name, subject_of(record, digests), predicate)


def last_word(words: Iterable[Statement], signer: str) -> int:
    """When somebody last spoke, in microseconds; 0 where they did not."""
    return max((s.time("issuedAt") for s in words if s.text("signer") == signer), default=0)


def withdrawal(trust: Trust, of: Statement, signer: str, now: int, reason: str) -> bytes:
    """The payload of a withdrawal, by which somebody takes a sign-off, an objection or a waiver of their own back."""
    predicate = {
        "model": of.text("model"),
        "version": of.text("version"),
        "of": of.digest,
        "role": of.text("role"),
        "signer": signer,
        "trust": trust.current.digest,
        "issuedAt": strict.written(max(now, of.time("issuedAt"))),
        **({"reason": reason} if reason else {}),
    }
    return _made(WITHDRAWAL, of.subject, of.artifact, predicate)


def owned(
    trust: Trust, type_: str, name: str, artifact: str, said: dict[str, Any], signer: str, now: int, reason: str
) -> bytes:
    """The payload of a word of the policies' owners: a revocation, a lift, an adoption, the end of a gated stage."""
    predicate = {
        **said,
        "role": POLICY_OWNER,
        "signer": signer,
        "trust": trust.current.digest,
        "root": trust.root,
        "issuedAt": strict.written(now),
        "reason": reason,
    }
    return _made(type_, name, artifact, predicate)


def rooted(trust: Trust, type_: str, name: str, artifact: str, said: Mapping[str, Any], now: int, reason: str) -> bytes:
    """The payload of a word of the root about the ledger: a mended time, a new key of the gate, a lost tail."""
    predicate = {
        **said,
        "trust": trust.current.digest,
        "root": trust.root,
        "issuedAt": strict.written(now),
        "reason": reason,
    }
    return _made(type_, name, artifact, predicate)


def begin(record: Record, artifact: str, slots: Sequence[Mapping[str, str]], now: int, source: str = "") -> bytes:
    """The payload by which a service says that a run begins: of which bytes, and what it is to measure."""
    predicate = {
        "model": record.text("model"),
        "slots": [dict(slot) for slot in slots],
        "nonce": secrets.token_hex(16),
        "issuedAt": strict.written(now),
        **({"source": source} if source else {}),
    }
    return _made(kinds.BEGIN, record.name, artifact, predicate)


def key_change(
    old: VerifierKey, new: VerifierKey, head: Checkpoint, now: int, reason: str, trust: Trust | None = None
) -> bytes:
    """The payload by which another key of the gate follows one from a head of the log on.

    trust: where the root is to sign it, since the old key is lost.
    """
    predicate: dict[str, Any] = {
        "old": str(old),
        "new": str(new),
        "head": {"size": head.size, "root": base64.b64encode(head.root).decode("ascii")},
        "issuedAt": strict.written(now),
        "reason": reason,
    }
    if trust is not None:
        predicate |= {"trust": trust.current.digest, "root": trust.root}
    return _made(KEY, new.name, f"sha256:{head.root.hex()}", predicate)


def subject_of(record: Record, digests: Sequence[str] = ()) -> str:
    """What a statement about a version is bound to: its bytes, else what its record says."""
    known = next((d for d in (*digests, record.text("artifact.digest")) if shapes.is_digest(d)), "")
    return known or f"{kinds.UNNAMED}:{facts_digest(record).partition(':')[2]}"


def _version(record: Record) -> dict[str, str]:
    return {"model": record.text("model"), "version": record.text("version")}


def policies(
    trust: Trust, found: PolicySet, identity: Mapping[str, Any], signer: str, now: int, reason: str, before: int = 0
) -> bytes:
    """The payload of a policy owner's signature of a project's whole set, with the settings that decide beside it.

    `identity`: which registry and which ledger, as far as they are known.  `before`: when an owner signed last; this one is
    later by a second at least, so that the set before is superseded.
    """
    gates = dict.fromkeys(gated.of_policies(found.policies))
    predicate: dict[str, Any] = {
        "role": POLICY_OWNER,
        "signer": signer,
        "trust": trust.current.digest,
        "root": trust.root,
        "policies": {p.name: p.digest for p in found.policies},
        "gates": sorted((g.as_json() for g in gates), key=str),
        "settings": dict(found.settings or {}),
        "identity": dict(identity),
        "issuedAt": strict.written(max(now, before + SECOND)),
    }
    if reason:
        predicate["reason"] = reason
    return _made(POLICIES, "policies", found.digest, predicate)


def waiver(
    trust: Trust, case: Case, result: RuleResult, artifact: str, signer: str, until: int, reason: str,
    up_to: str | None = None,
) -> bytes:  # fmt: skip
    """The payload of a waiver of what one rule misses in a case, or `up_to` a value as policies write it.

    Raises `StatementError` for what would not count, with the reason.
    """
    rule, now, about = result.rule, case.now, case.decision.record
    if fault := _unwaivable(result, until, now) or _own(case, signer, rule):
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
        "move": case.move.as_json(),
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


def _own(case: Case, signer: str, rule: Rule) -> tuple[str, str] | None:
    """Why somebody's waiver would not count, since the model is or may be their own; None where it would."""
    name, left_out = case.record.name, apart(case.decision.record, case.verified.accepted)
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
    return _made(kinds.EVIDENCE, record.name, artifact, predicate)


def _made(type_: str, name: str, artifact: str, predicate: dict[str, Any]) -> bytes:
    """The payload, after it was read back; raises `StatementError` for one that could not be read."""
    try:
        payload = statements.build(type_, name, artifact, predicate)
        statements.from_envelope("", Envelope(STATEMENT, payload))
    except InvalidError as error:
        raise StatementError.of("GATE413", f"the statement would be refused: {error}") from None
    return payload
