"""modelscan's JSON report: one scan.  A report without issues is no clean one where files were not read."""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part


def read(data: bytes, asked: Asked) -> Part:
    """The scan in a modelscan report; with errors it did not run to its end.

    asked: `ran_at`, since modelscan writes its time without a zone.  Raises `InvalidError` for what is no such report, or
    counts other issues than it shows.
    """
    report = sources.json_mapping(data)
    if not {"summary", "issues", "errors"} <= report.keys():
        raise InvalidError("no report of modelscan: `summary`, `issues` and `errors` are not there")
    summary = sources.mapping(report["summary"], "`summary`")
    issues = sources.mappings(report["issues"], "`issues`")
    errors = sources.mappings(report["errors"], "`errors`")
    total = sources.count(summary.get("total_issues"), "total_issues")
    if total != len(issues):
        raise InvalidError(f"it counts {total} issues and shows {len(issues)}")
    scanned = sources.mapping(summary.get("scanned"), "`summary.scanned`").get("total_scanned")
    scan = sources.scan(
        asked,
        "modelscan",
        sources.word(summary, "timestamp"),
        version=sources.word(summary, "modelscan_version"),
        completed=not errors,
        scanned=sources.count(scanned, "total_scanned"),
        findings=[_finding(issue) for issue in issues],
    )
    return {"scans": [scan]}


def _finding(issue: dict[str, Any]) -> dict[str, Any]:
    said = sources.word(issue, "severity")
    if said is None:
        raise InvalidError("an issue without a `severity`")
    found = {
        "id": sources.word(issue, "scanner"),
        "severity": sources.severity(said),
        "title": sources.word(issue, "description"),
        "component": sources.word(issue, "source"),
    }
    return {k: v for k, v in found.items() if v is not None}
