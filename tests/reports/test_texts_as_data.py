"""Names that read like words of ours are names: every report says what a thing is, whatever it is called."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from letpass.evaluation.decision import Decision
from letpass.evaluation.remedies import remedy
from letpass.gate import judgement
from letpass.reports.approvals import approvals, unblock
from letpass.reports.markdown import escape
from letpass.reports.statements import command_for
from letpass.trust.accepted import Accepted, NextCommand
from tests.reports.making import HEADER, MOVE, NOW, judged, policies, record, shown

FORMS = ("text", "markdown", "html", "json")
NAMES = {  # each with one that is as long and means nothing
    "rejection as validator": "qejection as validator",
    "sign-off as validator": "qign-off as validator",
    "role `validator`": "qole `validator`",
    "now": "qow",
    "x ran": "q fox",
    "champion": "qhampion",
}
ABOUT_A_METRIC = "require good: x >= 0.9\nrequire there: x is recorded\nrequire sure: x <= 0.9 and y >= 0.5\n"


def named(name: str) -> Decision:
    """A decision on a metric that is recorded under a name: one rule misses it, one finds it, one lacks another."""
    header = HEADER.replace("accuracy: ratio, higher is better", f'x: ratio, higher is better, recorded as "{name}"')
    header += f'metric y: ratio, higher is better, recorded as "{name} too"\n'
    return judged(record(metrics={name: {"value": 0.5}}), header + ABOUT_A_METRIC)


def reported(form: str, decision: Decision) -> str:
    """A verbose report in a format, in which the digests are blank."""
    return re.sub(r"sha256:[0-9a-f]+", "DIGEST", plain(shown(form, decision, verbose=True)))


def plain(page: str) -> str:
    """A page whose code stands in backticks, as it does in what was said."""
    return page.replace("<code>", "`").replace("</code>", "`")


def written(form: str, name: str) -> str:
    """A name as a format writes it."""
    return {"markdown": escape(name), "html": html.escape(name)}.get(form, name)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_a_metric_is_reported_as_a_metric_whatever_it_is_called(name: str, form: str) -> None:
    """Its report is that of a metric with a harmless name, to the letter."""
    twin = reported(form, named(NAMES[name]))
    assert twin.count(written(form, NAMES[name])) >= 2

    assert twin.replace(written(form, NAMES[name]), written(form, name)) == reported(form, named(name))


def test_a_metric_that_is_called_a_rejection_has_missed_its_bound() -> None:
    """The value and by how much it missed, and nobody is asked to take back what they never said."""
    text = shown("text", named("rejection as validator"))

    assert "FAIL[GATE300]  gate/good" in text
    assert "rejection as validator is 0.5, short by 0.4" in text
    assert "withdraw" not in text


ODD: dict[str, tuple[dict[str, Any], str, str, list[str]]] = {
    "a suite called `ran`": (
        {"suites": [{"name": "ran", "passed": False, "cases": 3}]},
        'passed "ran"',
        'suite "ran" failed',
        ['suite "ran" failed'],
    ),
    "a suite called like a rejection": (
        {"suites": [{"name": "rejection as risk", "passed": False, "cases": 3}]},
        'passed "rejection as risk"',
        'suite "rejection as risk" failed',
        ['suite "rejection as risk" failed'],
    ),
    "the score of a suite called `now`": (
        {"suites": [{"name": "now", "passed": True, "cases": 3, "score": 0.5}]},
        'passed "now" with score >= 90%',
        'suite "now" passed, score of suite "now" is 50%, short by 40 points',
        ['suite "now" passed', 'score of suite "now" is 50%'],
    ),
    "a scanner called `ran`": (
        {"scans": [{"tool": "ran", "ran_at": "2026-11-22", "scanned": 1, "findings": []}]},
        'scanned by "ran" within 7 days and accuracy on "holdout" >= 0.99',
        "accuracy is 0.93, short by 0.06",
        ['scan by "ran" ran', 'scan by "ran" ran 2026-11-22', "accuracy is 0.93"],
    ),
    "a group called `x ran`": (
        {"metrics": {"accuracy": {"value": 0.9, "slices": [{"group": "x ran", "value": 0.5}]}}},
        "all accuracy.slices have value >= 80%",
        "1 of 1 fail: value of x ran is 50%, short by 30 points",
        ["value of x ran is 50%"],
    ),
    "a data set called `failed`": (
        {"data": [{"name": "failed", "uri": "s3://a"}]},
        'no data where uri like "s3://*"',
        "1 of 1 match",
        ["data[0] is failed", "uri of failed is `s3://a`"],
    ),
    "an element without a name": (
        {"scans": [{"tool": "ran", "scanned": 1, "findings": [{"severity": "high"}]}]},
        "no scans.findings where severity >= high",
        "1 of 1 match",
        ["scans[0].findings[0] is there", "scans[0].findings[0].severity is `high`"],
    ),
    "a fact called `now`": ({"facts": {"now": "b"}}, 'facts.now is "a"', "now is `b`", ["now is `b`"]),
}


@pytest.mark.parametrize("name", ODD)
def test_runs_groups_and_elements_are_reported_as_what_they_are(name: str) -> None:
    """Nothing that was seen is left out or read in another way because of its name or its value."""
    more, rule, label, seen = ODD[name]
    made = judged(record(**more), HEADER + f"require good: {rule}\n")
    (result,) = made.rules

    assert (remedy(result).label, [str(s) for s in result.test.all_seen()]) == (label, seen)
    page = html.unescape(plain(shown("html", made)))
    assert [s for s in seen if f"<li>{s}, claimed" not in page] == []


def awaited(name: str) -> Decision:
    """A decision on a rule that awaits a validator, and another that lacks a metric of a name."""
    header = HEADER + f'metric y: ratio, higher is better, recorded as "{name}"\n'
    return judged(record(), header + 'require both: signed by role "validator" and y >= 0.5\n')


def test_nobody_has_to_sign_for_a_metric_that_is_called_like_a_role() -> None:
    """What lacks a sign-off is the rule's role alone."""
    (untouched,) = approvals(awaited("plain"))
    assert untouched.lacking == ("role `validator`: 0 of 1 sign-off",)

    assert approvals(awaited("role `validator`")) == [untouched]


@pytest.mark.parametrize("role", ["validator", "val`id`ator", "role `x`", "a`b"])
def test_a_role_is_named_as_the_policy_names_it(role: str) -> None:
    """Backticks in a role cut nothing off: the sentence and the command are of the whole role."""
    accepted = Accepted(members={role: ("vera",)}, next=NextCommand("policy sign m --to 'a --role ROLE'", in_role=True))
    made = judgement.judge(
        policies(HEADER + f'require signed: signed by role "{role}"\n'), record(), MOVE, NOW, accepted=accepted
    )
    quoted = f"'{role}'" if "`" in role else role

    assert f"`{role.replace('`', chr(39))}` has to sign" in unblock(made)
    assert command_for(made.rules[0], made) == f"policy sign m --to 'a --role ROLE' --role {quoted} --key KEY"


def test_who_holds_the_stage_is_asked_for_beside_what_else_is_missing() -> None:
    """An unknown champion is a kind of its own: its remedy does not take the place of another's."""
    rule = 'require better: accuracy on "holdout" >= champion.accuracy on "holdout" and {} is recorded\n'
    held = remedy(judged(record(), HEADER + rule.format("license")).rules[0])
    both = remedy(judged(record(), HEADER + rule.format("data")).rules[0])
    name_it = "name the champion: `--champion MODEL`, or `none` where nobody holds the stage"

    assert (held.code, held.steps) == ("GATE310", (name_it,))
    assert (both.code, both.steps) == ("GATE310", (name_it, "record it in the model's record"))
    assert held.label == "champion.accuracy: it is not known who holds the stage"
