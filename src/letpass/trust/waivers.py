"""Waivers: signed leaves to miss one rule, each bound to an artifact and to the rule's own text."""

from __future__ import annotations

from collections.abc import Iterable

from letpass.diagnostics import InvalidError
from letpass.trust import signers
from letpass.trust.accepted import Judged, Waiver
from letpass.trust.chain import Trust
from letpass.trust.dossier import Matter
from letpass.trust.signers import Signed
from letpass.trust.statements import Statement


def judge(
    trust: Trust, found: Iterable[Statement], matter: Matter, now: int
) -> tuple[tuple[Waiver, ...], tuple[Judged, ...]]:
    """The waivers of this version that are validly signed, also expired ones, and every waiver with its reason.

    A role of the threshold n waives when n of its members have signed for the same rule, until the same time; its leave
    begins with the last of them.  Whether the rule allows the waiver is the evaluation's to say.
    """
    valid: dict[tuple[str, ...], list[tuple[Signed, Statement]]] = {}
    judged: list[Judged] = []
    for statement in found:
        try:
            signed = signers.signed(trust, statement, now)
            if statement.artifact != matter.artifact:
                raise InvalidError(f"it is for the artifact `{statement.artifact[:19]}…`")
            if (statement.text("model"), statement.text("version")) != (matter.model, matter.version):
                raise InvalidError(f"it is for {statement.text('model')}@{statement.text('version')}")
            signers.in_role(trust, statement, signed.person, matter.model, matter.stage)
        except InvalidError as error:
            judged.append(_line(statement, Signed(statement.text("signer"), ""), str(error)))
            continue
        key = tuple(statement.text(f) for f in ("policy", "label", "rule", "role", "until"))
        valid.setdefault(key, []).append((signed, statement))
    waivers = []
    for (policy, label, rule, role, _), given in sorted(valid.items()):
        people = sorted({signed.person for signed, _ in given})
        needed = trust.current.roles[role].threshold
        lacking = f"{len(people)} of {needed} members of the role have signed it" if len(people) < needed else ""
        judged += [_line(statement, signed, lacking) for signed, statement in given]
        if not lacking:
            at = max(s.time("issuedAt") for _, s in given)
            last, digests = given[-1][1], tuple(s.digest for _, s in given)
            names, until, reason = " and ".join(people), last.time("until"), last.text("reason")
            waivers.append(Waiver(policy, label, rule, names, role, at, until, reason, digests))
    return tuple(waivers), tuple(judged)


def _line(statement: Statement, signed: Signed, why: str) -> Judged:
    at = statement.time("issuedAt") if signed.key else 0
    role = statement.text("role")
    return Judged("waiver", statement.name, statement.digest, signed.person, role, not why, why, signed.key, at)
