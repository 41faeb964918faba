"""Signing a request: which one is meant, what its signer should know, and where the sign-off goes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import apart, options, people, showing
from letpass.cli.exits import Exit
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.gate.case import Case
    from letpass.move import Move
    from letpass.project.policyset import PolicySet
    from letpass.project.project import Project
    from letpass.trust.chain import Trust
    from letpass.trust.statements import Statement


def sign(
    request: str, roles: Sequence[str], key: str | None, reason: str, into: str | None, which: people.Which, *, yes: bool, log: bool,
    outputs: tuple[str, ...] = (),
) -> Exit:  # fmt: skip
    """Sign a request, beside it, once in each of some roles.  `request`: its file, or the model that it is about · `roles`:
    without any, the one of the signer's that is awaited.
    """
    with options.diagnosed():
        from letpass.canonical import digest_bytes
        from letpass.diagnostics import StatementError, clean
        from letpass.gate import case as cases
        from letpass.lifecycle import issuing
        from letpass.move import NO_STAGE
        from letpass.project.configuration import load
        from letpass.registries import carried
        from letpass.trust import statements

        configuration = load()
        project, trust = people.trusted(configuration)
        loaded = options.load_policies((), configuration)
        asked, where = asked_for(request, which, project, loaded)
        who, ssh, file = people.signer(trust, key)
        for role in roles:
            people.signer(trust, key, role)
            if fault := trust.current.roles[role].covers(asked.text("model"), asked.move.stage or NO_STAGE):
                raise StatementError.of("GATE415", f"the role `{role}`: {fault}")
        if asked.time("expiresAt") <= people.now():
            raise StatementError.of(
                "GATE413",
                f"the request expired at {asked.predicate['expiresAt']}",
                asked.name,
                "`policy request` makes a new one",
            )
        record, case = _about(asked, where, project) if isinstance(where, Path) else where, None
        if record is not None:
            case = cases.opened(project, loaded, record, asked.move, people.now())
            showing.so_far(case, outputs, signer=who)
        if not roles:
            roles = (_awaited(case, trust, who),)
            click.echo(clean(f"role: {roles[0]}, which is yours and awaited"))
        # what it says of digests is said again in the bytes that are signed
        people.show(asked.envelope.payload, "the request", ("author", "requester", "service", "reason", "expiresAt"))
        beside = carried.below(where) if isinstance(where, Path) else project.carrier(where).statements(where)
        for line in apart.of_signer(project, trust, asked, record, case, who):
            click.echo(clean(line))
        before = issuing.last_word(statements.readable(beside), who)
        folder = Path(into) if into else where if isinstance(where, Path) else None
        for role in dict.fromkeys(roles):
            payload = issuing.signoff(trust, asked, role, who, people.now(), reason, before)
            signed = people.sign(payload, ssh, file, yes=yes)
            if folder is not None:
                place = str(carried.put(folder, digest_bytes(payload), signed))
            else:
                assert not isinstance(where, Path)
                place = project.carrier(where).add(where, digest_bytes(payload), signed)
            people.written(place)
        if log:
            people.logged(project, loaded, record or _registered(asked, project), asked.move)
    return Exit.DONE


def _awaited(case: Case | None, trust: Trust, who: str) -> str:
    """The one role of somebody that a case awaits; raises a usage error where it is none, or one of several."""
    from letpass.move import NO_STAGE

    if case is None:
        raise click.UsageError("in which role? name it with --role")
    awaited = [w.role for r in case.decision.rules if r.blocks for w in r.why if w.role and who in (w.able or ())]
    model, stage = case.record.text("model"), case.move.stage or NO_STAGE
    own = [n for n, r in trust.current.roles.items() if n in awaited and not r.covers(model, stage)]
    if len(own) == 1:
        return own[0]
    if own:
        raise click.UsageError(
            f"in which role? you are awaited in {' and '.join(f'`{n}`' for n in own)}: name each with --role"
        )
    given = [s.role for s in case.verified.accepted.signoffs if s.person == who]
    if given:
        raise click.UsageError(f"{who} has signed already, as {' and '.join(given)}, and no rule awaits more of them")
    able = [n for n, r in trust.current.roles.items() if who in r.members and not r.covers(model, stage)]
    such = f", such as `--role {able[0]}`," if able else ""
    raise click.UsageError(
        f"no rule awaits a sign-off by {who}; name the role with --role{such} if you sign nevertheless"
    )


def _about(asked: Statement, folder: Path, project: Project) -> Record | None:
    """The version that a request in a folder is about, in the registry or beside it; None where it is neither."""
    from letpass.diagnostics import LetpassError
    from letpass.project.contents import find
    from letpass.registries import files

    beside = [folder.absolute().with_name(folder.absolute().name + ending) for ending in files.ENDINGS]
    for name in (asked.subject, *map(str, beside)):
        with suppress(LetpassError):
            found = find(name, project.configuration).records
            if len(found) == 1 and found[0].name == asked.subject:
                return found[0]
    return None


def meant(asked: Statement, folder: Path, project: Project) -> Record:
    """The version that a request in a folder is about, whosever folder that is; raises `LetpassError`."""
    return _about(asked, folder, project) or _registered(asked, project)


def _registered(asked: Statement, project: Project) -> Record:
    from letpass.registries import own

    return own.called(project.registry, asked.text("model"), asked.text("version"))


def request_in(path: Path) -> Statement:
    """The request in a file; nobody's signature is verified.  Raises `StatementError` for something else."""
    from letpass.diagnostics import StatementError
    from letpass.registries import carried
    from letpass.trust import requests, statements

    name, data = carried.below(path)[0]
    try:
        found = statements.read(name, data)
        if found.kind != "request":
            raise InvalidError(f"it is a {found.kind}")
        if why := requests.misnamed(found):
            raise InvalidError(why)
    except InvalidError as error:
        raise StatementError.of(
            "GATE413", f"no request: {error}", name, "`policy pending` lists the requests"
        ) from None
    return found


def asked_for(what: str, which: people.Which, project: Project, policies: PolicySet) -> tuple[Statement, Path | Record]:
    """A request, and where answers to it go: into the folder of the file that is named, else beside the record of the model.

    Of several requests of a model those that can still be signed are looked at.  Raises `StatementError` where none can
    be, with the reason, and where several moves are asked for.
    """
    from letpass.cli.records import one_record
    from letpass.diagnostics import StatementError

    path = Path(what)
    if path.suffix == ".json" and path.is_file():
        return request_in(path), path.parent
    record = one_record(what, project.configuration)
    project.artifacts.digest(record, None, "a sign-off")
    open_ = requests_of(project, policies, record)
    wanted = [c for c in open_ if which.fits(c.move, project.configuration)]
    if not wanted:
        others = f"; there are some for {', '.join(sorted(str(c.move) for c in open_))}" if open_ else ""
        help_ = f"`{next_request(record, which)}` makes one"
        raise StatementError.of("GATE413", f"no request for `{record.name}`{others}", what, help_)
    counting = [c for c in wanted if c.verified.request is not None]
    if len(counting) > 1:
        several = f"there are requests for several moves of `{record.name}`"
        named = " or ".join(sorted(_selecting(c.move) for c in counting))
        raise StatementError.of("GATE413", several, what, f"name one with {named}")
    if not counting:
        accepted = wanted[0].verified.accepted
        why = next((j.why for j in accepted.judged if j.kind == "request"), "")
        help_ = f"`{accepted.next.line()}`" if accepted.next else ""
        raise StatementError.of("GATE413", f"no request for `{record.name}` counts: {why}", what, help_)
    request = counting[0].verified.request
    assert request is not None
    return request.statement, record


def _selecting(move: Move) -> str:
    """The options that select a move among all others."""
    from letpass.trust.review import options_of

    return f"`{options_of(move)}{' --on promotion' if move.kind == 'promotion' else ''}`"


def next_request(record: Record, which: people.Which) -> str:
    """The command that asks for what was meant."""
    words = [
        f" --to {shlex.quote(which.stage)}" if which.stage else "",
        " --rollback" if which.kind == "rollback" else "",
    ]
    words += [f" --on {which.kind}" if which.kind not in {None, "promotion", "rollback"} else ""]
    return f"policy request {shlex.quote(record.name)}{''.join(words)}"


def requests_of(project: Project, policies: PolicySet, record: Record) -> Sequence[Case]:
    """A case for each move of a version that was asked for, whether its request counts or not, the newest first."""
    from letpass.gate import case as cases
    from letpass.move import DEPLOYMENT
    from letpass.trust import statements

    first = cases.opened(project, policies, record, DEPLOYMENT, people.now())
    if first.bundle is None:
        return ()
    own = record.text("model"), record.text("version")
    found = [s for s in statements.readable(first.bundle.statement_files) if s.kind == "request"]
    asked = sorted((s for s in found if (s.text("model"), s.text("version")) == own), key=lambda s: s.time("issuedAt"))
    moves = dict.fromkeys(s.move for s in reversed(asked))
    return tuple(cases.opened(project, policies, record, move, people.now(), there=True) for move in moves)
