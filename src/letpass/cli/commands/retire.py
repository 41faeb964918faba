"""`policy retire`: archive a version."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from letpass.cli import moving, notifying, options, reporting
from letpass.cli.exits import Exit
from letpass.cli.records import registered

if TYPE_CHECKING:
    from letpass.lifecycle.differences import Difference
    from letpass.project.project import Project


@click.command("retire", short_help="Archive a version.")
@click.argument("model", metavar="MODEL")
@click.option("--reason", metavar="TEXT", required=True, help="Why, for everybody to read.")
@moving.actor_option
def command(model: str, reason: str, actor: str | None) -> Exit:
    """Archive MODEL, a version of the registry, and end its deployments there.  Leaving a stage is never gated.

    Of a version that is in the registry no more it is logged that it left.

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
        from letpass.diagnostics import LetpassError, UnreachableError, clean
        from letpass.lifecycle import moves
        from letpass.move import ARCHIVED
        from letpass.project.project import Project

        project = Project(way.configuration)
        try:
            record = registered(model, project)
        except LetpassError as missing:
            gone = _gone(project, model) if not isinstance(missing, UnreachableError) else None
            if gone is None:
                raise
            step = moves.gone(notifying.before(project), gone, way.now, way.actor, reason)
            click.echo(
                clean(f"retired: {gone.name} is gone, and that it left is entry {step.index} of the ledger"), err=True
            )
            notifying.after(project, quiet=False)
            return Exit.DONE
        stage = record.stage
        if project.registry.gate() is not None:  # its server logs who leaves
            project.registry.ask(record, "retire", reason)
            click.echo(clean(f"retired: {record.name} is archived"), err=True)
        else:
            moved = moves.retire(notifying.before(project), record, way.now, way.actor, reason)
            way.done(moved, project, lambda step: f"retired: {step.model}@{step.version} is archived")
        click.echo(clean(moving.serves(project, record, stage)))
        if stage and stage != ARCHIVED:
            revoke = f"`policy revoke {shlex.quote(record.name)} --reason TEXT`"
            click.echo(clean(f"leaving a stage ends no proof; where the version is unfit, {revoke} does"))
    return Exit.DONE


def _gone(project: Project, reference: str) -> Difference | None:
    """What the ledger has of a version that the registry does not have any more; None where it has left, or never was there."""
    from letpass.cli import people
    from letpass.lifecycle import reconciliation
    from letpass.lifecycle.differences import Kind
    from letpass.registries.interface import parts_of

    model = parts_of(reference)[0]
    if not model or not project.ledger.begun:
        return None
    found = reconciliation.compare(project, options.load_policies((), project.configuration), people.now(), [model])
    gone = (d for d in found if d.kind in {Kind.DELETED, Kind.MADE_ANEW})
    return next((d for d in gone if d.name == reference), None)
