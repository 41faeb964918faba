"""`policy test`: judge the cases beside the policies, and compare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, terminal
from letpass.cli.exits import Exit, worst
from letpass.diagnostics import so_many

if TYPE_CHECKING:
    from letpass.authoring.cases.judging import Result, Tried
    from letpass.diagnostics import Diagnostic


@click.command("test", short_help="Judge the cases beside the policies, and compare.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-v", "--verbose", is_flag=True, help="Show cases that came out as expected, and what no case has shown.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but faults; the exit code tells.")
def command(paths: tuple[str, ...], verbose: bool, quiet: bool) -> Exit:
    """Judge every case of the `NAME.cases.yaml` files, each by the policy NAME.policy beside it, and compare.

    PATH is a folder, a cases file, or a policy; without one, the policies in force are tested.

    Exit 0 where all came out as expected, 1 where some did not, 2 for faults, and where there are no cases at all.

    \b
    Example:
      policy test policies/
    """
    if any(not p.strip() for p in paths):
        raise click.UsageError("an empty PATH names nothing")
    with options.diagnosed():
        from letpass.authoring.cases import finding, judging, reading
        from letpass.diagnostics import LetpassError, clean
        from letpass.project.configuration import load
        from letpass.project.policyset import root_of

        configuration = load()
        given = options.policy_paths(paths, configuration)
        found = finding.find(given)
        roots = (*(configuration.path(p) for p in configuration.policies), *[p for p in given if p.is_dir()])
        tried: list[Tried] = []
        faults = list(found.faults)
        for path in found.files:
            try:
                tried.append(
                    judging.try_out(
                        reading.load(path, root=root_of(path.parent, roots)), judging.policy_of(path, roots)
                    )
                )
                faults += tried[-1].faults
            except LetpassError as error:
                faults += error.diagnostics
        if not found.files and not faults:
            where = ", ".join(f"`{p}`" for p in given)
            raise click.UsageError(clean(f"no cases in {where}: cases of NAME.policy stand in NAME{reading.SUFFIX}"))
    if not quiet:
        for line in _lines(tried, found.untested, verbose=verbose):
            click.echo(clean(line))
    terminal.tell(dict.fromkeys(faults), apart=True)
    results = [r for t in tried for r in t.results]
    failed = [r for r in results if not r.as_expected]
    if not quiet:
        click.echo(_totals(tried, results, failed, faults, found.untested))
    return worst([Exit.NO if failed else Exit.ALLOW, Exit.USAGE if faults else Exit.ALLOW])


def _lines(tried: list[Tried], untested: tuple[Path, ...], *, verbose: bool) -> Iterator[str]:
    """A line for each case that did not come out as expected; for all of them, and what is not covered, if asked for."""
    for one in tried:
        for result in one.results:
            if verbose or not result.as_expected:
                yield _told(one, result)
        if verbose:
            yield from _uncovered(one)
    if verbose:
        for path in untested:
            yield f"note {path}: no cases are beside this policy"


def _told(one: Tried, result: Result) -> str:
    place = f"{one.path}:{result.line}: {result.case.name}"
    if result.as_expected:
        return f"ok   {place}"
    expected = _came(result.case.expect, tuple(sorted(result.case.blocks)))
    return f"FAIL {place}: expected {expected}, and it was {_came(result.verdict, result.blocks)}"


def _came(verdict: str, blocks: tuple[str, ...]) -> str:
    return f"{verdict} by {', '.join(blocks)}" if blocks else verdict


def _uncovered(one: Tried) -> Iterator[str]:
    """What no case of a policy has shown."""
    for what, missing in (
        ("no case comes to", one.never_came),
        ("no case shows that this holds:", one.never_held),
        ("no case shows that this blocks:", one.never_missed),
    ):
        if missing:
            yield f"note {one.path}: {what} {', '.join(missing)}"


def _totals(
    tried: list[Tried], results: list[Result], failed: list[Result], faults: list[Diagnostic], untested: tuple[Path, ...]
) -> str:  # fmt: skip
    parts = [
        f"{so_many(len(results), 'case')} of {so_many(len(tried), 'policy', 'policies')}",
        f"{len(failed)} not as expected" if failed else "all as expected" if results else "",
        so_many(len(faults), "fault") if faults else "",
        f"{so_many(len(untested), 'policy', 'policies')} without cases" if untested else "",
    ]
    return ", ".join(p for p in parts if p)
