"""The shipped policy library as a whole: it loads, it is laid out, every rule explains itself."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from letpass.diagnostics import Source
from letpass.evaluation.decision import Decision, Verdict
from letpass.facts.schema import VOCABULARY
from letpass.facts.values import date
from letpass.gate.judgement import judge
from letpass.language.formatter import format_text
from letpass.language.rules import Rule
from letpass.move import promotion
from letpass.project.policyset import PolicySet, load
from letpass.registries import references

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "policies"
ARRESTS = ROOT / "examples/arrests/models/arrests"
POLICIES = sorted(LIBRARY.rglob("*.policy"))
IDS = [
    "deployment",
    "environment",
    "high-risk-promotion",
    "operation-review",
    "production-promotion",
    "production-rollback",
    "registration",
    "reproducibility",
    "retirement",
]
# the library cannot know on which data set a project measures, nor which service vouches for its inventory
WARNINGS = [
    (
        "GATE254",
        "risk.policy",
        "whoever writes to the registry can switch this off: `domain in {credit, employment, health, insurance, justice}`",
    ),
    ("GATE254", "risk.policy", "whoever writes to the registry can switch this off: `risk >= high`"),
    ("GATE256", "production.policy", "`accuracy` names no data set"),
    ("GATE256", "production.policy", "`error_rate` names no data set"),
    ("GATE256", "production.policy", "`fairness` names no data set"),
    ("GATE256", "production.policy", "`latency_p99` names no data set"),
    ("GATE256", "production.policy", "`recall` names no data set"),
    ("GATE256", "registration.policy", "`accuracy` names no data set"),
    ("GATE256", "registration.policy", "`latency_p99` names no data set"),
]


@cache
def library() -> PolicySet:
    return load((LIBRARY,), VOCABULARY)


def rules() -> list[Rule]:
    return [rule for policy in library().policies for rule in policy.rules]


def promoted(version: int) -> Decision:
    """The example's version, asked for production while version 1 holds it."""
    record, champion = (references.find(str(ARRESTS / f"{v}.yaml")).records[0] for v in (version, 1))
    now = date("2026-11-23T12:00:00Z")
    assert isinstance(now, int)
    return judge(library(), record, promotion("production"), now, champion)


def test_the_whole_library_is_one_policy_set() -> None:
    """All policies load together, each under a name of its own."""
    assert sorted(p.name for p in library().policies) == IDS


def test_the_library_warns_of_nothing_but_what_it_cannot_know() -> None:
    """Every warning of the set is on the list."""
    assert sorted(WARNINGS) == sorted((w.code, Path(w.span.source.name).name, w.message) for w in library().warnings)


def test_every_policy_names_its_owner() -> None:
    """Somebody answers for each policy."""
    assert [p.name for p in library().policies if not p.owner or not p.title] == []


def test_every_rule_has_a_label_a_reason_and_a_remedy() -> None:
    """Whoever is refused reads why, and what to do."""
    assert [r.id for r in rules() if not (r.label and r.because and r.fix)] == []


def test_every_policy_has_its_cases_beside_it() -> None:
    """No policy ships untested, and no cases are left without their policy."""
    headed = sorted(
        r.span.source.name.removesuffix(".policy") for r in {p.name: p.rules[0] for p in library().policies}.values()
    )

    assert headed == sorted(str(p).removesuffix(".cases.yaml") for p in LIBRARY.rglob("*.cases.yaml"))


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.stem)
def test_a_shipped_policy_is_laid_out(path: Path) -> None:
    """The formatter would change nothing."""
    text = path.read_text(encoding="utf-8")

    assert text == format_text(Source(path.name, text))


def test_the_good_version_of_the_example_awaits_only_people() -> None:
    """Nothing that can be measured is missing of version 2."""
    decision = promoted(2)

    expected = (True, ["high-risk-promotion/risk-accepted", "high-risk-promotion/validated"])
    assert expected == (decision.awaits_only_people, sorted(r.rule.id for r in decision.blocking))


def test_the_unfair_version_of_the_example_is_denied() -> None:
    """Version 3 fails on fairness, and on accuracy with it."""
    expected = ["accurate", "equal-groups", "every-group", "fair", "fairness-check", "no-less-fair", "no-regression"]
    assert expected == sorted(str(r.rule.label) for r in promoted(3).blocking if r.truth is False)


def test_the_slow_version_of_the_example_is_denied_for_that_alone() -> None:
    """Version 4 lacks speed and signatures."""
    outcomes = {r.rule.label: r.truth for r in promoted(4).blocking}

    assert outcomes == {"fast": False, "risk-accepted": None, "validated": None}


def test_the_hurried_version_of_the_example_is_undecided_for_want_of_evidence() -> None:
    """Nothing of version 5 is known to be bad, and too little is known to be good."""
    decision = promoted(5)

    assert (decision.verdict, decision.awaits_only_people) == (Verdict.UNDECIDED, False)
    assert Counter({None: 17}) == Counter(r.truth for r in decision.blocking)
