"""Pictures say what the rule asked: the right side of the bound, the right colour, the right champion, the right interval."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letpass.cli.reporting import FORMATS
from letpass.evaluation.deciding import decide
from letpass.evaluation.decision import Decision
from letpass.evaluation.drawn import Standing
from letpass.facts.record import Holder
from letpass.reports.beside import beside
from letpass.reports.gauges import of_gauge
from letpass.reports.groups import groups
from letpass.reports.interface import Report, renderer
from letpass.reports.pictures import Picture
from tests.properties.judging import made_input, made_policy
from tests.reports.making import judged, record

page = renderer("html")

HEADER = (
    'policy gate: "Gate"\n  on promotion to production\n\nmetric accuracy: ratio, higher is better\n'
    "metric error: ratio, lower is better\nmetric latency: duration in ms, lower is better\n\n"
)
METRICS = {"accuracy": 0.95, "error": 0.05, "latency": 120}


def _decided(rule: str, metrics: dict[str, Any] | None = None, theirs: dict[str, Any] | None = None) -> Decision:
    champion = record(version="1", metrics=theirs) if theirs is not None else Holder.UNASKED
    return judged(record(metrics=metrics or METRICS), f"{HEADER}require a: {rule}\n", champion)


def _drawn(rule: str, metrics: dict[str, Any] | None = None, theirs: dict[str, Any] | None = None) -> Picture | None:
    return _picture(_decided(rule, metrics, theirs))


def _picture(decision: Decision) -> Picture | None:
    """The picture of its first rule."""
    found = decision.rules[0].gauge
    return of_gauge(found) if found is not None else None


@pytest.mark.parametrize(
    ("rule", "side", "holds", "words"),
    [
        ("accuracy >= 0.95", "higher", True, "at least 0.95 required"),
        ("accuracy > 0.95", "higher", False, "more than 0.95 required"),
        ("accuracy < 0.95", "lower", False, "less than 0.95 required"),
        ("accuracy == 0.9", "", False, "exactly 0.9 required"),
        ("accuracy != 0.9", "", True, "other than 0.9 required"),
        ("not (accuracy >= 0.9)", "lower", False, "less than 0.9 required"),
        ("not (accuracy <= 0.9)", "higher", True, "more than 0.9 required"),
        ("not (not (accuracy >= 0.9))", "higher", True, "at least 0.9 required"),
    ],
)
def test_the_shaded_side_is_the_one_that_the_rule_asks_for(rule: str, side: str, holds: bool, words: str) -> None:
    """Equal to its bound, negated, or equality itself: the side comes from the operator, not from how a value came out."""
    found = _drawn(rule)

    assert found is not None
    assert (found.side, found.holds) == (side, holds)
    assert words in found.label


def test_a_rule_that_holds_by_its_other_half_shows_that_half() -> None:
    """Of `a or b` the half that holds is drawn, and not the missed one in the colour of what holds."""
    found = _drawn("accuracy >= 0.99 or error <= 0.1")

    assert found is not None
    assert (found.value, found.bound, found.holds) == (0.05, 0.1, True)


def test_a_suite_that_failed_with_a_good_score_shows_no_score() -> None:
    """A bar in the colour of what fails, on the side of what holds, would say nothing that is so."""
    suite = {"name": "S", "passed": False, "score": 0.95, "cases": 10, "ran_at": "2026-11-22"}
    for passed, score, drawn in ((False, 0.95, False), (False, 0.5, True), (True, 0.95, True)):
        decision = judged(
            record(suites=[{**suite, "passed": passed, "score": score}]),
            'policy gate: "G"\n  on promotion to production\nrequire a: passed "S" with score > 90%\n',
        )
        assert decision.rules[0].truth is passed
        assert (_picture(decision) is not None) is drawn


def test_of_a_sum_and_of_a_field_no_champion_and_no_interval_is_drawn() -> None:
    """The champion's accuracy is no sum of two metrics, and an accuracy's interval no interval of its samples."""
    metric = {"value": 0.9, "data_set": "A", "samples": 100, "successes": 90}
    error = {"value": 0.1, "data_set": "A"}
    ours = {"accuracy": metric, "error": error}
    for rule in ("accuracy + error >= 0.5", "accuracy.samples >= 50", "accuracy - champion.accuracy >= 1 point"):
        found = _drawn(rule, ours, ours)
        assert found is not None
        assert (found.champion, found.low, found.high) == (None, None, None), rule
    found = _drawn("accuracy >= 0.5", ours, ours)
    assert found is not None
    assert found.champion == 0.9
    assert found.low is not None


def test_a_champion_on_other_data_is_not_drawn_nor_called_worse() -> None:
    """Data of one name and two digests, and data without a name, are what the rules do not compare either."""
    named = {"value": 0.8, "data_set": "A"}
    for ours, theirs in (
        ({**named, "data_digest": "sha256:" + "1" * 64}, {**named, "value": 0.3, "data_digest": "sha256:" + "2" * 64}),
        (0.8, 0.3),
    ):
        decision = _decided("accuracy >= 0.5", {"accuracy": ours}, {"accuracy": theirs})
        found = _picture(decision)
        (row,) = beside(decision)

        assert found is not None
        assert found.champion is None
        assert (row.change, row.picture) == ("", None)
        assert "data" in row.word


def test_a_champion_is_found_whatever_the_order_of_its_data_sets() -> None:
    """Both list two data sets, the other way round; units may differ too."""
    a, b = {"value": 100, "data_set": "A", "unit": "ms"}, {"value": 0.2, "data_set": "B", "unit": "s"}
    found = _drawn('latency on "B" <= 150 ms', {"latency": [a, b]}, {"latency": [{**b, "value": 0.3}, a]})

    assert found is not None
    assert (found.value, found.bound, found.champion) == (0.2, 0.15, 0.3)


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("accuracy >= 0.5", "better"),
        ("not (accuracy <= 0.5)", "better"),
        ("champion.accuracy <= accuracy", "better"),
        ("accuracy <= 0.99", "worse"),
        ("accuracy == 0.95", ""),
        ("accuracy >= 0.5 and accuracy <= 0.99", ""),
    ],
)
def test_better_is_what_the_rules_call_so(rule: str, word: str) -> None:
    """A negated bound bounds the other way, whichever side of it the measure stands on."""
    (row,) = beside(
        _decided(rule, {"accuracy": {"value": 0.95, "data_set": "A"}}, {"accuracy": {"value": 0.9, "data_set": "A"}})
    )

    assert row.word == word


def test_what_reads_the_same_is_the_same() -> None:
    """The last bit of a reckoned number makes no model better."""
    (row,) = beside(
        _decided(
            "accuracy >= 0.1",
            {"accuracy": {"value": 0.1 + 0.2, "data_set": "A"}},
            {"accuracy": {"value": 0.3, "data_set": "A"}},
        )
    )

    assert (row.change, row.word) == ("0", "the same")


def _sliced(*slices: tuple[Any, float, int]) -> dict[str, Any]:
    groups_ = [{"group": g, "value": v, "samples": n} for g, v, n in slices]
    return {"accuracy": {"value": 0.9, "data_set": "A", "slices": groups_}}


def test_groups_show_their_values_whatever_is_asked_of_them() -> None:
    """A rule about samples, or about the end of an interval, does not put those into the column of values."""
    ours = _sliced(("old", 0.95, 40), ("young", 0.7, 60))
    for rule in ("samples >= 30", "value >= 80% at 90% confidence", "value >= 80%"):
        (table,) = groups(_decided(f"all accuracy.slices have {rule}", ours))
        pictures = [r.picture for r in table.rows if r.picture is not None]
        assert sorted(p.value for p in pictures) == [0.7, 0.95], rule
        assert {p.bound for p in pictures} <= {None, 0.8}, rule


def test_a_champions_group_is_the_one_of_that_name_and_no_other() -> None:
    """Of two groups of one name, and of groups without a name, nobody can say which is which."""
    ours = _sliced(("old", 0.95, 40), ("young", 0.7, 60), ("young", 0.8, 60))
    theirs = _sliced(("old", 0.9, 40), ("young", 0.6, 60))
    for first, second in ((ours, theirs), (theirs, ours)):
        (table,) = groups(_decided("all accuracy.slices have value >= 0.5", first, second))
        assert [r.name for r in table.rows if r.picture is not None and r.picture.champion is not None] == ["old"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_no_picture_contradicts_its_rule(random: Random) -> None:
    """Policies and records made at random: every format is written, and a bar on the shaded side is of a rule that holds."""
    input_ = made_input(random)
    decision = decide((made_policy(random),), input_)
    report = Report((decision,), ({"policies": {}},))
    for form in FORMATS:
        assert renderer(form)(report)
    for result in decision.rules:
        found = result.gauge
        if found is None or found.bound is None or not found.side or found.value == found.bound:
            continue
        right = (found.value > found.bound) == (found.side == "higher")
        near = abs(found.value - found.bound) <= 1e-9 * max(1.0, abs(found.bound))
        sure = "confidence" in result.rule.text
        assert found.truth is None or right is found.truth or near or sure, result.rule.text
    for table in groups(decision):
        for row in table.rows:
            if row.picture is not None and row.picture.holds is not None:
                assert row.standing is (Standing.MET if row.picture.holds else Standing.MISSED)


@pytest.mark.parametrize("value", [0.0, -1.0, 5e-324, 1e-300, 1e308, -1e308, 1e15])
def test_no_number_breaks_a_page(value: float) -> None:
    """The largest, the smallest and the negative: a page is written, with nothing in it that is no number."""
    decision = judged(
        record(metrics={"score": {"value": value, "data_set": "A", "slices": [{"group": "a", "value": value}]}}),
        'policy gate: "G"\n  on promotion to production\nmetric score: number\nrequire a: score >= 1\n'
        "require b: all score.slices have value <= -3\nrequire c: score == 0\n",
        record(version="1", metrics={"score": {"value": -value, "data_set": "A"}}),
    )
    text = page(Report((decision,)))

    assert "<svg" in text
    assert not re.search(r'="[^"]*(nan|inf\b)', text.split("</style>")[1].replace("provenance", ""))
