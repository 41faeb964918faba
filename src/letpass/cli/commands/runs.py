"""`policy runs`: what was trained before, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from letpass.cli import options, sharding, terminal
from letpass.cli.exits import Exit
from letpass.diagnostics import clean
from letpass.frozen import Frozen

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic
    from letpass.project.project import Project
    from letpass.registries.interface import Run

REGISTERED = "registered"  # how a run ended of which a registry knows no more than its version


@click.command("runs", short_help="List earlier runs of training, and how they ended.")
@click.argument("names", metavar="[MODEL]", nargs=-1)
@click.option("--failed", is_flag=True, help="Only runs that did not end well.")
@click.option("--same-as", "same", metavar="RUN", help="Only runs with the code, data and hyperparameters of this one.")
@click.option("--at", metavar="TIME", help="With --shard: the time (ISO 8601) that all shards of a run bear.")
@sharding.sharded
def command(
    names: tuple[str, ...], failed: bool, same: str | None, at: str | None, shard: str | None, merge: bool
) -> Exit:  # fmt: skip
    """List earlier runs of training, the newest first, with their code, data and hyperparameters and how they ended, so
    that nobody repeats a failure.  In a folder registry each version stands for its run; where the ledger shows that its
    newest decision on registration or promotion was a denial, the run is `refused`.

    Exit 3 where RUN records nothing by which another could be the same.

    --shard lists a part of the runs, and --merge makes one list of the parts, whose files are named in the place of MODEL:
    docs/sharding.md.

    \b
    Example:
      policy runs --same-as fraud@4
    """
    with options.diagnosed():
        if shard is not None:
            return _part(shard, at, names)
        listed = _merged(names) if merge else _listed(names, at, same)
        found = list(listed.runs)
        if same is not None:
            own = next((r for r in listed.every if same in {r.id, r.name}), None)
            if own is None:
                from letpass.diagnostics import RegistryError

                raise RegistryError.of(
                    "GATE433", f"there is no run `{same}`", listed.registry, "`policy runs` lists them"
                )
            if not own.told:
                click.echo(
                    clean(f"{same} records neither code, data nor hyperparameters: no run is known to be the same")
                )
                return Exit.UNDECIDED
            found = [r for r in found if r.tuple == own.tuple]
    return _shown([r for r in found if r.failed or not failed], listed, failed=failed)


class Listed(Frozen):
    """Runs, of one model where one is named; every: those among which another may be named · faults: of what does not read."""

    runs: tuple[Run, ...]
    every: tuple[Run, ...]
    faults: tuple[Diagnostic, ...]
    registry: str
    model: str = ""


def _shown(runs: Sequence[Run], listed: Listed, *, failed: bool) -> Exit:
    for run in runs:
        click.echo(clean(_line(run)))
    if not runs:
        click.echo("no run" + (" has failed" if failed else "") + clean(f" of {listed.model}" if listed.model else ""))
    if listed.faults:
        terminal.tell(listed.faults)
        return Exit.USAGE
    return Exit.DONE


def _listed(names: Sequence[str], at: str | None, same: str | None) -> Listed:
    """The runs of the registry; raises `RegistryError` for a model that it does not have."""
    from letpass.project.configuration import load
    from letpass.project.project import Project
    from letpass.registries.interface import Run, no_model

    if len(names) > 1:
        raise click.UsageError(
            f"`{names[1]}`: runs are listed of one MODEL, or of all; with `--merge` these are files of shards"
        )
    if at is not None:
        raise click.UsageError("`--at` says which run a shard is of: it needs `--shard`")
    model = names[0] if names else ""
    project = Project(load())
    listed = list(project.registry.runs(model))
    if model and not listed and not any(True for _ in project.registry.versions(model)):
        raise no_model(model, project.registry.name)
    faults = tuple(f for f in listed if not isinstance(f, Run))
    found = _judged(project, [f for f in listed if isinstance(f, Run)])
    every = [r for r in project.registry.runs() if isinstance(r, Run)] if model and same is not None else found
    return Listed(tuple(found), tuple(every), faults, project.registry.name, model)


def _part(shard: str, at: str | None, names: Sequence[str]) -> Exit:
    """List the runs of a shard, and write them."""
    from letpass.lifecycle.shards import header, parts
    from letpass.project.configuration import load
    from letpass.project.project import Project
    from letpass.registries import shards
    from letpass.registries.interface import Run

    asked = sharding.part(shard, at, names, ("failed", "same"))
    configuration = load()
    project = Project(configuration)
    there = any(configuration.at(configuration.path(p)).exists() for p in configuration.policies)
    policies = options.load_policies((), configuration) if there else None  # a list of runs needs none
    sharding.spare(asked.path, configuration, policies)
    begun = header.of(project, policies, "runs", asked.shard, asked.now)
    listed = list(shards.runs(project.registry, asked.shard))
    runs = [(place, each) for place, each in listed if isinstance(each, Run)]
    ended = _judged(project, [run for _, run in runs])
    header.unmoved(begun, project)
    texts = parts.Texts()
    said = {
        "runs": [parts.of_run(place, run) for (place, _), run in zip(runs, ended, strict=True)],
        "unread": [parts.of_fault(place, each, texts) for place, each in listed if not isinstance(each, Run)],
    }
    counts = {name: len(found) for name, found in said.items()}
    return sharding.write(begun, counts, {**said, "texts": texts.all}, asked.path, quiet=False)


def _merged(files: Sequence[str]) -> Listed:
    """The runs of shards."""
    from letpass.lifecycle.shards import reading, together

    sharding.whole(files, ())
    found = together.read("runs", files)
    reading.holding(found, "runs", "unread")
    runs = tuple(reading.runs(found))
    return Listed(runs, runs, tuple(reading.faults(found, "unread")), found[0].header.registry)


def _judged(project: Project, runs: list[Run]) -> list[Run]:
    """The runs, those refused whose version the ledger shows to be denied; for a registry that names runs by versions."""
    from letpass.frozen import replace
    from letpass.ledger import history
    from letpass.registries.interface import parts_of

    models = dict.fromkeys(parts_of(r.id)[0] for r in runs if r.ended == REGISTERED)
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
