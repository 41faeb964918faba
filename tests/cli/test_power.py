"""`policy power`: what a rule costs an equal model, what it lets through, and how many cases would settle it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call, write

POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better, on "tasks"
require asked: {rule}
"""
RECORD = """model: m
version: '{version}'
metrics:
  accuracy: {{value: {value}, samples: {samples}, successes: {right}, data_set: tasks}}
"""
PAIRED = "accuracy >= champion.accuracy - {} paired at 95% confidence"


@pytest.fixture(name="power")
def _power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call) -> Call:
    """What is said of one rule; the champion has 1,161 of 1,319 cases right."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "1.yaml", RECORD.format(version=1, value=1161 / 1319, samples=1319, right=1161))

    def power(rule: str, *models: str) -> str:
        write(tmp_path / "p.policy", POLICY.format(rule=rule))
        code, out, err = call("power", "p.policy", *models)
        assert (code, err) == (0, "")
        return out

    return power  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("margin", "cases"),
    [
        ("1 point", ("5,364", "10,558", "21,034")),
        ("2 points", ("1,413", "2,676", "5,273")),
        ("3 points", ("671", "1,215", "2,354")),
    ],
)
def test_the_cases_that_let_nine_of_ten_equal_models_pass(power: Call, margin: str, cases: tuple[str, ...]) -> None:
    """By how many come out differently, without any record."""
    out = power(PAIRED.format(margin))  # type: ignore[arg-type]

    five, ten, twenty = cases
    assert (
        f"an equal model passes in 90 of 100, compared case by case, with {five} cases where 5 of 100 come out differently, "
        f"{ten} where 10 do, {twenty} where 20 do" in out
    )
    assert f"a model that is {margin} worse passes in 2.5 of 100\n" in out


def test_with_a_champion_it_is_told_what_its_cases_come_to(power: Call) -> None:
    """Case by case once the outcomes are there, and without them."""
    out = power(PAIRED.format("1 point"), "1.yaml")  # type: ignore[arg-type]

    assert "can never hold with fewer than 381 cases" in out
    assert (
        "with the 1,319 cases of m@1 an equal model passes in 36 of 100 where 5 of 100 come out differently, 21 of 100 where 10 do, "
        "13 of 100 where 20 do" in out
    )
    assert "without the outcomes of the cases it passes in 12 of 100" in out


def test_a_rule_without_a_confidence_is_told_what_it_refuses_and_lets_through(power: Call) -> None:
    """The two errors that it makes as often as each other."""
    out = power("accuracy >= champion.accuracy - 1 point", "1.yaml")  # type: ignore[arg-type]

    assert (
        "without a confidence it refuses 12 of 100 equal models, and lets 13 of 100 pass that are 2 points worse" in out
    )


def test_of_several_tries_the_chance_is_that_of_all_together(power: Call) -> None:
    """Each alone is held to a fifth of it."""
    out = power(PAIRED.format("1 point") + " over 5 tries")  # type: ignore[arg-type]

    assert "a model that is 1 point worse passes in 2.5 of 100, of all 5 tries together" in out


def test_where_a_formula_says_nothing_nothing_is_said(power: Call, tmp_path: Path) -> None:
    """Too few cases come out differently, or too few are wrong, for the normal curve."""
    write(tmp_path / "2.yaml", RECORD.format(version=2, value=0.95, samples=40, right=38))

    assert "with the 40 cases of m@2 an equal model passes" not in power(PAIRED.format("1 point"), "2.yaml")  # type: ignore[arg-type]


def test_a_policy_that_asks_for_no_number_costs_nothing(power: Call) -> None:
    """Nothing is said of it, or that there is nothing."""
    assert "of 100" not in power("author is recorded")  # type: ignore[arg-type]
