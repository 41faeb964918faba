"""modelscan's JSON report: one scan.  A report without issues is no clean one where files were not read."""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part


def read(data: bytes, asked: Asked) -> Part:
    """The scan in a modelscan report; it was not whole with errors, and where it skipped what is not harmless by its content.

    asked: `ran_at`, since modelscan writes its time without a zone; `files`.  What it skipped it tells with
    `--show-skipped`.  Raises `InvalidError` for what is no such report, or counts otherwise than it shows.
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
    looked_at = sources.mapping(summary.get("scanned"), "`summary.scanned`")
    scanned, named = sources.count(looked_at.get("total_scanned"), "total_scanned"), looked_at.get("scanned_files")
    if isinstance(named, list) and len(named) != scanned:
        raise InvalidError(f"it looked at {scanned} files and names {len(named)}")
    findings = [_finding(issue) for issue in issues]
    _agree(sources.mapping(summary.get("total_issues_by_severity", {}), "`total_issues_by_severity`"), findings)
    left_out, missed = sources.passed_over(asked, _skipped(summary))
    unread = [_error(error) for error in errors] + missed
    scan = sources.scan(
        asked,
        "modelscan",
        sources.word(summary, "timestamp"),
        version=sources.word(summary, "modelscan_version"),
        completed=not unread,
        scanned=scanned,
        findings=findings,
        unread=sources.listed(unread),
        left_out=sources.listed(left_out),
    )
    return {"scans": [scan]}


def _skipped(summary: dict[str, Any]) -> dict[str, str]:
    """Why each file was skipped, by its name; raises `InvalidError` where not all of them are named."""
    if "skipped" not in summary:
        return {}
    said = sources.mapping(summary["skipped"], "`summary.skipped`")
    listed = sources.mappings(said.get("skipped_files", []), "`skipped_files`")
    if (total := sources.count(said.get("total_skipped"), "total_skipped")) != len(listed):
        raise InvalidError(f"it skipped {total} files and names {len(listed)}")
    found: dict[str, str] = {}
    for each in listed:
        name, why = sources.word(each, "source") or "a file without a name", sources.word(each, "category")
        found[name] = ", ".join(filter(None, [found.get(name), why or "skipped"]))
    return found


def _error(error: dict[str, Any]) -> str:
    what = sources.word(error, "source") or "a file"
    return f"{what} ({sources.word(error, 'category') or 'error'})"


def _agree(counts: dict[str, Any], findings: list[dict[str, Any]]) -> None:
    """Raise `InvalidError` where the report counts other severities than its issues have."""
    for severity, said in counts.items():
        shown = sum(finding["severity"] == severity.lower() for finding in findings)
        if sources.count(said, severity) != shown:
            raise InvalidError(f"it counts {said} issues of the severity `{severity[:20]}` and shows {shown}")


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
