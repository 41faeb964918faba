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
from letpass.reports.findings import Finding, Weight, findings
from letpass.reports.interface import Report
from letpass.reports.words import summary, target, totals

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_NOBODY = "localhost"  # a schema asks for a host's name, and a report has none to tell


def render(report: Report) -> str:
    """`<testsuites>` with a suite for each model, and one for what could not be read."""
    root = ET.Element("testsuites")
    found = findings(report)
    of: dict[int, list[Finding]] = {}
    for finding in found:
        of.setdefault(id(finding.decision), []).append(finding)
    number = 0
    if report.faults:
        _suite(
            root,
            number,
            "faults",
            "letpass",
            "1970-01-01T00:00:00",
            {"verdict": "error"},
            [f for f in found if f.decision is None],
        )
        number += 1
    for decision in report.decisions:
        name = f"{decision.record.name} {target(decision)}"
        facts = {"verdict": decision.verdict.value, "decision": decision.id, "summary": summary(decision)}
        suite = _suite(
            root, number, name, "letpass", moment(decision.now)[:19], facts, of.get(id(decision), []), decision
        )
        suite.find("system-out").text = _out(decision, of.get(id(decision), []))  # type: ignore[union-attr]
        number += 1
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(
    root: ET.Element, number: int, name: str, package: str, time: str, facts: dict[str, str], found: list[Finding],
    decision: Decision | None = None,
) -> ET.Element:  # fmt: skip
    passed = [r for r in decision.rules if r.outcome is Outcome.PASS] if decision is not None else []
    idle = sum(not r.applicable for r in passed)
    suite = ET.SubElement(root, "testsuite", {
        "id": str(number), "package": package, "name": _text(name), "tests": str(len(found) + len(passed)),
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
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")
    return suite


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
