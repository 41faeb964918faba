"""Standard errors and intervals that tell nothing decide nothing, in both engines."""

from __future__ import annotations

from typing import Any

import pytest

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.deciding import judge_rule
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.facts.record import Holder
from letpass.language.truth import Truth3
from tests.properties.generate import NOW
from tests.properties.judging import MOVE, policy, record

TWO_CLUSTERS = 3.7007434154171886e-17
"""The standard error of an evaluation whose twelve cases came in two clusters with one mean."""


def _sure(metric: dict[str, Any], test: str) -> tuple[Truth3, str]:
    """What both engines say of a condition at 95 % confidence, and why it is unknown."""
    text = f'policy gate: "Gate"\n  on promotion to production\nmetric m: ratio\nrequire it: {test} at 95% confidence\n'
    rules = policy(text).rules
    given = Input(record({"model": "m", "version": "1", "metrics": {"m": metric}}), MOVE, NOW, Holder.NOBODY)
    found = judge_rule(rules[0], given, Interpreter(given))
    assert compile_rules(rules).truths(given) == [found.truth]
    return found.truth, " ".join(reason.detail for reason in found.test.why)


GOOD = {"value": 0.9, "standard_error": 0.01, "samples": 900}


@pytest.mark.parametrize("more", [{}, {"clusters": 30}, {"samples": 30}, {"standard_error": 1e-8}, {"successes": 5}])
def test_a_standard_error_of_enough_cases_is_used(more: dict[str, Any]) -> None:
    """From 30 samples, and 30 clusters of them where they come so."""
    assert _sure(GOOD | more, "m >= 85%") == (True, "")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"standard_error": TWO_CLUSTERS}, "the recorded standard error, 3.7e-17, is what rounding left"),
        ({"standard_error": 8.9e-10}, "is what rounding left"),
        ({"standard_error": 0}, "the recorded standard error cannot be read"),
        ({"standard_error": -0.01}, "the recorded standard error cannot be read"),
        ({"standard_error": "0.01"}, "the recorded standard error cannot be read"),
        ({"standard_error": 1e308}, "the recorded standard error cannot be read"),
        ({"samples": 29}, "rests on 29 samples, and fewer than 30 tell none"),
        ({"samples": 0}, "rests on 0 samples"),
        ({"clusters": 2}, "rests on 2 clusters, and fewer than 30 tell none"),
        ({"clusters": 29, "samples": 10_000}, "rests on 29 clusters"),
        ({"samples": "many"}, "rests on `samples` that cannot be read"),
        ({"clusters": 2.5}, "rests on `clusters` that cannot be read"),
        ({"standard_error": 0, "successes": 810}, "the recorded standard error cannot be read"),
        ({"standard_error": TWO_CLUSTERS, "successes": 810}, "is what rounding left"),
    ],
)
def test_a_standard_error_that_tells_nothing_decides_nothing(more: dict[str, Any], why: str) -> None:
    """Not by the counts beside it either: what cannot be read does not become better evidence."""
    truth, said = _sure(GOOD | more, "m >= 85%")
    assert (truth, why in said) == (None, True), said


def test_at_nought_a_standard_error_is_measured_against_one() -> None:
    """There is no value that it could be small beside."""
    assert _sure({"value": 0, "standard_error": 1e-17}, "m <= 0.1%")[0] is None
    assert _sure({"value": 0, "standard_error": 1e-5}, "m <= 0.1%")[0] is True


ALL_RIGHT = {"value": 1.0, "standard_error": 0.0, "samples": 12, "successes": 12}


def test_where_all_cases_are_right_their_number_tells_how_sure_it_is() -> None:
    """Twelve of twelve: a lower bound of 75.8 %; none of forty: an upper one of 8.8 %."""
    assert _sure(ALL_RIGHT, "m >= 75%")[0] is True
    assert _sure(ALL_RIGHT, "m >= 76%")[0] is None
    none = {"value": 0.0, "standard_error": 0.0, "samples": 40, "successes": 0}
    assert (_sure(none, "m <= 9%")[0], _sure(none, "m <= 8%")[0]) == (True, None)


@pytest.mark.parametrize(
    ("test", "truth"),
    [
        ("m >= 87%", True),
        ("m >= 89%", None),
        ("m >= 91%", None),
        ("m >= 93%", False),
        ("m <= 93%", True),
        ("m < 91%", None),
        ("m <= 89%", None),
        ("m < 87%", False),
    ],
)
def test_a_bound_inside_the_interval_is_neither_shown_nor_disproved(test: str, truth: Truth3) -> None:
    """0.9 with an error of 0.01: from 88 % to 92 %."""
    found, why = _sure(GOOD, test)
    assert found is truth
    assert (", at 95% between 88.04% and 91.96%; the bound of " in why) == (truth is None)


@pytest.mark.parametrize(
    "more", [{"successes": None}, {"samples": None}, {"clusters": 12}, {"value": 0.9}, {"standard_error": 1e-17}]
)
def test_but_not_where_their_number_is_not_known(more: dict[str, Any]) -> None:
    """Or they come in clusters, or do not make the value."""
    assert _sure(ALL_RIGHT | more, "m >= 50%")[0] is None


def test_counts_of_cases_in_clusters_say_nothing_without_a_standard_error() -> None:
    """Wilson's interval is for cases that are independent of one another."""
    counted = {"value": 0.9, "samples": 900, "successes": 810}
    assert _sure(counted, "m >= 85%")[0] is True
    assert _sure(counted | {"clusters": 100}, "m >= 85%") == (
        None,
        "its samples come in clusters, and without a standard error nobody can tell how alike they are",
    )


def test_an_interval_of_no_width_is_none() -> None:
    """Nor one that only rounding made wide."""
    interval = {"low": 0.88, "high": 0.92, "level": 0.95}
    assert _sure({"value": 0.9, "interval": interval}, "m >= 85%")[0] is True
    for high in (0.9, 0.9 + 3e-16):
        narrow = {"low": 0.9, "high": high, "level": 0.95}
        assert _sure({"value": 0.9, "interval": narrow}, "m >= 85%")[0] is None


@pytest.mark.parametrize("operator", [">=", "<=", ">", "<"])
def test_an_end_that_overflows_decides_nothing(operator: str) -> None:
    """A value and an error that are each finite: their end is not, and is as far from every bound as it is near."""
    text = f'policy gate: "Gate"\n  on promotion to production\nmetric m: number\nrequire it: m {operator} 50 at 95% confidence\n'
    rules = policy(text).rules

    def truth(value: float, error: float) -> Truth3:
        metrics = {"m": {"value": value, "standard_error": error}}
        given = Input(record({"model": "m", "version": "1", "metrics": metrics}), MOVE, NOW, Holder.NOBODY)
        found = judge_rule(rules[0], given, Interpreter(given)).truth
        assert compile_rules(rules).truths(given) == [found]
        return found

    assert truth(1e307, 1e300) is (operator in {">=", ">"})
    assert truth(1.7e308, 9e306) is None
    assert truth(-1.7e308, 9e306) is None
