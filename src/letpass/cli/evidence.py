"""`policy evidence`: what tools found, put beside a version."""

from __future__ import annotations

from typing import Any

import click

from letpass.cli import gathered, options
from letpass.cli.exits import Exit
from letpass.cli.subcommands import Subcommands

TABLE = {"add": "Put what a tool found beside a version.", "formats": "List the formats that are read."}


@click.group(
    "evidence", cls=Subcommands, table=TABLE, elsewhere={}, short_help="Put what tools found beside a version."
)
def command() -> None:
    """Put what tools found beside a version.

    \b
    Example:
      policy evidence formats
    """


@command.command("add", short_help=TABLE["add"])
@click.argument("model", metavar="MODEL")
@click.argument("file", metavar="FILE")
@gathered.reads
@options.artifact_option
@gathered.key_option
@gathered.into_option
def add(model: str, file: str, key: str | None, **how: Any) -> Exit:
    """Read a FILE and put what it says beside MODEL.

    With a service's --key it is signed, and counts as attested.  Without one it is written into the record of a version
    of the registry, as a claim.

    \b
    Example:
      policy evidence add fraud@4 --from junit results.xml --suite "Fairness Check"
    """
    with options.diagnosed():
        gathered.add(model, file, key=key, **how)
    return Exit.DONE


@command.command("formats", short_help=TABLE["formats"])
def formats() -> Exit:
    """List the formats that are read, plug-ins of policy.toml included.

    \b
    Example:
      policy evidence formats
    """
    with options.diagnosed():
        from letpass.configuration import load
        from letpass.evidence.interface import FORMATS

        plugins = load().plugins
    for name, what in (*FORMATS.items(), *[(name, "a plug-in") for name in plugins]):
        click.echo(f"{name:14} {what}")
    return Exit.DONE
