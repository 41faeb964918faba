"""`policy explain`: the page of a diagnostic's code, or the formulas of a rule."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from letpass.cli import options, terminal
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.language.rules import Rule

WIDEST, PIPED = 100, 80  # columns


@click.command("explain", short_help="Explain a code such as GATE201, or what a rule means.")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--markdown", is_flag=True, help="The page as it is written.")
@click.option("--formula", metavar="POLICY/LABEL", help="Print when this rule holds and when it fails, as formulas.")
@options.policies_option
@options.color_option
def command(
    codes: tuple[str, ...], markdown: bool, formula: str | None, policies: tuple[str, ...], color: str
) -> Exit:  # fmt: skip
    """Explain diagnostics by their CODEs: what each means, an example, what to write instead, and why.

    A CODE is written GATE201, gate201 or 201.  Without any, all codes are listed with their titles.

    With --formula, explain a rule of the project's policies: the two formulas that every engine but the reference interpreter
    is made of.  docs/language.md says how they read.

    \b
    Example:
      policy explain GATE201
      policy explain --formula production-promotion/fair
    """
    if formula is not None:
        if codes or markdown:
            raise click.UsageError("--formula explains a rule, and no code: give one of the two")
        options.output(_formula(formula, policies), None)
        return Exit.DONE
    if policies:
        raise click.UsageError("-p says where the rule of --formula is, and codes have none")
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


def _formula(name: str, policies: tuple[str, ...]) -> str:
    """A rule of the policies, and its two formulas; a usage error with the nearest rules where there is none of the name."""
    with options.diagnosed():
        from letpass.diagnostics import clean
        from letpass.project.configuration import load
        from letpass.semantics.lowering import Lowering
        from letpass.semantics.writing import written

        rules = {rule.id: rule for policy in options.load_policies(policies, load()).policies for rule in policy.rules}
        if name not in rules:
            near = difflib.get_close_matches(name, rules, n=3, cutoff=0.5)
            help_ = f"rules like it: {', '.join(near)}" if near else f"rules are {', '.join(rules) or 'none at all'}"
            raise click.UsageError(clean(f"there is no rule `{name}`; {help_}"))
        lines = [*_asked(rules[name]), "", *written(Lowering().rule(rules[name])).splitlines()]
        return "".join(f"{clean(line)}\n" for line in lines)


def _asked(rule: Rule) -> list[str]:
    """A rule as its author wrote it, in one line for each clause that its meaning rests on."""
    keyword = "advise" if rule.advice else "require"
    lines = [rule.id, f"  {keyword} {' '.join(rule.text.split())}"]
    if rule.guard is not None:
        lines.append(f"  when {' '.join(rule.guard.span.text.split())}")
    return lines


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
