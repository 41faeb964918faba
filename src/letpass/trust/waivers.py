"""Waivers: signed leaves to miss one rule, each bound to an artifact and to the rule's own text."""

from __future__ import annotations

from collections.abc import Iterable

from letpass.diagnostics import InvalidError
from letpass.trust import signers
from letpass.trust.accepted import Judged, Waiver
from letpass.trust.chain import Trust
from letpass.trust.dossier import Matter
from letpass.trust.statements import Statement


def judge(
    trust: Trust, found: Iterable[Statement], matter: Matter, now: int
) -> tuple[tuple[Waiver, ...], tuple[Judged, ...]]:
    """The waivers of this version that are validly signed, also expired ones, and every waiver with its reason.

    A role of the threshold n waives when n of its members have signed for the same rule, until the same time; its leave
    begins with the last of them.  Whether the rule allows the waiver is the evaluation's to say.
    """
    valid: dict[tuple[str, ...], list[tuple[str, Statement]]] = {}
    judged: list[Judged] = []
    for statement in found:
        try:
            person = signers.person(trust, statement, now)
            if statement.artifact != matter.artifact:
                raise InvalidError(f"it is for the artifact `{statement.artifact[:19]}…`")
            if (statement.text("model"), statement.text("version")) != (matter.model, matter.version):
                raise InvalidError(f"it is for {statement.text('model')}@{statement.text('version')}")
            signers.in_role(trust, statement, person, matter.model, matter.stage)
        except InvalidError as error:
            judged.append(_line(statement, statement.text("signer"), str(error)))
            continue
        key = tuple(statement.text(f) for f in ("policy", "label", "rule", "role", "until"))
        valid.setdefault(key, []).append((person, statement))
    waivers = []
    for (policy, label, rule, role, _), signed in sorted(valid.items()):
        people = sorted({person for person, _ in signed})
        needed = trust.current.roles[role].threshold
        lacking = f"{len(people)} of {needed} members of the role have signed it" if len(people) < needed else ""
        judged += [_line(statement, person, lacking) for person, statement in signed]
        if not lacking:
            at = max(s.time("issuedAt") for _, s in signed)
            last = signed[-1][1]
            waivers.append(
                Waiver(policy, label, rule, " and ".join(people), role, at, last.time("until"), last.text("reason"))
            )
    return tuple(waivers), tuple(judged)


def _line(statement: Statement, person: str, why: str) -> Judged:
    return Judged("waiver", statement.name, statement.digest, person, statement.text("role"), not why, why)
