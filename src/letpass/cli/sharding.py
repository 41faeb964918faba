"""`--shard`, `--merge` and `--at`: a part of a run over all models, and the parts made one again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import options, reporting
from letpass.cli.exits import Exit
from letpass.frozen import Frozen

if TYPE_CHECKING:
    from letpass.lifecycle.shards.header import Header
    from letpass.project.configuration import Configuration
    from letpass.project.policyset import PolicySet
    from letpass.registries.shards import Shard


def sharded(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """The options of the commands that several machines may share."""
    for option in (
        click.option("--merge", "merge", is_flag=True, help="Make one report of the shards in the files that are named."),
        click.option(
            "--shard", "shard", metavar="I/N[=PATH]",
            help="Look at one of N parts of the models, the first is 1/N, and write what was seen; needs --at.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def given(names: Sequence[str]) -> str:
    """The first of some options that the command line itself gives; nothing where it gives none."""
    context = click.get_current_context()
    here = [n for n in names if context.get_parameter_source(n) is click.core.ParameterSource.COMMANDLINE]
    return next((p.opts[0] for p in context.command.params if p.name in here), "")


class Part(Frozen):
    """A part of a run: the shard, the file that it goes to, None for standard output, and its clock in microseconds."""

    shard: Shard
    path: str | None
    now: int


def part(
    shard: str, at: str | None, models: Sequence[str], merged: Sequence[str], others: Sequence[str] = ()
) -> Part:  # fmt: skip
    """The part of a run that is asked for; raises a usage error.

    merged: parameters of the command that are the merge's · others: those that neither a part nor a merge can have.
    """
    from letpass.diagnostics import InvalidError
    from letpass.registries import shards

    which, _, path = shard.partition("=")
    try:
        found = shards.read(which)
    except InvalidError as error:
        raise click.BadParameter(str(error), param_hint="--shard") from None
    if models:
        raise click.UsageError(f"a shard is of all models of the registry: leave `{models[0]}` out, or `--shard`")
    if other := given(others):
        raise click.UsageError(f"`{other}` is of a whole run, and a shard is a part of one: leave one of the two out")
    if other := given(("merge", *merged)):
        raise click.UsageError(
            f"`{other}` is of all shards, and `--shard` makes one of them: first make all, then `--merge` them"
        )
    if at is None:
        raise click.UsageError("a shard needs `--at TIME`: all shards of a run share one clock")
    return Part(found, path or None, options.clock(at)[0])


def spare(path: str | None, configuration: Configuration, policies: PolicySet | None) -> None:
    """Raise a usage error for a shard in the place of what is judged by, or in the registry, where it might be read as a record."""
    from letpass.registries import place

    if path in {None, "-"}:
        return
    where = Path(os.path.realpath(str(path)))
    texts = [name for name, _ in policies.texts] if policies is not None else []
    files = [*map(str, reporting.files_of_project(configuration)), *texts]
    registry = configuration.registry
    root = None if place.is_address(registry) else Path(os.path.realpath(configuration.path(registry)))
    if where in {Path(os.path.realpath(f)) for f in files} or (root is not None and root in where.parents):
        raise click.BadParameter(
            f"`{path}` is a file of the project, or lies in its registry; name another", param_hint="--shard"
        )


def whole(files: Sequence[str], others: Sequence[str]) -> None:
    """Raise a usage error where no shard is named, or something is asked for that a merge cannot do; others: parameters of the command that are of a run."""
    if not files:
        raise click.UsageError("`--merge` needs the files of all shards of a run")
    if other := given(("shard", "at", *others)):
        raise click.UsageError(
            f"`{other}` is of a run that reads registry and ledger, and `--merge` reads the files of shards alone"
        )


def write(
    header: Header, counts: Mapping[str, int], parts: Mapping[str, Any], path: str | None, *, quiet: bool
) -> Exit:
    """Write a shard, and say that it is no answer; raises `ShardError` for one that is too large."""
    from letpass.lifecycle.shards import files

    options.output(files.written(header, counts, parts), path)
    if not quiet:
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        click.echo(f"shard {header.shard} is written, and is no answer: {said}", err=True)
    return Exit.DONE
