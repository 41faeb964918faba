"""What docs/why-not.md says of Letpass is what it does; what it says of the others is printed by `make comparisons`."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.comparisons import __main__ as comparisons
from tests.comparisons import ours
from tests.comparisons.cases import CASES_OF, draws
from tests.docs.blocks import DOCS

pytestmark = pytest.mark.once
PAGE = (DOCS / "why-not.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: [c.strip("*") for c in cells[1:]]
    for line in PAGE.splitlines()
    if len(cells := [c.strip() for c in line.strip("|").split("|")]) == len(comparisons.TITLES) + 1
}


@pytest.fixture(scope="module", name="answers")
def _answers() -> list[str]:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH is not here")
    return ours.answers()


def test_the_page_says_what_letpass_answers(answers: list[str]) -> None:
    """Each case has its line, and the last column is what comes out."""
    assert {c.name: a for c, a in zip(CASES_OF, answers, strict=True)} == {c.name: ROWS[c.name][-1] for c in CASES_OF}


def test_letpass_allows_what_is_good_and_nothing_else(answers: list[str]) -> None:
    assert [c.name for c, a in zip(CASES_OF, answers, strict=True) if (a == "allow") != c.good] == []


def test_the_page_marks_every_wrong_allow() -> None:
    """In the columns of the others too: a line of the page is what the command prints of its answers."""
    for case in CASES_OF:
        assert comparisons.row(case, ROWS[case.name]) in PAGE


def test_a_worse_candidate_goes_through_by_the_point_and_not_by_the_confidence() -> None:
    """Three points worse, where three are allowed: half of them; at 95 % confidence at most one in twenty."""
    good, worse = draws(0.0, 40), draws(0.03, 40)

    assert ours.passed(worse, ours.PLAIN) > 10
    assert ours.passed(worse, ours.RULES) <= 4
    assert ours.passed(good, ours.RULES) >= 36


def test_the_rules_of_the_others_are_shown_or_led_to() -> None:
    """Every file of rules that the page speaks of is there."""
    named = re.findall(r"\]\(\.\./tests/comparisons/([\w.]+)\)", PAGE)

    assert set(named) >= {"rules.policy", "deny.rego", "allow.rego", "guarded.rego", "rules.cedar", "forbidding.cedar"}


def test_the_page_counts_the_lines_of_the_guards() -> None:
    """Of the rules with guards and of those without, blank lines apart."""
    guarded, plain = (
        sum(map(bool, (comparisons.HERE / name).read_text(encoding="utf-8").split("\n")))
        for name in ("guarded.rego", "allow.rego")
    )

    assert f"takes {guarded} lines where `allow` takes {plain}" in PAGE
