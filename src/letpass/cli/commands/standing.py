"""`policy standing`: say what the gate knows now of moves that were made, for those who verify without the ledger."""

from __future__ import annotations

import click

from letpass.cli import options, people, served, terminal
from letpass.cli.exits import Exit


@click.command("standing", short_help="Leave fresh standings beside versions whose proofs nothing has ended.")
@click.argument("models", metavar="[NAME@VERSION]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Of every version of the registry whose move was made.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code tells.")
def command(models: tuple[str, ...], every: bool, quiet: bool) -> Exit:
    """Look at the ledger for each move that was made of the versions, and leave a standing where nothing has ended its
    proof: a short-lived statement, signed by the gate, by which `policy verify --offline` knows that nobody has spoken
    against it since.  It is no judgement.

    Exit 1 where a proof has ended, 2 where a version that is named was never moved, or one does not read.

    \b
    Example:
      policy standing --all
    """
    if bool(models) == every:
        raise click.UsageError("name versions, or --all")
    with options.diagnosed():
        from letpass.cli.records import one_record
        from letpass.diagnostics import Diagnostic, StatementError, clean
        from letpass.facts.record import Record
        from letpass.lifecycle import standings
        from letpass.project.configuration import load
        from letpass.project.project import Project

        project = Project(load())
        listed = list(project.registry.versions()) if every else [one_record(m, project.configuration) for m in models]
        faults = [f for f in listed if isinstance(f, Diagnostic)]
        lines: list[str] = []
        ended, gated = False, project.registry.gate() is not None
        for record in listed:
            if not isinstance(record, Record):
                continue
            if gated:
                line, refused = served.standing(project, record)
                none = refused is not None and refused.get("moves") == 0
                if not (none and every):
                    lines.append(line)
                    ended |= refused is not None
                continue
            found = list(standings.each(project, record, people.now()))
            if not found and not every:
                raise StatementError.of(
                    "GATE413",
                    f"no move of `{record.name}` was made by a decision",
                    record.name,
                    "`policy promote` makes one",
                )
            lines += [standings.line(answer) for answer in found]
            ended |= any(answer.endings for answer in found)
        for line in lines if not quiet else ():
            click.echo(clean(line))
        if not lines and not quiet:
            click.echo("no move was made by a decision")
        terminal.tell(faults)
    if faults:
        return Exit.USAGE
    return Exit.NO if ended else Exit.DONE
