"""The Test Anything Protocol, version 14: a test a rule."""

from __future__ import annotations

import json
from collections.abc import Iterator

from letpass.diagnostics import clean
from letpass.evaluation.decision import Decision, Outcome
from letpass.reports.findings import Finding, Weight, findings
from letpass.reports.interface import Report
from letpass.reports.words import headline


def render(report: Report) -> str:
    """What blocks is `not ok`; advice and rules that are coming are a TODO, waived ones and those that do not apply a
    SKIP."""
    tests = [_test(finding) for finding in findings(report)]
    tests += [line for decision in report.decisions for line in _passed(decision)]
    lines = ["TAP version 14", f"1..{len(tests)}"]
    for number, (word, said, directive, more) in enumerate(tests, 1):
        lines.append(f"{word} {number} - {said}{directive}")
        lines += more
    lines += [f"# {clean(headline(d))}" for d in report.decisions]
    return "\n".join(lines) + "\n"


Test = tuple[str, str, str, list[str]]


def _test(finding: Finding) -> Test:
    said = _escape(f"{finding.rule} {finding.model}".strip())
    if finding.result is not None and finding.result.outcome is Outcome.WAIVED:
        return "ok", said, f" # SKIP {_escape(finding.message)}", []
    todo = "" if finding.blocks else f" # TODO {_escape(finding.what)}"
    return "not ok", said, todo, list(_block(finding))


def _block(finding: Finding) -> Iterator[str]:
    """The YAML block below a test; its values are JSON, which is YAML too."""
    yield "  ---"
    facts = {"outcome": finding.what, "code": finding.code, "message": finding.message, "needed": finding.needed,
             "at": f"{finding.places[0].file}:{finding.places[0].line}" if finding.places else "",
             "help": "; ".join(finding.help), "severity": "fail" if finding.weight <= Weight.DENIES else "todo"}  # fmt: skip
    yield from (f"  {name}: {json.dumps(clean(value))}" for name, value in facts.items() if value)
    yield "  ..."


def _passed(decision: Decision) -> Iterator[Test]:
    for result in decision.rules:
        if result.outcome is Outcome.PASS:
            said = _escape(f"{result.rule.id} {decision.record.name}")
            yield "ok", said, "" if result.applicable else " # SKIP not applicable", []


def _escape(text: str) -> str:
    """A description: `#` would begin a directive, and a backslash escapes."""
    return clean(text).replace("\\", "\\\\").replace("#", "\\#")
