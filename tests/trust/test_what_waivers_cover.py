"""A waiver covers what was missed when it was signed, and nothing that is worse."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from letpass.evaluation.unused import WhyUnused
from tests.reports.making import shown
from tests.trust.world import DAY, HOUR, NOW, RECORD, World

HEADER = 'policy gate: "Gate"\n  on promotion to production\n'
WAIVABLE = '\n  waivable by role "risk"\n'
Change = Mapping[str, Any]


def gate(rule: str, beside: str = "", when: str = "") -> str:
    """A policy of one rule that can be waived."""
    return f"{HEADER}{beside}require good: {rule}{when}{WAIVABLE}"


def world(policy: str, **record: Any) -> World:
    """A world of that policy, in force, and a record."""
    made = World(policy, {**RECORD, "metrics": {}, **record})
    made.enact()
    return made


def waived(policy: str, **record: Any) -> World:
    """One in which the rule is missed, and Rosa of the risk office has waived what is missed."""
    made = world(policy, **record)
    assert made.verdict() != "allow"
    made.waive()
    assert made.verdict() == "allow"
    return made


def why(made: World, now: int = NOW) -> list[WhyUnused]:
    """Why waivers are not used."""
    return [u.why for u in made.decide(now).unused_waivers]


def finding(name: str, severity: str = "high", component: str = "a.pkl") -> dict[str, str]:
    return {"id": name, "severity": severity, "component": component}


def scans(*findings: dict[str, str]) -> dict[str, Any]:
    return {"scans": [{"tool": "modelscan", "scanned": 3, "findings": list(findings)}]}


def groups(**values: float) -> dict[str, Any]:
    slices = [{"group": name, "value": value, "samples": 500} for name, value in values.items()]
    return {"metrics": {"recall": {"value": 0.9, "slices": slices}}}


def metrics(**values: Any) -> dict[str, Any]:
    return {"metrics": values}


def facts(**values: Any) -> dict[str, Any]:
    return {"facts": values}


def suite(**more: Any) -> dict[str, Any]:
    return {"suites": [{"name": "Fair", "cases": 9, "ran_at": "2026-11-20T12:00:00Z", **more}]}


def latency(value: float, unit: str) -> dict[str, Any]:
    return metrics(latency={"value": value, "unit": unit})


GAP = "abs(a - b) <= 5 points"
SAME, WORSE, NEW, OTHER = "allow", WhyUnused.WORSE, WhyUnused.NOT_NAMED, WhyUnused.OTHER_REASON
# rule and record when it was waived; then what the record says later, and whether it is still covered, or why not
COVERS: dict[str, tuple[str, Change, list[tuple[Change, str | WhyUnused]]]] = {
    "a gap of two values": (
        gate(GAP),
        metrics(a=0.9, b=0.8467),
        [(metrics(a=0.9, b=0.10), WORSE), (metrics(a=0.9, b=0.8466), WORSE), (metrics(a=0.9, b=0.848), SAME)],
    ),
    "a floor": (
        gate("a >= 0.9"),
        metrics(a=0.87),
        [(metrics(a=0.8699), WORSE), (metrics(a=0.88), SAME), (metrics(a="high"), OTHER), (metrics(), OTHER)],
    ),
    "a bound that moves": (
        gate("a >= b - 1 point"),
        metrics(a=0.87, b=0.9),
        [(metrics(a=0.87, b=0.95), WORSE), (metrics(a=0.87, b=0.89), SAME), (metrics(a=0.86, b=0.88), WORSE)],
    ),
    "a ceiling in another unit": (
        gate("latency <= 50 ms"),
        latency(60, "ms"),
        [(latency(0.06, "s"), SAME), (latency(0.0601, "s"), WORSE), (latency(60_000, "us"), SAME)],
    ),
    "a value that must be exact": (
        gate("a == 3"),
        metrics(a=4),
        [(metrics(a=4), SAME), (metrics(a=5), WORSE), (metrics(a=2), WORSE)],
    ),
    "an interval": (
        gate("a >= 90% at 95% confidence"),
        metrics(a={"value": 0.9, "successes": 90, "samples": 100}),
        [
            (metrics(a={"value": 0.9, "successes": 900, "samples": 1000}), SAME),
            (metrics(a={"value": 0.9, "successes": 45, "samples": 50}), WORSE),
            (metrics(a=0.9), OTHER),
        ],
    ),
    "ordered words": (
        gate("risk <= low"),
        {"risk": "high"},
        [({"risk": "critical"}, WORSE), ({"risk": "medium"}, SAME), ({"risk": "odd"}, OTHER)],
    ),
    "a word": (
        gate("license in {MIT, BSD}"),
        {"license": "GPL"},
        [({"license": "AGPL"}, WORSE), ({"license": None}, OTHER)],
    ),
    "a flag": (gate("not code.dirty"), {"code": {"dirty": True}}, [({"code": {}}, OTHER)]),
    "a pattern": (
        gate('license like "A*"'),
        {"license": "MIT"},
        [({"license": "BSD"}, WORSE)],
    ),
    "a date": (
        gate("expires_at > now"),
        {"expires_at": "2026-11-01"},
        [({"expires_at": "2026-10-31"}, WORSE), ({"expires_at": "2026-11-20"}, SAME), ({}, OTHER)],
    ),
    "an age": (
        gate("registered_at within 30 days"),
        {"registered_at": "2026-10-01"},
        [({"registered_at": "2026-09-30"}, WORSE), ({"registered_at": "2026-10-02"}, SAME)],
    ),
    "what is missing": (
        gate("a >= 0.9"),
        metrics(b=1),
        [(metrics(a=0.89), OTHER), (metrics(a="0.95"), OTHER), (metrics(b=0), SAME)],
    ),
    "several that are asked for": (
        gate("code.commit, license, model_card are recorded"),
        {"license": "MIT"},
        [({}, OTHER), ({"license": "MIT", "model_card": "x"}, SAME)],
    ),
    "findings": (
        gate("no scans.findings where severity >= high"),
        scans(finding("A"), finding("B")),
        [
            (scans(finding("A")), SAME),
            (scans(finding("A"), finding("C")), NEW),
            (scans(finding("A", "critical")), WORSE),
            (scans(finding("A"), finding("A")), NEW),
            (scans(finding("A", component="b.pkl")), NEW),
            (scans(finding("B"), finding("A"), finding("C", "low")), SAME),
        ],
    ),
    "findings beyond a number": (
        gate("at most 1 scans.findings"),
        scans(finding("A"), finding("B"), finding("C")),
        [
            (scans(finding("A"), finding("C")), SAME),
            (scans(finding("A"), finding("D")), NEW),
            (scans(finding("A"), finding("B"), finding("C"), finding("D")), NEW),
        ],
    ),
    "findings that are called alike": (
        gate("no scans.findings where severity >= medium"),
        scans(finding("A", "high"), finding("A", "medium")),
        [
            (scans(finding("A", "medium"), finding("A", "high")), SAME),
            (scans(finding("A", "high"), finding("A", "high")), NEW),
            (scans(finding("A", "medium"), finding("A", "medium")), SAME),
        ],
    ),
    "too few": (
        gate("at least 3 deployments"),
        {"deployments": [{"endpoint": "a"}, {"endpoint": "b"}]},
        [
            ({"deployments": [{"endpoint": "a"}]}, WORSE),
            ({"deployments": [{"endpoint": "c"}, {"endpoint": "d"}]}, SAME),
        ],
    ),
    "groups": (
        gate("all recall.slices where samples >= 100 have value >= 80%"),
        groups(young=0.7, old=0.75, other=0.9),
        [
            (groups(young=0.7, other=0.9), SAME),
            (groups(young=0.69, old=0.75), WORSE),
            (groups(young=0.7, other=0.79), NEW),
            (groups(old=0.75, young=0.72), SAME),
        ],
    ),
    "a group that cannot be read": (
        gate("all recall.slices have samples >= 100"),
        {"metrics": {"recall": {"value": 1, "slices": [{"group": "young", "value": 1}]}}},
        [({"metrics": {"recall": {"value": 1, "slices": [{"group": "young", "value": 1, "samples": 9}]}}}, OTHER)],
    ),
    "one of two": (
        gate("a >= 0.9 and b >= 0.9"),
        metrics(a=0.8, b=0.95),
        [(metrics(a=0.8, b=0.89), NEW), (metrics(a=0.8, b=0.9), SAME)],
    ),
    "either of two": (
        gate("a >= 0.9 or b >= 0.9"),
        metrics(a=0.8, b=0.7),
        [(metrics(a=0.8, b=0.69), WORSE), (metrics(a=0.85, b=0.7), SAME)],
    ),
    "what must not be": (
        gate("not (a >= 0.9 and risk >= high)"),
        {**metrics(a=0.95), "risk": "high"},
        [({**metrics(a=0.96), "risk": "high"}, WORSE), ({**metrics(a=0.92), "risk": "high"}, SAME)],
    ),
    "a suite that failed": (
        gate('passed "Fair" with score > 90% within 30 days'),
        suite(passed=False, score=0.95),
        [
            (suite(passed=False, score=0.85), NEW),
            (suite(passed=True, score=0.85), NEW),
            (suite(passed=False, score=0.92), SAME),
        ],
    ),
    "a score": (
        gate('passed "Fair" with score > 90%'),
        suite(passed=True, score=0.85),
        [(suite(passed=True, score=0.8), WORSE), (suite(passed=False, score=0.85), NEW), (suite(score=0.85), SAME)],
    ),
    "an unknown guard": (
        gate("a >= 0.9", when="\n  when risk >= high"),
        metrics(a=0.8),
        [({**metrics(a=0.7)}, WORSE), ({**metrics(a=0.8), "risk": "high"}, SAME)],
    ),
    "a guard that was known": (
        gate("a >= 0.9", when="\n  when risk >= high"),
        {**metrics(a=0.8), "risk": "high"},
        [(metrics(a=0.8), NEW), ({**metrics(a=0.8), "risk": "critical"}, SAME)],
    ),
}


@pytest.mark.parametrize("name", COVERS)
def test_a_waiver_covers_what_was_seen_or_better_and_nothing_worse(name: str) -> None:
    """The same record edited after the signature: what was allowed stays so only where nothing is worse."""
    policy, before, laters = COVERS[name]
    for later, expected in laters:
        made = waived(policy, **before)
        made.data = {**RECORD, "metrics": {}, **copy.deepcopy(dict(later))}
        found = "allow" if made.verdict() == "allow" else why(made)[0]

        assert (later, found) == (later, expected)


def test_a_waiver_at_a_gap_of_5_points_does_not_hold_at_89() -> None:
    """What a risk officer accepted was a third of a point too much; the report says what it covers and what is there."""
    made = waived(gate(GAP), **metrics(a=0.92, b=0.8667))
    assert "covers: `abs(a - b) <= 5 points` up to 5.33 points (bound 5 points)" in shown("text", made.decide())

    made.data["metrics"]["b"] = 0.03

    assert made.verdict() == "deny"
    for form in ("text", "markdown", "html"):
        report = shown(form, made.decide()).replace("\\", "").replace("\u2060", "")
        assert "does not count any more: it covers" in report
        assert "5.33 points (bound 5 points), and now it is 89 points" in report


def test_time_that_only_passes_ends_no_waiver() -> None:
    """An end that was over is longer over, a stale run is older, what is overdue is later: all as they were waived."""
    cases: list[tuple[str, Change]] = [
        ("expires_at > now", {"expires_at": "2026-11-01"}),
        ("registered_at within 30 days", {"registered_at": "2026-10-01"}),
        ('passed "Fair" within 1 hour', suite(passed=True)),
        ("due >= now - 2 days", facts(due="2026-11-01")),
    ]
    for rule, record in cases:
        made = waived(gate(rule, "fact due: date\n"), **record)

        assert [made.verdict(NOW + days * DAY) for days in (0, 1, 6)] == ["allow"] * 3, rule


def test_a_condition_that_held_when_the_rule_was_waived_is_not_waived_by_its_growing_old() -> None:
    """Nobody has seen that one missed."""
    made = waived(gate("a >= 0.9 and registered_at within 30 days"), **metrics(a=0.8), registered_at="2026-10-27")
    assert made.verdict(NOW + 2 * DAY) == "allow"

    assert (made.verdict(NOW + 5 * DAY), why(made, NOW + 5 * DAY)) == ("deny", [WhyUnused.NOT_NAMED])


LET = "let floor = 0.6\n"
DATA = 'metric a: ratio, on "holdout-1"\n'
HALF = gate("a >= 0.6 and b >= 0.6")
RULES: dict[str, tuple[str, str]] = {
    "a constant that it uses": (gate("a >= floor", LET), gate("a >= floor", "let floor = 0.55\n")),
    "a constant through another": (
        gate("a >= bound", f"{LET}let bound = floor\n"),
        gate("a >= bound", "let floor = 0.55\nlet bound = floor\n"),
    ),
    "the data set of its metric": (gate("a >= 0.6", DATA), gate("a >= 0.6", DATA.replace("-1", "-2"))),
    "the unit of its metric": (gate("a >= 60%", "metric a: ratio\n"), gate("a >= 60%", "metric a: ratio in %\n")),
    "the name that its metric has in the record": (
        gate("a >= 0.6", "metric a: ratio\n"),
        gate("a >= 0.6", 'metric a: ratio, recorded as "b"\n'),
    ),
    "the direction of its metric": (
        gate("a >= 0.6", "metric a: ratio, higher is better\n"),
        gate("a >= 0.6", "metric a: ratio, lower is better\n"),
    ),
    "half of it is a comment": (HALF, HALF.replace(" and b >= 0.6", "  # and b >= 0.6")),
    "who may waive it": (gate("a >= 0.6"), gate("a >= 0.6").replace('"risk"', '"risk" for 14 days')),
    "its guard": (gate("a >= 0.6"), gate("a >= 0.6", when="\n  when model is fraud")),
}


@pytest.mark.parametrize("name", RULES)
def test_a_waiver_ends_with_a_change_of_the_rule_or_of_what_it_uses(name: str) -> None:
    """The owners have signed the changed set, and the record is as it was: it is the waiver that is for another rule."""
    policy, changed = RULES[name]
    record = metrics(
        a=[{"value": 0.5, "data_set": f"holdout-{n}"} for n in (1, 2)] if "data set" in name else 0.5, b=0.5
    )
    made = waived(policy, **record)

    other = world(changed, **record)
    other.statement_files = made.statement_files
    other.enact(at=NOW - HOUR)

    assert (other.verdict(), why(other)) == ("deny", [WhyUnused.RULE_CHANGED])


def test_a_waiver_outlives_comments_layout_and_rules_beside() -> None:
    """A `#`, a blank line, another order and another rule change nothing of what was waived."""
    made = waived(gate("a >= floor and b >= 0.6", LET), **metrics(a=0.5, b=0.5))
    text = gate("a>=floor # why so low\n    and  b >= 0.6", "# the floor\nlet floor =   0.6\n\n\n")

    for changed in (text, text + "require other: model is fraud\n", text.replace(LET, "") + "let unused = 0.7\n"):
        other = world(changed, **metrics(a=0.5, b=0.5))
        other.statement_files = made.statement_files
        other.enact(at=NOW - HOUR)

        assert other.verdict() == "allow"


def test_a_comment_voids_neither_the_owners_signature_nor_an_open_request() -> None:
    """A changed rule does."""
    from letpass.facts.schema import VOCABULARY
    from letpass.project.policyset import from_texts
    from tests.trust.world import POLICY, signed_world

    made, _ = signed_world()
    verdicts = []
    for text in (POLICY, f"# a harmless comment\n\n{POLICY}", POLICY.replace("0.9\n", "0.91\n")):
        made.policies = from_texts({"gate.policy": text}, VOCABULARY, warn=False)
        verdicts.append(made.verdict())

    assert verdicts == ["allow", "allow", "undecided"]
