"""All commands and options of the program, from its own tree, and words with which each can be called."""

from __future__ import annotations

from collections.abc import Iterator

import click

from letpass.cli.main import cli

Path = tuple[str, ...]


def commands(command: click.Command = cli, path: Path = ()) -> Iterator[tuple[Path, click.Command]]:
    """Every command, groups too, by the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


ALL = dict(commands())
LEAVES = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}


def words(path: Path) -> list[str]:
    """The shortest call of a command that is read without an error."""
    found = list(path)
    for parameter in ALL[path].params:
        if parameter.required:
            name = [] if isinstance(parameter, click.Argument) else [parameter.opts[-1]]
            found += [*name, _value(parameter)]
    return found


def flags(path: Path) -> list[str]:
    """The letters of a command's options that take no value."""
    return [
        name[1]
        for parameter in ALL[path].params
        if isinstance(parameter, click.Option) and parameter.is_flag
        for name in parameter.opts
        if len(name) == 2
    ]


def _value(parameter: click.Parameter) -> str:
    if isinstance(parameter.type, click.Choice):
        return str(next(iter(parameter.type.choices)))
    return "1"
