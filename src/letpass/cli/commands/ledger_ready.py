"""`policy ledger ready`: could the ledger be written now."""

from __future__ import annotations

import click

from letpass.cli import options
from letpass.cli.commands.ledger import SUBCOMMANDS, command
from letpass.cli.exits import Exit


@command.command("ready", short_help=SUBCOMMANDS["ready"])
@click.option("-q", "--quiet", is_flag=True, help="Print nothing where it is; the exit code tells.")
def ready(quiet: bool) -> Exit:
    """Look whether a decision could be logged now: the ledger answers and is what it was, the gate's key is there, its
    writers' lock is to be had within two seconds, there is room on the disk, and the clock is right.

    Nothing is logged, and no key or ledger is made.  Exit 0 where it could be, 4 where the ledger is in the way, 2 where the
    project, its trust file or its key is.  A gated server answers the same at `/health/letpass`.

    \b
    Example:
      policy ledger ready
    """
    with options.diagnosed():
        from letpass.cli.people import now
        from letpass.diagnostics import clean, so_many
        from letpass.project import ready as readiness
        from letpass.project.configuration import load
        from letpass.project.project import Project

        project = Project(load())
        size = readiness.look(project, now())
        if not quiet:
            has = f"it has {so_many(size, 'entry', 'entries')}" if size else "the first decision begins it"
            click.echo(clean(f"ready: the ledger `{project.ledger.name}` could be written; {has}"))
    return Exit.DONE
