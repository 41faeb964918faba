"""promptfoo: a test that asserts nothing, or could not be judged, is no success, and a suite with an error has no result."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.evidence.evaluations import foo_results, foo_test
from tests.evidence.reading import read, record


def _all(*endings: str) -> dict[str, Any]:
    return foo_results([foo_test(ending, f"t{n}") for n, ending in enumerate(endings)])


def test_a_run_is_a_suite_and_a_rate_of_success() -> None:
    """Called as the run is described; one test that fails is a suite that failed."""
    found = record("promptfoo", _all("good", "good", "bad"), data_set="fruit-tests")
    suite = found.runs["suites:fruit"]
    assert (suite["passed"], suite["cases"], suite["score"], suite["source"]) == (
        False,
        3.0,
        2 / 3,
        "promptfoo 0.118.17",
    )
    (rate,) = found.measures["metrics", "fruit/success_rate"]
    assert (rate["value"], rate["successes"], rate["samples"], rate["data_set"]) == (2 / 3, 2.0, 3.0, "fruit-tests")
    assert record("promptfoo", _all("good", "good")).runs["suites:fruit"]["passed"] is True


def test_a_test_that_asserts_nothing_is_no_case() -> None:
    """It is a success there; of nothing but such a suite has no result."""
    part = read("promptfoo", _all("good", "idle", "idle"))
    assert (part["suites"][0]["cases"], part["metrics"]["fruit/success_rate"]["samples"]) == (1, 1)
    empty = read("promptfoo", _all("idle", "idle"))
    assert ("passed" in empty["suites"][0], empty["suites"][0]["unread"], "metrics" in empty) == (
        False, "a run of no case: 2 of its tests assert nothing", False,
    )  # fmt: skip
    none = foo_test("good") | {"testCase": {"vars": {}, "assert": [{"type": "assert-set", "assert": []}]}}
    assert read("promptfoo", foo_results([none]))["suites"][0]["cases"] == 0
    assert read("promptfoo", foo_results([]))["suites"][0]["unread"] == "a run of no case: it has no test"


@pytest.mark.parametrize("weight", [0, 0.0])
def test_an_assertion_that_cannot_fail_asserts_nothing(weight: float) -> None:
    """Of the weight 0 it only measures, and promptfoo lets it pass whatever it found; beside another one the test may fail."""
    idle = foo_test(**{"assert": [{"type": "contains", "value": "a", "weight": weight}]})
    empty = read("promptfoo", foo_results([idle]))
    assert ("passed" in empty["suites"][0], "metrics" in empty) == (False, False)
    assert empty["suites"][0]["unread"] == "a run of no case: 1 of its tests assert nothing"

    both = foo_test(**{"assert": [*idle["testCase"]["assert"], {"type": "contains", "value": "b"}]})
    assert read("promptfoo", foo_results([both]))["suites"][0]["passed"] is True


def test_an_error_leaves_a_suite_without_a_result_and_no_rate() -> None:
    """A provider's 503 is no answer; a failure beside it stays one."""
    part = read("promptfoo", _all("good", "broken"))
    assert (part["suites"][0].get("passed"), "metrics" in part) == (None, False)
    assert part["suites"][0]["unread"] == "did not end well: 1 of 2 tests ended in an error"
    assert read("promptfoo", _all("bad", "broken"))["suites"][0]["passed"] is False


def test_a_test_that_passed_by_its_threshold_is_noticed() -> None:
    """Half of what it asserts did not hold; the tool counts it, and a policy may ask for no notices."""
    part = read("promptfoo", _all("good", "half"))
    assert part["suites"][0]["passed"] is True
    assert [notice["kind"] for notice in part["notices"]] == ["half-passed"]
    assert "notices" not in read("promptfoo", _all("good"))


def test_what_it_counts_is_what_it_shows() -> None:
    """Else tests were left out, or added."""
    for change in ({"successes": 3}, {"failures": 1}, {"errors": 1}):
        file = _all("good", "good")
        file["results"]["stats"].update(change)
        with pytest.raises(ValueError, match="and shows 2, 0 and 0"):
            read("promptfoo", file)
    with pytest.raises(ValueError, match="a test of a prompt that is not there"):
        read("promptfoo", foo_results([foo_test(prompt=1)]))
    with pytest.raises(ValueError, match="it has no prompt"):
        read("promptfoo", foo_results([], prompts=0))


def test_repetitions_are_no_cases_of_their_own() -> None:
    """One question three times over says nothing more of the model; the suite stays."""
    part = read("promptfoo", foo_results([foo_test("good", "a")] * 3))
    assert ("metrics" in part, part["suites"][0]["passed"]) == (False, True)


def test_each_prompt_at_each_provider_is_a_suite() -> None:
    """Two models in one file are two suites; two of one name are none."""
    file = foo_results([foo_test("good", prompt=0), foo_test("bad", prompt=1)], prompts=2)
    suites = read("promptfoo", file)["suites"]
    assert [(s["name"], s["passed"]) for s in suites] == [("fruit/mock/prompt 0", True), ("fruit/mock/prompt 1", False)]
    file["results"]["prompts"][1]["label"] = "prompt 0"
    with pytest.raises(ValueError, match="two prompts make one name"):
        read("promptfoo", file)


def test_a_run_that_is_not_described_needs_a_name() -> None:
    """The caller's name is the suite's."""
    with pytest.raises(ValueError, match="name its suite with --suite"):
        read("promptfoo", foo_results([foo_test()], config={}))
    assert read("promptfoo", foo_results([foo_test()], config={}), suite="S")["suites"][0]["name"] == "S"


@pytest.mark.parametrize(
    "change",
    [{"results": {}}, {"results": [1]}, {"results": {"version": 2, "prompts": [], "results": [], "stats": {}}}],
)
def test_another_file_is_refused(change: dict[str, Any]) -> None:
    """Also one of another version."""
    with pytest.raises(ValueError, match="results of promptfoo"):
        read("promptfoo", foo_results([foo_test()]) | change)


def _rate(file: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = read("promptfoo", file)["metrics"]["fruit/success_rate"]
    return found


def test_a_judge_is_named_wherever_it_is_configured() -> None:
    """In the assertion, in the test's options, in the defaults; one that nobody names leaves no protocol."""
    asked = {"type": "llm-rubric", "value": "is a fruit"}

    def judged(assertion: Any, defaults: Any = None, **options: Any) -> tuple[Any, bool]:
        file = foo_results([foo_test()])
        file["results"]["results"][0]["testCase"] |= {"assert": [assertion], **options}
        file["config"]["defaultTest"] = defaults
        piece = _rate(file)
        return piece.get("judge", {}).get("model"), "protocol" in piece

    assert judged({"type": "contains"}) == (None, True)
    assert judged(asked) == (None, False)
    assert judged(asked | {"provider": "gpt-4o"}) == ("gpt-4o", False)
    assert judged(asked | {"provider": {"id": "gpt-4o-2024-08-06"}}) == ("gpt-4o-2024-08-06", True)
    assert judged(asked, options={"provider": "judge@0f3a1c9e"}) == ("judge@0f3a1c9e", True)
    assert judged(asked | {"type": "not-llm-rubric"}, {"options": {"provider": "j-20260101"}}) == ("j-20260101", True)
    assert judged({"type": "assert-set", "assert": [asked | {"provider": "x"}]}) == ("x", False)


def test_the_protocol_is_what_was_asked_and_asserted() -> None:
    """Answers are no part of it, nor the order of the tests; prompts, settings, tests and thresholds are."""
    base = foo_results([foo_test("good", "a"), foo_test("good", "b")])
    before = _rate(base)["protocol"]
    assert _rate(foo_results([foo_test("good", "b"), foo_test("bad", "a")]))["protocol"] == before
    for change in (
        lambda f: f["results"]["prompts"][0].update(raw="other"),
        lambda f: f["config"]["providers"][0].update(config={"temperature": 1}),
        lambda f: f["results"]["results"][0]["testCase"].update(threshold=0.5),
        lambda f: f["results"]["results"][0]["testCase"]["vars"].update(x="c"),
    ):
        other = copy.deepcopy(base)
        change(other)
        assert _rate(other)["protocol"] != before
