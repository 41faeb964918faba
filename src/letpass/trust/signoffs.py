"""Sign-offs: whose answers to the open request count, and for each other why it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import signers, strict
from letpass.trust.accepted import Judged, NotCounted, Signoff
from letpass.trust.bundle import Subject
from letpass.trust.chain import Trust
from letpass.trust.requests import Open
from letpass.trust.statements import Statement


class Answer(Frozen):
    """A verified sign-off: who, with which key, in which role, and when."""

    statement: Statement
    person: str
    key: str
    role: str
    at: int


class _NotValidError(InvalidError):
    """Why an answer is not valid, and the kind of the reason."""

    def __init__(self, why: NotCounted, words: str) -> None:
        super().__init__(words)
        self.why = why


def judge(
    trust: Trust, found: Iterable[Statement], taken: Mapping[str, Statement], requests: tuple[Open, ...],
    chosen: Open | None, subject: Subject, now: int,
) -> tuple[tuple[Signoff, ...], tuple[Judged, ...]]:  # fmt: skip
    """The sign-offs that count, and every one of them with the reason why it does or not.

    Of one person in one role the latest sign-off stands, unless that person has withdrawn it.  `taken`: the withdrawals that
    hold, by what they take back.
    """
    given = list(found)
    answers: list[Answer] = []
    judged: list[Judged] = []
    withdrawn = _withdrawn(taken, given)
    for statement in given:
        signed = None
        try:
            signed = signers.signed(trust, statement, now)
            verified(trust, statement, signed.person, requests, chosen, subject, now)
            if statement.digest in withdrawn:
                raise _NotValidError(NotCounted.TAKEN_BACK, f"{signed.person} has withdrawn it")
        except InvalidError as error:
            kind = error.why if isinstance(error, _NotValidError) else NotCounted.KEY
            who, key = (signed.person, signed.key) if signed is not None else (statement.text("signer"), "")
            judged.append(_line(statement, who, key, str(error), kind))
            continue
        answers.append(Answer(statement, signed.person, signed.key, statement.text("role"), statement.time("issuedAt")))
    standing: dict[tuple[str, str], Answer] = {}
    for answer in sorted(answers, key=lambda a: (a.at, a.statement.digest)):
        standing[answer.person, answer.role] = answer
    for answer in answers:
        stands = standing[answer.person, answer.role] is answer
        why = "" if stands else "a later sign-off of the same person stands"
        judged.append(
            _line(answer.statement, answer.person, answer.key, why, None if stands else NotCounted.TAKEN_BACK)
        )
    signoffs = tuple(Signoff(a.person, a.role, a.at, a.statement.digest, a.key) for a in standing.values())
    return signoffs, tuple(judged)


def _withdrawn(taken: Mapping[str, Statement], given: Sequence[Statement]) -> set[str]:
    """The sign-offs that were taken back, by their digests.

    Who withdraws one takes back what they signed of the same request in the same role before, too.
    """
    found: set[str] = set()
    for of in given:
        if (withdrawal := taken.get(of.digest)) is not None:
            same = [s for s in given if all(s.text(f) == of.text(f) for f in ("signer", "role", "request"))]
            until = max(of.time("issuedAt"), withdrawal.time("issuedAt"))
            found |= {of.digest, *[s.digest for s in same if s.time("issuedAt") <= until]}
    return found


def verified(
    trust: Trust, statement: Statement, person: str, requests: tuple[Open, ...], chosen: Open | None, subject: Subject,
    now: int,
) -> None:  # fmt: skip
    """Raise `InvalidError` with the reason where a person's answer is none to the open request.

    1. a person of the trust file signed it (see `signers.signed`) · 2. it answers the open request, and not another ·
    3. what it repeats of the request is what the request says · 4. it was issued after the request, and has not expired ·
    5. the person holds the role, for this model and stage, now and under the trust file of then.
    """
    named = statement.text("request")
    asked = next((r for r in requests if r.statement.digest == named), None)
    other = NotCounted.OTHER_REQUEST
    if asked is None:  # (2)
        raise _NotValidError(other, f"it answers the request `{named[:19]}…`, which is not here")
    if asked.fault:
        raise _NotValidError(other, f"it answers the request `{asked.statement.name}`, which does not count")
    if chosen is None or asked.statement.digest != chosen.statement.digest:
        raise _NotValidError(other, "it answers another request")
    said, request = statement.predicate, asked.statement.predicate
    for field in ("model", "version", "move", "policies"):  # (3)
        if said[field] != request[field]:
            raise _NotValidError(other, f"its `{field}` is not that of the request which it answers")
    if statement.artifact != asked.statement.artifact:
        raise _NotValidError(other, "its artifact is not that of the request which it answers")
    if statement.time("issuedAt") < asked.issued:  # (4)
        words = f"it was issued at {said['issuedAt']}, before the request ({request['issuedAt']})"
        raise _NotValidError(NotCounted.NOT_IN_TIME, words)
    if "expiresAt" in said and strict.instant(said["expiresAt"]) <= now:
        raise _NotValidError(NotCounted.EXPIRED, f"it expired at {said['expiresAt']}")
    try:
        signers.in_role(trust, statement, person, subject.model, subject.stage)  # (5)
    except InvalidError as error:
        raise _NotValidError(NotCounted.WRONG_ROLE, str(error)) from None


def _line(statement: Statement, person: str, key: str, why: str, kind: NotCounted | None) -> Judged:
    at = statement.time("issuedAt") if key else 0
    role = statement.text("role")
    return Judged(statement.kind, statement.name, statement.digest, person, role, not why, why, key, at, kind)
