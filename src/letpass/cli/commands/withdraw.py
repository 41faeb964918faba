"""`policy withdraw`: take back a sign-off, an objection or a waiver of your own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, people, words
from letpass.cli.exits import Exit
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.project.configuration import Configuration
    from letpass.project.project import Project
    from letpass.trust.statements import Statement

TAKEN = frozenset({"sign-off", "objection", "waiver"})
"""What its author may take back."""


@click.command("withdraw", short_help="Take back a sign-off, an objection or a waiver of your own.")
@click.argument("what", metavar="MODEL|STATEMENT")
@people.choosing
@click.option("--role", metavar="ROLE", help="Of a MODEL: only what you said in this role.")
@click.option(
    "--of", "only", metavar="DIGEST", multiple=True, help="Of several: the one of this digest (its beginning)."
)
@click.option("--all", "every", is_flag=True, help="Of several: all of them.")
@people.reason_option
@people.key_option
@people.yes_option
@words.log_option
@words.into_option
def command(
    what: str, which: people.Which, role: str | None, only: tuple[str, ...], every: bool, reason: str, key: str | None,
    yes: bool, log: bool | None, into: str | None,
) -> Exit:  # fmt: skip
    """Take back a sign-off, an objection or a waiver of yours about MODEL that stands, or the one in a STATEMENT's file.

    Where several stand they are listed, and --of names one, or --all takes all back.  Nobody else can: an objection that its
    author does not withdraw is lifted by the owners of the policies (`policy lift`).  A move that was made loses its approval
    with a sign-off or a waiver that counted for it.

    \b
    Example:
      policy withdraw models/fraud/4.yaml --role validator --key ~/.ssh/id_ed25519 --reason "…"
    """
    with options.diagnosed():
        from letpass.diagnostics import StatementError
        from letpass.lifecycle import issuing, standings
        from letpass.project.configuration import load
        from letpass.registries.interface import Beside

        configuration = load()
        project, trust = people.trusted(configuration)
        who, ssh, file = people.signer(trust, key)
        record, said = _said(what, project)
        own = [s for s in said if s.text("signer") == who and _asked(s, which, role, configuration)]
        with people.naming():
            meant = standings.meant((s.digest for s in own), only if own else ())
        own = [s for s in own if not only or s.digest in meant]
        if len(own) > 1 and not every and not only:
            listed = "; ".join(f"`--of {s.digest[7:19]}`: the {_words(s)}" for s in own)
            raise StatementError.of(
                "GATE413",
                f"{who} has said several things that stand: {listed}",
                what,
                "name one of them with `--of`, or all with `--all`",
            )
        if not own:
            raise StatementError.of(
                "GATE413", f"{who} has said nothing about `{record.name}` that stands", what,
                "`policy show` lists what lies beside a version, `policy history` what is in the ledger",
            )  # fmt: skip
        for statement in own:
            payload = issuing.withdrawal(trust, statement, who, people.now(), reason)
            signed = people.sign(payload, ssh, file, yes=yes)
            words.put(project, record, payload, signed, Beside.OBJECTION, into, log=log)
    return Exit.DONE


def _asked(statement: Statement, which: people.Which, role: str | None, configuration: Configuration) -> bool:
    """Is a word one of those that are meant."""
    from letpass.move import Target

    if role is not None and statement.text("role") != role:
        return False
    if statement.kind != "objection":
        return which.fits(statement.move, configuration)
    against = Target.of(statement.predicate["against"])
    to = configuration.stage(which.stage) if which.stage is not None else None
    return to in {None, against.stage} and which.kind in {None, against.kind}


def _words(statement: Statement) -> str:
    """A word of somebody: its kind, role and time, and what it is about."""
    from letpass.move import Target

    if statement.kind == "objection":
        about = f"against {Target.of(statement.predicate['against'])}"
    elif statement.kind == "waiver":
        about = f"of {statement.text('policy')}/{statement.text('label')}, {statement.move}"
    else:
        about = f"of the {statement.move}"
    return f"{statement.kind} as {statement.text('role')} at {statement.text('issuedAt')} {about}"


def _said(what: str, project: Project) -> tuple[Record, list[Statement]]:
    """The version, and the words that nobody has withdrawn; of a file the one in it."""
    from letpass.cli.records import one_record
    from letpass.diagnostics import StatementError
    from letpass.registries import carried, own
    from letpass.trust import statements

    path = Path(what)
    if path.suffix == ".json" and path.is_file():
        name, data = carried.below(path)[0]
        try:
            found = statements.read(name, data)
            if found.kind not in {*TAKEN, "request"}:
                raise InvalidError(f"it is a {found.kind}")
        except InvalidError as error:
            raise StatementError.of("GATE413", f"no {', '.join(sorted(TAKEN))}: {error}", name) from None
        if found.kind == "request":  # whoever answered one names it again
            record = own.called(project.registry, found.text("model"), found.text("version"))
            return record, list(_standing(project, record))
        return own.called(project.registry, found.text("model"), found.text("version")), [found]
    record = one_record(what, project.configuration)
    return record, list(_standing(project, record))


def _standing(project: Project, record: Record) -> Iterator[Statement]:
    from letpass.gate import case as cases
    from letpass.move import DEPLOYMENT
    from letpass.trust import statements

    case = cases.opened(project, options.load_policies((), project.configuration), record, DEPLOYMENT, people.now())
    found = list(statements.readable(case.bundle.statement_files)) if case.bundle is not None else []
    withdrawn = {s.text("of") for s in found if s.kind == "withdrawal"}
    own = record.text("model"), record.text("version")
    seen: set[str] = set()
    for statement in found:
        about = (statement.predicate.get("model"), statement.predicate.get("version"))
        if statement.kind in TAKEN and about == own and statement.digest not in withdrawn | seen:
            seen.add(statement.digest)
            yield statement
