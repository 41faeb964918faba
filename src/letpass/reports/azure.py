"""Logging commands of Azure Pipelines: an issue for each finding, what blocks first.

In values `;` `]` CR LF and `%` are escaped (microsoft/azure-pipelines-agent, docs/preview/outputvariables and
TaskCommand.cs).  The tool's exit code fails the step; nothing here does.
"""

from __future__ import annotations

from letpass.diagnostics import clean
from letpass.reports.findings import Finding, Weight, findings
from letpass.reports.interface import Report
from letpass.reports.words import headline

MOST = 50  # issues; a timeline record keeps no more of them


def render(report: Report) -> str:
    """An issue a line, then a plain line for the verdict of each model."""
    found = [f for f in findings(report) if f.weight <= Weight.WARNS]
    lines = [_issue(f) for f in found[:MOST]]
    if len(found) > MOST:
        lines[-1] = command("task.logissue", f"and {len(found) - MOST + 1} more; the report has them", type="warning")
    lines += [clean(headline(d)) for d in report.decisions]
    return "\n".join(lines) + "\n"


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
