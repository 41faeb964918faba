"""`policy retire`: archive a version."""

from __future__ import annotations

import click

from letpass.cli import moving, notifying, options, people, reporting
from letpass.cli.exits import Exit


@click.command("retire", short_help="Archive a version.")
@click.argument("model", metavar="MODEL")
@people.reason_option
@moving.actor_option
def command(model: str, reason: str, actor: str | None) -> Exit:
    """Archive MODEL, a version of the registry, and end its deployments there.  Leaving a stage is never gated.

    \b
    Example:
      policy retire fraud@3 --reason "its time to live is over"
    """
    way = moving.Way((), (), None, actor, reporting.Reporting())
    with options.diagnosed():
        from letpass import lifecycle
        from letpass.diagnostics import clean
        from letpass.gathering import Desk

        desk = Desk(way.configuration)
        record = way.registered(model, desk)
        if desk.registry.gate() is not None:  # its server logs who leaves
            desk.registry.ask(record, "retire", reason)
            click.echo(clean(f"retired: {record.name} is archived"), err=True)
            return Exit.DONE
        moved = lifecycle.retire(notifying.before(desk), record, way.now, way.actor, reason)
    way.done(moved, desk, lambda step: f"retired: {step.model}@{step.version} is archived")
    return Exit.DONE
