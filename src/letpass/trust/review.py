"""The review of a bundle: which of what was brought counts for one move, and why the rest does not."""

from __future__ import annotations

import shlex

from letpass.diagnostics import InvalidError, StatementError
from letpass.frozen import Frozen
from letpass.move import NO_STAGE, Move
from letpass.trust import (
    directory,
    evidence,
    inforce,
    objections,
    requests,
    signers,
    signoffs,
    statements,
    waivers,
    withdrawals,
)
from letpass.trust.accepted import Accepted, Judged, Made, NextCommand
from letpass.trust.bundle import MOST, Bundle, Subject
from letpass.trust.chain import Trust
from letpass.trust.evidence import Attested
from letpass.trust.kinds import KINDS
from letpass.trust.requests import Open
from letpass.trust.statements import Statement


class Review(Frozen):
    """What counts: people's statements, and the services' facts.  `request`: the one that people may sign."""

    accepted: Accepted
    attested: tuple[Attested, ...]
    request: Open | None = None


def review(trust: Trust, bundle: Bundle, subject: Subject, now: int) -> Review:
    """Judge every statement file of a bundle; raises `StatementError` for more of them than anybody would read.

    1. statement files are read, once for each envelope · 2. evidence, for this artifact · 3. requests, for this very subject ·
    4. answers to the newest request that counts · 5. words against the version · 6. waivers · 7. the policy set.
    """
    found, unread = _read(bundle)  # (1)
    by_kind: dict[str, list[Statement]] = {}
    for statement in found:
        by_kind.setdefault(KINDS.get(statement.type, "evidence"), []).append(statement)
    attested, evidence_lines = evidence.judge(
        trust, by_kind.get("evidence", []), subject.artifact, subject.model, now
    )  # (2)
    digests = tuple(sorted({a.digest for a in attested}))
    asked = requests.judge(trust, by_kind.get("request", []), subject, digests, bundle.used, now)  # (3)
    answers = by_kind.get("sign-off", [])
    answered = frozenset(s.text("request") for s in answers if speaks(trust, s, now))
    chosen = requests.current(asked, answered)
    given = [s for kind in ("sign-off", "objection", "waiver") for s in by_kind.get(kind, [])]
    taken, taking = withdrawals.judge(trust, bundle.learned, by_kind.get("withdrawal", []), given, now)
    signed, answer_lines = signoffs.judge(trust, answers, taken, asked, chosen, subject, now)  # (4)
    makers = _makers(trust, bundle, subject, chosen)
    against, against_lines = objections.judge(trust, bundle, found, taken, subject, makers, now)  # (5)
    waived, waiver_lines = waivers.judge(trust, by_kind.get("waiver", []), taken, subject, now)  # (6)
    held, policy_lines = inforce.judge(
        trust, by_kind.get("policy set", []), subject.policies, now, bundle.policies_at
    )  # (7)
    asked_lines = [requests.report(r, chosen) for r in asked]
    lines = (*unread, *evidence_lines, *asked_lines, *answer_lines, *taking, *against_lines, *waiver_lines)
    digests_by_name = [("trust", trust.current.digest)]
    if chosen is not None:
        digests_by_name.append(("request", chosen.statement.digest))
    accepted = Accepted(
        signed,
        waived,
        requests.asked(chosen.statement) if chosen else None,
        {name: role.threshold for name, role in trust.current.roles.items()},
        _members(trust, subject, now),
        trust.current.directory,
        (*lines, *policy_lines),
        (held,) if held is not None else (),
        tuple(digests_by_name),
        next_command(bundle.reference, subject, chosen),
        chosen.statement.text("expiresAt") if chosen else "",
        against,
        bundle.made,
        next_command(bundle.reference, subject, None).command,
    )
    return Review(accepted, attested, chosen)


def _members(trust: Trust, subject: Subject, now: int) -> dict[str, tuple[str, ...]]:
    """Who can sign in each role about this model and stage now: members with a key that holds."""
    able = {
        name
        for name, person in trust.current.people.items()
        if any(e.revoked is None and not e.fault(now, "now") for e in person.keys)
    }
    return {
        name: tuple(m for m in role.members if m in able)
        for name, role in trust.current.roles.items()
        if not role.covers(subject.model, subject.stage)
    }


def _read(bundle: Bundle) -> tuple[list[Statement], list[Judged]]:
    """The statements, each once, and what does not read."""
    read: list[Statement] = []
    unread: list[Judged] = []
    for statement_file in bundle.statement_files:
        try:
            statement = statements.read(
                statement_file.name, statement_file.data, statement_file.logged, statement_file.entry
            )
        except InvalidError as error:
            unread.append(Judged("statement", statement_file.name, why=str(error)))
            continue
        if statement.kind == "decision":
            unread.append(
                Judged("decision", statement_file.name, statement.digest, why="a decision is no evidence for another")
            )
            continue
        read.append(statement)
    found = statements.once(read)
    new = sum(s.logged is None for s in found) + len(unread)
    if new > MOST:
        raise StatementError.of("GATE413", f"{new:,} statements beside one version; the most is {MOST:,}")
    return sorted(found, key=lambda s: (s.digest, s.name, s.envelope.text())), unread


def _makers(trust: Trust, bundle: Bundle, subject: Subject, chosen: Open | None) -> frozenset[str] | None:
    """Everybody who may have made the version, or another one that a word is about, or asks for its move; None where nobody
    can tell who made it."""
    made, people = bundle.made or Made(), trust.current.directory
    texts = [t for t in (*subject.makers, made.author, made.user) if t]
    if not any(people.named(t).person for t in texts):
        return None
    asks = chosen.statement.text("requester") if chosen is not None else ""
    return directory.meant(people, (*texts, asks)) | frozenset(bundle.also)


def speaks(trust: Trust, statement: Statement, now: int) -> bool:
    """Did somebody sign an answer in a role that is theirs, about the model and stage that it names."""
    try:
        person = signers.person(trust, statement, now)
        stage = statement.move.stage or NO_STAGE
        signers.in_role(trust, statement, person, statement.text("model"), stage)
    except InvalidError:
        return False
    return True


def next_command(reference: str, subject: Subject, chosen: Open | None) -> NextCommand:
    """The command that gathers the sign-offs that are missing."""
    model = shlex.quote(reference or subject.name)
    if chosen is not None and not chosen.statement.name.endswith(".json"):
        return NextCommand(f"policy sign {model} {options_of(subject.move)}", in_role=True)
    if chosen is not None:
        return NextCommand(f"policy sign {shlex.quote(chosen.statement.name)}", in_role=True)
    return NextCommand(f"policy request {model} {options_of(subject.move)} --key KEY")


def options_of(move: Move) -> str:
    """The options by which a command names a move."""
    if move.stage is None:
        return f"--on {move.kind}"
    return f"--to {shlex.quote(move.stage.name)}" + (" --rollback" if move.kind == "rollback" else "")
