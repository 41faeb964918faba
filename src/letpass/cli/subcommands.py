"""A command with commands of its own, some of which are imported when they are called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Subcommands(click.Group):
    """A group that knows its commands by a table, `NAME: sentence`, and which of them another module adds to it."""

    def __init__(self, *args: Any, table: Mapping[str, str], elsewhere: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table, self.elsewhere = table, elsewhere

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.elsewhere:
            importlib.import_module(self.elsewhere[cmd_name])
        found = super().get_command(ctx, cmd_name)
        if found is None or not ctx.resilient_parsing:
            return found
        from letpass.cli import completion

        return completion.prepared(found)
