"""`policy promote`: move a version into a stage, if its policies allow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.cli import moving, notifying, options

if TYPE_CHECKING:
    from assay.history import Step


@click.command("promote", short_help="Move a version into a stage, if its policies allow it.")
@click.argument("model", metavar="MODEL")
@click.option("--to", "stage", metavar="STAGE", required=True, help="The stage, or an alias that means it.")
@moving.moves
def command(
    model: str, stage: str, policies: tuple[str, ...], beside: tuple[str, ...], artifact: str | None, actor: str | None,
    outputs: tuple[str, ...], verbose: bool, quiet: bool, color: str,
) -> None:  # fmt: skip
    """Move MODEL, a version of the registry, into a stage.  Who held the stage is archived in the same move.

    The decision is logged first, and nothing moves unless it is an allow.  A version that was in the stage before, with
    these bytes, is judged by the policies on rollback where there are some.  A stage that is neither protected nor named
    by a policy needs no decision.  Where the registry's own server is gated, it is asked, and its decision is shown.

    \b
    Example:
      policy promote fraud@4 --to production
    """
    way = moving.Way(policies, beside, artifact, actor, outputs, color, verbose=verbose, quiet=quiet)
    with options.diagnosed():
        from assay import lifecycle
        from assay.registries.interface import Change

        _, desk, loaded = way.open()
        record = way.registered(model, desk)
        if desk.registry.gate() is not None:
            target = desk.configuration.stage(stage)
            done = f"moved: {record.name} is in {target}"
            raise click.exceptions.Exit(
                way.asked(desk, record, lambda: desk.registry.move(record, Change(target)), done)
            )
        moved = lifecycle.promote(notifying.before(desk), loaded, record, stage, way.now, way.actor, way.artifact)
    raise click.exceptions.Exit(way.told(moved, loaded, desk, _done))


def _done(step: Step) -> str:
    gone = f", {' and '.join(f'{step.model}@{v}' for v in step.leaving)} is archived" if step.leaving else ""
    return f"moved: {step.model}@{step.version} is in {step.stage}{gone}"
