"""Every case of every shipped policy comes to its verdict, by the rules that it names."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from assay.facts.document import RecordError
from assay.facts.schema import VOCABULARY
from assay.gate import judge
from assay.policyset import PolicySet
from assay.policyset import load as load_policies
from tests.library import cases

if TYPE_CHECKING:
    from assay.evaluation.decision import Decision
    from tests.library.cases import Case

LIBRARY = Path(__file__).parents[2] / "policies"
FILES = sorted(LIBRARY.rglob("*.cases.yaml"))
ALL = [
    pytest.param(path, case, id=f"{path.name.removesuffix('.cases.yaml')}: {case.name}")
    for path in FILES
    for case in cases.load(path)
]
BARE = "- {name: a, record: {model: m, version: '1'}, move: review, at: 2026-03-02, expect: deny%s}"


@cache
def policy_of(path: Path) -> PolicySet:
    """The policy beside a cases file, alone with the declarations that it uses."""
    beside = path.with_name(path.name.replace(".cases.yaml", ".policy"))
    return load_policies((beside, LIBRARY / "shared"), VOCABULARY)


def decide(path: Path, case: Case) -> Decision:
    policies = policy_of(path)
    accepted = case.accepted(policies.policies[0])
    return judge(policies, cases.record(path, case.record), case.move, case.at, cases.holder(path, case), accepted)


@pytest.mark.parametrize(("path", "case"), ALL)
def test_a_case_comes_to_its_verdict_by_the_rules_that_it_names(path: Path, case: Case) -> None:
    """The verdict is the expected one, and exactly the named rules block."""
    decision = decide(path, case)

    expected = (case.expect, sorted(case.blocks))
    assert expected == (decision.verdict.value, sorted(str(r.rule.label) for r in decision.blocking))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.removesuffix(".cases.yaml"))
def test_the_cases_of_a_policy_show_all_three_verdicts(path: Path) -> None:
    """A policy that never allows, denies or hesitates in its cases is not tested."""
    assert {"allow", "deny", "undecided"} == {case.expect for case in cases.load(path)}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.removesuffix(".cases.yaml"))
def test_every_rule_is_seen_to_hold_and_not_to_hold(path: Path) -> None:
    """Each requirement blocks in some case and holds in another; each advice is given in one and not in another."""
    results = [r for case in cases.load(path) for r in decide(path, case).rules]
    labels = [r.label for r in policy_of(path).policies[0].rules]

    held = {r.rule.label for r in results if r.truth is True}
    missed = {r.rule.label for r in results if r.blocks or (r.rule.advice and r.truth is not True)}
    assert ([x for x in labels if x not in held], [x for x in labels if x not in missed]) == ([], [])


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.removesuffix(".cases.yaml"))
def test_no_two_cases_of_a_policy_have_one_name(path: Path) -> None:
    """A case is found by its name."""
    names = [case.name for case in cases.load(path)]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    "more", [", blocs: [fair]", ", signed: [{person: a, role: b, at: 2026-03-02, rejects: true}]", ", expect: allow"]
)
def test_a_misspelt_or_repeated_key_of_a_case_is_an_error(tmp_path: Path, more: str) -> None:
    """A case that says less than its author meant must not pass."""
    path = tmp_path / "a.cases.yaml"
    path.write_text(BARE % "", encoding="utf-8")
    assert len(cases.load(path)) == 1

    path.write_text(BARE % more, encoding="utf-8")
    with pytest.raises((ValidationError, RecordError)):
        cases.load(path)


def test_a_case_cannot_remove_what_is_not_there(tmp_path: Path) -> None:
    """A `remove` that has lost its field would test nothing."""
    (tmp_path / "base.yaml").write_text("{model: m, version: '1', author: a}", encoding="utf-8")
    written = {"from": "base.yaml", "remove": ["author"]}
    assert cases.record(tmp_path / "a.cases.yaml", written).text("author") == ""

    with pytest.raises(KeyError):
        cases.record(tmp_path / "a.cases.yaml", {**written, "remove": ["risk"]})


def test_a_derived_record_takes_no_unknown_key(tmp_path: Path) -> None:
    """`sets` for `set` would leave the record as it is."""
    (tmp_path / "base.yaml").write_text("{model: m, version: '1'}", encoding="utf-8")

    with pytest.raises(ValidationError):
        cases.record(tmp_path / "a.cases.yaml", {"from": "base.yaml", "sets": {"author": "a"}})
