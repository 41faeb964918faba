"""Waivers: signed permissions to miss one rule, each bound to an artifact, a move, the rule and the values that it misses."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError
from letpass.move import Move
from letpass.trust import missed, signers
from letpass.trust.accepted import Judged, Waiver
from letpass.trust.bundle import Subject
from letpass.trust.chain import Trust
from letpass.trust.signers import Signed
from letpass.trust.statements import Statement


def judge(
    trust: Trust, found: Iterable[Statement], taken: Collection[str], subject: Subject, now: int
) -> tuple[tuple[Waiver, ...], tuple[Judged, ...]]:
    """The waivers of this move that are validly signed, also expired ones, and every waiver with its reason.

    A role of the threshold n waives when n of its members have signed the same permission: for the same rule, what it misses and
    limits, until the same time, and none of them has withdrawn it (`taken`: the digests of what was).  It begins with the last of them.  Whether the rule allows the waiver, and whether it
    covers what the rule misses now, is the evaluation's to say.
    """
    valid: dict[tuple[str, ...], list[tuple[Signed, Statement]]] = {}
    judged: list[Judged] = []
    for statement in found:
        try:
            signed = signers.signed(trust, statement, now)
            if statement.artifact != subject.artifact:
                raise InvalidError(f"it is for the artifact `{statement.artifact[:19]}…`")
            if (statement.text("model"), statement.text("version")) != (subject.model, subject.version):
                raise InvalidError(f"it is for {statement.text('model')}@{statement.text('version')}")
            if not _same_target(statement.move, subject.move):
                raise InvalidError(f"it is for another move: {statement.move} then, {subject.move} now")
            signers.in_role(trust, statement, signed.person, subject.model, subject.stage)
            if statement.digest in taken:
                raise InvalidError(f"{signed.person} has withdrawn it")
        except InvalidError as error:
            judged.append(_line(statement, Signed(statement.text("signer"), ""), str(error)))
            continue
        said = canonical(statement.predicate["missed"]).decode("utf-8")
        key = (*[statement.text(f) for f in ("policy", "label", "rule", "role", "until")], said)
        valid.setdefault(key, []).append((signed, statement))
    waivers = []
    for (policy, label, rule, role, *_), given in sorted(valid.items()):
        people = tuple(sorted({signed.person for signed, _ in given}))
        needed = trust.current.roles[role].threshold
        lacking = f"{len(people)} of {needed} members of the role have signed it" if len(people) < needed else ""
        judged += [_line(statement, signed, lacking) for signed, statement in given]
        if not lacking:
            at = max(s.time("issuedAt") for _, s in given)
            last, digests = given[-1][1], tuple(s.digest for _, s in given)
            named = tuple(missed.read(m) for m in last.predicate["missed"])
            until, reason = last.time("until"), last.text("reason")
            waivers.append(Waiver(policy, label, rule, people, role, at, until, reason, named, digests))
    return tuple(waivers), tuple(judged)


def _same_target(a: Move, b: Move) -> bool:
    """Do two moves lead to the same stage, forward or back, or are they one."""
    return a == b or (a.stage is not None and a.stage == b.stage)


def _line(statement: Statement, signed: Signed, why: str) -> Judged:
    at = statement.time("issuedAt") if signed.key else 0
    role = statement.text("role")
    return Judged("waiver", statement.name, statement.digest, signed.person, role, not why, why, signed.key, at)
