"""`policy lint`: check policies, with warnings."""

from __future__ import annotations

import sys

import click

from letpass.cli import options, terminal
from letpass.cli.exits import Exit


@click.command("lint", short_help="Check policies, with warnings.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="Warnings count as errors: exit 1.")
def command(paths: tuple[str, ...], strict: bool) -> Exit:
    """Check policy files and folders: every error, and every warning.

    Without PATH the policies in force are checked.  Exit 2 on an error, 0 with warnings alone.

    \b
    Example:
      policy lint policies/
    """
    with options.diagnosed():
        from letpass.configuration import load
        from letpass.diagnostics import render

        found = options.load_policies(paths, load(), warn=True)
        pages = terminal.pages(sys.stdout)
        for warning in found.warnings:
            click.echo(render(warning, pages) + "\n")
    policies, rules, warnings = len(found.policies), sum(len(p.rules) for p in found.policies), len(found.warnings)
    click.echo(
        f"{_count(policies, 'policy', 'policies')}, {_count(rules, 'rule', 'rules')}, {_count(warnings, 'warning', 'warnings')}"
    )
    return Exit.NO if strict and found.warnings else Exit.DONE


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
