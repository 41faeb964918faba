"""`policy promote`: move a version into a stage, if its policies allow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import moving, notifying, reporting
from letpass.cli.exits import Exit
from letpass.cli.records import registered

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.ledger.history import Step
    from letpass.move import Stage
    from letpass.project.project import Project


@click.command("promote", short_help="Move a version into a stage, if its policies allow it.")
@click.argument("model", metavar="MODEL")
@click.option("--to", "stage", metavar="STAGE", required=True, help="The stage, or an alias that means it.")
@moving.moves
def command(
    model: str, stage: str, beside: tuple[str, ...], artifact: str | None, actor: str | None,
    outputs: tuple[str, ...], ci: str, folder: str, verbose: bool, quiet: bool, color: str,
) -> Exit:  # fmt: skip
    """Move MODEL, a version of the registry, into a stage.  Who held the stage is archived in the same move.

    The decision is logged first, and nothing moves unless it is an allow by the project's own policies.  A version that was in the stage before, with
    these bytes, is judged by the policies on rollback where there are some.  A stage that nothing gates, now or before,
    needs no decision.  Where the registry's own server is gated, it is asked, and its decision is shown.

    \b
    Example:
      policy promote fraud@4 --to production
    """
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    way = moving.Way(beside, artifact, actor, shown)
    with shown.diagnosed():
        from letpass.diagnostics import clean
        from letpass.gate import gated
        from letpass.lifecycle import moves
        from letpass.move import promotion

        _, project, loaded = way.open()
        record = registered(model, project)
        said = project.registry.gate()
        if said is not None:
            target = gated.named(project, loaded, stage)
            ask = lambda: _ask(project, record, target, said)  # noqa: E731
            done = f"moved: {record.name} is in {target}"
            return way.asked(project, record, ask, promotion(target), done)
        moved = moves.promote(notifying.before(project), loaded, record, stage, way.now, way.actor, way.artifact)
        code = way.told(moved, project, _done)
        left = moved.made and not moved.there and record.stage != project.configuration.stage(stage)
        if left and not quiet and gated.is_gated(project, loaded, record.stage, record.kind):
            click.echo(clean(moving.serves(project, record, record.stage)), err=True)
        return code


def _ask(project: Project, record: Record, stage: Stage, said: Mapping[str, Any]) -> None:
    """Ask a gated server for a promotion, by its own name of the stage, and look whether it was made."""
    from letpass.diagnostics import RegistryError, UnreachableError
    from letpass.move import Stage
    from letpass.registries import own

    name, known, aliases = project.registry.name, said.get("stages"), said.get("aliases")
    if not isinstance(known, list) or stage not in {Stage(str(s)) for s in known}:
        shown = ", ".join(str(s) for s in known) if isinstance(known, list) else "none"
        raise RegistryError.of(
            "GATE433", f"the gate of `{name}` does not stand before `{stage}`; its stages are {shown}", name
        )
    named = aliases.items() if isinstance(aliases, dict) else ()
    alias = next((str(a) for a, means in named if Stage(str(means)) == stage), stage.name)
    project.registry.ask(record, "promote", alias)
    if own.again(project.registry, record).stage != stage:
        raise UnreachableError.of("GATE431", f"the server said yes, and `{record.name}` is not in `{stage}`", name)


def _done(step: Step) -> str:
    gone = f", {' and '.join(f'{step.model}@{v}' for v in step.leaving)} is archived" if step.leaving else ""
    return f"moved: {step.model}@{step.version} is in {step.stage}{gone}"
