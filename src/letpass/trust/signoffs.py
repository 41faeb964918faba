"""Sign-offs: whose answers to the open request count, and for each other why it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import signers, strict
from letpass.trust.accepted import Judged, Signoff
from letpass.trust.chain import Trust
from letpass.trust.dossier import Dossier, Matter
from letpass.trust.requests import Open
from letpass.trust.statements import Statement


class Answer(Frozen):
    """A verified sign-off: who, in which role, and when."""

    statement: Statement
    person: str
    role: str
    at: int


def judge(
    trust: Trust, dossier: Dossier, found: Iterable[Statement], withdrawals: Iterable[Statement], requests: tuple[Open, ...],
    chosen: Open | None, matter: Matter, now: int,
) -> tuple[tuple[Signoff, ...], tuple[Judged, ...]]:  # fmt: skip
    """The sign-offs that count, and every one of them, and every withdrawal of one, with the reason why it does or not.

    Of one person in one role the latest sign-off stands, unless that person has withdrawn it.
    """
    signed = list(found)
    answers: list[Answer] = []
    withdrawn, judged = _withdrawn(trust, dossier, withdrawals, signed, now)
    for statement in signed:
        person = ""
        try:
            person = verified(trust, statement, requests, chosen, matter, now)
            if statement.digest in withdrawn:
                raise InvalidError(f"{person} has withdrawn it")
        except InvalidError as error:
            judged.append(_line(statement, person or statement.text("signer"), str(error)))
            continue
        answers.append(Answer(statement, person, statement.text("role"), statement.time("issuedAt")))
    standing: dict[tuple[str, str], Answer] = {}
    for answer in sorted(answers, key=lambda a: (a.at, a.statement.digest)):
        standing[answer.person, answer.role] = answer
    for answer in answers:
        stands = standing[answer.person, answer.role] is answer
        why = "" if stands else "a later sign-off of the same person stands"
        judged.append(_line(answer.statement, answer.person, why))
    return tuple(Signoff(a.person, a.role, a.at) for a in standing.values()), tuple(judged)


def _withdrawn(
    trust: Trust, dossier: Dossier, found: Iterable[Statement], signed: Sequence[Statement], now: int
) -> tuple[set[str], list[Judged]]:
    """The sign-offs that were withdrawn, by their digests, and each withdrawal of one with its reason.

    Who withdraws one takes back what they signed of the same request in the same role before, too.
    """
    named = {s.digest: s for s in signed}
    withdrawn: set[str] = set()
    judged: list[Judged] = []
    for statement in found:
        of, why = named.get(statement.text("of")), ""
        if of is None:
            continue
        try:
            person, _ = signers.speaker(trust, dossier.learned, statement, now)
            if person != of.text("signer"):
                raise InvalidError(f"the sign-off is by {of.text('signer')}, who alone can withdraw it")
            same = [s for s in signed if all(s.text(f) == of.text(f) for f in ("signer", "role", "request"))]
            until = max(of.time("issuedAt"), statement.time("issuedAt"))
            withdrawn |= {of.digest, *[s.digest for s in same if s.time("issuedAt") <= until]}
        except InvalidError as error:
            why = str(error)
        judged.append(_line(statement, statement.text("signer"), why))
    return withdrawn, judged


def verified(
    trust: Trust, statement: Statement, requests: tuple[Open, ...], chosen: Open | None, matter: Matter, now: int,
) -> str:  # fmt: skip
    """The person behind an answer to the open request; raises `InvalidError` with the reason where it does not count.

    1. a person of the trust file signed it (see `signers.person`) · 2. it answers the open request, and not another ·
    3. what it repeats of the request is what the request says · 4. it was issued after the request, and has not expired ·
    5. the person holds the role, for this model and stage, now and under the trust file of then.
    """
    person = signers.person(trust, statement, now)  # (1)
    named = statement.text("request")
    asked = next((r for r in requests if r.statement.digest == named), None)
    if asked is None:  # (2)
        raise InvalidError(f"it answers the request `{named[:19]}…`, which is not here")
    if asked.fault:
        raise InvalidError(f"it answers the request `{asked.statement.name}`, which does not count")
    if chosen is None or asked.statement.digest != chosen.statement.digest:
        raise InvalidError("it answers another request")
    said, request = statement.predicate, asked.statement.predicate
    for field in ("model", "version", "move", "policies"):  # (3)
        if said[field] != request[field]:
            raise InvalidError(f"its `{field}` is not that of the request which it answers")
    if statement.artifact != asked.statement.artifact:
        raise InvalidError("its artifact is not that of the request which it answers")
    if statement.time("issuedAt") < asked.issued:  # (4)
        raise InvalidError(f"it was issued at {said['issuedAt']}, before the request ({request['issuedAt']})")
    if "expiresAt" in said and strict.instant(said["expiresAt"]) <= now:
        raise InvalidError(f"it expired at {said['expiresAt']}")
    signers.in_role(trust, statement, person, matter.model, matter.stage)  # (5)
    return person


def _line(statement: Statement, person: str, why: str) -> Judged:
    return Judged(statement.kind, statement.name, statement.digest, person, statement.text("role"), not why, why)
