"""`policy runs`: what was trained before, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from letpass.cli import options, terminal
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.project.project import Project
    from letpass.registries.interface import Run

REGISTERED = "registered"  # how a run ended of which a registry knows no more than its version


@click.command("runs", short_help="List earlier runs of training, and how they ended.")
@click.argument("model", metavar="[MODEL]", default="")
@click.option("--failed", is_flag=True, help="Only runs that did not end well.")
@click.option("--same-as", "same", metavar="RUN", help="Only runs with the code, data and hyperparameters of this one.")
def command(model: str, failed: bool, same: str | None) -> Exit:
    """List earlier runs of training, the newest first, with their code, data and hyperparameters and how they ended, so
    that nobody repeats a failure.  In a folder registry each version stands for its run; where the ledger shows that its
    newest decision on registration or promotion was a denial, the run is `refused`.

    Exit 3 where RUN records nothing by which another could be the same.

    \b
    Example:
      policy runs --same-as fraud@4
    """
    with options.diagnosed():
        from letpass.diagnostics import RegistryError, clean
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.registries.interface import Run, no_model

        project = Project(load())
        listed = list(project.registry.runs(model))
        if model and not listed and not any(True for _ in project.registry.versions(model)):
            raise no_model(model, project.registry.name)
        faults = [f for f in listed if not isinstance(f, Run)]
        found = _judged(project, [f for f in listed if isinstance(f, Run)])
        if same is not None:
            every = found if not model else [r for r in project.registry.runs() if isinstance(r, Run)]
            own = next((r for r in every if same in {r.id, r.name}), None)
            if own is None:
                raise RegistryError.of(
                    "GATE433", f"there is no run `{same}`", project.registry.name, "`policy runs` lists them"
                )
            if not own.told:
                click.echo(
                    clean(f"{same} records neither code, data nor hyperparameters: no run is known to be the same")
                )
                return Exit.UNDECIDED
            found = [r for r in found if r.tuple == own.tuple]
    shown = [r for r in found if r.failed or not failed]
    for run in shown:
        click.echo(clean(_line(run)))
    if not shown:
        click.echo("no run" + (" has failed" if failed else "") + clean(f" of {model}" if model else ""))
    if faults:
        terminal.tell(faults)
        return Exit.USAGE
    return Exit.DONE


def _judged(project: Project, runs: list[Run]) -> list[Run]:
    """The runs, those refused whose version the ledger shows to be denied; for a registry that names runs by versions."""
    from letpass.frozen import replace
    from letpass.ledger import history

    models = dict.fromkeys(r.id.rpartition("@")[0] for r in runs if r.ended == REGISTERED)
    ledger = project.ledger.reader() if models else None
    if ledger is None:
        return runs
    denied = {
        f"{model}@{version}"
        for model in models
        for version in history.refused(
            e for e in ledger.about(model, registry=project.names.scope) if e.entry.model == model
        )
    }
    return [replace(r, ended="refused") if r.id in denied and r.ended == REGISTERED else r for r in runs]


def _line(run: Run) -> str:
    from letpass.facts.values import moment

    name = f" {run.name}" if run.name not in {"", run.id} else ""
    settings = " ".join(f"{k}={v[:20]}" for k, v in run.parameters[:6])
    more = f" and {len(run.parameters) - 6} more" if len(run.parameters) > 6 else ""
    data = ", ".join(run.data) or "data not recorded"
    at = moment(run.at) if run.at else "at no known time"
    return f"{run.ended:10} {run.id}{name}  {at}  code {run.commit[:12] or 'not recorded'}  {data}  {settings}{more}".rstrip()
