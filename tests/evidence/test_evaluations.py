"""From a file of an evaluation to a record and a decision, through the commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from letpass.evidence import interface
from letpass.facts.values import date
from letpass.registries import files
from tests.cli.conftest import Call, write
from tests.cli.conftest import _call as _call
from tests.cli.conftest import _office as _office
from tests.cli.conftest import _office_once as _office_once
from tests.cli.conftest import _project as _project
from tests.evidence import evaluations as made
from tests.evidence.reading import AT

POLICY = """policy gate: "Gate"
  on promotion to production
metric acc: ratio, higher is better, on "corp/sums/small", recorded as "sums/acc"
require good: acc >= 20% at 95% confidence
require tested: passed "people"
"""


@pytest.fixture(name="gate")
def _gate(project: Path) -> Path:
    """A policy on what the tools say, and a version of which nothing is known."""
    write(project / "policies/gate.policy", POLICY)
    write(project / "models/fraud/9.yaml", "model: fraud\nversion: '9'\n")
    return project


def _put(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    return name


def _outcomes(call: Call) -> dict[str, str]:
    _, out, _ = call("check", "fraud@9", "--to", "production", "-v", "--at", "2026-12-24T12:00:00Z")
    return {rule: word for word, rule in re.findall(r"^(PASS|FAIL|UNKNOWN)\S* +gate/(\S+)", out, re.MULTILINE)}


def _results(folder: Path) -> tuple[str, str]:
    """The results of a run, and its samples."""
    samples = made.lm_samples()
    return (
        _put(folder, "results.json", made.dumped(made.lm_results({"sums": samples}))),
        _put(folder, "samples.jsonl", made.lined(samples)),
    )


def test_an_evaluation_is_recorded_and_judged(call: Call, gate: Path) -> None:
    """Without a word on its format; the record holds the outcome of each case."""
    results, samples = _results(gate)
    code, out, err = call("evidence", "add", "fraud@9", results, "--samples", samples)
    assert (code, err) == (0, "")
    assert re.fullmatch(
        r"recorded: metric `sums/acc` 0\.666666666\d+ on `corp/sums/small`, 8 of 12, the outcome of each case \(sha256:[0-9a-f]{8}…\),"
        r" protocol sha256:[0-9a-f]{8}…",
        out.splitlines()[0],
    ), out
    (piece,) = files.at(gate / "models/fraud/9.yaml")[0].measures["metrics", "sums/acc"]
    assert (piece["outcomes"]["right"], piece["measured_at"]) == ("5tA=", date("2026-11-29T18:55:10Z"))
    call("evidence", "add", "fraud@9", _put(gate, "v.json", made.dumped(made.validation(made.expectation()))))
    assert _outcomes(call) == {"good": "PASS", "tested": "PASS"}
    assert call("evidence", "add", "fraud@9", results, "--samples", samples)[1].startswith("nothing new")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("r.json", made.dumped(made.lm_results(**{"n-samples": {"sums": {"original": 40, "effective": 12}}}))),
        ("v.json", made.dumped(made.validation())),
        ("v.json", made.dumped(made.validation(made.expectation(met=False, raised={"a": {"raised_exception": True}})))),
    ],
    ids=["partial", "empty", "raised"],
)
def test_what_is_not_whole_is_shown_and_decides_nothing(call: Call, gate: Path, name: str, data: bytes) -> None:
    """It is recorded, so that it is seen."""
    code, out, err = call("evidence", "add", "fraud@9", _put(gate, name, data))
    assert (code, err) == (0, ""), err
    assert "no rule can use" in out or "cannot be read" in out
    assert set(_outcomes(call).values()) == {"UNKNOWN"}


def test_a_part_is_not_attested(call: Call, office: Path) -> None:
    """It would push good evidence of the same service aside."""
    part = made.dumped(made.lm_results(**{"n-samples": {"sums": {"original": 40, "effective": 12}}}))
    code, _, err = call("attest", "models/fraud/4.yaml", _put(office, "r.json", part), "--key", "ci.pem")
    assert (code, '`value` is "0.666667 (12 of 40 cases)", not a number' in err) == (2, True), err


@pytest.mark.parametrize("key", [(), ("--key", "ci.pem")])
def test_a_dry_run_shows_what_would_be_and_writes_nothing(call: Call, office: Path, key: tuple[str, ...]) -> None:
    """The same lines as the run after it, and the same refusals."""
    results, samples = _results(office)
    arguments = ("evidence", "add", "fraud@4", results, "--samples", samples, *key)
    before = {path: path.read_bytes() for path in office.rglob("*") if path.is_file()}
    code, dry, err = call(*arguments, "--dry-run")
    assert (code, err) == (0, "")
    assert {path: path.read_bytes() for path in office.rglob("*") if path.is_file()} == before

    code, out, _ = call(*arguments)
    told = [line for line in out.splitlines() if line.startswith(("recorded: ", "attested: "))]
    assert (code, dry.splitlines()) == (0, [f"would be {line}" for line in told])
    if not key:
        other = made.lm_results(date=1795978510.25, lm_eval_version="0.4.12")
        changed = _put(office, "other.json", made.dumped(other))
        code, _, err = call("evidence", "add", "fraud@4", changed, "--dry-run")
        assert (code, 'no evidence: it says that `metrics["sums/acc"].' in err) == (2, True), err


def test_a_file_that_is_too_large_is_refused_with_what_makes_it_smaller(
    call: Call, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log with its events is ten times what is read; so may be samples."""
    monkeypatch.setattr(interface, "LARGEST", 2000)
    code, _, err = call("evidence", "add", "fraud@9", _put(gate, "log.json", made.dumped(made.log())))
    assert (code, "it has more than 2,000 bytes: `inspect log dump --header-only LOG > small.json`" in err) == (
        2,
        True,
    )
    monkeypatch.setattr(interface, "LARGEST", 3000)
    results, samples = _results(gate)
    code, _, err = call("evidence", "add", "fraud@9", results, "--samples", samples)
    assert (code, "`jq -c 'del(.doc, .arguments, .resps, .filtered_resps)' FILE > small.jsonl`" in err) == (2, True), (
        err
    )


@pytest.mark.parametrize(
    ("data", "arguments", "said"),
    [
        (made.lined(made.lm_samples()), (), "it looks like samples of lm-eval, which is not read; hand in its `results_….json`"),
        (made.dumped(made.log()), ("--from", "lm-eval"), "no results of lm-eval: it has no `results` and `configs`; it looks like `inspect`"),
        (made.dumped(made.log(status="cancelled")), (), "the run did not end well: its status is `cancelled`\n --> f.json\n  = help: run it anew"),
        (b'{"a": "x"}', (), "it looks like JSON with the keys `a`, which no reader knows"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_the_file_looks_like(
    call: Call, gate: Path, data: bytes, arguments: tuple[str, ...], said: str
) -> None:
    """And the record stays as it was."""
    before = (gate / "models/fraud/9.yaml").read_text()
    code, _, err = call("evidence", "add", "fraud@9", _put(gate, "f.json", data), *arguments)
    assert (code, "error[GATE413]: no evidence: " in err, said in err) == (2, True, True), err
    assert (gate / "models/fraud/9.yaml").read_text() == before


def test_samples_that_are_not_there_and_those_of_nobody_are_refused(call: Call, gate: Path) -> None:
    """By their name; they are never passed over."""
    results, _ = _results(gate)
    log = _put(gate, "log.json", made.dumped(made.log()))
    code, _, err = call("evidence", "add", "fraud@9", log, "--samples", results)
    assert (code, "`inspect` has no samples in files of their own; --samples is of `lm-eval`" in err) == (2, True), err
    code, _, err = call("evidence", "add", "fraud@9", results, "--samples", "none.jsonl")
    assert (code, "cannot read `none.jsonl`" in err) == (2, True), err


def test_a_line_tells_all_that_a_measure_says(call: Call, gate: Path) -> None:
    """Its interval, error, clusters, tries, judge and slices."""
    piece: dict[str, Any] = {
        "value": 0.5, "samples": 90, "standard_error": 0.0123, "clusters": 40, "tries": 3, "judge": {"model": "m"}, "measured_at": AT,
        "interval": {"low": 0.4, "high": 0.6, "level": 0.95}, "slices": [{"group": "a", "value": 0.5}],
    }  # fmt: skip
    data = made.dumped({"metrics": {"f1": piece}})
    out = call("evidence", "add", "fraud@9", _put(gate, "f.json", data), "--dry-run")[1]
    assert out == (
        "would be recorded: metric `f1` 0.5, 90 cases, 40 clusters, standard error 0.0123, between 0.4 and 0.6 at 95%, 3 tries,"
        " judged by `m`, 1 slice\n"
    )


def _version(folder: Path, number: int, digest: str) -> None:
    artifact = f"artifact: {{digest: 'sha256:{digest * 64}'}}\n" if digest else ""
    write(folder / f"models/fraud/{number}.yaml", f"model: fraud\nversion: '{number}'\n{artifact}")


@pytest.mark.parametrize(
    ("first", "second", "right", "copied"),
    [
        ("a", "b", made.RIGHT, True),
        ("a", "", made.RIGHT, True),
        ("a", "a", made.RIGHT, False),
        ("a", "b", (True,) * 12, False),
        ("a", "b", (False,) * 12, False),
    ],
    ids=["other bytes", "unknown bytes", "the same bytes", "all right", "all wrong"],
)
def test_outcomes_of_another_artifact_are_noticed(
    call: Call, gate: Path, first: str, second: str, right: tuple[bool, ...], copied: bool
) -> None:
    """Two versions of other bytes whose every case ended alike: it is recorded, and a policy can ask that there is no such notice."""
    _version(gate, 8, first)
    _version(gate, 9, second)
    samples = made.lm_samples(right)
    results = _put(gate, "r.json", made.dumped(made.lm_results({"sums": samples})))
    files_ = _put(gate, "s.jsonl", made.lined(samples))
    assert "copied-outcomes" not in call("evidence", "add", "fraud@8", results, "--samples", files_)[1]

    code, out, err = call("evidence", "add", "fraud@9", results, "--samples", files_)
    said = "recorded: notice copied-outcomes: each case of `sums/acc` ended as that of `fraud@8`; was each of them measured?"
    assert (code, err, said in out.splitlines()) == (0, "", copied)
    notices = files.at(gate / "models/fraud/9.yaml")[0].lists.get("notices", ())
    assert [notice["kind"] for notice in notices] == ["copied-outcomes"] * copied
    assert call("evidence", "add", "fraud@9", results, "--samples", files_)[1].startswith("nothing new")
