"""`policy fmt`: lay policies out in the one way."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from letpass.cli import options
from letpass.cli.exits import Exit


@click.command("fmt", short_help="Lay policies out in the one way.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit 1 where something would change.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change, and exit 1 where something would.")
def command(paths: tuple[str, ...], only_check: bool, diff: bool) -> Exit:
    """Lay policy files out in the one way; `-` formats standard input to standard output.

    What is written is parsed again and compared before the file is touched; comments survive.

    \b
    Example:
      policy fmt --check policies/
    """
    with options.diagnosed():
        from letpass.diagnostics import Source
        from letpass.language.formatter import format_text
        from letpass.project.configuration import load
        from letpass.project.policyset import find, read_text

        if paths == ("-",):
            click.echo(format_text(Source("<stdin>", _standard_input())), nl=False)
            return Exit.DONE
        changed = 0
        found = find(options.policy_paths(paths, load()))
        for path in found:
            before = read_text(path)
            after = format_text(Source(str(path), before))
            if after == before:
                continue
            changed += 1
            if diff:
                _show_difference(path, before, after)
            elif only_check:
                click.echo(f"would lay out {path}")
            else:
                options.output(after, str(path))
                click.echo(f"laid out {path}")
    if not changed:
        click.echo(f"{len(found)} {'file' if len(found) == 1 else 'files'}, laid out as they are")
    return Exit.NO if changed and (only_check or diff) else Exit.DONE


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"standard input is not UTF-8: byte {error.start}") from None


def _show_difference(path: Path, before: str, after: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), str(path), f"{path} (laid out)"
    )
    click.echo("".join(lines), nl=False)
