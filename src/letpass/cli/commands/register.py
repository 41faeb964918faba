"""`policy register`: take a new version into the registry, if its policies allow it."""

from __future__ import annotations

import click

from letpass.cli import moving, notifying, reporting
from letpass.cli.exits import Exit


@click.command("register", short_help="Take a new version into the registry, if its policies allow it.")
@click.argument("model", metavar="MODEL")
@moving.moves
def command(
    model: str, beside: tuple[str, ...], artifact: str | None, actor: str | None,
    outputs: tuple[str, ...], ci: str, folder: str, verbose: bool, quiet: bool, color: str,
) -> Exit:  # fmt: skip
    """Judge MODEL by the policies on registration, and take it into the registry where they allow it.

    MODEL is a record's file, or - for standard input.  It may also be a version that the registry has, as NAME@VERSION:
    then its registration is decided and logged, which its promotion will ask for.

    \b
    Example:
      policy register new/5.yaml
    """
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    way = moving.Way(beside, artifact, actor, shown)
    with shown.diagnosed():
        from letpass.cli.records import one_record
        from letpass.lifecycle import moves
        from letpass.move import REGISTRATION

        configuration, project, loaded = way.open()
        record = one_record(model, configuration)
        if project.registry.has(record) and project.registry.gate() is not None:
            done = f"registered: {record.name}"
            return way.asked(project, record, lambda: project.registry.ask(record, "register"), REGISTRATION, done)
        moved = moves.register(notifying.before(project), loaded, record, way.now, way.actor, way.artifact)
        return way.told(moved, project, lambda s: f"registered: {s.model}@{s.version}")
