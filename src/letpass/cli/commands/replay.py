"""`policy replay`: decide again from a stored decision, compare, and show it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import options, reporting
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.cli.stored import Stored
    from letpass.evaluation.decision import Decision

_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}")
MOST_SHOWN = 10


@click.command("replay", short_help="Decide again from a stored decision, compare, and show it.")
@click.argument("decision", metavar="DECISION")
@options.color_option
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]",
    help="Show the decision in this format too, as `check` does, where all is the same; may be given again.",
)  # fmt: skip
def command(decision: str, outputs: tuple[str, ...], color: str) -> Exit:
    """Decide again from what a DECISION rested on, and compare with what it was.

    DECISION is a file that `policy check … -o json=FILE` wrote (`-` for standard input), and needs nothing else; or the number of
    an entry of the ledger (a file of that name is `./NUMBER`); or a proof beside a model (`….decision.json`), whose text the ledger has.

    With -o the decision is shown as it was then: text, markdown, html, json and all that `check` knows.  Of one that differs
    nothing is shown.  Exit 0 where all is the same, 1 where something differs.

    \b
    Example:
      policy check examples/arrests/models/arrests/3.yaml --to production -o json | policy replay - -o markdown
    """
    shown = reporting.Reporting(outputs, color=color) if outputs else None
    with shown.diagnosed() if shown is not None else options.diagnosed():
        from letpass.cli import stored

        found = stored.read(decision)
        same = [_compared(entry, aside=shown is not None and shown.speaks) for entry in found.decisions]
        if shown is not None:
            _show(shown, found, same)
    return Exit.NO if None in same else Exit.DONE


def _compared(entry: dict[str, Any], *, aside: bool) -> Decision | None:
    """The decision made anew, where it is the stored one, which is said; None where it differs.

    aside: a report goes to standard output, and shows the one; the other is said on standard error.
    """
    from letpass import __version__
    from letpass.canonical import canonical
    from letpass.cli import stored
    from letpass.frozen import replace

    made = stored.again(entry)
    old, new = dict(entry["decision"]), made.as_json()
    engine = old.pop("engine", "unknown")
    new.pop("engine")
    name = f"{old.get('model')}@{old.get('version')}"
    if engine != __version__:
        click.echo(f"note: decided by engine {_clean(engine)}, replayed by {__version__}", err=aside)
    if canonical(old) != canonical(new):
        click.echo(f"differs  {_clean(name)}: {_clean(old.get('verdict'))} then, {new['verdict']} now", err=aside)
        for path, was, now in list(_differences(old, new))[:MOST_SHOWN]:
            click.echo(f"  {_clean(path)}: {_clean(was)} then, {_clean(now)} now", err=aside)
        return None
    if not isinstance(engine, str) or not _VERSION.fullmatch(engine):
        raise click.UsageError(f"this stored decision is incomplete: its engine `{_clean(engine)}` is no version")
    if not aside:
        click.echo(f"same  {_clean(name)}: {new['verdict']}")
    return replace(made, engine=engine)  # as it was stored, to the last byte


def _show(shown: reporting.Reporting, found: Stored, same: list[Decision | None]) -> None:
    """Write the decisions as they were; of a file in which one differs nothing, and pages of an earlier run say so."""
    from letpass.diagnostics import Diagnostic
    from letpass.reports.interface import Report

    decisions = tuple(d for d in same if d is not None)
    if len(decisions) < len(same):
        what = "the stored decision is not what its inputs give, so that nothing of it is shown"
        shown.fails((Diagnostic("usage", what),), Exit.NO)
        return
    inputs = tuple(entry["inputs"] for entry in found.decisions) if shown.wants_inputs else ()
    entries = (found.entry,) if found.entry is not None else ()
    shown.show(Report(decisions, inputs, entries=entries))


def _clean(text: object) -> str:
    from letpass.diagnostics import clean

    return clean(str(text))[:200]


def _differences(old: Any, new: Any, path: str = "") -> Any:
    """Where two decisions differ: path, then, now."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from _differences(a, b, f"{path}[{at}]")
    elif old != new:
        yield path, json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False)
