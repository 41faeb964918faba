"""In-toto's test results: a suite, whoever signed it, about this artifact."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.evidence.reading import AT, read, sample

PASSED = json.loads(sample("test-result-passed.json"))
DIGEST = "sha256:" + "a" * 64
SUITE = {"name": "Fairness Check", "passed": True, "cases": 2, "source": "https://ci.example/run/7"}


def _envelope(statement: Any, type_: str = "application/vnd.in-toto+json") -> dict[str, Any]:
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return {"payloadType": type_, "payload": payload, "signatures": [{"sig": "AAAA"}]}


def test_a_test_result_is_a_suite_bare_or_in_an_envelope() -> None:
    """Of the envelope's signature nothing is believed: it is nobody's here."""
    assert read("test-result", sample("test-result-passed.json")) == {"suites": [SUITE]}
    assert read("test-result", _envelope(PASSED), ran_at=AT) == {"suites": [{**SUITE, "ran_at": AT}]}
    assert read("test-result", sample("test-result-failed.json")) == {
        "suites": [{**SUITE, "passed": False, "cases": 3}]
    }


def test_a_failed_test_counts_by_either_name_of_its_field() -> None:
    """`failedTests`, and `failed_tests` as Protocol Buffers call it, whatever `result` says."""
    for field in ("failedTests", "failed_tests"):
        said = PASSED | {"predicate": PASSED["predicate"] | {field: ["c"]}}
        assert read("test-result", said) == {"suites": [{**SUITE, "passed": False, "cases": 3}]}


def test_the_caller_names_a_suite_that_has_no_name() -> None:
    """Else it is refused."""
    bare = PASSED | {"predicate": {"result": "WARNED", "warnedTests": ["a"]}}
    assert read("test-result", bare, suite="S") == {"suites": [{"name": "S", "passed": True, "cases": 1}]}
    with pytest.raises(ValueError, match="its first `configuration` names no suite"):
        read("test-result", bare)


def test_a_result_about_another_artifact_is_no_evidence() -> None:
    """Where the record has a digest."""
    assert read("test-result", PASSED, artifact=DIGEST)
    with pytest.raises(ValueError, match="it is about the artifact `sha256:aaaaaaaaaaaa…`, not this one"):
        read("test-result", PASSED, artifact="sha256:" + "b" * 64)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "no in-toto statement of version 1"),
        ({}, "no in-toto statement of version 1"),
        (PASSED | {"_type": "x"}, "no in-toto statement of version 1"),
        (PASSED | {"predicateType": "https://slsa.dev/provenance/v1"}, "no test result: `predicateType` is not"),
        (PASSED | {"subject": []}, "its subject has no digest"),
        (PASSED | {"subject": [{"name": "x"}]}, "a subject's `digest` is no mapping"),
        (PASSED | {"predicate": []}, "`predicate` is no mapping"),
        (PASSED | {"predicate": PASSED["predicate"] | {"result": "GOOD"}}, "its `result` is none of"),
        (PASSED | {"predicate": PASSED["predicate"] | {"failedTests": "a"}}, "its tests are no lists"),
        (_envelope(PASSED, "text/plain"), "the envelope holds `text/plain`, no in-toto statement"),
        (_envelope(PASSED) | {"payload": "%%"}, "no base64"),
        (_envelope([]), "no in-toto statement of version 1"),
    ],
)
def test_another_statement_is_refused(value: Any, said: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=said):
        read("test-result", json.dumps(value))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"_type": "a", "_type": "b"}', "the key `_type` stands twice"),
        ("[" * 100_000, "nested more than"),
        ('{"a": NaN}', "`NaN` is no number"),
        (sample("test-result-passed.json")[:-9].decode(), "no JSON"),
    ],
)
def test_hostile_json_is_refused(text: str, said: str) -> None:
    """As strictly as what is signed."""
    with pytest.raises(ValueError, match=said):
        read("test-result", text)
