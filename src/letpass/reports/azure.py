"""Logging commands of Azure Pipelines: an issue for each finding, what blocks first.

In values `;` `]` CR LF and `%` are escaped (microsoft/azure-pipelines-agent, docs/preview/outputvariables and
TaskCommand.cs).  The tool's exit code fails the step; nothing here does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from letpass.diagnostics import clean
from letpass.reports.findings import Finding, Weight, faults, findings
from letpass.reports.interface import Report
from letpass.reports.ranked import Ranked
from letpass.reports.spool import Spool
from letpass.reports.words import headline

MOST = 50  # issues; a timeline record keeps no more of them


def part(report: Report) -> tuple[list[tuple[Weight, str]], str]:
    """The issues of one decision, and its verdict in a line."""
    return _issues(findings(report)), f"{clean(headline(report.decision))}\n"


class Sheet:
    """An issue a line, then a plain line for the verdict of each model."""

    def __init__(self) -> None:
        self._issues = Ranked[str](Weight, MOST)
        self._verdicts = Spool()

    def add(self, part: tuple[list[tuple[Weight, str]], str]) -> None:
        """Take the issues of a decision."""
        issues, verdict = part
        for weight, issue in issues:
            self._issues.add(weight, issue)
        self._verdicts.write(verdict)

    def whole(self, end: Report) -> Iterator[str]:
        """The lines."""
        for weight, issue in _issues(faults(end)):
            self._issues.add(weight, issue)
        lines = self._issues.kept()
        if self._issues.total > MOST:
            more = self._issues.total - MOST + 1
            lines[-1] = command("task.logissue", f"and {more} more; the report has them", type="warning")
        yield from (f"{line}\n" for line in lines)
        yield from self._verdicts.all()


def _issues(found: Iterable[Finding]) -> list[tuple[Weight, str]]:
    return [(f.weight, _issue(f)) for f in found if f.weight <= Weight.WARNS]


def _issue(finding: Finding) -> str:
    where = {"sourcepath": finding.places[0].file, "linenumber": str(finding.places[0].line)} if finding.places else {}
    kind = "error" if finding.blocks else "warning"
    said = f"{finding.rule} {finding.model}: {finding.message}" if finding.model else finding.message
    return command("task.logissue", said, type=kind, **where, code=finding.code)


def command(name: str, message: str, **properties: str) -> str:
    """`##vso[NAME KEY=VALUE;…]MESSAGE`, whatever the texts hold."""
    said = ";".join(f"{k}={_value(v)}" for k, v in properties.items())
    return f"##vso[{name}{' ' + said if said else ''}]{_message(message)}"


def _message(text: str) -> str:
    return clean(text).replace("%", "%AZP25")


def _value(text: str) -> str:
    flat = clean(text).replace("%", "%AZP25")
    return flat.replace(";", "%3B").replace("]", "%5D").replace("\r", "%0D").replace("\n", "%0A")
