"""One compact JSON object a decision on one line: for logs, XComs and task results."""

from __future__ import annotations

import json
from typing import Any

from letpass.diagnostics import Diagnostic
from letpass.evaluation.decision import Decision
from letpass.reports.findings import of_decision
from letpass.reports.interface import Report
from letpass.reports.lines import Lines
from letpass.reports.words import place_of, summary

SCHEMA = "letpass.line/v1"
MOST = 20  # blocking rules that are named; a task result has room for four kilobytes


def part(report: Report) -> str:
    """The line of one decision."""
    return line(_decision(report.decision)) + "\n"


class Sheet(Lines):
    """A line for each decision, then one for each fault: whoever reads the last line takes no allow from a run that had one."""

    def fault(self, found: Diagnostic) -> str:
        """The line of what does not read."""
        return fault(found)


def fault(found: Diagnostic) -> str:
    """The line of what does not read."""
    said = {"verdict": "error", "code": found.code, "message": found.message[:500], "place": place_of(found)}
    return line({"schema": SCHEMA, **said}) + "\n"


def line(data: Any) -> str:
    """Compact JSON in ASCII, in which no build server finds a command."""
    return json.dumps(data, separators=(",", ":")).replace("##", "#\\u0023")


def _decision(decision: Decision) -> dict[str, Any]:
    blocking = [f for f in of_decision(decision) if f.blocks]
    return {
        "schema": SCHEMA,
        "verdict": decision.verdict.value,
        "model": decision.record.text("model")[:200],
        "version": decision.record.text("version")[:200],
        "move": str(decision.move)[:200],
        "decision_id": decision.id,
        "summary": summary(decision)[:500],
        "blocking": [{"rule": f.rule[:100], "code": f.code, "what": f.what} for f in blocking[:MOST]],
        "blocking_count": len(blocking),
        "awaits_only_people": decision.awaits_only_people,
    }
