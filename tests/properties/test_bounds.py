"""A rule that is said to ask no less lets nothing through that the other one stops, whatever is recorded."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random

import pytest

from letpass.evaluation.interpreter import Interpreter
from letpass.language.bounds import Bar, stricter
from tests.properties.generate import DECLARATIONS
from tests.properties.judging import made_input, policy

LADDERS = {
    "share >= {}": ("0.1", "0.5", "0.9"),
    "share < {}": ("0.9", "0.5", "0.1"),
    "not (share < {})": ("0.1", "0.5", "0.9"),
    "{} <= share": ("0.1", "0.5", "0.9"),
    "score >= champion.score - {}": ("100", "3", "0.9", "0"),
    "share - champion.share >= {}": ("0", "0.1", "0.5"),
    "score * -2 <= {}": ("100", "3", "0", "-1"),
    "latency <= {}": ("2 minutes", "1 s", "50 ms"),
    "grade >= {}": ("low", "mid", "top"),
    "due >= {}": ("2026-01-01", "2026-11-20", "2027-01-01"),
    "due within {} days": ("400", "30", "1"),
    "at least {} data": ("1", "2", "3"),
    "at most {} scans.findings where severity >= high": ("5", "1", "0"),
    "share >= 0.5 and score >= {}": ("-1", "0.9", "3"),
    "share >= 0.9 or score >= {}": ("-1", "0.9", "3"),
    "all share.slices have value >= {}": ("0.1", "0.5", "0.9"),
    "share >= 0.5 at {}% confidence": ("50", "90", "95", "99.9"),
    "share >= champion.share - {} at 95% confidence": ("50 points", "10 points", "3 points"),
    'share >= {} attested by "ci"': ("0.1", "0.5", "0.9"),
}
"""Conditions with a place for a bound, and bounds from the loosest to the strictest."""


def _rule(condition: str, clause: str = "", keyword: str = "require") -> Bar:
    text = f'policy p: "P"\n  on promotion to production\n{DECLARATIONS}{keyword} a: {condition}\n{clause}'
    (rule,) = policy(text).rules
    return Bar(rule)


@pytest.mark.parametrize("form", LADDERS)
def test_a_stricter_bound_is_told_and_lets_nothing_more_through(form: str) -> None:
    """In both directions, over records in which anything may be missing or wrong."""
    rules = [_rule(form.format(bound)) for bound in LADDERS[form]]
    for (a, loose), (b, strict) in product(enumerate(rules), repeat=2):
        assert stricter(loose, strict) == (a < b) - (a > b), (LADDERS[form][a], LADDERS[form][b])
    random = Random(7)
    for _ in range(60):
        interpreter = Interpreter(made_input(random))
        truths = [interpreter.truth(bar.rule.test).truth for bar in rules]
        for loose, strict in pairwise(truths):
            assert strict is not True or loose is True


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("share >= 0.5", "percent >= 0.5"),
        ("share >= 0.5", "share > 0.5"),
        ("share == 0.5", "share == 0.9"),
        ('share on "A" >= 0.5', 'share on "B" >= 0.5'),
        ("share >= 0.5", "share >= 0.5 and ready"),
        ("share >= 0.5 or score >= 3", "share >= 0.9 or score >= 0"),
        ("score * 2 >= 1", "score * 3 >= 1"),
        ("colour in {red}", "colour in {red, green}"),
        ("all share.slices have value >= 0.5", "all share.slices where samples >= 1 have value >= 0.5"),
        ("not (share < 0.5 at 95% confidence)", "not (share < 0.5 at 60% confidence)"),
        ("share >= 0.5 at 95% confidence over 2 tries", "share >= 0.5 at 95% confidence over 5 tries"),
    ],
)
def test_what_differs_in_more_than_a_bound_is_another_bar(then: str, now: str) -> None:
    """Nobody can tell whether it asks less."""
    assert stricter(_rule(then), _rule(now)) is None
    assert stricter(_rule(now), _rule(then)) is None


@pytest.mark.parametrize(
    ("then", "now", "change"),
    [
        ("", '  because "somebody said so"\n', 0),
        ("", "  when ready\n", -1),
        ("  when ready\n", "", 1),
        ("  when score >= 3\n", "  when score >= 0.9\n", 1),
        ("  when score >= 0.9\n", "  when score >= 3\n", -1),
        ("", '  waivable by role "risk"\n', -1),
        ('  waivable by role "risk"\n', "", 1),
        ("", "  from 2027-01-01\n", -1),
        ("  from 2027-06-01\n", "  from 2027-01-01\n", 1),
    ],
)
def test_what_stands_below_a_rule_may_take_from_what_it_asks(then: str, now: str, change: int) -> None:
    """A guard, a waiver, a later begin; a reason takes nothing."""
    assert stricter(_rule("share >= 0.5", then), _rule("share >= 0.5", now)) == change


def test_advice_asks_nothing() -> None:
    """A rule that became advice asks less, and one that was advice more."""
    rules = _rule("share >= 0.5"), _rule("share >= 0.5", keyword="advise")
    assert (stricter(*rules), stricter(*reversed(rules))) == (-1, 1)
    assert stricter(rules[0], _rule("share >= 0.9", keyword="advise")) is None
