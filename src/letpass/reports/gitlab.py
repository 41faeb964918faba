"""GitLab's Code Quality report: an array of issues, what blocks first.

The page shows no `check_name`, so the description begins with it; of equal fingerprints only one issue is shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from letpass.diagnostics import clean
from letpass.reports.findings import Finding, Weight, faults, findings
from letpass.reports.interface import Report
from letpass.reports.ranked import Ranked

MOST = 5_000  # issues; the newest ones of more would push the oldest out of the page
_SEVERITIES = {
    Weight.FAULT: "blocker",
    Weight.DENIES: "blocker",
    Weight.BLOCKS: "critical",
    Weight.WARNS: "minor",
    Weight.TELLS: "info",
}


Issue = tuple[Weight, dict[str, Any]]


def part(report: Report) -> list[Issue]:
    """The issues of one decision."""
    return [*map(_issue, findings(report))]


class Sheet:
    """The array; a denial is in it as a blocker, what is undecided as critical."""

    def __init__(self) -> None:
        self._issues = Ranked[dict[str, Any]](Weight, MOST)

    def add(self, part: list[Issue]) -> None:
        """Take the issues of a decision."""
        for weight, issue in part:
            self._issues.add(weight, issue)

    def whole(self, end: Report) -> Iterator[str]:
        """The array on one line."""
        self.add([*map(_issue, faults(end))])
        seen = Counter[str]()
        issues = self._issues.kept()
        for issue in issues:
            key = issue["fingerprint"]
            seen[key] += 1
            if seen[key] > 1:
                issue["fingerprint"] = f"{key}-{seen[key]}"
        yield json.dumps(issues, ensure_ascii=False, separators=(",", ":")) + "\n"


def _issue(finding: Finding) -> Issue:
    about = f" {finding.model}:" if finding.model else ""
    place = finding.places[0] if finding.places else None
    issue = {
        "description": clean(f"{finding.rule}:{about} {finding.message}"),
        "check_name": clean(finding.rule),
        "fingerprint": finding.key.removeprefix("sha256:"),
        "severity": _SEVERITIES[finding.weight],
        "location": {"path": place.file if place else "policy.toml", "lines": {"begin": place.line if place else 1}},
    }
    return finding.weight, issue
