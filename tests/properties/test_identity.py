"""No sequence of edits gets another version allowed under a registered one's name, and none of additions is held back."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.facts import differences, said
from letpass.facts.record import Record
from letpass.facts.schema import IDENTITY, LATER
from letpass.gate import case as cases
from letpass.gate.baselines import DIFFERS
from letpass.gate.case import Case
from letpass.lifecycle import moves, recording
from letpass.move import promotion
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries import files
from tests.cli.conftest import POLICY, write
from tests.properties.generate import NOW

BASE: dict[str, Any] = {
    "model": "m",
    "version": "1",
    "author": "anna@corp.example",
    "registered_at": "2026-11-01",
    "code": {"repository": "git.corp.example/m", "commit": "4f1c0de2", "dirty": False},
    "data": [{"name": "events", "version": "3"}],
    "hyperparameters": {"depth": 6, "grid": [1, 2, {"eta": 0.1}]},
    "artifact": {"uri": "s3://models/m", "format": "onnx"},
    "environment": {"python": "3.11", "packages": [{"name": "numpy", "version": "2.1"}]},
    "metrics": {"accuracy": [{"value": 0.95, "measured_at": "2026-11-02"}]},
    "tags": {"team": "risk"},
}
NAMED = frozenset({"model", "version"})
VALUES = st.one_of(st.text(max_size=6), st.integers(-3, 3), st.booleans(), st.just(None), st.just([]), st.just({}))
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 99), VALUES),
        st.tuples(st.just("drop"), st.integers(0, 99), st.just(None)),
        st.tuples(st.just("grow"), st.integers(0, 99), VALUES),
        st.tuples(st.just("evidence"), st.integers(3, 28), st.floats(0, 1)),
        st.tuples(st.just("back"), st.just(0), st.just(None)),
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture(name="desk", scope="module")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, PolicySet]]:
    """A project whose version was registered and decided upon, and whose ledger then grows with every try."""
    folder = tmp_path_factory.mktemp("identity")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        write(folder / "policies/gate.policy", POLICY)
        write(folder / "new.json", json.dumps(BASE))
        desk = Project(load())
        policies = own_policies(desk.configuration)
        moves.register(desk, policies, files.at(Path("new.json"))[0], NOW, "anna")
        yield desk, policies


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value below one, containers too."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def edited(data: dict[str, Any], edit: tuple[str, int, Any]) -> dict[str, Any]:
    """The record with one edit of who the version is, or with one more piece of evidence."""
    kind, number, value = edit
    if kind == "back":
        return copy.deepcopy(BASE)
    made = copy.deepcopy(data)
    if kind == "evidence":
        made["metrics"][f"extra{number}"] = {"value": value, "measured_at": f"2026-11-{number:02}"}
        return made
    there = [p for p in places(made) if p[0] in IDENTITY - NAMED]
    if not there:
        return made
    *above, key = there[number % len(there)]
    holder: Any = made
    for step in above:
        holder = holder[step]
    if kind == "set":
        holder[key] = value
    elif kind == "drop":
        del holder[key]
    elif isinstance(holder[key], list):
        holder[key].append(value)
    elif isinstance(holder[key], dict):
        holder[key]["more"] = value
    else:
        holder[key] = [holder[key], value]
    return made


def identity(data: dict[str, Any]) -> str:
    return json.dumps({k: v for k, v in data.items() if k in IDENTITY}, sort_keys=True)


def opened(desk: Project, policies: PolicySet, data: dict[str, Any]) -> Case | None:
    """The case of the version with its record as it is now; None where the record has no record's shape."""
    path = Path("models/m/1.json")
    path.write_text(json.dumps(data), encoding="utf-8")
    try:
        (record,) = files.at(path)
    except files.RecordError:
        return None
    return cases.opened(desk, policies, record, promotion("production"), NOW)


@settings(max_examples=150, deadline=None)
@given(EDITS)
def test_no_sequence_of_edits_of_who_a_version_is_is_ever_allowed(
    desk: tuple[Project, PolicySet], edits: list[tuple[str, int, Any]]
) -> None:
    """Whatever is logged on the way: only the version as registered is allowed, with whatever evidence was added."""
    data = copy.deepcopy(BASE)
    for edit in edits:
        data = edited(data, edit)
        case = opened(*desk, data)
        if case is None:
            continue
        decision = case.decision
        same = identity(data) == identity(BASE)
        held = any(h.code == DIFFERS for h in decision.holds)
        if not same:
            assert (decision.allowed, held) == (False, True)
            recording.record_decision(case)
        elif not held:
            assert decision.allowed


RECORDS = st.fixed_dictionaries({}, optional={
    "author": st.sampled_from(("a", "b")),
    "risk": st.sampled_from(("low", "high")),
    "metrics": st.dictionaries(st.sampled_from("xyz"), st.lists(st.fixed_dictionaries(
        {"value": st.sampled_from((0.1, 0.9))}, optional={"measured_at": st.sampled_from(("2026-01-01", "2026-01-02", "soon")), "data_set": st.sampled_from("AB")},
    ), min_size=1, max_size=3), max_size=2),
    "suites": st.lists(st.fixed_dictionaries({"name": st.sampled_from("st")}, optional={"passed": st.booleans(), "ran_at": st.sampled_from(("2026-01-01", "2026-01-02"))}), max_size=3),
    "tags": st.dictionaries(st.sampled_from("pq"), st.sampled_from("12"), max_size=2),
    "facts": st.dictionaries(st.sampled_from("pq"), st.one_of(st.integers(0, 1), st.dictionaries(st.sampled_from("rs"), st.booleans(), max_size=2)), max_size=2),
    "stage": st.sampled_from(("staging", "production")),
})  # fmt: skip


def record(data: dict[str, Any]) -> Record:
    return files.parse(files.Source("x.json", json.dumps({"model": "m", "version": "1", **data})))[0]


@settings(max_examples=400, deadline=None)
@given(RECORDS, RECORDS, RECORDS)
def test_a_record_differs_where_its_digest_does_and_nowhere_else(one: Any, two: Any, three: Any) -> None:
    """Equal records have no difference, and others have one; the life of a version is none; what grew twice has grown."""
    a, b, c = (said.fields(record(d)) for d in (one, two, three))
    assert a is not None
    assert b is not None
    assert c is not None
    assert not (set(a) & LATER)
    assert list(differences.between(a, a)) == []
    same = said.facts_digest(record(one)) == said.facts_digest(record(two))
    assert (list(differences.equal(a, b)) == []) == same
    assert not same or list(differences.between(a, b)) == []

    def grew(then: said.Fields, now: said.Fields) -> bool:
        return all(d.added for d in differences.between(then, now))

    if grew(a, b):
        assert {k: v for k, v in a.items() if k in IDENTITY} == {k: v for k, v in b.items() if k in IDENTITY}
        assert not grew(b, c) or grew(a, c)


@pytest.mark.parametrize(
    ("plain", "quoted"),
    [("risk", True), ("2026-11-01", True), ("012", True), ("1:30", True), ("1.10", False), ("true", False), ("~", False), ("null", False), ("1e999", False)],
)  # fmt: skip
def test_quotation_marks_count_where_they_make_something_else_of_it(plain: str, quoted: bool) -> None:
    """A program that writes a field anew may quote its texts, and makes no number of one."""
    two = [
        said.fields(files.parse(files.Source("x.yaml", f"model: m\nversion: '1'\nauthor: {text}\n"))[0])
        for text in (plain, f"'{plain}'")
    ]
    assert two[0] is not None
    assert two[1] is not None
    assert (list(differences.equal(two[0], two[1])) == []) is quoted
