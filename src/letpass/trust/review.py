"""The review of a dossier: which of what was brought counts for one move, and why the rest does not."""

from __future__ import annotations

import shlex

from letpass.diagnostics import InvalidError, StatementError
from letpass.frozen import Frozen, replace
from letpass.move import NO_STAGE, Move
from letpass.trust import evidence, inforce, requests, signers, signoffs, statements, waivers
from letpass.trust.accepted import Accepted, Hold, Judged, NextCommand
from letpass.trust.chain import Trust
from letpass.trust.dossier import MOST, Dossier, Matter
from letpass.trust.evidence import Attested
from letpass.trust.requests import Open
from letpass.trust.statements import KINDS, Statement


class Review(Frozen):
    """What counts: people's statements, and the services' facts.  `request`: the one that people may sign."""

    accepted: Accepted
    attested: tuple[Attested, ...]
    request: Open | None = None


def review(trust: Trust, dossier: Dossier, matter: Matter, now: int) -> Review:
    """Judge every paper of a dossier; raises `StatementError` for more of them than anybody would read.

    1. papers are read, once for each envelope · 2. evidence, for this artifact · 3. requests, for this very matter ·
    4. answers to the newest request that counts · 5. waivers · 6. the policy set · 7. what may not be left out.
    """
    found, unread = _read(dossier)  # (1)
    by_kind: dict[str, list[Statement]] = {}
    for statement in found:
        by_kind.setdefault(KINDS.get(statement.type, "evidence"), []).append(statement)
    attested, evidence_lines = evidence.judge(
        trust, by_kind.get("evidence", []), matter.artifact, matter.model, now
    )  # (2)
    digests = tuple(sorted({a.digest for a in attested}))
    asked = requests.judge(trust, by_kind.get("request", []), matter, digests, dossier.used, now)  # (3)
    answers = by_kind.get("sign-off", [])
    answered = frozenset(s.text("request") for s in answers if speaks(trust, s, now))
    chosen = requests.current(asked, answered)
    signed, answer_lines = signoffs.judge(trust, answers, asked, chosen, matter, now)  # (4)
    waived, waiver_lines = waivers.judge(trust, by_kind.get("waiver", []), matter, now)  # (5)
    held, policy_lines = inforce.judge(
        trust, by_kind.get("policy set", []), matter.policies, now, dossier.policies_at
    )  # (6)
    left_out = _left_out(trust, chosen, found, answers, now)  # (7)
    lines = (*unread, *evidence_lines, *[requests.report(r, chosen) for r in asked], *answer_lines, *waiver_lines)
    digests_by_name = [("trust", trust.current.digest)]
    if chosen is not None:
        digests_by_name.append(("request", chosen.statement.digest))
    accepted = Accepted(
        signed,
        waived,
        requests.asked(chosen.statement) if chosen else None,
        {name: role.threshold for name, role in trust.current.roles.items()},
        _members(trust, matter, now),
        trust.current.directory,
        (*lines, *policy_lines),
        tuple(h for h in (held, *left_out) if h is not None),
        tuple(digests_by_name),
        next_command(dossier.reference, matter, chosen),
        chosen.statement.text("expiresAt") if chosen else "",
        dossier.made,
        f"{next_command(dossier.reference, matter, None).command} --key KEY",
    )
    return Review(accepted, attested, chosen)


def _members(trust: Trust, matter: Matter, now: int) -> dict[str, tuple[str, ...]]:
    """Who can sign in each role about this model and stage now: members with a key that holds."""
    able = {
        name
        for name, person in trust.current.people.items()
        if any(e.revoked is None and not e.fault(now, "now") for e in person.keys)
    }
    return {
        name: tuple(m for m in role.members if m in able)
        for name, role in trust.current.roles.items()
        if not role.covers(matter.model, matter.stage)
    }


def _read(dossier: Dossier) -> tuple[list[Statement], list[Judged]]:
    """The statements, each once: the same payload and signature brought twice is one, first logged when it first was."""
    found: dict[tuple[bytes, frozenset[bytes]], Statement] = {}
    unread: list[Judged] = []
    for paper in dossier.papers:
        try:
            statement = statements.read(paper.name, paper.data, paper.logged)
        except InvalidError as error:
            unread.append(Judged("statement", paper.name, why=str(error)))
            continue
        if statement.kind == "decision":
            unread.append(Judged("decision", paper.name, statement.digest, why="a decision is no evidence for another"))
            continue
        key = (statement.envelope.payload, frozenset(blob for _, blob in statement.envelope.signatures))
        first = found.setdefault(key, statement)
        logged = [s.logged for s in (first, statement) if s.logged is not None]
        found[key] = replace(first, logged=min(logged, default=None))
    new = sum(s.logged is None for s in found.values()) + len(unread)
    if new > MOST:
        raise StatementError.of("GATE413", f"{new:,} statements beside one version; the most is {MOST:,}")
    return sorted(found.values(), key=lambda s: (s.digest, s.name, s.envelope.text())), unread


def _left_out(
    trust: Trust, chosen: Open | None, found: list[Statement], answers: list[Statement], now: int
) -> list[Hold]:
    """What a request may not hide: statements that it lists and nobody brings, rejections that it does not list."""
    if chosen is None:
        return []
    here = {statement.digest for statement in found}
    listed = set(chosen.statement.predicate["history"]) | set(chosen.statement.predicate["evidence"])
    holds = [
        Hold(
            "GATE405",
            f"the request lists the statement `{d[:19]}…`, and nobody brings it",
            "bring it back beside the record, or make a new request",
        )
        for d in sorted(listed - here)
    ]
    for statement in answers:
        asked = statement.text("request") == chosen.statement.digest
        if asked or statement.digest in listed or not rejects(trust, statement, chosen.statement.artifact, now):
            continue
        who = f"{statement.text('signer')} rejected this artifact as `{statement.text('role')}`"
        holds.append(Hold("GATE405", f"{who}, and the request does not say so", "make a new request, which lists it"))
    return holds


def rejects(trust: Trust, statement: Statement, artifact: str, now: int) -> bool:
    """Is a statement a valid rejection of an artifact, whatever request, version or model it answers."""
    return statement.kind == "rejection" and statement.artifact == artifact and speaks(trust, statement, now)


def speaks(trust: Trust, statement: Statement, now: int) -> bool:
    """Did somebody sign an answer in a role that is theirs, about the model and stage that it names."""
    try:
        person = signers.person(trust, statement, now)
        stage = statement.move.stage or NO_STAGE
        signers.in_role(trust, statement, person, statement.text("model"), stage)
    except InvalidError:
        return False
    return True


def next_command(reference: str, matter: Matter, chosen: Open | None) -> NextCommand:
    """The command that gathers the sign-offs that are missing."""
    model = shlex.quote(reference or matter.name)
    if chosen is not None and not chosen.statement.name.endswith(".json"):
        return NextCommand(f"policy sign {model} {options_of(matter.move)}", in_role=True)
    if chosen is not None:
        return NextCommand(f"policy sign {shlex.quote(chosen.statement.name)}", in_role=True)
    return NextCommand(f"policy request {model} {options_of(matter.move)}")


def options_of(move: Move) -> str:
    """The options by which a command names a move."""
    if move.stage is None:
        return f"--on {move.kind}"
    return f"--to {shlex.quote(move.stage.name)}" + (" --rollback" if move.kind == "rollback" else "")
