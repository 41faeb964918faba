"""What every format is given, and the formats by name."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from letpass.diagnostics import Diagnostic
from letpass.evaluation.decision import Decision, Verdict
from letpass.frozen import Frozen, part, replace

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
    entries: where the ledger has each decision, in their order; empty where that is not known.  ahead: of a report that is a piece of
    a larger one, how many decisions of the same verdict come before it at least: what shows a few in full needs no more.
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
    ahead: int = 0

    @property
    def decision(self) -> Decision:
        """The decision of a report of one."""
        (found,) = self.decisions
        return found

    @property
    def entry(self) -> Entry | None:
        """Where the ledger has the decision of a report of one."""
        return self.entries[0] if self.entries else None

    def each(self) -> Iterator[Report]:
        """A report of one for each decision, without what stood beside them."""
        ahead = Counter[Verdict]()
        for n, decision in enumerate(self.decisions):
            at = slice(n, n + 1)
            yield replace(
                self, decisions=(decision,), inputs=self.inputs[at], entries=self.entries[at], faults=(), others=0,
                ahead=ahead[decision.verdict],
            )  # fmt: skip
            ahead[decision.verdict] += 1


class Sheet(Protocol):
    """A report of many decisions in one format, of which each is let go of when its part was added."""

    def add(self, part: Any) -> None:
        """Take the part of another decision, as the format's `part` made it, here or in another process."""

    def whole(self, end: Report) -> Iterator[str]:
        """The text, in pieces.  `end`: what stood beside the decisions; it needs none of them."""


class Format(Protocol):
    """What a format's module has: a report is the sheet of the parts of its decisions."""

    Sheet: type[Sheet]

    def part(self, report: Report) -> Any:
        """What the format keeps of a report of one decision; it can be pickled."""


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


def format_of(name: str) -> Format:
    """The module of a format that is made of parts: all of them but `text`."""
    module: Format = importlib.import_module(f"letpass.reports.{name.replace('-', '_')}")
    return module


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a format."""
    if name == "text":
        from letpass.reports import text

        return text.render
    found = format_of(name)

    def render(report: Report) -> str:
        sheet = found.Sheet()
        for each in report.each():
            sheet.add(found.part(each))
        return "".join(sheet.whole(report))

    return render
