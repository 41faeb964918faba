"""The reports of a run that judges many models: each grows by one model at a time, and is written when all are there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from letpass.cli import options
from letpass.cli.buildserver import Heard
from letpass.frozen import replace
from letpass.reports import text as as_text
from letpass.reports.interface import Entry, Report, Sheet, format_of

if TYPE_CHECKING:
    from letpass.cli.exits import Exit
    from letpass.cli.reporting import Reporting
    from letpass.diagnostics import Diagnostic
    from letpass.evaluation.decision import Decision
    from letpass.reports.tally import Row, Tally

FLOWING = frozenset({"concise", "json-line"})
"""Formats of a line or more a model, which go to standard output as they come."""
Wanted = tuple[str, Report]
"""A format, and the report before its decisions, in the style in which it is to be written."""


class Sheets:
    """Reports in several formats.

    wanted: a format, the report before its decisions, and a path, for each · shown: knows the build server, which is given its own,
    from the report `served`.
    """

    def __init__(self, wanted: Sequence[tuple[str, Report, str | None]], shown: Reporting, served: Report) -> None:
        self._shown, server = shown, shown.server
        self._chosen = [(name, path) for name, _, path in wanted if name != "text"]
        self._texts = [(report, path) for name, report, path in wanted if name == "text"]
        given = server.wanted(served) if server is not None else {}
        self._files = tuple(given)
        self.formats: tuple[Wanted, ...] = (*((n, r) for n, r, _ in wanted if n != "text"), *given.values())
        self._sheets: list[Sheet] = [format_of(name).Sheet() for name, _ in self.formats]
        alone = self._chosen[0] if len(self.formats) == len(self._chosen) == 1 else ("", "")
        self.flows = alone[0] in FLOWING and alone[1] in {None, "-"}
        self._heard = Heard() if server is not None else None
        self._flown = False

    @property
    def told(self) -> bool:
        """Is the build server told of each decision."""
        return self._heard is not None

    @property
    def tells(self) -> bool:
        """Is a report wanted that tells of one model by itself what no row keeps."""
        return bool(self._texts)

    def add(self, row: Row) -> None:
        """Take what the formats keep of another model."""
        if self.flows:
            sys.stdout.write(row.parts[0])
            self._flown = True
        else:
            for sheet, part in zip(self._sheets, row.parts, strict=True):
                sheet.add(part)
        if self._heard is not None:
            self._heard.add(row.verdict, row.blocking, row.decision)

    def fail(self, faults: tuple[Diagnostic, ...]) -> None:
        """Say behind lines that somebody may have read that the run has no answer: so the last one is no allow."""
        if self._flown:
            (sheet,), ((_, report),) = self._sheets, self.formats
            options.output(sheet.whole(replace(report, faults=faults)), None)

    def finish(self, tally: Tally, took: float, code: Exit) -> None:
        """Write all of them; `took`: milliseconds."""

        def end(report: Report) -> Report:
            return replace(report, faults=tuple(tally.faults), others=tally.others, took=took)

        texts = [s.whole(end(report)) for s, (_, report) in zip(self._sheets, self.formats, strict=True)]
        for (_, path), text in zip(self._chosen, texts, strict=False):
            options.output(text, path)
        for report, path in self._texts:
            options.output(as_text.of_many(tally, end(report)), path)
        server = self._shown.server
        if server is not None and self._heard is not None and self._shown.was_read():
            given = dict(zip(self._files, texts[len(self._chosen) :], strict=True))
            server.write(given, self._heard.said(code, faults=bool(tally.faults)))


def parts(formats: Sequence[Wanted], decision: Decision, inputs: Callable[[], Any], ahead: int) -> tuple[Any, ...]:
    """What each format keeps of a decision; `ahead` as in `Report`."""
    given = (inputs(),) if any(name == "json" for name, _ in formats) else ()
    return tuple(
        format_of(name).part(replace(report, decisions=(decision,), inputs=given, entries=(Entry(),), ahead=ahead))
        for name, report in formats
    )
