"""`policy explain`: the page of a diagnostic's code."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from shutil import get_terminal_size

import click

from letpass.cli import options, terminal
from letpass.cli.exits import Exit

WIDEST, PIPED = 100, 80  # columns


@click.command("explain", short_help="Explain a code such as GATE201.")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--markdown", is_flag=True, help="The page as it is written.")
@options.color_option
def command(codes: tuple[str, ...], markdown: bool, color: str) -> Exit:
    """Explain diagnostics by their CODEs: what each means, an example, what to write instead, and why.

    A CODE is written GATE201, gate201 or 201.  Without any, all codes are listed with their titles.

    \b
    Example:
      policy explain GATE201
    """
    pages = {path.stem: path for path in sorted(terminal.folder().glob("GATE*.md"))}
    if not pages:
        raise click.UsageError("this installation lacks the pages of the codes")
    if codes:
        chosen = [pages[_name(code, tuple(pages))].read_text(encoding="utf-8") for code in codes]
        text = "\n".join(chosen if markdown else [_shown(page, color) for page in chosen])
    else:
        text = "".join(f"{title(path)}\n" for path in pages.values())
    options.output(text, None)
    return Exit.DONE


def _shown(text: str, color: str) -> str:
    """A page for where standard output goes: as wide as a terminal, up to what is easy to read."""
    from letpass.cli.page import render

    columns = min(get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else PIPED
    return render(text, columns, color=terminal.colored(sys.stdout, color))


def title(page: Path) -> str:
    """The first line of a page, without its mark."""
    with page.open(encoding="utf-8") as lines:
        return next(lines, "").removeprefix("# ").rstrip()


def _name(code: str, known: tuple[str, ...]) -> str:
    """The code in full; a usage error with the nearest ones where there is no such page."""
    digits = re.fullmatch(r"(?:GATE)?[-_ ]?(\d{3})", code.strip(), re.IGNORECASE | re.ASCII)
    name = f"GATE{digits[1]}" if digits else code.strip().upper()
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.7)
    help_ = f"; codes like it: {', '.join(near)}" if near else "; `policy explain` lists all codes"
    raise click.UsageError(f"there is no code `{code}`{help_}")
