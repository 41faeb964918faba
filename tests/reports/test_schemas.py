"""Reports against the schemas that others publish."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from tests.reports.making import fault, kinds, shown, sized

SCHEMAS = Path(os.environ.get("LETPASS_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "schemas"
KINDS = kinds()
TEXTS = {
    **{kind: (decision,) for kind, decision in KINDS.items()},
    "several": tuple(KINDS.values()),
    "none": (),
    "many": (sized(300, 150),),
}
published = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the published schemas are not beside the project")
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}(-[0-9]+)?$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^/]"},
                    "lines": {"type": "object", "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


@published
@pytest.mark.parametrize("schema", ["junit-10.xsd", "junit-windyroad.xsd"])
@pytest.mark.parametrize("kind", TEXTS)
def test_junit_holds_against_the_schemas(kind: str, schema: str) -> None:
    """Jenkins' and windyroad's."""
    xsd = etree.XMLSchema(etree.parse(str(SCHEMAS / schema)))
    text = shown("junit", *TEXTS[kind], faults=(fault(),) if kind in {"none", "several"} else ())

    assert xsd.validate(etree.fromstring(text.encode("utf-8"))), xsd.error_log


@pytest.mark.parametrize("kind", TEXTS)
def test_junit_has_the_shape_that_all_readers_share(kind: str) -> None:
    """A bare root; properties first, output last; an empty `skipped`; times of at most three decimals; names that are
    told apart within a suite."""
    faults = (fault(),) if kind in {"none", "several"} else ()
    root = etree.fromstring(shown("junit", *TEXTS[kind], faults=faults).encode("utf-8"))

    assert (root.tag, dict(root.attrib)) == ("testsuites", {})
    for suite in root:
        assert [e.tag for e in suite if e.tag != "testcase"] == ["properties", "system-out", "system-err"]
        assert (suite[0].tag, suite[-2].tag) == ("properties", "system-out")
        assert len(suite[0])  # JUnit 5's schema wants a property where there are properties
        assert all(set(c.attrib) == {"name", "classname", "time"} for c in suite.iter("testcase"))
        assert all(s.text is None and not s.attrib for s in suite.iter("skipped"))
        assert all(len(e.get("time").partition(".")[2]) <= 3 for e in [suite, *suite.iter("testcase")])
        names = [c.get("name") for c in suite.iter("testcase")]
        assert len(set(names)) == len(names)


@published
@pytest.mark.parametrize("kind", TEXTS)
def test_sarif_holds_against_its_schema(kind: str) -> None:
    """SARIF 2.1.0."""
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    log = json.loads(shown("sarif", *TEXTS[kind], faults=(fault(),)))

    jsonschema.Draft7Validator(schema).validate(log)


@pytest.mark.parametrize("kind", TEXTS)
def test_sarif_has_what_code_scanning_asks_for(kind: str) -> None:
    """A full region, texts of help, a fingerprint of each result's own, and no result for what passes."""
    (run,) = json.loads(shown("sarif", *TEXTS[kind]))["runs"]
    rules = run["tool"]["driver"]["rules"]

    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region.keys() == {"startLine", "startColumn", "endLine", "endColumn"}
        assert not result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith(("/", ".."))
        assert result["level"] in {"error", "warning", "note"}
    prints = [(r["partialFingerprints"]["primaryLocationLineHash"], r["properties"]["outcome"]) for r in run["results"]]
    if kind != "several":
        assert len(set(prints)) == len(prints)


def test_waivers_are_suppressions() -> None:
    """A waived rule is a result that somebody has suppressed, with who, until when and why."""
    (run,) = json.loads(shown("sarif", KINDS["waived"]))["runs"]
    (waived,) = [r for r in run["results"] if r["properties"]["outcome"] == "waived"]

    assert waived["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "waived by cora as counsel until 2026-11-26T12:00:00Z: the contract is being signed",
        }
    ]


def test_fingerprints_do_not_move_with_lines() -> None:
    """The same finding on another line has the same fingerprint, and another rule or version another one."""
    from tests.reports.making import HEADER, judged, record

    rule = "require stamped: license is none\n"
    prints = [
        _print(judged(record(), HEADER + rule)),
        _print(judged(record(tags={"a": "b"}), HEADER + "# moved\n\n" + rule)),
        _print(judged(record(version="5"), HEADER + rule)),
        _print(judged(record(), HEADER + rule.replace("stamped", "other"))),
    ]

    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def _print(decision: Any) -> tuple[str, str]:
    (run,) = json.loads(shown("sarif", decision))["runs"]
    (issue,) = json.loads(shown("gitlab", decision))
    return run["results"][0]["partialFingerprints"]["primaryLocationLineHash"], issue["fingerprint"]


@pytest.mark.parametrize("kind", TEXTS)
def test_code_quality_has_its_shape(kind: str) -> None:
    """GitLab's fields, paths inside the repository, and fingerprints that are told apart."""
    issues = json.loads(shown("gitlab", *TEXTS[kind], faults=(fault(),)))

    jsonschema.Draft202012Validator(GITLAB).validate(issues)
    assert len({i["fingerprint"] for i in issues}) == len(issues)
    assert all(i["description"].startswith(i["check_name"]) for i in issues)


def test_paths_are_named_from_the_top_of_the_repository() -> None:
    """Where the command ran in a folder of it; what lies outside has no place of its own."""
    denied = KINDS["denied"]

    issue = json.loads(shown("gitlab", denied, base="teams/fraud"))[0]
    assert issue["location"]["path"] == "teams/fraud/models/fraud/4.json"
    outside = fault(name="../../../elsewhere.yaml")
    assert "elsewhere.yaml" not in shown("github", faults=(outside,), base="teams")
    assert "file=other/x.yaml" in shown("github", faults=(fault(name="../other/x.yaml"),), base="teams")
