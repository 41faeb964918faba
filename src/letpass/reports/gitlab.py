"""GitLab's Code Quality report: an array of issues, what blocks first.

The page shows no `check_name`, so the description begins with it; of equal fingerprints only one issue is shown.
"""

from __future__ import annotations

import json

from letpass.diagnostics import clean
from letpass.reports.findings import Finding, Weight, findings
from letpass.reports.interface import Report

MOST = 5_000  # issues; the newest ones of more would push the oldest out of the page
_SEVERITIES = {
    Weight.FAULT: "blocker",
    Weight.DENIES: "blocker",
    Weight.BLOCKS: "critical",
    Weight.WARNS: "minor",
    Weight.TELLS: "info",
}


def render(report: Report) -> str:
    """The array; a denial is in it as a blocker, what is undecided as critical."""
    found = findings(report)[:MOST]
    seen: dict[str, int] = {}
    issues = []
    for finding in found:
        key = finding.key.removeprefix("sha256:")
        seen[key] = seen.get(key, 0) + 1
        issues.append(_issue(finding, key if seen[key] == 1 else f"{key}-{seen[key]}"))
    return json.dumps(issues, ensure_ascii=False, separators=(",", ":")) + "\n"


def _issue(finding: Finding, fingerprint: str) -> dict[str, object]:
    about = f" {finding.model}:" if finding.model else ""
    place = finding.places[0] if finding.places else None
    return {
        "description": clean(f"{finding.rule}:{about} {finding.message}"),
        "check_name": clean(finding.rule),
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.weight],
        "location": {"path": place.file if place else "policy.toml", "lines": {"begin": place.line if place else 1}},
    }
