"""SARIF 2.1.0: a result for each finding, never for what passes; waivers are suppressions.

What GitHub's code scanning asks for beyond the schema is here: `help.text`, a region with all four ends, a fingerprint,
at most 5,000 results, the heaviest first (docs.github.com, "SARIF support for code scanning").
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from letpass import __version__
from letpass.diagnostics import clean
from letpass.facts.values import moment
from letpass.frozen import Frozen
from letpass.reports.findings import Finding, Place, Weight, faults, findings
from letpass.reports.interface import Report
from letpass.reports.ranked import Ranked
from letpass.reports.spool import Spool
from letpass.reports.words import summary, target

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5_000
_LEVELS = {
    Weight.FAULT: "error",
    Weight.DENIES: "error",
    Weight.BLOCKS: "error",
    Weight.WARNS: "warning",
    Weight.TELLS: "note",
}


class Part(Frozen):
    """Of one decision.  found: each finding as weight, rule and result · about: model and move · told: the decision in short."""

    found: tuple[tuple[Weight, dict[str, Any], dict[str, Any]], ...]
    about: tuple[str, str]
    told: dict[str, str]


def part(report: Report) -> Part:
    """What one decision adds to the run."""
    d = report.decision
    told = {"model": clean(d.record.name), "move": clean(target(d)), "verdict": d.verdict.value, "decision": d.id,
            "summary": clean(summary(d))}  # fmt: skip
    return Part(tuple(map(_found, findings(report))), (d.record.text("model"), target(d)), told)


class Sheet:
    """One log with one run."""

    def __init__(self) -> None:
        self._results = Ranked[dict[str, Any]](Weight, MOST)
        self._rules: dict[str, tuple[Weight, dict[str, Any]]] = {}
        self._decisions = Spool()
        self._about: set[tuple[str, str]] = set()

    def add(self, part: Part) -> None:
        """Take the results of a decision."""
        self._take(part.found)
        self._decisions.write(f"{',' if self._about else ''}{_written(part.told)}")
        self._about.add(part.about)

    def _take(self, found: Iterable[tuple[Weight, dict[str, Any], dict[str, Any]]]) -> None:
        for weight, rule, result in found:
            self._results.add(weight, result)
            if rule["id"] not in self._rules or weight < self._rules[rule["id"]][0]:
                self._rules[rule["id"]] = weight, rule

    def whole(self, end: Report) -> Iterator[str]:
        """The log, on one line."""
        self._take(map(_found, faults(end)))
        results = self._results.kept()
        rules: dict[str, int] = {}
        prints = Counter[str]()
        for result in results:  # of equal fingerprints only one alert is shown
            result["ruleIndex"] = rules.setdefault(result["ruleId"], len(rules))
            print_ = result["partialFingerprints"]
            key = print_["primaryLocationLineHash"]
            prints[key] += 1
            print_["primaryLocationLineHash"] = f"{key}:{prints[key]}"
        driver = {"name": "Letpass", "semanticVersion": __version__, "rules": [self._rules[r][1] for r in rules]}
        run: dict[str, Any] = {
            "tool": {"driver": driver},
            "automationDetails": {"id": f"letpass/{_shared(self._about)}/"},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": not end.faults}],
            "results": results,
        }
        yield f'{{"$schema":{_written(SCHEMA)},"version":"2.1.0","runs":[{_written(run)[:-1]},"properties":{{"decisions":['
        yield from self._decisions.all()
        yield f'],"leftOut":{self._results.total - len(results)}}}}}]}}\n'


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shared(about: Collection[tuple[str, str]]) -> str:
    """What the alerts of a run replace when it is made again: those of the same move of the same model."""
    model, move = next(iter(about)) if len(about) == 1 else ("models", "")
    return "/".join(p.replace("/", "-") for p in (clean(model), clean(move)) if p)


def _id(finding: Finding) -> str:
    return clean(finding.rule if finding.result is not None else finding.code)


def _found(finding: Finding) -> tuple[Weight, dict[str, Any], dict[str, Any]]:
    return finding.weight, _rule(finding), _result(finding)


def _rule(finding: Finding) -> dict[str, Any]:
    result = finding.result
    if result is None:
        short, full, help_ = finding.code, finding.code, f"`policy explain {finding.code}` says what it means"
        tags = ["governance"]
    else:
        rule = result.rule
        short, full = rule.text, rule.because or rule.text
        help_ = ". ".join(t for t in (f"The policy asks for {rule.text}", rule.fix) if t)
        tags = ["governance", rule.policy]
    return {
        "id": _id(finding),
        "shortDescription": {"text": clean(short)[:1024]},
        "fullDescription": {"text": clean(full)[:1024]},
        "help": {"text": clean(help_)},
        "defaultConfiguration": {"level": _LEVELS[finding.weight]},
        "properties": {"tags": [clean(t) for t in tags]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    """A result; its rule's place and the number behind its fingerprint are known when all are there."""
    about = f"{finding.model}: " if finding.model else ""
    helps = "".join(f"\nHelp: {clean(h)}" for h in finding.help)
    place, *related = finding.places or (Place("policy.toml"),)
    result: dict[str, Any] = {
        "ruleId": _id(finding),
        "ruleIndex": 0,
        "level": _LEVELS[finding.weight],
        "message": {"text": _plain(f"{about}{finding.message}") + _plain(helps, lines=True)},
        "locations": [_location(place)],
        "partialFingerprints": {"primaryLocationLineHash": finding.key.removeprefix("sha256:")[:16]},
        "properties": {"outcome": finding.what, "code": finding.code},
    }
    if related:
        result["relatedLocations"] = [{**_location(p), "message": {"text": "the rule"}} for p in related]
    waiver = finding.result.waiver if finding.result is not None else None
    if waiver is not None:
        said = f"waived by {waiver.person} as {waiver.role} until {moment(waiver.until)}: {waiver.reason}"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": clean(said)}]
    return result


def _plain(text: str, *, lines: bool = False) -> str:
    """A message in which no brackets make a link and no braces a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    text = text if lines else clean(text)
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("{", "{{").replace("}", "}}")


def _location(place: Place) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": 1, "endLine": place.line, "endColumn": 2}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": region}}


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/")
