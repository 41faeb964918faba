"""Every case of every shipped policy comes to its verdict, by the rules that it names."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from letpass.authoring.cases import judging, reading
from letpass.authoring.cases.judging import Tried
from letpass.diagnostics import CaseError, RecordError

LIBRARY = Path(__file__).parents[2] / "policies"
FILES = sorted(LIBRARY.rglob("*.cases.yaml"))
ALL = [
    pytest.param(path, number, id=f"{path.name.removesuffix('.cases.yaml')}: {case.name}")
    for path in FILES
    for number, case in enumerate(reading.load(path).cases)
]
BARE = "- {name: a, record: {model: m, version: '1'}, move: review, at: 2026-03-02, expect: deny%s}"


@cache
def tried(path: Path) -> Tried:
    return judging.try_out(reading.load(path), judging.policy_of(path, (LIBRARY,)))


@pytest.mark.parametrize(("path", "number"), ALL)
def test_a_case_comes_to_its_verdict_by_the_rules_that_it_names(path: Path, number: int) -> None:
    """The verdict is the expected one, and exactly the named rules block."""
    result = tried(path).results[number]

    assert (result.case.expect, tuple(sorted(result.case.blocks))) == (result.verdict, result.blocks)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.removesuffix(".cases.yaml"))
def test_the_cases_of_a_policy_show_all_three_verdicts(path: Path) -> None:
    """A policy that never allows, denies or hesitates in its cases is not tested."""
    assert tried(path).never_came == ()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name.removesuffix(".cases.yaml"))
def test_every_rule_is_seen_to_hold_and_not_to_hold(path: Path) -> None:
    """Each requirement blocks in some case and holds in another; each advice is given in one and not in another."""
    assert (tried(path).never_held, tried(path).never_missed, tried(path).faults) == ((), (), ())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (", blocs: [fair]", "GATE308"),
        (", signed: [{person: a, role: b, at: 2026-03-02, rejects: true}]", "GATE308"),
        (", expect: allow", "GATE303"),
    ],
)
def test_a_misspelt_or_repeated_key_of_a_case_is_an_error(tmp_path: Path, more: str, code: str) -> None:
    """A case that says less than its author meant must not pass."""
    path = tmp_path / "a.cases.yaml"
    path.write_text(BARE % "", encoding="utf-8")
    assert len(reading.load(path).cases) == 1

    path.write_text(BARE % more, encoding="utf-8")
    with pytest.raises((CaseError, RecordError)) as raised:
        reading.load(path)
    assert [d.code for d in raised.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("{from: base.yaml, remove: [author]}", ""),
        ("{from: base.yaml, remove: [risk]}", "`base.yaml` has no `risk` to remove"),
        ("{from: base.yaml, remove: [author.name]}", "`base.yaml` has no `author.name` to remove"),
        ("{from: base.yaml, set: {author.name: a}}", "`author.name` is no place of `base.yaml`"),
        ("{from: base.yaml, sets: {author: a}}", "unknown key `sets`"),
        ("{from: gone.yaml}", "there is no `gone.yaml`"),
        ("{from: base.yaml, set: {metrcs: {}}}", "unknown field `metrcs`"),
        ("{model: m, version: '1', metrcs: {}}", "unknown field `metrcs`"),
    ],
)
def test_a_record_of_a_case_that_does_not_read_is_a_fault(tmp_path: Path, record: str, said: str) -> None:
    """A `remove` that has lost its field would test nothing, and `sets` for `set` would leave the record as it is."""
    (tmp_path / "base.yaml").write_text("{model: m, version: '1', author: a}", encoding="utf-8")
    path = tmp_path / "a.cases.yaml"
    path.write_text((BARE % "").replace("{model: m, version: '1'}", record), encoding="utf-8")
    (tmp_path / "a.policy").write_text(
        'policy a: "A"\n  on review\nrequire known: author is recorded\n', encoding="utf-8"
    )

    found = judging.try_out(reading.load(path), judging.policy_of(path, ()))

    assert [said in d.message for d in found.faults] == ([True] if said else [])
    assert (len(found.results), found.never_held) == (0 if said else 1, ("known",))
