"""Answers to a request: `policy sign`, `policy reject` and `policy withdraw` differ in one word."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import apart, options, people
from letpass.cli.exits import Exit
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from letpass.facts.record import Record
    from letpass.gathering import Desk
    from letpass.move import Move
    from letpass.trust.chain import Trust
    from letpass.trust.statements import Statement


def answer(
    request: str, decision: str, role: str, key: str | None, reason: str, into: str | None, which: people.Which, *, yes: bool,
    log: bool,
) -> Exit:  # fmt: skip
    """Sign an answer to a request, beside it.  `request`: its file, or the model that it is about."""
    with options.diagnosed():
        from letpass import asking
        from letpass.canonical import digest_bytes
        from letpass.cli.check import one_record
        from letpass.configuration import load
        from letpass.diagnostics import StatementError
        from letpass.move import NO_STAGE
        from letpass.registries import carried
        from letpass.trust import statements

        configuration = load()
        desk, trust = people.trusted(configuration)
        name, data, where = asked_for(request, which, desk)
        try:
            asked = statements.read(name, data)
            if asked.kind != "request":
                raise InvalidError(f"it is a {asked.kind}")
        except InvalidError as error:
            raise StatementError.of(
                "GATE413", f"no request: {error}", name, "`policy pending` lists the requests"
            ) from None
        who, ssh, file = people.signer(trust, key, role)
        scope = trust.current.roles[role]
        if fault := scope.covers(asked.text("model"), asked.move.stage or NO_STAGE):
            raise StatementError.of("GATE415", f"the role `{role}`: {fault}")
        if asked.time("expiresAt") <= people.now():
            raise StatementError.of(
                "GATE413",
                f"the request expired at {asked.predicate['expiresAt']}",
                name,
                "`policy request` makes a new one",
            )
        people.show(asked.envelope.payload, "the request")
        beside = carried.below(where) if isinstance(where, Path) else desk.carrier(where).statements(where)
        warn(desk, trust, asked, where, beside, who, decision)
        before = asking.last_answer(beside, asked, role, who)
        payload = asking.answer(trust, asked, decision, role, who, people.now(), reason, before)
        signed = people.sign(payload, ssh, file, yes=yes)
        folder = Path(into) if into else where if isinstance(where, Path) else None
        if folder is not None:
            place = str(carried.put(folder, digest_bytes(payload), signed))
        else:
            assert not isinstance(where, Path)
            place = desk.carrier(where).add(where, digest_bytes(payload), signed)
        people.written(place)
        if log:
            record = one_record(asked.subject, configuration) if isinstance(where, Path) else where
            loaded = options.load_policies((), configuration)
            people.logged(desk, trust, loaded, record, asked.move)
    return Exit.DONE


def asked_for(what: str, which: people.Which, desk: Desk) -> tuple[str, bytes, Path | Record]:
    """A request's name and text, and where answers to it go: into the folder of the file that is named, else beside the
    record of the model.

    Raises `LetpassError` where no request counts, with the reason, and where several moves are asked for.
    """
    from letpass.cli.check import one_record
    from letpass.diagnostics import StatementError
    from letpass.registries import carried
    from letpass.testimony import reviewed
    from letpass.trust import statements

    path = Path(what)
    if path.suffix == ".json" and path.is_file():
        return *carried.below(path)[0], path.parent
    record = one_record(what, desk.configuration)
    desk.artifact_of(record, None, "a sign-off")
    dossier = desk.dossier(record)
    policies = options.load_policies((), desk.configuration)
    found = statements.readable((p.name, p.data) for p in dossier.papers) if dossier else ()
    asked = sorted((s for s in found if s.kind == "request"), key=lambda s: s.time("issuedAt"))
    moves = [m for m in dict.fromkeys(s.move for s in reversed(asked)) if which.fits(m, desk.configuration)]
    if dossier is None or not moves:
        others = f"; there are some for {', '.join(dict.fromkeys(str(s.move) for s in asked))}" if asked else ""
        help_ = f"`{next_request(record, which)}` makes one"
        raise StatementError.of("GATE413", f"no request for `{record.name}`{others}", what, help_)
    reviews = {move: reviewed(dossier, record, move, policies.digest, people.now()) for move in moves}
    open_ = [move for move, done in reviews.items() if done.request is not None]
    if len(open_) > 1:
        several = f"there are requests for several moves of `{record.name}`"
        raise StatementError.of(
            "GATE413", several, what, f"name one with {' or '.join(sorted(_selecting(m) for m in open_))}"
        )
    done = reviews[open_[0] if open_ else moves[0]]
    if done.request is None:
        why = next((j.why for j in done.accepted.judged if j.kind == "request"), "")
        help_ = f"`{done.accepted.next.line()}`" if done.accepted.next else ""
        raise StatementError.of("GATE413", f"no request for `{record.name}` counts: {why}", what, help_)
    statement = done.request.statement
    return statement.name, statement.envelope.text(), record


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


def _same_voice(later: Statement, before: Statement) -> bool:
    """Does one person answer the same request in the same role again."""
    fields = ("signer", "role", "request")
    return all(later.text(f) == before.text(f) for f in fields) and later.time("issuedAt") >= before.time("issuedAt")


def warn(
    desk: Desk, trust: Trust, asked: Statement, where: Path | Record, beside: Sequence[tuple[str, bytes]], who: str,
    decision: str,
) -> None:  # fmt: skip
    """Say what a signer should know: who rejected this before, and that an author's sign-off may not count."""
    from letpass.diagnostics import clean
    from letpass.trust import statements
    from letpass.trust.statements import SIGNOFF

    history = asked.predicate["history"]
    answers = [s for s in statements.readable(beside) if s.type == SIGNOFF] if history else []
    for found in answers:
        if found.digest not in history:
            continue
        reason = f": {found.text('reason')}" if found.text("reason") else ""
        later = [s for s in answers if s.kind == "withdrawal" and _same_voice(s, found)]
        taken = "; they took it back" if later else ""
        said = f"{found.text('signer')} as {found.text('role')} at {found.text('issuedAt')}{reason}{taken}"
        click.echo(clean(f"note: rejected before by {said}"))
    if decision == "approve":
        for line in apart.of_signer(desk, trust, asked, where, who):
            click.echo(clean(line))
