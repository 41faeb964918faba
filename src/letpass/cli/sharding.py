"""`--shard`, `--merge` and `--at`: a part of a run over all models, and the parts made one again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import options
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.lifecycle.shards.header import Header
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


def part(shard: str, at: str | None, models: Sequence[str], others: Sequence[str]) -> tuple[Shard, str | None, int]:
    """The shard that is asked for, the file that it goes to, and its clock; raises a usage error.

    others: parameters that a part of a run cannot have.
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
    if other := given(("merge", *others)):
        raise click.UsageError(
            f"`{other}` is of a whole run, and a shard is a part of one: give it to `--merge`, or leave `--shard` out"
        )
    if at is None:
        raise click.UsageError("a shard needs `--at TIME`: all shards of a run share one clock")
    return found, path or None, options.clock(at)[0]


def whole(files: Sequence[str], others: Sequence[str]) -> None:
    """Raise a usage error where no shard is named, or something is asked for that a merge cannot do; `others` as of `part`."""
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
