"""The end of an approval as people read it: one line, in the reports of an allow."""

from __future__ import annotations

import html
import re

import pytest

from letpass.evaluation.decision import Decision
from letpass.evaluation.telling import duration
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.gate import judgement
from letpass.project.policyset import from_texts
from tests.reports.making import MOVE, NOW, kinds, record, shown

POLICY = 'policy {name}: "t"\n  on promotion to production\n  approved for {lasting}\nrequire exact: accuracy on "holdout" >= 0.9\n'
ENDED = "he approval ends 2027-11-23T12:00:00Z (policy gate: approved for 365 days)"


def lasting(**said: str) -> Decision:
    """An allow by policies of these names."""
    texts = {f"{name}.policy": POLICY.format(name=name, lasting=for_) for name, for_ in said.items()}
    return judgement.judge(from_texts(texts, VOCABULARY, warn=False), record(), MOVE, NOW)


def lines(form: str, decision: Decision) -> list[str]:
    """The lines of a report that speak of an approval's end, without what a format marks and escapes."""
    plain = re.sub(r"</?p>|\\|\u2060", "", html.unescape(shown(form, decision)))
    return [line for line in plain.splitlines() if "pproval ends" in line]


def test_the_report_of_an_allow_tells_its_end_and_who_set_it() -> None:
    """As text, Markdown and page: the time, the policy, and its words."""
    decision = lasting(gate="365 days", other="400 days")

    assert lines("text", decision) == [f"t{ENDED}"]
    assert lines("markdown", decision) == [f"T{ENDED}."]
    assert lines("html", decision) == [f"T{ENDED}."]


def test_policies_that_set_the_same_end_are_all_named() -> None:
    """A year in weeks and days."""
    assert lines("text", lasting(one="52 weeks", two="364 days", three="365 days")) == [
        "the approval ends 2027-11-22T12:00:00Z (policies one and two: approved for 364 days)"
    ]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_only_an_allow_that_ends_tells_an_end(form: str) -> None:
    """What is refused or held back was not approved."""
    made = kinds()["allowed for a time"]
    assert len(lines(form, made)) == 1

    others = [d for kind, d in kinds().items() if kind != "allowed for a time"]
    refused = [replace(made, verdict=d.verdict) for d in others if not d.allowed]
    assert [lines(form, d) for d in (*others, *refused)] == [[]] * len([*others, *refused])


@pytest.mark.parametrize(
    ("microseconds", "said"),
    [
        (86_400_000_000, "1 day"),
        (31_536_000_000_000, "365 days"),
        (90_000_000_000, "25 hours"),
        (3_600_000_000, "1 hour"),
        (5_400_000_000, "90 minutes"),
        (90_000_000, "90 s"),
        (1_500_000, "1.5 s"),
        (86_400_000_001, "86400.000001 s"),
    ],
)
def test_a_duration_is_said_exactly(microseconds: int, said: str) -> None:
    """In the largest unit of which it is a whole number, so that nothing is rounded."""
    assert duration(microseconds) == said
