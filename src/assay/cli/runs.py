"""`policy runs`: what was trained before, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.cli import options

if TYPE_CHECKING:
    from assay.registries.interface import Run


@click.command("runs", short_help="List earlier runs of training, and how they ended.")
@click.argument("model", metavar="[MODEL]", default="")
@click.option("--failed", is_flag=True, help="Only runs that did not end well.")
@click.option("--same-as", "same", metavar="RUN", help="Only runs with the code, data and hyperparameters of this one.")
def command(model: str, failed: bool, same: str | None) -> None:
    """List earlier runs of training, the newest first, with their code, data and hyperparameters and how they ended, so
    that nobody repeats a failure.  In a folder registry each version stands for its run.

    \b
    Example:
      policy runs --same-as fraud@4
    """
    with options.diagnosed():
        from assay.configuration import load
        from assay.gathering import registry_of
        from assay.language.diagnostics import clean
        from assay.registries.interface import refused

        registry = registry_of(load())
        found = list(registry.runs(model))
        if same is not None:
            own = next((r for r in found if same in {r.id, r.name}), None)
            if own is None:
                raise refused(f"there is no run `{same}`", registry.name, "`policy runs` lists them")
            found = [r for r in found if r.tuple == own.tuple]
    shown = [r for r in found if r.failed or not failed]
    for run in shown:
        click.echo(clean(_line(run)))
    if not shown:
        click.echo("no run" + (" has failed" if failed else ""))


def _line(run: Run) -> str:
    from assay.facts.values import moment

    name = f" {run.name}" if run.name not in {"", run.id} else ""
    settings = " ".join(f"{k}={v[:20]}" for k, v in run.parameters[:6])
    more = f" and {len(run.parameters) - 6} more" if len(run.parameters) > 6 else ""
    data = ", ".join(run.data) or "data not recorded"
    at = moment(run.at) if run.at else "at no known time"
    return f"{run.ended:10} {run.id}{name}  {at}  code {run.commit[:12] or 'not recorded'}  {data}  {settings}{more}".rstrip()
