"""The commands that the program tells people to run, found in what it prints, and whether it would take them."""

from __future__ import annotations

import html
import re
import shlex

import click

from letpass.cli.main import HELP
from tests.cli.tree import ALL

_SPOKEN = re.compile(r"`(policy [^`\n]+)`|<code>(policy [^<\n]+)</code>")
_LANGUAGE = re.compile(r"policy [\w-]+:( |\Z)")  # the first line of a policy
_STANDS_IN = re.compile(r"[A-Z…][A-Z0-9…_-]*|…")


def commands(text: str) -> list[str]:
    """Every `policy …` in backticks, or in a page's `<code>`."""
    plain = re.sub(r"\\([^\w\s])", r"\1", text)  # Markdown escapes marks
    found = [html.unescape(page) if page else command for command, page in _SPOKEN.findall(plain)]
    return [command for command in found if not _LANGUAGE.match(command)]


def fault(command: str) -> str:
    """Why the program would not take a command as it is written, or nothing.

    A command that is only named (`policy retire`, `policy check --log`) has to be there, with its options.  One with more
    words behind it has to be whole: nothing that it needs is missing, and nothing is left over.  A word in capitals stands for
    a value.
    """
    try:
        words = shlex.split(command)[1:]
    except ValueError as error:
        return str(error)
    path: tuple[str, ...] = ()
    while words and (*path, words[0]) in ALL:
        path = (*path, words.pop(0))
    found = ALL[path]
    if not path or (isinstance(found, click.Group) and words):
        return f"no command `{words[0] if words else ''}`"
    options = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return _refused(found, words) if not options.issuperset(words) else ""


def _refused(command: click.Command, words: list[str]) -> str:
    context = click.Context(command, info_name=command.name, help_option_names=list(HELP))
    try:
        values, left, _ = command.make_parser(context).parse_args(args=list(words))
        for parameter in command.params:
            value = values.get(parameter.name or "")
            given = [v for v in (value if isinstance(value, list | tuple) else [value]) if isinstance(v, str)]
            if parameter.required and not given:
                return f"without {parameter.make_metavar(context)}"
            if given and not any(_STANDS_IN.fullmatch(v) for v in given):
                parameter.type_cast_value(context, value)
    except click.UsageError as error:
        return error.format_message()
    return f"with {left} left over" if left else ""
