"""`policy retire`: archive a version."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from letpass.cli import moving, notifying, options, reporting
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    pass


@click.command("retire", short_help="Archive a version.")
@click.argument("model", metavar="MODEL")
@click.option("--reason", metavar="TEXT", required=True, help="Why, for everybody to read.")
@moving.actor_option
def command(model: str, reason: str, actor: str | None) -> Exit:
    """Archive MODEL, a version of the registry, and end its deployments there.  Leaving a stage is never gated.

    Whoever held a stage last stays the champion that others are compared with: what was unfit is revoked with
    `policy revoke`.

    \b
    Example:
      policy retire fraud@3 --reason "its time to live is over"
    """
    if not reason.strip():
        raise click.UsageError("leaving needs a reason")
    way = moving.Way((), None, actor, reporting.Reporting())
    with options.diagnosed():
        from letpass import lifecycle
        from letpass.diagnostics import clean
        from letpass.gathering import Desk
        from letpass.move import ARCHIVED

        desk = Desk(way.configuration)
        record = way.registered(model, desk)
        stage = record.stage
        if desk.registry.gate() is not None:  # its server logs who leaves
            desk.registry.ask(record, "retire", reason)
            click.echo(clean(f"retired: {record.name} is archived"), err=True)
        else:
            moved = lifecycle.retire(notifying.before(desk), record, way.now, way.actor, reason)
            way.done(moved, desk, lambda step: f"retired: {step.model}@{step.version} is archived")
        click.echo(clean(moving.serves(desk, record, stage)))
        if stage and stage != ARCHIVED:
            revoke = f"`policy revoke {shlex.quote(record.name)} --reason TEXT`"
            click.echo(clean(f"leaving a stage ends no proof; where the version is unfit, {revoke} does"))
    return Exit.DONE
