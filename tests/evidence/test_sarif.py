"""SARIF logs: findings, their severity, and what was looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.evidence.reading import AT, read, record, sample

RULE = {"id": "R1", "name": "rule"}
PLACE = [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}}}]
RESULT = {"ruleId": "R1", "level": "error", "message": {"text": "found"}, "locations": PLACE}


def _log(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"version": "2.1.0", "runs": list(runs)}


def _run(*results: dict[str, Any], rules: Any = (RULE,), name: str = "tool", **more: Any) -> dict[str, Any]:
    return {"tool": {"driver": {"name": name, "rules": list(rules)}}, "results": list(results), **more}


def test_a_log_of_bandit_is_one_scan() -> None:
    """Its name is the driver's, its time the end of the run, and Bandit counts what it looked at in its own way."""
    log = json.loads(sample("bandit-code.sarif"))
    (scan,) = read("sarif", sample("bandit-code.sarif"))["scans"]
    findings = scan.pop("findings")

    assert scan == {
        "tool": "Bandit",
        "ran_at": log["runs"][0]["invocations"][0]["endTimeUtc"],
        "version": "1.9.4",
        "completed": True,
        "scanned": 1,
    }
    assert {(f["id"], f["severity"], f["component"]) for f in findings} == {
        ("B403", "low", "code/train.py"),
        ("B301", "medium", "code/train.py"),
        ("B101", "low", "code/train.py"),
    }
    assert read("sarif", sample("bandit-tidy.sarif"))["scans"][0] | {"ran_at": AT} == {
        **scan,
        "ran_at": AT,
        "findings": [],
    }


@pytest.mark.parametrize(
    ("result", "rule", "expected"),
    [
        ({"level": "error"}, {}, "high"),
        ({"level": "warning"}, {}, "medium"),
        ({"level": "note"}, {}, "low"),
        ({"level": "none"}, {}, "info"),
        ({}, {}, "medium"),
        ({}, {"defaultConfiguration": {"level": "error"}}, "high"),
        ({"kind": "review"}, {"defaultConfiguration": {"level": "error"}}, "info"),
        ({"level": "note"}, {"properties": {"security-severity": "9.8"}}, "critical"),
        ({"level": "note"}, {"properties": {"security-severity": "7.0"}}, "high"),
        ({"level": "note"}, {"properties": {"security-severity": 4}}, "medium"),
        ({"level": "error"}, {"properties": {"security-severity": "0.1"}}, "low"),
        ({"level": "error"}, {"properties": {"security-severity": "0.0"}}, "info"),
        (
            {"properties": {"security-severity": "9.0"}},
            {"properties": {"security-severity": "1.0"}},
            "critical",
        ),
    ],
)
def test_a_severity_is_the_score_else_the_level_else_the_rules(
    result: dict[str, Any], rule: dict[str, Any], expected: str
) -> None:
    """A result without a level is a warning, as SARIF has it."""
    log = _log(_run({"ruleId": "R1", "message": {"text": "found"}, **result}, rules=[RULE | rule]))
    assert [f["severity"] for f in read("sarif", log)["scans"][0]["findings"]] == [expected]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"level": "fatal"}, 'the level of a result is "fatal"'),
        ({"level": 3}, "the level of a result is 3"),
        ({"kind": "maybe"}, 'the kind of a result is "maybe"'),
        ({"properties": {"security-severity": "high"}}, 'a `security-severity` is no score from 0 to 10: "high"'),
        ({"properties": {"security-severity": "nan"}}, "a `security-severity` is no score"),
        ({"properties": {"security-severity": 11}}, "a `security-severity` is no score"),
        ({"properties": {"security-severity": True}}, "a `security-severity` is no score"),
        ({"message": "text"}, "`message` is no mapping"),
        ({"locations": {}}, "`locations` is no list of mappings"),
    ],
)
def test_a_result_that_nobody_can_rank_is_refused(change: dict[str, Any], said: str) -> None:
    """The result that it was made from is read."""
    assert read("sarif", _log(_run(RESULT)))
    with pytest.raises(ValueError, match=said):
        read("sarif", _log(_run(RESULT | change)))


def test_a_suppressed_result_stays_a_finding() -> None:
    """A comment in the code is no waiver."""
    suppressed = RESULT | {"suppressions": [{"kind": "inSource", "status": "accepted"}]}
    assert read("sarif", _log(_run(suppressed))) == read("sarif", _log(_run(RESULT)))


@pytest.mark.parametrize(
    "change",
    [{"kind": "pass"}, {"kind": "notApplicable", "level": "none"}, {"baselineState": "absent", "level": "error"}],
)
def test_what_is_no_problem_or_is_gone_is_no_finding(change: dict[str, Any]) -> None:
    """SARIF has results for these too."""
    plain = {k: v for k, v in RESULT.items() if k != "level"}
    assert read("sarif", _log(_run(plain | change)))["scans"][0]["findings"] == []


@pytest.mark.parametrize("kind", ["pass", "notApplicable", "informational"])
def test_a_level_beside_a_kind_that_has_none_counts(kind: str) -> None:
    """The standard gives it none (3.27.10); the two say different things, and what is against counts."""
    (finding,) = read("sarif", _log(_run(RESULT | {"kind": kind, "level": "error"})))["scans"][0]["findings"]

    assert finding["severity"] == "high"


def test_a_conversion_that_failed_has_brought_over_a_part() -> None:
    """What its tool said of itself is not what counts then."""
    whole = {"invocations": [{"executionSuccessful": True}], "conversion": {"tool": {"driver": {"name": "converter"}}}}
    failed = {"conversion": whole["conversion"] | {"invocation": {"executionSuccessful": False}}}

    assert read("sarif", _log(_run(RESULT) | whole))["scans"][0]["completed"] is True
    assert read("sarif", _log(_run(RESULT) | whole | failed))["scans"][0]["completed"] is False
    with pytest.raises(ValueError, match="`invocation` is no mapping"):
        read("sarif", _log(_run(RESULT) | {"conversion": {"invocation": []}}))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, None),
        ({"invocations": []}, None),
        ({"invocations": [{}]}, None),
        ({"invocations": [{"executionSuccessful": True}]}, True),
        ({"invocations": [{"executionSuccessful": True}, {"executionSuccessful": False}]}, False),
        ({"invocations": [{"executionSuccessful": True}, {}]}, None),
        (
            {"invocations": [{"executionSuccessful": True, "toolExecutionNotifications": [{"level": "error"}]}]},
            False,
        ),
        ({"invocations": [{"executionSuccessful": True}], "results": None}, False),
    ],
)
def test_a_run_is_complete_where_it_says_so(more: dict[str, Any], expected: bool | None) -> None:
    """Without results it has not looked at anything, and an error on the way is no end."""
    assert read("sarif", _log(_run(RESULT) | more))["scans"][0].get("completed") is expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, None),
        ({"artifacts": []}, None),
        ({"artifacts": [{}, {}]}, 2),
        ({"artifacts": [{"roles": ["analysisTarget"]}, {"roles": ["resultFile"]}, {}]}, 1),
        ({"artifacts": [{"roles": ["resultFile"]}]}, None),
        ({"properties": {"metrics": {"_totals": {}, "a.py": {}}}}, 1),
        ({"properties": {"metrics": {"_totals": {}}}}, 0),
    ],
)
def test_how_much_was_looked_at_is_told_or_unknown(more: dict[str, Any], expected: int | None) -> None:
    """Where the log does not say it the caller may; else no rule can use the scan."""
    log = _log(_run(**more))
    assert read("sarif", log)["scans"][0].get("scanned") == expected
    assert read("sarif", log, scanned=7)["scans"][0].get("scanned") == (7 if expected is None else expected)
    if expected is None:
        (scan,) = record("sarif", log).lists["scans"]
        assert scan["@unreadable"] == "how much it looked at is not recorded"


def test_the_runs_of_one_tool_are_one_scan() -> None:
    """Of the oldest time, and incomplete where one is; another tool's run is a scan of its own."""
    early = {"executionSuccessful": True, "endTimeUtc": "2026-11-20T10:00:00.1234567Z"}
    late = {"executionSuccessful": False, "endTimeUtc": "2026-11-21T10:00:00Z"}
    files = [{"location": {"uri": "a.py"}}]
    log = _log(
        _run(RESULT, invocations=[late], artifacts=files),
        _run(RESULT, invocations=[early], artifacts=files),
        _run(name="other"),
    )
    finding = {"id": "R1", "severity": "high", "title": "found", "component": "a.py"}
    empty = _log(_run(invocations=[late], artifacts=files))

    assert read("sarif", log) == {
        "scans": [
            {
                "tool": "tool",
                "ran_at": "2026-11-20T10:00:00.123456Z",
                "completed": False,
                "scanned": 2,
                "findings": [finding, finding],
            },
            {"tool": "other", "findings": []},
        ]
    }
    assert record("sarif", empty, ran_at=AT).passed_over == ("scan at scans[0]: did not run to its end",)
    assert record("sarif", log, ran_at=AT).lists["scans"][0]["@partial"] == "did not run to its end"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"ruleIndex": 0}, {"id": "R1", "severity": "medium", "title": "rule"}),
        ({"rule": {"index": 0}}, {"id": "R1", "severity": "medium", "title": "rule"}),
        ({"rule": {"id": "X/1"}}, {"id": "X/1", "severity": "medium"}),
        ({"ruleIndex": 99}, {"severity": "cannot be told: its rule 99 is not there"}),
        (
            {"locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]},
            {"severity": "medium", "component": "b.py"},
        ),
        (
            {"locations": [{"logicalLocations": [{"fullyQualifiedName": "a.b"}]}]},
            {"severity": "medium", "component": "a.b"},
        ),
    ],
)
def test_rules_and_files_are_found_by_their_index_too(result: dict[str, Any], expected: dict[str, Any]) -> None:
    """And what is not said is left out."""
    log = _log(_run(result, artifacts=[{"location": {"uri": "b.py"}}]))
    assert read("sarif", log)["scans"][0]["findings"] == [expected]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ({}, "no SARIF 2.1.0: its `version` is null"),
        ({"version": "2.0.0", "runs": []}, 'no SARIF 2.1.0: its `version` is "2.0.0"'),
        (_log(), "no run in it"),
        ({"version": "2.1.0"}, "`runs` is no list of mappings"),
        (_log({}), "`tool` is no mapping"),
        (_log({"tool": {"driver": {}}}), "a run whose `driver` has no `name`"),
        (_log(_run(invocations=[{"executionSuccessful": 1}])), "`executionSuccessful` is not true or false"),
        (_log(_run(externalPropertyFileReferences={"results": [{}]})), "its results lie in other files"),
        (_log(_run(RESULT, artifacts="x")), "`artifacts` is no list of mappings"),
        (_log(_run(RESULT, rules=["x"])), "`rules` is no list of mappings"),
    ],
)
def test_what_is_no_sarif_is_refused(log: dict[str, Any], said: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=said):
        read("sarif", log)


def test_hostile_json_is_refused() -> None:
    """Cut off, nested deeply, a key twice, a number of many digits, half a character."""
    whole = sample("bandit-code.sarif").decode()
    for text in (
        whole[:-20],
        "[" * 100_000,
        '{"version": 1, "version": 2}',
        '{"a": %s}' % ("9" * 5000),
        '{"a": "\\ud800"}',
    ):
        with pytest.raises(ValueError, match=r".*"):
            read("sarif", text)
