"""What every format is given, and the formats by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from letpass.diagnostics import Diagnostic
from letpass.evaluation.decision import Decision, Verdict
from letpass.frozen import Frozen, part

VERDICTS = {Verdict.ALLOW: "allowed", Verdict.DENY: "denied", Verdict.UNDECIDED: "undecided"}


class Style(Frozen):
    """How a report is written to where it goes.

    For terminals: colours or none, the width (0: it has no end), and whether more than ASCII is shown.  base: the folder of the repository
    in which the command ran, before which its paths are named.  sheet: a stylesheet's file beside a page, which then
    holds none itself.  pages: the address of a code's page, `{}` for the code; empty where codes are no links.
    """

    color: bool = False
    columns: int = 0
    unicode: bool = True
    verbose: bool = False
    base: str = ""
    sheet: str = ""
    pages: str = ""


class Entry(Frozen):
    """Where the ledger has a decision, as whoever made or read it says.

    index: its entry, None where it was not logged · key: the public name of the gate's key that signed it · size, root: the head
    of the log then, how many entries and the hash over them.
    """

    index: int | None = None
    key: str = ""
    size: int = 0
    root: str = ""


class Report(Frozen):
    """Decisions to show, what stood beside them, and how long it took.

    inputs: what a replay of each decision needs, in their order.  took: milliseconds, for people only.
    again: the command that was run, for the reader to run again.  environment: names and values of the variables that
    the command was told something by.  then: the command that judges as of the time that is put behind it, where there is one.
    like: a gated stage that the one which was asked for looks like, where no policy governs that one.
    entries: where the ledger has each decision, in their order; empty where that is not known.
    """

    decisions: tuple[Decision, ...]
    inputs: tuple[Mapping[str, Any], ...] = ()
    faults: tuple[Diagnostic, ...] = ()
    others: int = 0
    took: float | None = None
    again: str = ""
    style: Style = part(default_factory=Style)
    environment: tuple[tuple[str, str], ...] = ()
    then: str = ""
    like: str = ""
    entries: tuple[Entry, ...] = ()

    def entry_of(self, decision: Decision) -> Entry | None:
        """Where the ledger has one of the decisions."""
        return next((e for d, e in zip(self.decisions, self.entries, strict=False) if d is decision), None)


@cache
def template(name: str, **filters: Callable[[Any], Any]) -> Any:
    """A template of this room.  Those of pages escape what they print; Markdown has its own escape."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from letpass.diagnostics import clean

    page = name.endswith(".html.j2")
    environment = Environment(
        loader=PackageLoader("letpass", "reports/templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=page,  # noqa: S701 - every value of Markdown goes through its own escape
        # markup is what escapes have made; of other texts no page prints controls and marks that turn the direction
        finalize=lambda v: clean(v) if page and isinstance(v, str) and not hasattr(v, "__html__") else v,
    )
    environment.filters.update(filters)
    return environment.get_template(name)


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a format."""
    module = importlib.import_module(f"letpass.reports.{name.replace('-', '_')}")
    render: Callable[[Report], str] = module.render
    return render
