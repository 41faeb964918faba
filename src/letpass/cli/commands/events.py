"""`policy events`: what waits for webhooks and commands, and its delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from letpass.cli import options
from letpass.cli.exits import Exit
from letpass.cli.subcommands import Subcommands

if TYPE_CHECKING:
    from letpass.events.delivery import Outbox, Waiting
    from letpass.project.project import Project

SUBCOMMANDS = {
    "list": "List what waits, and why.",
    "deliver": "Send what waits.",
}
NOBODY = "no target is declared: `[[events]]` in policy.toml declares one"


@click.group(
    "events",
    cls=Subcommands,
    table=SUBCOMMANDS,
    elsewhere={},
    short_help="Tell webhooks and commands what was logged.",
)
def command() -> None:
    """After a move, and after `policy check --log`, the targets that `[[events]]` in policy.toml declares are told.  What
    could not be delivered waits, in order for each model, and is never dropped.

    \b
    Example:
      policy events list
    """


def _desk() -> Project:
    from letpass.project.configuration import load
    from letpass.project.project import Project

    return Project(load())


@command.command("list", short_help=SUBCOMMANDS["list"])
def list_() -> Exit:
    """List what waits, by target and model: the next event, how often it was sent, when again, and what went wrong last.

    \b
    Example:
      policy events list
    """
    with options.diagnosed():
        from letpass.events import outbox

        project = _desk()
        found = outbox.opened(project)
        left = list(found.waiting()) if found is not None else []
        gone = _gone(found) if found is not None else []
    if not project.configuration.events:
        click.echo(NOBODY)
        return Exit.DONE
    for target in project.configuration.events:
        mine = [waiting for waiting in left if waiting.target == target]
        click.echo(f"{target.shown}: {'nothing waits' if not mine else ''}".rstrip())
        for waiting in mine:
            _show(waiting)
    for line in gone:
        click.echo(line)
    return Exit.DONE


@command.command("deliver", short_help=SUBCOMMANDS["deliver"])
@click.option("--all", "everything", is_flag=True, help="Send also what was sent in vain and is not due again yet.")
def deliver(everything: bool) -> Exit:
    """Send what is due, in order for each model.  Exit 0 where nothing waits any more, 4 where something does,
    2 where nobody is to be told.

    Run it as a service or from a timer, so that what a move could not deliver arrives.

    \b
    Example:
      policy events deliver
    """
    with options.diagnosed():
        from letpass.events import outbox

        project = _desk()
        if not project.configuration.events:
            raise click.UsageError(NOBODY)
        left = outbox.deliver(project, everything=everything)
    if not left:
        click.echo("nothing waits")
        return Exit.DONE
    for target in dict.fromkeys(waiting.target for waiting in left):
        click.echo(f"{target.shown}:")
        for waiting in left:
            if waiting.target == target:
                _show(waiting)
    return Exit.UNREACHABLE


def _show(waiting: Waiting) -> None:
    from letpass.diagnostics import clean
    from letpass.facts.values import moment

    first, row = waiting.events[0], waiting.row
    more = f", and {len(waiting.events) - 1} more of the model" if len(waiting.events) > 1 else ""
    click.echo(clean(f"  {first.kind} of {first.about} (entry {first.index}){more}"))
    tried = f"sent {row.attempts} time{'' if row.attempts == 1 else 's'} in vain, again from {moment(row.due)} on"
    why = waiting.said or row.error
    said = [
        tried if row.attempts else "not sent yet",
        *([f"last: {why}"] if row.attempts and why else [why] if why else []),
    ]
    click.echo(clean(f"    {'being sent now' if waiting.held else '; '.join(said)}"))


def _gone(outbox: Outbox) -> list[str]:
    """A line for each target that was told before and is declared no more: what waited for it is not sent."""
    known, declared = outbox.table.targets(), {target.key for target in outbox.targets}
    return [
        f"{key.removeprefix('name:')}: declared no more; it was told all up to entry {done}"
        for key, done in known.items()
        if key not in declared
    ]
