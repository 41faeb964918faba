"""`policy lint`: check policies, with warnings."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from letpass.cli import options, terminal
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.diagnostics import Diagnostic
    from letpass.project.configuration import Configuration
    from letpass.project.policyset import PolicySet


@click.command("lint", short_help="Check policies, with warnings.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="Warnings count as errors: exit 1.")
@click.option("--with", "champion", metavar="MODEL", help="A champion: warn of rules for which its cases are too few.")
def command(paths: tuple[str, ...], strict: bool, champion: str | None) -> Exit:
    """Check policy files and folders: every error, and every warning.

    Without PATH the policies in force are checked.  Exit 2 on an error, 0 with warnings alone.

    \b
    Example:
      policy lint policies/
    """
    with options.diagnosed():
        from letpass.diagnostics import render, so_many
        from letpass.project.configuration import load

        configuration = load()
        found = options.load_policies(paths, configuration, warn=True)
        warned = [*found.warnings, *_beside(found, configuration, whole=not paths)]
        if champion is not None:
            from letpass.authoring.price.warned import warnings as priced
            from letpass.cli.records import one_record

            warned += priced(found, one_record(champion, configuration), options.clock(None)[0])
        pages = terminal.pages(sys.stdout)
        for warning in warned:
            click.echo(render(warning, pages) + "\n")
    policies, rules, warnings = len(found.policies), sum(len(p.rules) for p in found.policies), len(warned)
    click.echo(f"{so_many(policies, 'policy', 'policies')}, {so_many(rules, 'rule')}, {so_many(warnings, 'warning')}")
    return Exit.NO if strict and warned else Exit.DONE


def _beside(policies: PolicySet, configuration: Configuration, *, whole: bool) -> list[Diagnostic]:
    """What the policies name that the project does not have; of a trust file that is refused `policy doctor` tells."""
    from letpass.cli.commands.trust_files import Files
    from letpass.diagnostics import TrustError
    from letpass.gate import readiness
    from letpass.move import Stage
    from letpass.project.project import Project

    try:
        trust = Project(configuration).trust
    except TrustError:
        trust = None
    source = str(configuration.source) if configuration.source is not None else ""
    # without a policy.toml nobody has said what is protected; some files alone do not tell what no policy speaks of
    stages = [Stage(s) for s in (*configuration.protected, *configuration.aliases)] if source else []
    waiting = Files(configuration).next_version()
    return readiness.faults(policies, stages if whole else (), stages, trust, source, waiting)
