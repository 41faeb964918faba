"""SARIF 2.1.0: a result for each finding, never for what passes; waivers are suppressions.

What GitHub's code scanning asks for beyond the schema is here: `help.text`, a region with all four ends, a fingerprint,
at most 5,000 results, the heaviest first (docs.github.com, "SARIF support for code scanning").
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from letpass import __version__
from letpass.diagnostics import clean
from letpass.facts.values import moment
from letpass.reports.findings import Finding, Place, Weight, findings
from letpass.reports.interface import Report
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


def render(report: Report) -> str:
    """One log with one run."""
    found = findings(report)
    kept = found[:MOST]
    rules: dict[str, int] = {}
    for finding in kept:
        rules.setdefault(_id(finding), len(rules))
    first = {_id(f): f for f in reversed(kept)}
    prints: Counter[str] = Counter()
    results = []
    for finding in kept:  # of equal fingerprints only one alert is shown
        key = finding.key.removeprefix("sha256:")[:16]
        prints[key] += 1
        results.append(_result(finding, rules[_id(finding)], f"{key}:{prints[key]}"))
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": "Letpass", "semanticVersion": __version__, "rules": [_rule(first[r]) for r in rules]}
        },
        "automationDetails": {"id": f"letpass/{_about(report)}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.faults}],
        "results": results,
        "properties": {
            "decisions": [
                {
                    "model": clean(d.record.name),
                    "move": clean(target(d)),
                    "verdict": d.verdict.value,
                    "decision": d.id,
                    "summary": clean(summary(d)),
                }
                for d in report.decisions
            ],
            "leftOut": len(found) - len(kept),
        },
    }
    return (
        json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, separators=(",", ":"))
        + "\n"
    )


def _about(report: Report) -> str:
    """What the alerts of a run replace when it is made again: those of the same move of the same model."""
    names = {(d.record.text("model"), target(d)) for d in report.decisions}
    model, move = names.pop() if len(names) == 1 else ("models", "")
    return "/".join(p.replace("/", "-") for p in (clean(model), clean(move)) if p)


def _id(finding: Finding) -> str:
    return clean(finding.rule if finding.result is not None else finding.code)


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


def _result(finding: Finding, index: int, fingerprint: str) -> dict[str, Any]:
    about = f"{finding.model}: " if finding.model else ""
    helps = "".join(f"\nHelp: {clean(h)}" for h in finding.help)
    place, *related = finding.places or (Place("policy.toml"),)
    result: dict[str, Any] = {
        "ruleId": _id(finding),
        "ruleIndex": index,
        "level": _LEVELS[finding.weight],
        "message": {"text": _plain(f"{about}{finding.message}") + _plain(helps, lines=True)},
        "locations": [_location(place)],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
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
