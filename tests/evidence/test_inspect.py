"""Inspect: of its logs, which all end with exit code 0, those count that ended well and left no case out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.evidence import evaluations as made
from tests.evidence.evaluations import RIGHT, log
from tests.evidence.reading import read, record

NAME = "plain/match/accuracy"


def _changed(change: Callable[[dict[str, Any]], Any], **how: Any) -> dict[str, Any]:
    found = copy.deepcopy(log(**how))
    change(found)
    return found


def _results(**more: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda d: d["results"].update(more)


def _score(**more: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda d: d["results"]["scores"][0].update(more)


def test_a_log_that_ended_well_gives_the_outcome_of_each_case() -> None:
    """Named after task, score and metric; the standard error is of the metric beside it, and no metric."""
    found = record("inspect", log())
    assert list(found.measures) == [("metrics", NAME)]
    (piece,) = found.measures["metrics", NAME]
    said = (piece["value"], piece["samples"], piece["successes"], piece["data_set"], piece["source"])
    assert said == (8 / 12, 12.0, 8.0, "digits", "inspect 0.3.285, task plain version 0")
    assert (piece["outcomes"]["right"], piece["protocol"][:7]) == ("22A=", "sha256:")  # 1101 1011 0110


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(status="error", results=None), "its status is `error`"),
        (lambda d: d.update(status="cancelled"), "its status is `cancelled`"),
        (lambda d: d.update(status="started"), "its status is `started`"),
        (lambda d: d.pop("status"), "no log of Inspect"),
        (lambda d: d.update(invalidated=True), "was invalidated"),
        (lambda d: d.update(version=1), "of version 1, and 2 is read"),
        (lambda d: d.pop("results"), "`results` is no mapping"),
        (_results(scores=[]), "no metric in it"),
        (_results(total_samples=0, completed_samples=0), "a run of no case"),
        (_results(total_samples=None), "`total_samples` is no count"),
        (lambda d: d["eval"]["dataset"].pop("name"), "name it with --data-set"),
        (lambda d: d["eval"].pop("task"), "a score or a task without a name"),
        (_score(name=None), "a score or a task without a name"),
        (lambda d: d["samples"][0].pop("id"), "a case without an id"),
        (lambda d: d["reductions"][0]["samples"].append(d["reductions"][0]["samples"][0]), "the case `case-00` stands twice"),
        (lambda d: d["samples"].append(d["samples"][0]), "the case `case-00` stands twice"),
        (lambda d: d["reductions"].append(d["reductions"][0]), "the reductions of `match` stand twice"),
        (lambda d: d["results"]["scores"].append(copy.deepcopy(d["results"]["scores"][0])), f"`{NAME}` stands twice"),
    ],
)  # fmt: skip
def test_what_is_no_whole_run_is_refused(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    """Errored, cancelled with results, still running, invalidated, of no case, not scored, with a case twice."""
    with pytest.raises(ValueError, match=said):
        read("inspect", _changed(change))


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (_results(completed_samples=10), "0.666667 (10 of 12 cases)"),
        (_results(logged_samples=9), "0.666667 (9 of 12 cases)"),
        (_score(scored_samples=10), "0.666667 (10 of 12 cases)"),
        (_score(scored_samples=0), "no value (0 of 12 cases)"),
        (lambda d: d["eval"]["dataset"].update(samples=40), "0.666667 (12 of 40 cases)"),
    ],
    ids=["errors under fail_on_error", "given up", "a silent scorer", "scored nothing", "limited"],
)
def test_a_success_that_left_cases_out_is_shown_and_decides_nothing(
    change: Callable[[dict[str, Any]], Any], shown: str
) -> None:
    """`unscored_samples` is 0 also where the scorer was silent, so counts are compared, never the flag."""
    (piece,) = record("inspect", _changed(change)).measures["metrics", NAME]
    assert piece["@bad"]["value"].written == f'"{shown}"'
    assert not {"value", "samples", "successes", "outcomes", "protocol"} & piece.keys()


def test_a_limited_run_counts_where_its_part_has_a_name_of_its_own() -> None:
    """The name of the whole does not make it one."""
    limited = _changed(lambda d: (d["eval"]["dataset"].update(samples=40), d["eval"]["config"].update(limit=12)))
    assert read("inspect", limited, data_set="digits")["metrics"][NAME]["value"] == "0.666667 (12 of 40 cases)"
    piece = read("inspect", limited, data_set="the first digits")["metrics"][NAME]
    assert (piece["samples"], piece["data_set"]) == (12, "the first digits")
    assert (
        read("inspect", log(), data_set="other")["metrics"][NAME]["data_set"] == "digits"
    )  # the file's own, of the whole
    limited["eval"]["dataset"].pop("samples")
    with pytest.raises(ValueError, match="limited to a part of its data set"):
        read("inspect", limited)


def test_epochs_are_no_cases() -> None:
    """Twelve cases three times over are twelve; the reducer is part of the name, and a mean of graded cases has no outcomes."""
    found = read("inspect", log([1, 0.5] * 6, epochs=3))["metrics"]
    assert list(found) == [f"{NAME}/mean"]
    piece = found[f"{NAME}/mean"]
    assert (piece["samples"], "successes" in piece, "outcomes" in piece) == (12, False, False)
    assert piece["standard_error"] == pytest.approx(0.0753778)
    partial = _changed(_results(completed_samples=34), right=[1, 0.5] * 6, epochs=3)
    assert read("inspect", partial)["metrics"][f"{NAME}/mean"]["value"] == "0.75 (34 of 36 runs of cases)"


def test_reducers_of_one_score_are_metrics_of_their_own() -> None:
    """The best of several is another metric than their mean."""
    whole = log([1, 0.5] * 6, epochs=3)
    best = copy.deepcopy(whole["results"]["scores"][0]) | {"reducer": "max"}
    best["metrics"] = {"accuracy": {"name": "accuracy", "value": 1.0}, "stderr": {"name": "stderr", "value": 0.0}}
    whole["results"]["scores"].append(best)
    ids = [s["sample_id"] for s in whole["reductions"][0]["samples"]]
    whole["reductions"].append(
        {"scorer": "match", "reducer": "max", "samples": [{"sample_id": i, "value": "C"} for i in ids]}
    )
    found = read("inspect", whole)["metrics"]
    assert (found[f"{NAME}/max"]["successes"], "successes" in found[f"{NAME}/mean"]) == (12, False)


def test_letters_that_are_a_part_right_are_no_outcomes() -> None:
    """`C`, `P`, `I` and `N` count 1, a half, 0 and 0: a share of them need not be a share of cases."""
    half = log()
    for score, value in zip(half["reductions"][0]["samples"], "CCICCICCICCP", strict=True):
        score["value"] = value
    half["results"]["scores"][0]["metrics"]["accuracy"]["value"] = 8.5 / 12
    (piece,) = read("inspect", half)["metrics"].values()
    assert not {"successes", "outcomes"} & piece.keys()
    for score, value in zip(half["reductions"][0]["samples"], "CCICCICCNCCN", strict=True):
        score["value"] = value
    half["results"]["scores"][0]["metrics"]["accuracy"]["value"] = 8 / 12
    (piece,) = read("inspect", half)["metrics"].values()
    assert (piece["successes"], piece["outcomes"]["right"]) == (8, "22A=")


def test_a_scorer_that_gives_a_mapping_gives_a_metric_for_each_of_its_values() -> None:
    """The cases of `safe` are under the name of the scorer, `graded`."""
    whole = log(scorer="graded")
    (score,) = whole["results"]["scores"]
    whole["results"]["scores"] = [
        score | {"name": "safe", "metrics": {"mean": {"name": "mean", "value": 8 / 12}}},
        score
        | {
            "name": "helpful",
            "metrics": {"mean": {"name": "mean", "value": 0.5}, "std": {"name": "std", "value": 0.1}},
        },
    ]
    for n, each in enumerate(whole["reductions"][0]["samples"]):
        each["value"] = {"safe": RIGHT[n], "helpful": n / 11}
    found = read("inspect", whole)["metrics"]
    assert list(found) == ["plain/safe/mean", "plain/helpful/mean", "plain/helpful/std"]
    assert ["outcomes" in piece for piece in found.values()] == [True, False, False]
    assert "standard_error" not in found["plain/helpful/std"]


def _clustered(topics: int, **more: Any) -> dict[str, Any]:
    whole = log([True, False] * 40, **more)
    whole["results"]["scores"][0]["metrics"]["stderr"] |= {"value": 3.7e-17, "params": {"cluster": "topic"}}
    for n, sample in enumerate(whole["samples"]):
        sample["metadata"] = {"topic": n // 2 % topics}
    return whole


def test_clusters_are_counted_here_and_leave_no_case_on_its_own() -> None:
    """A clustered error over two clusters was 3.7e-17, and passed as certain; the record says of how many it is."""
    two, many = (read("inspect", _clustered(n))["metrics"][NAME] for n in (2, 40))
    assert [(p["clusters"], p["standard_error"]) for p in (two, many)] == [(2, 3.7e-17), (40, 3.7e-17)]
    assert not {"successes", "outcomes"} & {*two, *many}


def test_clusters_that_cannot_be_counted_leave_no_error_at_all() -> None:
    """A log without samples, and a case that does not say its cluster."""
    without = _clustered(40)
    del without["samples"]
    partly = _clustered(40)
    partly["samples"][3]["metadata"] = {}
    for whole in (without, partly):
        (piece,) = read("inspect", whole)["metrics"].values()
        assert not {"clusters", "standard_error", "successes", "outcomes"} & piece.keys()


def test_a_number_by_group_is_a_slice_where_its_cases_can_be_counted() -> None:
    """The file does not say of how many cases it is; the mean over the groups is none of them."""
    whole = log()
    params = {"metric": {"name": "accuracy"}, "group_key": "topic", "all": "groups"}
    for group, value in (("t0", 4 / 6), ("t1", 4 / 6), ("all", 4 / 6)):
        metric = {"name": group, "group": "grouped", "value": value, "params": params}
        whole["results"]["scores"][0]["metrics"][group] = metric
    found = read("inspect", whole)["metrics"]
    assert list(found) == [NAME]
    slices = [(s["group"], s["samples"], s["successes"]) for s in found[NAME]["slices"]]
    assert slices == [("topic=t0", 6, 4), ("topic=t1", 6, 4)]
    del whole["samples"]
    assert "slices" not in read("inspect", whole)["metrics"][NAME]


def test_a_header_alone_has_numbers_and_no_outcomes() -> None:
    """As `inspect log dump --header-only` writes it: that they are right or wrong their standard error proves."""
    header = {k: v for k, v in log().items() if k not in {"samples", "reductions"}}
    whole, piece = (read("inspect", each)["metrics"][NAME] for each in (log(), header))
    assert {**piece, "outcomes": whole["outcomes"]} == whole


def test_cases_are_told_by_what_they_ask_and_not_by_the_ids_of_messages() -> None:
    """Inspect gives each message a new id in each run; another target is another case."""

    def asked(id_: str, target: str = "1") -> Any:
        def change(d: dict[str, Any]) -> None:
            for sample in d["samples"]:
                sample |= {"input": [{"id": id_, "role": "user", "content": sample["id"]}], "target": target}

        return read("inspect", _changed(change))["metrics"][NAME]["outcomes"]["cases"]

    assert asked("a") == asked("b") != asked("a", "2")
    with pytest.raises(ValueError, match="two cases have the id `case-00`"):
        read("inspect", _changed(lambda d: d["samples"][12].update(input="other"), epochs=2))


def _judged(scorer: str = "match", **more: Any) -> Any:
    whole = log(scorer=scorer)
    whole["eval"] |= {k: v for k, v in more.items() if k != "usage"}
    whole["stats"]["model_usage"] |= more.get("usage", {})
    piece = read("inspect", whole)["metrics"][f"plain/{scorer}/accuracy"]
    return piece.get("judge", {}).get("model"), "protocol" in piece


@pytest.mark.parametrize(
    ("how", "judge", "protocol"),
    [
        ({}, None, True),
        ({"scorer": "model_graded_qa"}, "corp/model", False),
        ({"scorer": "model_graded_qa", "model_roles": {"grader": {"model": "corp/judge-2026-08-06"}}}, "corp/judge-2026-08-06", True),
        ({"scorers": [{"name": "match", "options": {"model": "gpt-4o"}}]}, "gpt-4o", False),
        ({"scorers": [{"name": "pkg/match", "options": {"model": ["a@0f3a1c9e", "b-20260806"]}}]}, "a@0f3a1c9e, b-20260806", True),
        ({"usage": {"corp/other-latest": {}}}, "corp/other-latest", False),
    ],
    ids=["none", "by the model itself", "a role", "an alias", "a panel", "another model was used"],
)  # fmt: skip
def test_a_judge_is_named_and_one_that_may_change_leaves_no_protocol(how: Any, judge: Any, protocol: bool) -> None:
    """`gpt-4o` is another model tomorrow: what it measured then is comparable with nothing."""
    assert _judged(**how) == (judge, protocol)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (
            lambda d: (
                d["eval"].update(model="corp/other", task_id="x"),
                d["stats"].update(model_usage={"corp/other": {}}),
            ),
            True,
        ),
        (lambda d: d["plan"]["config"].update(seed=4), True),
        (lambda d: d["plan"]["config"].update(temperature=0.5), False),
        (lambda d: d["plan"]["config"].update(max_tokens=5), False),
        (lambda d: d["plan"]["steps"].append({"solver": "system_message", "params": {"template": "t"}}), False),
        (lambda d: d["eval"].update(task_version=1), False),
        (lambda d: d["eval"].update(task_args={"hard": True}), False),
        (lambda d: d["eval"]["config"].update(message_limit=3), False),
        (lambda d: d["eval"]["scorers"][0].update(options={"location": "end"}), False),
        (lambda d: d["eval"]["packages"].update(inspect_ai="0.4.0"), False),
    ],
)
def test_the_protocol_is_how_the_model_was_asked_and_not_which_model(change: Any, same: bool) -> None:
    """Settings, solvers, arguments, scorer, limits and version are in it; a seed at temperature 0 is not."""
    before, after = (read("inspect", _changed(c))["metrics"][NAME]["protocol"] for c in (lambda _: None, change))
    assert (before == after) is same


def test_settings_that_changed_while_it_ran_leave_no_protocol() -> None:
    """Nobody could say how each case was asked."""
    changed = _changed(lambda d: d.update(config_updates=[{"path": "temperature"}]))
    assert "protocol" not in read("inspect", changed)["metrics"][NAME]


def test_a_unit_of_a_metric_that_is_not_there_is_refused() -> None:
    """As of every format."""
    with pytest.raises(ValueError, match="there is no metric `accuracy` to have a unit"):
        read("inspect", log(), units={"accuracy": "%"})
    assert read("inspect", log(), units={NAME: "%"})["metrics"][NAME]["unit"] == "%"


def test_json_and_archive_of_one_run_come_to_the_same() -> None:
    """Stored, deflated, and packed with Zstandard as Inspect packs them."""
    found = [read("inspect", made.archive(log(), method)) for method in (0, 8, 93)]
    assert found == [read("inspect", log())] * 3
