"""What the oracle has found in the engine, as stories: each in both engines, with the untouched twin that is answered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle import engine
from tests.oracle.facts import Side
from tests.oracle.people import People, Signature
from tests.oracle.pools import NOW
from tests.oracle.world import World

SUITE = {"name": "smoke", "passed": True, "cases": 3, "ran_at": "2026-11-20"}
SCAN = {"tool": "trivy", "scanned": 3, "ran_at": "2026-11-20", "findings": []}
OLDER = {**SCAN, "ran_at": "2026-11-01"}
TIER = "fact tier: ordered {bronze, silver, gold}\n"


def truth(
    text: str,
    data: dict[str, Any],
    ci: dict[str, Any] | None = None,
    lab: dict[str, Any] | None = None,
    people: People | None = None,
) -> bool | None:
    """Of one rule, by the interpreter and compiled, which must say the same."""
    head = 'policy x: "X"\n  on promotion to production\n'
    read = engine.read(f"{head}{text if 'require' in text else f'require a: {text}'}\n")
    assert not isinstance(read, str), read
    parts = tuple((name, said) for name, said in (("ci", ci), ("lab", lab)) if said is not None)
    given = engine.input_of(World(Side({"model": "m", "version": "1", **data}, parts), NOW, None, people or People()))
    (found,) = engine.truths(read, given)

    assert list(engine.compiled(read).truths(given)) == [found]
    return found


@pytest.mark.parametrize(
    "text",
    [
        'at least 1 suites where (passed attested by "ci")',
        'all suites have (cases >= 1 attested by "ci")',
        'all suites have (name is recorded attested by "ci")',
        'no suites where (not passed attested by "ci")',
    ],
)
def test_what_is_asked_of_an_element_must_be_attested_too(text: str) -> None:
    """`attested by` on a condition inside a quantified form was not looked at, and a claim held."""
    assert truth(text, {}, ci={"suites": [SUITE]}) is True
    assert truth(text, {"suites": [SUITE]}) is None
    assert truth(text, {}, lab={"suites": [SUITE]}) is None


@pytest.mark.parametrize("path", ["recall.slices", "data", "environment.packages"])
def test_a_slice_and_an_element_of_any_list_must_be_attested_too(path: str) -> None:
    """Of a metric's groups, whose evidence stands with the metric; and of lists that no slot fills."""
    said: dict[str, Any] = {
        "metrics": {"recall": {"value": 1, "slices": [{"group": "a", "value": 1}]}},
        "data": [{"name": "a", "version": "2"}],
        "environment": {"packages": [{"name": "a", "version": "2"}]},
    }
    asked = 'group is a attested by "ci"' if path == "recall.slices" else 'version is "2" attested by "ci"'

    assert truth(f"all {path} have ({asked})", {}, ci=said) is True
    assert truth(f"all {path} have ({asked})", said) is None


def test_an_empty_list_inside_a_claimed_element_is_claimed() -> None:
    """No findings of a scan that anybody could have written."""
    text = 'all scans have (no findings attested by "ci")'
    assert truth(text, {}, ci={"scans": [SCAN]}) is True
    assert truth(text, {"scans": [SCAN]}) is None


def test_two_services_do_not_vouch_for_each_other() -> None:
    """A form that one must vouch for, and in it something that another one must: nothing is both."""
    text = 'all suites have (passed attested by "lab") attested by "ci"'
    assert truth('all suites have passed attested by "ci"', {}, ci={"suites": [SUITE]}) is True
    assert truth(text, {}, ci={"suites": [SUITE]}) is None
    assert truth(text, {}, lab={"suites": [SUITE]}) is None


@pytest.mark.parametrize(("said", "expected"), [("gold", True), ("bronze", False), ("platinum", None)])
def test_a_declared_fact_is_one_by_its_full_name(said: str, expected: bool | None) -> None:
    """`facts.tier` was read as an open text, and its words as metrics."""
    for text in (
        "tier >= silver",
        "facts.tier >= silver",
        "candidate.facts.tier >= silver",
        "facts.tier in {silver, gold}",
    ):
        assert truth(f"{TIER}require a: {text}", {"facts": {"tier": said}}) is expected


def test_a_word_of_a_declared_fact_that_it_does_not_have_is_an_error() -> None:
    """By its full name as by its short one."""
    head = f'policy x: "X"\n  on promotion to production\n{TIER}require a: '
    assert [str(engine.read(f"{head}{name} is golden\n"))[:7] for name in ("tier", "facts.tier")] == ["GATE205"] * 2


@pytest.mark.parametrize("word", ["recorded", "pinned", "computed", "not"])
def test_a_word_in_quotation_marks_is_a_text(word: str) -> None:
    """`is not "recorded"` was taken for `is not recorded`, which is an error."""
    assert truth(f'license is not "{word}"', {"license": "MIT"}) is True
    assert truth(f'license is not "{word}"', {"license": word}) is False


@pytest.mark.parametrize("where", ["claimed", "attested"])
def test_a_scan_of_which_nobody_knows_the_tool_may_be_of_any(where: str) -> None:
    """As with suites and metrics: it may be the newest of that tool, and have looked at nothing."""
    stray = {"tool": None, "scanned": 0, "ran_at": "2026-11-21"}
    data, ci = ({"scans": [SCAN, stray]}, None) if where == "claimed" else ({"scans": [SCAN]}, {"scans": [stray]})

    assert truth('scanned by "trivy"', {"scans": [SCAN]}) is True
    assert truth('scanned by "trivy"', data, ci=ci) is None


def test_a_run_of_which_nobody_knows_the_suite_stands_against_what_is_no_more_trusted() -> None:
    """An attested one against a claim, and no claim against what is attested."""
    stray = {"suites": [{"name": None, "passed": False}]}
    assert truth('passed "smoke"', {"suites": [SUITE]}, ci=stray) is None
    assert truth('passed "smoke"', stray, ci={"suites": [SUITE]}) is True


def test_a_newer_piece_wins_over_older_ones_that_differ_among_each_other() -> None:
    """Whoever says which of them."""
    rivals = {"scans": [OLDER, {**OLDER, "version": "2"}]}
    assert truth('scanned by "trivy"', {}, ci={"scans": [SCAN]}, lab=rivals) is True
    assert truth('scanned by "trivy"', {}, ci={"scans": [OLDER]}, lab=rivals) is None


def test_what_two_services_say_alike_is_said_once() -> None:
    """It was unreadable, as if they had said different things; it is the word of the one that said it first."""
    both = {"suites": [SUITE]}
    assert truth('passed "smoke" attested by "ci"', {}, ci=both, lab=both) is True
    assert truth('passed "smoke" attested by "lab"', {}, ci=both, lab=both) is None
    assert truth('passed "smoke"', {}, ci=both, lab={"suites": [{**SUITE, "cases": 4}]}) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tags", {"team": "risk"}),
        ("seeds", {"numpy": 1}),
        ("facts", {"a": True}),
        ("metrics", {"auc": 1}),
        ("hyperparameters", {"a": [1]}),
    ],
)
def test_a_mapping_is_attested_where_one_entry_is(name: str, said: dict[str, Any]) -> None:
    """It never was."""
    assert truth(f'{name} is recorded attested by "ci"', {}, ci={name: said}) is True
    assert truth(f'{name} is recorded attested by "ci"', {name: said}) is None
    assert truth(f"{name} is recorded", {name: said}) is True


def test_a_mapping_whose_entries_nobody_can_read_is_not_recorded() -> None:
    """What two services say differently; a metric that is dated ahead."""
    assert truth("tags is recorded", {}, ci={"tags": {"team": "a"}}, lab={"tags": {"team": "a"}}) is True
    assert truth("tags is recorded", {}, ci={"tags": {"team": "a"}}, lab={"tags": {"team": "b"}}) is None
    assert truth("facts is recorded", {}, ci={"facts": {"r": {"b": "a"}}}, lab={"facts": {"r": {"b": "b"}}}) is None
    ahead = {"auc": {"value": 1, "measured_at": "2027-01-01"}}
    assert truth("metrics is recorded", {"metrics": ahead}) is None
    assert truth("seeds is recorded", {"seeds": {"numpy": "x"}}, ci={"seeds": {"numpy": 1}}) is True


def test_a_hyperparameter_that_is_a_list_is_recorded() -> None:
    """They may be anything; an empty one is none."""
    for layers, expected in (([64, 2], True), ({"a": 1}, True), ([], None), ({}, None), (None, None), ("", None)):
        assert truth("hyperparameters.layers is recorded", {"hyperparameters": {"layers": layers}}) is expected


def test_two_facts_that_nothing_declares_are_shares_where_they_are_compared_with_points() -> None:
    """They were plain numbers, also outside 0 to 1."""
    assert truth("facts.a - facts.b <= 50 points", {"facts": {"a": 0.9, "b": 0.5}}) is True
    assert truth("facts.a - facts.b > 50 points", {"facts": {"a": 97, "b": 0.5}}) is None
    assert truth("facts.a - facts.b > 0.5", {"facts": {"a": 97, "b": 0.5}}) is True


def test_a_product_of_a_product_of_a_sum_is_compiled() -> None:
    """Its text was no Python that runs."""
    text = "metric latency: duration in ms\nrequire a: (latency - 1 ms) * 0.5 * 1.5 <= latency"
    assert truth(text, {"metrics": {"latency": 40}}) is True


def test_a_blank_author_is_nobody() -> None:
    """With a trust file and without; and so is a blank author of the code where there is one."""
    text = 'signed by role "risk" other than author'
    signed = (Signature("rita@x.example", "risk", NOW),)
    known = (("ada@x.example", ()), ("rita@x.example", ()))
    office = People(signed, known, (), "ada@x.example", True)
    for people in (People(signed), office):
        assert truth(text, {"author": "ada@x.example"}, people=people) is True
        assert truth(text, {"author": "  "}, people=people) is None
    assert truth(text, {"author": "ada@x.example", "code": {"author": ""}}, people=office) is None


@pytest.mark.parametrize(("less", "expected"), [(1.5e-12, True), (2.5e-12, False)])
def test_a_product_is_as_near_as_the_largest_of_its_terms(less: float, expected: bool) -> None:
    """Halved, a number of one is equal within the 1e-12 of one, and not of a half."""
    found = {"metrics": {"cost": 1 - less}}

    assert truth("cost * 50% >= 0.5", found) is expected
    assert truth("cost * 50% < 0.5", found) is not expected


def test_what_two_services_must_attest_is_attested_by_neither_alone() -> None:
    """A value of the record inside a form of another service's: each alone counts, and nothing is both's."""
    ci, lab = {"suites": [SUITE]}, {"risk": "high"}
    inside = 'all suites have (cases >= 1 and (risk is high attested by "lab"))'

    assert truth(inside, {}, ci, lab) is True
    assert (
        truth('all suites have (cases >= 1 and (risk is high attested by "ci")) attested by "ci"', {}, {**ci, **lab})
        is True
    )
    assert truth(f'{inside} attested by "ci"', {}, ci, lab) is None


@pytest.mark.parametrize(
    "inner",
    [
        "all scans have (severity >= high and tool is trivy)",
        "at least 1 scans where (severity is critical and tool is trivy)",
    ],
)
def test_findings_of_a_scan_that_was_not_whole_are_not_all_however_they_are_gone_through(inner: str) -> None:
    """Attested, and with another list inside, the compiled form had taken those that it saw for all there are."""
    part = {"scans": [{**SCAN, "unread": "one file", "findings": [{"severity": "info"}]}]}
    whole = {"scans": [{**SCAN, "findings": [{"severity": "info"}]}]}
    for attested in ("", ' attested by "ci"'):
        text = f"no scans.findings where ({inner}){attested}"
        assert truth(text, {}, ci=whole) is True, text
        assert truth(text, {}, ci=part) is None, text


def test_what_the_gate_has_computed_is_no_services_word() -> None:
    """Inside of a form that a service must attest nobody vouches for it."""
    said = {"metrics": {"recall": {"value": 1, "data_set": "d", "slices": [{"group": "a", "value": 1}]}}}
    form = 'all recall.slices on "d" have (value >= 2 or artifact.digest is computed)'
    head = 'policy x: "X"\n  on promotion to production\nmetric recall: number\n'
    for attested, expected in (("", True), (' attested by "ci"', None)):
        read = engine.read(f"{head}require a: {form}{attested}\n")
        assert not isinstance(read, str), read
        side = Side({"model": "m", "version": "1"}, (("ci", said),), "sha256:" + "0b" * 32)
        given = engine.input_of(World(side, NOW, None, People()))
        assert engine.truths(read, given) == list(engine.compiled(read).truths(given)) == [expected]
