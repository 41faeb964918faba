"""The Test Anything Protocol, version 14: a test a rule."""

from __future__ import annotations

import json
from collections.abc import Iterator

from letpass.diagnostics import clean
from letpass.evaluation.decision import Decision, Outcome
from letpass.reports.findings import Finding, Weight, faults, findings
from letpass.reports.interface import Report
from letpass.reports.spool import Spool
from letpass.reports.words import headline

Test = tuple[str, str, str, list[str]]


def part(report: Report) -> tuple[list[Test], str]:
    """The tests of one decision, and its verdict in a line."""
    tests = [*map(_test, findings(report)), *_passed(report.decision)]
    return tests, f"# {clean(headline(report.decision))}\n"


class Sheet:
    """What blocks is `not ok`; advice and rules that are coming are a TODO, waived ones and those that do not apply a
    SKIP.  The verdicts stand last, as comments."""

    def __init__(self) -> None:
        self._tests, self._verdicts = Spool(), Spool()
        self._count = 0

    def add(self, part: tuple[list[Test], str]) -> None:
        """Write the tests of a decision."""
        tests, verdict = part
        for one in tests:
            self._write(one)
        self._verdicts.write(verdict)

    def whole(self, end: Report) -> Iterator[str]:
        """The plan, the tests, and the verdicts."""
        for finding in faults(end):
            self._write(_test(finding))
        yield f"TAP version 14\n1..{self._count}\n"
        yield from self._tests.all()
        yield from self._verdicts.all()

    def _write(self, test: Test) -> None:
        word, said, directive, more = test
        self._count += 1
        self._tests.write("\n".join([f"{word} {self._count} - {said}{directive}", *more]) + "\n")


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
