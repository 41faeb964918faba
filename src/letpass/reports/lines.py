"""Formats of a line or more a decision, which are written as they come."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import Diagnostic
from letpass.reports.interface import Report
from letpass.reports.spool import Spool


class Lines:
    """The lines of each decision, then those of what does not read."""

    def __init__(self) -> None:
        self._written = Spool()

    def add(self, part: str) -> None:
        """Add the lines of a decision."""
        self._written.write(part)

    def whole(self, end: Report) -> Iterator[str]:
        """All lines."""
        yield from self._written.all()
        yield from map(self.fault, end.faults)

    def fault(self, found: Diagnostic) -> str:
        """The line of what does not read."""
        raise NotImplementedError
