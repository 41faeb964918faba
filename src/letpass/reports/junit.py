"""JUnit XML in the shape that the public schemas share: Jenkins' xunit, windyroad's and JUnit 5's.

A suite a model, a case a rule.  What fails is a `failure`, what is unknown or held back an `error`, and an empty `skipped`
is for what does not block; why, stands in the suite's `system-out`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from letpass.diagnostics import clean
from letpass.evaluation.decision import Decision, Outcome
from letpass.facts.values import moment
from letpass.reports.findings import Finding, Weight, faults, findings
from letpass.reports.interface import Report
from letpass.reports.spool import Spool
from letpass.reports.words import summary, target, totals

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_NOBODY = "localhost"  # a schema asks for a host's name, and a report has none to tell


def part(report: Report) -> str:
    """The suite of one decision, from behind its `id`."""
    decision, found = report.decision, findings(report)
    name = f"{decision.record.name} {target(decision)}"
    facts = {"verdict": decision.verdict.value, "decision": decision.id, "summary": summary(decision)}
    return _suite(name, moment(decision.now)[:19], facts, found, decision)


class Sheet:
    """`<testsuites>` with a suite for each model, and a last one for what could not be read."""

    def __init__(self) -> None:
        self._suites = Spool()
        self._count = 0

    def add(self, part: str) -> None:
        """Write another suite."""
        self._suites.write(f'  <testsuite id="{self._count}" {part}')
        self._count += 1

    def whole(self, end: Report) -> Iterator[str]:
        """The document."""
        if end.faults:
            self.add(_suite("faults", "1970-01-01T00:00:00", {"verdict": "error"}, faults(end)))
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        if not self._count:
            yield "<testsuites />\n"
            return
        yield "<testsuites>\n"
        yield from self._suites.all()
        yield "</testsuites>\n"


_BEGIN = "<testsuite "


def _suite(name: str, time: str, facts: dict[str, str], found: list[Finding], decision: Decision | None = None) -> str:
    passed = [r for r in decision.rules if r.outcome is Outcome.PASS] if decision is not None else []
    idle = sum(not r.applicable for r in passed)
    suite = ET.Element("testsuite", {
        "package": "letpass", "name": _text(name), "tests": str(len(found) + len(passed)),
        "failures": str(sum(f.weight is Weight.DENIES for f in found)),
        "errors": str(sum(f.weight in {Weight.FAULT, Weight.BLOCKS} for f in found)),
        "skipped": str(sum(not f.blocks for f in found) + idle),
        "time": "0", "timestamp": time if len(time) == 19 else f"{time[:10]}T00:00:00", "hostname": _NOBODY,
    })  # fmt: skip
    properties = ET.SubElement(suite, "properties")
    for key, value in facts.items():
        ET.SubElement(properties, "property", {"name": key, "value": _text(value)})
    for finding in found:
        _case(suite, finding)
    for result in passed:
        assert decision is not None
        case = _named(suite, result.rule.id, decision.record.name, result.rule.policy)
        if not result.applicable:
            ET.SubElement(case, "skipped")
    names: dict[tuple[str, str], int] = {}
    for case in suite.iter("testcase"):  # of two of one name a server shows one
        named = (case.get("classname", ""), case.get("name", ""))
        names[named] = names.get(named, 0) + 1
        if names[named] > 1:
            case.set("name", f"{named[1]} ({names[named]})")
    out = ET.SubElement(suite, "system-out")
    out.text = _out(decision, found) if decision is not None else None
    ET.SubElement(suite, "system-err")
    ET.indent(suite, level=1)
    return ET.tostring(suite, encoding="unicode").removeprefix(_BEGIN) + "\n"


def _case(suite: ET.Element, finding: Finding) -> None:
    case = _named(suite, finding.rule, finding.model, finding.result.rule.policy if finding.result else "letpass")
    if not finding.blocks:
        ET.SubElement(case, "skipped")
        return
    tag = "failure" if finding.weight is Weight.DENIES else "error"
    wrong = ET.SubElement(case, tag, {"message": _text(finding.message), "type": finding.code})
    wrong.text = "\n".join(_text(line) for line in _lines(finding))


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.what}[{finding.code}] {finding.rule}"
    if finding.needed:
        yield f"needed: {finding.needed}"
    failed = finding.result is not None and finding.result.outcome is Outcome.FAIL
    yield f"{'seen' if failed else 'why'}: {finding.message}"
    yield from (f"at: {p.file}:{p.line}" for p in finding.places)
    if finding.result is not None and finding.result.rule.because:
        yield f"because: {finding.result.rule.because}"
    yield from (f"help: {h}" for h in finding.help)


def _named(suite: ET.Element, rule: str, model: str, policy: str) -> ET.Element:
    """A case; its name has the model in it, since GitLab passes over names that it has seen."""
    name = f"{rule} {model}" if model else rule
    return ET.SubElement(suite, "testcase", {"name": _text(name), "classname": _text(policy), "time": "0"})


def _out(decision: Decision, found: list[Finding]) -> str:
    lines = [f"{summary(decision)}: {totals(decision.rules)}"]
    lines += [f"{f.what}[{f.code}] {f.rule}: {f.message}" for f in found if not f.blocks]
    return "\n".join(_text(line) for line in lines)


def _text(text: str) -> str:
    """Text that XML 1.0 can hold, on one line."""
    return _ILLEGAL.sub("\ufffd", clean(text))
