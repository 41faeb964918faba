"""Great Expectations and Evidently: a suite of nothing, or one that did not end, has no result, whatever the tool calls it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence.evaluations import MOMENT, expectation, report, validation
from tests.evidence.reading import AT, read, record

RAISED = {"exception_message": "there is no column", "raised_exception": True}


def _suite(*results: Any, **more: Any) -> dict[str, Any]:
    (found,) = read("great-expectations", validation(*results, **more))["suites"]
    return dict(found)


def test_a_validation_is_a_suite_with_the_time_of_the_validation() -> None:
    """It has passed where each expectation has."""
    assert _suite(expectation(), expectation()) == {
        "name": "people", "passed": True, "cases": 2, "score": 1.0, "ran_at": MOMENT, "source": "great-expectations 1.24.1",
    }  # fmt: skip
    failed = _suite(expectation(), expectation(met=False))
    assert (failed["passed"], failed["score"]) == (False, 0.5)


@pytest.mark.parametrize("results", [(), (expectation(rows=0), expectation(rows=0))], ids=["no expectation", "no row"])
def test_a_validation_of_nothing_is_unread_though_it_is_a_success_there(results: Any) -> None:
    """No rule can use it."""
    suite = record("great-expectations", validation(*results)).runs["suites:people"]
    assert ("passed" in suite, suite["unread"].partition(":")[0]) == (False, "a run of no case")


def _of(**result: Any) -> dict[str, Any]:
    return {**expectation(), "result": result}


@pytest.mark.parametrize(
    "blind",
    [
        _of(element_count=1000, missing_count=1000, unexpected_count=0),
        _of(element_count=0),
        _of(element_count=0, missing_count=0),
        _of(observed_value=None),
        _of(observed_value=[], details={"value_counts": {}}),
    ],
    ids=["nulls alone", "no row met the condition", "no row, counted", "nothing to observe", "no values to observe"],
)
def test_an_expectation_that_looked_at_no_value_is_not_met(blind: dict[str, Any]) -> None:
    """It is a success there, vacuously: a column of nulls has passed every expectation of its values.

    So it is where a `row_condition` was met by no row: what the expectation is for did not occur, and nobody has looked at it."""
    suite = _suite(expectation(), blind)
    assert ("passed" in suite, "score" in suite, suite["cases"]) == (False, False, 2)
    assert suite["unread"] == "not whole: no value was looked at by expect_column_values_to_not_be_null of age"
    assert _suite(expectation(met=False), blind)["passed"] is False
    assert _suite(blind, blind)["unread"] == "a run of no case: it looked at no value"


def test_an_expectation_that_looked_at_some_values_is_met() -> None:
    """Some nulls are passed over as the tool does; one on the table has no count of rows, and one of nulls counts none apart."""
    some = _of(element_count=1000, missing_count=999, unexpected_count=0)
    null = _of(element_count=1000, unexpected_count=0)
    assert _suite(expectation(rows=None), some, null, _of(observed_value=0))["passed"] is True
    assert _suite(expectation(rows=None))["passed"] is True
    assert _suite(expectation(rows=0, met=False))["passed"] is False


@pytest.mark.parametrize(
    "info", [RAISED, {"MetricConfigurationID(a)": RAISED, "b": RAISED}, "x", {"raised_exception": None}]
)
def test_an_expectation_that_raised_did_not_end(info: Any) -> None:
    """Also where what it raised is told by metric, and nothing on top says so."""
    suite = _suite(expectation(), expectation(met=False, raised=info))
    assert (suite.get("passed"), "score" in suite) == (None, False)
    assert suite["unread"] == "did not end: raised in expect_column_values_to_not_be_null of age"
    beside = _suite(expectation(met=False), expectation(met=False, raised=info))
    assert (beside["passed"], "unread" in beside) == (False, True)


def test_an_expectation_of_little_severity_that_failed_is_a_failure() -> None:
    """`success` of the whole is false then too."""
    assert _suite(expectation(), expectation(met=False, severity="info"))["passed"] is False
    assert _suite(expectation(), success=False)["passed"] is False


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"meta": None}, "has no `meta`"),
        ({"statistics": {"evaluated_expectations": 3, "successful_expectations": 1}}, "counts 1 of 3 expectations as met, and shows 1 of 1"),
        ({"statistics": {}}, "`evaluated` is no count"),
        ({"suite_name": None}, "name it with --suite"),
        ({"results": {}}, "`results` is no list of mappings"),
    ],
)  # fmt: skip
def test_what_is_no_whole_result_is_refused(more: dict[str, Any], said: str) -> None:
    """With what is missing."""
    with pytest.raises(ValueError, match=said):
        _suite(expectation(), **more)


def test_a_checkpoint_is_refused_with_what_to_save() -> None:
    """It has neither time nor name of the suite."""
    with pytest.raises(ValueError, match=r"`json.dump\(result.to_json_dict\(\), file\)`"):
        read("great-expectations", {"success": True, "statistics": {}, "validation_results": []})


def test_a_time_without_a_zone_is_asked_for() -> None:
    """The caller's counts where the file's cannot be read, and only there."""
    meta = {"meta": {"validation_time": "2026-11-20T10:00:00"}}
    assert read("great-expectations", validation(expectation(), **meta), ran_at=AT)["suites"][0]["ran_at"] == AT
    assert read("great-expectations", validation(expectation()), ran_at=AT)["suites"][0]["ran_at"] == MOMENT


# ---------------------------------------------------------------- Evidently


def _tests(*endings: str) -> dict[str, Any]:
    (found,) = read("evidently", report(*endings), suite="drift", ran_at=AT)["suites"]
    return dict(found)


def test_tests_of_a_report_are_a_suite() -> None:
    """One that is not critical fails as a warning, and is no success."""
    assert _tests("SUCCESS", "SUCCESS") == {
        "name": "drift",
        "passed": True,
        "cases": 2,
        "score": 1.0,
        "ran_at": AT,
        "source": "evidently",
    }
    assert [_tests("SUCCESS", bad)["passed"] for bad in ("FAIL", "WARNING")] == [False, False]


@pytest.mark.parametrize("ending", ["ERROR", "SKIPPED", "success", ""])
def test_another_ending_is_none(ending: str) -> None:
    """A failure beside it stays one."""
    suite = _tests("SUCCESS", ending)
    assert (suite.get("passed"), "score" in suite, suite["unread"][:13]) == (None, False, "did not end: ")
    assert _tests("FAIL", ending)["passed"] is False


def test_a_report_without_tests_is_no_suite() -> None:
    """Its numbers are metrics; the caller says on what and when."""
    part = read("evidently", report(), data_set="week-47", ran_at=AT)
    assert "suites" not in part
    assert {name: piece["value"] for name, piece in part["metrics"].items()} == {
        "RowCount()": 300.0, "MissingValueCount(column=a)/count": 6, "MissingValueCount(column=a)/share": 0.02,
    }  # fmt: skip
    assert {piece["data_set"] for piece in part["metrics"].values()} == {"week-47"}
    with pytest.raises(ValueError, match="no metric in it"):
        read("evidently", report(metrics={}))


def test_a_suite_needs_a_name_and_a_metric_stands_once() -> None:
    """Ids of tests are not unique, names of metrics have to be."""
    with pytest.raises(ValueError, match="name them with --suite"):
        read("evidently", report("SUCCESS"))
    with pytest.raises(ValueError, match="no report of Evidently"):
        read("evidently", {"metrics": []})
    with pytest.raises(ValueError, match="a metric without a `metric_name`"):
        read("evidently", {"tests": [], "metrics": [{"value": 1}]})
    twice = report()
    twice["metrics"].append(twice["metrics"][0])
    with pytest.raises(ValueError, match=r"the metric `RowCount\(\)` stands twice"):
        read("evidently", twice)


def test_what_is_no_number_of_a_metric_is_none() -> None:
    """A table and a text are left out, a NaN is shown as it is."""
    part = read("evidently", report(metrics={"a": [1], "b": {"x": "y"}, "c": float("nan")}))
    assert {name: piece["value"] for name, piece in part["metrics"].items()} == {"c": "NaN"}
