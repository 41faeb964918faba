"""`policy explain`: the page of a diagnostic's code."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import click

from assay.cli import options, terminal


@click.command("explain", short_help="Explain a code such as GATE201.")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
def command(codes: tuple[str, ...]) -> None:
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
        text = "\n".join(pages[_name(code, tuple(pages))].read_text(encoding="utf-8") for code in codes)
    else:
        text = "".join(f"{title(path)}\n" for path in pages.values())
    options.output(text, None)


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
