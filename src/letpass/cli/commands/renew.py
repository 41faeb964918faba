"""`policy renew`: decide anew about a version that is where it is."""

from __future__ import annotations

import click

from letpass.cli import moving, notifying, reporting
from letpass.cli.exits import Exit
from letpass.cli.records import registered


@click.command("renew", short_help="Decide anew about a version that is where it is.")
@click.argument("model", metavar="NAME@VERSION")
@click.option("--on", "on", type=click.Choice(["deployment"]), help="Decide anew about its deployment, not its stage.")
@moving.moves
def command(
    model: str, on: str | None, beside: tuple[str, ...], artifact: str | None, actor: str | None,
    outputs: tuple[str, ...], ci: str, folder: str, verbose: bool, quiet: bool, color: str,
) -> Exit:  # fmt: skip
    """Judge a version that holds a gated stage, or serves, by the policies of now, and log the decision.  Nothing moves.

    An allow brings a new proof, in the place of one that has ended or will; a denial ends the proof by which the version is
    there.  Sign-offs are asked for anew: those of the move were used up by it.

    \b
    Example:
      policy renew fraud@4
    """
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    way = moving.Way(beside, artifact, actor, shown)
    with shown.diagnosed():
        from letpass.diagnostics import RegistryError
        from letpass.gate import gated
        from letpass.lifecycle import moves
        from letpass.move import DEPLOYMENT, promotion

        _, project, loaded = way.open()
        record = registered(model, project)
        if on is None and not gated.is_gated(project, loaded, record.stage, record.kind):
            held = f"`{record.stage}`, which nothing gates" if record.stage else "no stage"
            raise RegistryError.of(
                "GATE433", f"`{record.name}` holds {held}", model, "`--on deployment` renews what it serves"
            )
        if on is not None and not record.lists.get("deployments"):
            raise RegistryError.of(
                "GATE433", f"`{record.name}` serves nowhere", model, "`policy deploy` records where it does"
            )
        move = DEPLOYMENT if on is not None else promotion(gated.named(project, loaded, record.stage.name))
        if project.registry.gate() is not None:
            ask = lambda: project.registry.ask(record, "renew", on or "")  # noqa: E731 - as every move asks
            return way.asked(project, record, ask, move, f"renewed: {record.name} stays", anew=True)
        moved = moves.renew(notifying.before(project), loaded, record, move, way.now, way.actor, way.artifact)
        return way.told(moved, project, lambda s: f"renewed: {s.model}@{s.version} stays")
