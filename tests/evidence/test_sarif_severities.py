"""How bad a SARIF result is, where it does not say so itself: as sections 3.27.10, 3.52 and 3.20.5 of the standard have it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from letpass.facts.record import raw_of
from tests.evidence.reading import AT, read, record

NOTE, WARNING, ERROR = ({"defaultConfiguration": {"level": level}} for level in ("note", "warning", "error"))
WORST = {"properties": {"security-severity": "9.8"}}


def _override(level: str | None = "error", **descriptor: Any) -> dict[str, Any]:
    return {"descriptor": descriptor, "configuration": {} if level is None else {"level": level}}


def _log(
    result: dict[str, Any],
    rules: Any = (),
    extensions: Any = (),
    overrides: Any = (),
    more: Any = (),
) -> dict[str, Any]:
    tool = {"driver": {"name": "T", "rules": list(rules)}, "extensions": list(extensions)}
    invocations = [{"executionSuccessful": True, "ruleConfigurationOverrides": list(o)} for o in (overrides, *more)]
    results = [{"message": {"text": "found"}, **result}]
    return {"version": "2.1.0", "runs": [{"tool": tool, "invocations": invocations, "results": results}]}


def _severity(*log: Any, **more: Any) -> Any:
    (finding,) = read("sarif", _log(*log, **more), ran_at=AT, scanned=1)["scans"][0]["findings"]
    return finding["severity"]


RULES = [{"id": "A", "guid": "g-a", **NOTE}, {"id": "B", "guid": "g-b", **ERROR}]
PACK = {"name": "pack", "guid": "p-1", "rules": [{"id": "A", "guid": "g-pa", **ERROR}, {"id": "C", **ERROR}]}
OTHER = {"name": "other", "guid": "p-2", "rules": [{"id": "A", **WARNING}]}

RESOLVED: dict[str, tuple[dict[str, Any], str]] = {
    "by id": ({"ruleId": "B"}, "high"),
    "by index": ({"ruleIndex": 1}, "high"),
    "by both": ({"ruleId": "B", "ruleIndex": 1}, "high"),
    "an index that says nothing": ({"ruleId": "B", "ruleIndex": -1}, "high"),
    "by an id below": ({"ruleId": "B/sub/case"}, "high"),
    "by an id below and index": ({"ruleId": "B/sub", "ruleIndex": 1}, "high"),
    "by the rule's id": ({"rule": {"id": "B"}}, "high"),
    "by the rule's index": ({"rule": {"index": 1}}, "high"),
    "by the rule's guid": ({"rule": {"guid": "g-b"}}, "high"),
    "by a guid in an extension": ({"rule": {"guid": "g-pa"}}, "high"),
    "in an extension by index": ({"rule": {"index": 0, "toolComponent": {"index": 0}}}, "high"),
    "in an extension by name": ({"ruleId": "A", "rule": {"toolComponent": {"name": "pack"}}}, "high"),
    "in an extension by guid": ({"ruleId": "A", "rule": {"toolComponent": {"guid": "p-1"}}}, "high"),
    "of one id in two components the driver's": ({"ruleId": "A"}, "low"),
    "of one id the other extension's": ({"ruleId": "A", "rule": {"toolComponent": {"index": 1}}}, "medium"),
    "in a component of no name the driver's": ({"rule": {"id": "B", "toolComponent": {}}}, "high"),
    "only an extension has it": ({"ruleId": "C"}, "high"),
    "its own level before the rule's": ({"ruleId": "B", "level": "note"}, "low"),
    "nobody describes it": ({"ruleId": "Z"}, "medium"),
    "nothing names it": ({}, "medium"),
    "no failure": ({"ruleId": "B", "kind": "review"}, "info"),
    "no failure, and a level": ({"ruleId": "A", "kind": "review", "level": "error"}, "high"),
    "a rank says nothing": ({"ruleId": "B", "rank": 1.0}, "high"),
    "suppressed": ({"ruleId": "B", "suppressions": [{"kind": "external"}]}, "high"),
    "not new": ({"ruleId": "B", "baselineState": "unchanged"}, "high"),
}


@pytest.mark.parametrize(("result", "expected"), RESOLVED.values(), ids=RESOLVED)
def test_a_rule_is_found_as_the_standard_says(result: dict[str, Any], expected: str) -> None:
    """By index, guid, id, or an id above; in the component that is named."""
    assert _severity(result, RULES, [PACK, OTHER]) == expected


UNRESOLVED: dict[str, dict[str, Any]] = {
    "no such index": {"ruleIndex": 9},
    "an index below none": {"ruleIndex": -2},
    "an index that is a text": {"ruleIndex": "1"},
    "an index that is true": {"ruleIndex": True},
    "id and index of two": {"ruleId": "A", "ruleIndex": 1},
    "two ids": {"ruleId": "A", "rule": {"id": "B"}},
    "two indices": {"ruleIndex": 0, "rule": {"index": 1}},
    "guid and index of two": {"rule": {"guid": "g-a", "index": 1}},
    "guid and id of two": {"rule": {"guid": "g-a", "id": "B"}},
    "no such guid": {"rule": {"guid": "g-z"}},
    "no such extension": {"ruleId": "A", "rule": {"toolComponent": {"index": 9}}},
    "an extension of no such name": {"ruleId": "A", "rule": {"toolComponent": {"name": "x"}}},
    "an extension of two names": {"ruleId": "A", "rule": {"toolComponent": {"index": 0, "name": "other"}}},
    "an index that its extension has not": {"rule": {"index": 7, "toolComponent": {"index": 1}}},
    "a level beside a broken reference": {"ruleIndex": 9, "level": "note"},
    "an id of many parts": {"ruleId": "/".join("abcdefghijklmnopqrst")},
    "an invocation that is not there": {"ruleId": "A", "provenance": {"invocationIndex": 4}},
}


@pytest.mark.parametrize("result", UNRESOLVED.values(), ids=UNRESOLVED)
def test_what_cannot_be_resolved_is_unreadable_and_never_lower(result: dict[str, Any]) -> None:
    """The finding stays, and no rule can take it for a small one."""
    log = _log(result, RULES, [PACK, OTHER])
    assert _severity(result, RULES, [PACK, OTHER]).startswith("cannot be told: ")
    (scan,) = record("sarif", log, ran_at=AT, scanned=1).lists["scans"]
    (finding,) = scan["findings"]
    assert ("severity" in finding, raw_of(finding, "severity").why) == (
        False,
        "not one of the declared words",
    )


OVERRIDES: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "by id": ({"ruleId": "A"}, [_override(id="A")], "high"),
    "by index": ({"ruleId": "A"}, [_override(index=0)], "high"),
    "by guid": ({"ruleId": "A"}, [_override(guid="g-a")], "high"),
    "of another rule": ({"ruleId": "A"}, [_override(id="B")], "low"),
    "of an extension's rule": ({"ruleId": "A"}, [_override(index=0, toolComponent={"index": 0})], "low"),
    "in an extension": (
        {"rule": {"id": "A", "toolComponent": {"index": 1}}},
        [_override(id="A", toolComponent={"name": "other"})],
        "high",
    ),
    "without a level": ({"ruleId": "A"}, [_override(None, id="A")], "medium"),
    "two of one rule": ({"ruleId": "A"}, [_override("warning", id="A"), _override(id="A")], "high"),
    "of a rule that nobody describes": ({"ruleId": "Z/1"}, [_override(id="Z")], "high"),
    "that leads nowhere": ({"ruleId": "A"}, [_override(index=99)], "high"),
    "that would lower it": ({"ruleId": "B"}, [_override("note", id="B")], "high"),
    "that lowers it": ({"ruleId": "B", "provenance": {"invocationIndex": 0}}, [_override("note", id="B")], "low"),
    "that leads nowhere and would lower it": (
        {"ruleId": "B", "provenance": {"invocationIndex": 0}},
        [_override("note", index=99)],
        "high",
    ),
    "of its invocation": ({"ruleId": "A", "provenance": {"invocationIndex": 0}}, [_override(id="A")], "high"),
    "of another invocation": ({"ruleId": "A", "provenance": {"invocationIndex": 1}}, [_override(id="A")], "low"),
    "beside its own level": ({"ruleId": "A", "level": "note"}, [_override(id="A")], "low"),
    "of no failure": ({"ruleId": "A", "kind": "review"}, [_override(id="A")], "info"),
}


@pytest.mark.parametrize(("result", "overrides", "expected"), OVERRIDES.values(), ids=OVERRIDES)
def test_an_invocation_overrides_the_level_of_a_rule(result: Any, overrides: Any, expected: str) -> None:
    """That of the invocation which the result names; where it names none it only makes it worse."""
    assert _severity(result, RULES, [PACK, OTHER], overrides, [[]]) == expected


def test_of_several_rules_that_a_result_may_be_of_the_worst_counts() -> None:
    """One id twice in a component, or in two extensions and not in the driver."""
    twice = [{"id": "A", **NOTE}, {"id": "A", **WORST}]
    assert _severity({"ruleId": "A"}, twice) == "critical"
    assert _severity({"ruleId": "A"}, (), [OTHER, PACK]) == "high"
    of_its_invocation = {"ruleIndex": 0, "provenance": {"invocationIndex": 0}}
    errors = [{"id": "A", **ERROR}, {"id": "A", **ERROR}]
    assert _severity(of_its_invocation, errors, (), [_override("note", id="A")]) == "high"
    assert _severity({"ruleId": "A", "level": "note"}, twice) == "critical"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (_log({"ruleId": "A"}, [{"id": "A", "defaultConfiguration": {"level": "fatal"}}]), "the level of a result"),
        (_log({"ruleId": "A"}, (), (), [_override("fatal", id="A")]), "the level of a result is"),
        (_log({"ruleId": 3}), "`ruleId` is no text"),
        (_log({"rule": "A"}), "`rule` is no mapping"),
        (_log({"ruleId": "A", "rule": {"toolComponent": 0}}), "`toolComponent` is no mapping"),
        (_log({}) | {"inlineExternalProperties": [{"results": []}]}, "a part of its runs lies in"),
    ],
)
def test_what_sarif_does_not_have_is_refused(log: dict[str, Any], said: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=said):
        read("sarif", log)


@pytest.mark.parametrize("held", ["results", "invocations", "driver", "extensions"])
def test_a_part_that_lies_in_another_file_is_missed(held: str) -> None:
    """Its results, its notifications, or its rules may tell of something worse."""
    log = _log({"ruleId": "A"})
    assert read("sarif", log)
    log["runs"][0]["externalPropertyFileReferences"] = {held: [{}]}
    with pytest.raises(ValueError, match=f"its {held} lie in other files"):
        read("sarif", log)
    log["runs"][0]["externalPropertyFileReferences"] = [{held: [{}]}]
    with pytest.raises(ValueError, match="`externalPropertyFileReferences` is no mapping"):
        read("sarif", log)


def test_many_rules_and_results_are_read_in_time_that_grows_with_their_number() -> None:
    """8,000 of each."""
    many = 8_000
    log = _log({}, [{"id": f"R{n}", "guid": f"g{n}"} for n in range(many)])
    log["runs"][0]["results"] = [{"rule": {"guid": f"g{n}"}, "message": {"text": "x"}} for n in range(many)]
    log["runs"][0]["invocations"][0]["ruleConfigurationOverrides"] = [_override(id=f"R{n}") for n in range(many)]
    begin = time.process_time()
    findings = read("sarif", log, ran_at=AT, scanned=1)["scans"][0]["findings"]
    assert ({f["severity"] for f in findings}, time.process_time() - begin < 20) == ({"high"}, True)
