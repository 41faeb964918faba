"""Files that the tools themselves wrote, where they lie beside the checkout; their twins are made here, in the other files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from letpass.evidence.detecting import chosen
from letpass.evidence.interface import FORMATS
from letpass.evidence.sources import Content
from tests.evidence.reading import AT, read
from tests.evidence.test_handed_cases import OUTPUTS

FOLDERS = ("lm-eval", "inspect", "promptfoo", "great-expectations", "evidently", "garak")


def _files(folder: str) -> list[Path]:
    found = sorted(path for path in (OUTPUTS / folder).glob("*") if path.suffix != ".md") if OUTPUTS.is_dir() else []
    if not found:
        pytest.skip(f"the outputs of {folder} are not here")
    return found


def _read(path: Path, **asked: Any) -> Any:
    """The part that a file comes to, or why it comes to none."""
    data = path.read_bytes()
    try:
        return read(chosen(path.name, Content(data)), data, **asked)
    except ValueError as error:
        return str(error)


def _value(found: Any, name: str) -> Any:
    return found["metrics"][name].get("value")


def _told(path: Path) -> str:
    """The format that a file is of, or why it is of none."""
    try:
        return chosen(path.name, Content(path.read_bytes()))
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_output_is_told_for_what_it_is(folder: str) -> None:
    """None for another format, and none for two."""
    told = {path.name: _told(path) for path in _files(folder)}
    assert {name for name, said in told.items() if said in FORMATS and said not in {folder, "record"}} == set()
    assert {name for name, said in told.items() if said.startswith("it may be")} == set()


def test_no_output_of_another_tool_is_taken_for_a_format_that_is_read() -> None:
    """Of tools that are known and not read."""
    _files("lm-eval")
    others = [p for p in OUTPUTS.rglob("*") if p.is_file() and p.relative_to(OUTPUTS).parts[0] not in FOLDERS]
    told = {path.name: _told(path) for path in others if path.suffix not in {".md", ".yaml"}}
    assert {name for name, said in told.items() if said in FORMATS and said != "record"} == set()
    assert {
        name for name, said in told.items() if not said.startswith(("it looks like ", "what format is it", "record"))
    } == set()


def test_runs_of_lm_eval_pair_where_they_were_measured_alike() -> None:
    """Champion and candidate have one list of cases and one protocol; two shots and a limit have neither."""
    found = {}
    for run in ("champion", "candidate", "candidate-2shot-limit5"):
        files = {path.name: path.read_bytes() for path in _files("lm-eval") if path.name.startswith(f"{run}.samples")}
        found[run] = _read(OUTPUTS / f"lm-eval/{run}.results.json", samples=files, data_set="d")["metrics"]
    one, other, part = (found[run] for run in found)
    for name in ("sums_even/acc", "sums_odd/acc", "say/exact_match/strict-match"):
        assert (one[name]["protocol"], one[name]["outcomes"]["cases"]) == (
            other[name]["protocol"],
            other[name]["outcomes"]["cases"],
        )
        assert one[name]["outcomes"]["right"] != other[name]["outcomes"]["right"]
        assert str(part[name]["value"]).endswith("(5 of 12 cases)")
    assert other["sums_even/acc"]["successes"] == 12
    assert (one["sums/acc"]["samples"], "outcomes" in one["sums/acc"], "successes" in one["say/bleu/strict-match"]) == (
        24,
        False,
        False,
    )
    assert "name them with --data-set" in _read(OUTPUTS / "lm-eval/champion.results.json")


def test_logs_of_inspect_count_where_they_are_whole() -> None:
    """Eight ways to be wrong: success that is partial, a silent scorer, errors, cancelled, killed, clusters, epochs."""
    found = {path.name: _read(path) for path in _files("inspect")}
    success = found["success.json"]["metrics"]["plain/match/accuracy"]
    assert (success["successes"], success["samples"], success["outcomes"]["right"]) == (8, 12, "22A=")
    assert found["success.eval"]["metrics"]["plain/match/accuracy"]["outcomes"] == success["outcomes"]
    assert _value(found["partial-but-success.json"], "partly/match/accuracy") == "0.6 (10 of 12 cases)"
    assert _value(found["groups-and-clusters.json"], "groups/unsure/accuracy") == "0.4 (10 of 12 cases)"
    clustered = found["groups-and-clusters.json"]["metrics"]["groups/by_topic/accuracy"]
    assert (clustered["clusters"], "successes" in clustered, len(clustered["slices"])) == (2, False, 2)
    epochs = found["epochs.json"]["metrics"]
    assert {n.rpartition("/")[2]: p["samples"] for n, p in epochs.items()} == dict.fromkeys(
        ("mean", "at_least_2", "pass_at_2", "max"), 12
    )
    assert "outcomes" not in epochs["epochs/match/accuracy/mean"]
    refused = {name: why for name, why in found.items() if isinstance(why, str)}
    assert {name: why.rpartition(" ")[2] for name, why in refused.items()} == {
        "cancelled.eval": "`cancelled`", "cancelled.json": "`cancelled`", "error.json": "`error`", "killed.eval": "`header.json`",
    }  # fmt: skip


def test_outputs_of_the_others_count_where_they_are_whole() -> None:
    """Suites that raised, were empty or ended in an error have no result; a probe that could not be judged has no number."""
    suites = {path.name: _read(path) for path in _files("great-expectations")}
    assert "hand in each of its validation results" in str(suites.pop("checkpoint.json"))
    said = {name: part["suites"][0] for name, part in suites.items() if isinstance(part, dict)}
    assert {name: suite.get("passed") for name, suite in said.items()} == {
        "empty.json": None,
        "failed.json": False,
        "passed.json": True,
    }
    (drift,) = (_read(path, suite="S", ran_at=AT) for path in _files("evidently"))
    assert (drift["suites"][0]["passed"], drift["suites"][0]["score"]) == (False, 0.5)
    foo = _read(next(path for path in _files("promptfoo") if path.name == "results.json"))
    assert (foo["suites"][0]["passed"], foo["suites"][0]["cases"], "metrics" in foo) == (False, 6, False)
    attacks = {path.name: _read(path, ran_at=AT) for path in _files("garak")}
    assert [type(p["value"]) for p in attacks["by-hand.report.jsonl"]["metrics"].values()] == [str, str]
    assert [p["successes"] for p in attacks["by-hand-old.report.jsonl"]["metrics"].values()] == [4]
