"""lm-eval: which numbers of its results are measurements, of how many cases, and what its samples add."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from letpass.evidence import lines
from tests.evidence import evaluations as made
from tests.evidence.evaluations import RIGHT, lm_results, lm_samples
from tests.evidence.reading import read, record

WRONG = tuple(not right for right in RIGHT)


def _with(samples: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The metrics of tasks, read with their samples."""
    files = {f"{task}.jsonl": made.lined(each) for task, each in samples.items()}
    found: dict[str, Any] = read("lm-eval", lm_results(samples, **more), samples=files)["metrics"]
    return found


def test_a_number_is_named_after_task_and_metric_and_says_what_it_was_measured_on() -> None:
    """The filter `none` is no part of the name; `alias` and `sample_len` are no metrics."""
    piece = read("lm-eval", lm_results())["metrics"]
    assert list(piece) == ["sums/acc"]
    said = dict(piece["sums/acc"])
    assert said.pop("protocol").startswith("sha256:")
    assert said == {
        "value": 8 / 12, "samples": 12, "successes": 8, "data_set": "corp/sums/small", "split": "test",
        "measured_at": "2026-11-29T18:55:10Z", "source": "lm-eval 0.4.13, task sums version 1.0",
    }  # fmt: skip


def test_each_filter_gives_a_metric_of_its_own() -> None:
    """Two filters of one task double the lines of its samples, and not its cases."""
    lines_ = [*lm_samples(RIGHT, filters=["strict"]), *lm_samples(WRONG, filters=["lenient"])]
    found = _with({"say": lines_})
    assert {name: (p["successes"], p["samples"]) for name, p in found.items()} == {
        "say/acc/strict": (8, 12),
        "say/acc/lenient": (4, 12),
    }
    assert len({p["outcomes"]["cases"] for p in found.values()}) == 1
    assert len({p["outcomes"]["right"] for p in found.values()}) == 2


def test_samples_give_the_outcome_of_each_case_to_its_own_task() -> None:
    """Which task a file is of tells the hash that the results have of it; a record reads the outcomes."""
    tasks = {"sums": lm_samples(RIGHT), "logic": lm_samples(WRONG, prompt="q")}
    files = {"b.jsonl": made.lined(tasks["logic"]), "a.jsonl": made.lined(tasks["sums"])}
    measures = record("lm-eval", lm_results(tasks), samples=files).measures
    sums, logic = (measures["metrics", f"{task}/acc"][0] for task in tasks)
    assert (sums["successes"], logic["successes"]) == (8.0, 4.0)
    # 1110 0110 1101 of the cases 0, 1, 10, 11, 2, 3, … in the order of the bytes of their ids
    assert (sums["outcomes"]["right"], logic["outcomes"]["right"]) == ("5tA=", "GSA=")
    assert "@bad" not in sums["outcomes"]


def test_a_shorter_file_of_samples_says_the_same() -> None:
    """Documents, arguments and answers can be cut out of a file that is too large."""
    whole = [{**line, "doc": {"question": "x"}, "arguments": {}, "resps": []} for line in lm_samples()]
    assert _with({"sums": whole}) == _with({"sums": lm_samples()})


def test_samples_are_no_file_of_their_own() -> None:
    """They say neither task nor data nor time; handed in alone they are no results."""
    with pytest.raises(ValueError, match="no results of lm-eval"):
        read("lm-eval", dict(lm_samples()[0]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines_: [*lines_, lines_[0]], "holds the case 0 twice, of the filter `none`"),
        (lambda lines_: lines_[:-1], "holds no samples of this run"),
        (lambda lines_: [lines_[1], lines_[0], *lines_[2:]], "holds no samples of this run"),
        (lambda lines_: [{**lines_[0], "prompt_hash": "0" * 64}, *lines_[1:]], "holds no samples of this run"),
        (lambda lines_: [{**lines_[0], "doc_id": True}, *lines_[1:]], "line 1 lacks `doc_id`"),
        (lambda lines_: [{**lines_[0], "acc": 0.0}, *lines_[1:]], "`sums/acc` is 0.6666666666666666, and its cases make 7 of 12"),
        (lambda _: [], "holds no case"),
    ],
    ids=["twice", "fewer", "other order", "other prompts", "no id", "other values", "empty"],
)  # fmt: skip
def test_samples_that_are_not_those_of_the_results_are_refused(change: Callable[[Any], Any], said: str) -> None:
    """Cases of another run, or cases twice, would be paired with a champion's that they are not."""
    with pytest.raises(ValueError, match=said):
        read("lm-eval", lm_results(), samples={"s.jsonl": made.lined(change(lm_samples()))})


def test_one_file_of_samples_is_not_taken_twice_nor_for_either_of_two_tasks() -> None:
    """Two tasks that ask the same have one hash, so whose answers a file holds nobody can tell."""
    data = made.lined(lm_samples())
    with pytest.raises(ValueError, match="`b` holds the samples of `sums` a second time"):
        read("lm-eval", lm_results(), samples={"a": data, "b": data})
    with pytest.raises(ValueError, match="`sums` and `more` ask the same"):
        read("lm-eval", lm_results({"sums": lm_samples(), "more": lm_samples()}), samples={"a": data})


def test_a_case_that_is_two_by_filter_is_refused() -> None:
    """One id, and another document in the lines of the second filter."""
    other = [{**line, "doc_hash": "0" * 64} for line in lm_samples(filters=["lenient"])]
    with pytest.raises(ValueError, match="holds two cases of the id 0"):
        _with({"sums": [*lm_samples(filters=["strict"]), *other]})


def test_values_that_are_no_right_and_wrong_are_no_outcomes() -> None:
    """Pairs of texts, as `bleu` writes them, and shares."""
    for values in ([["a", "b"]] * 12, [0.5] * 12, [None] * 12):
        samples = lm_samples(values)
        results = lm_results()
        results["task_hashes"]["sums"] = made.lm_hash(samples)
        results["results"]["sums"] |= {"acc,none": 0.5, "acc_stderr,none": 0.1}
        (piece,) = read("lm-eval", results, samples={"s": made.lined(samples)})["metrics"].values()
        assert not {"outcomes", "successes"} & piece.keys()
        assert piece["standard_error"] == 0.1


def test_a_run_that_left_cases_out_is_shown_and_decides_nothing() -> None:
    """`--limit 5` of 12 cases: the number is a text, which no rule can use."""
    results = lm_results()
    results["n-samples"]["sums"]["effective"] = 5
    found = record("lm-eval", results)
    (piece,) = found.measures["metrics", "sums/acc"]
    assert piece["@bad"]["value"].written == '"0.666667 (5 of 12 cases)"'
    assert not {"value", "samples", "successes", "protocol"} & piece.keys()


def test_a_run_of_chosen_cases_is_no_whole_one_though_it_counts_all() -> None:
    """`--samples '{"sums": [0, 1, 3]}'`: `n-samples` goes by the limit alone, and says 12 of 12; how many there were says `sample_len`."""
    results = lm_results({"sums": lm_samples([True, True, False])})
    results["n-samples"]["sums"] = {"original": 12, "effective": 12}
    (piece,) = read("lm-eval", results)["metrics"].values()
    assert (piece["value"], "samples" in piece) == ("0.666667 (3 of 12 cases)", False)

    del results["results"]["sums"]["sample_len"]  # older ones have none
    with pytest.raises(ValueError, match="which 12 cases cannot have: fewer were measured"):
        read("lm-eval", results)


def test_a_run_of_no_case_and_one_that_does_not_count_them_are_refused() -> None:
    """Nobody could tell whether cases were left out."""
    results = lm_results()
    results["n-samples"]["sums"] = {"original": 0, "effective": 0}
    with pytest.raises(ValueError, match="`sums` was measured on no case"):
        read("lm-eval", results)
    results["n-samples"] = {}
    with pytest.raises(ValueError, match="has no `n-samples` of it"):
        read("lm-eval", results)


def test_a_group_is_of_the_cases_of_its_tasks_and_counted_once() -> None:
    """It stands among the results and again among the groups; a limited task makes it a part."""
    samples = {"even": lm_samples(RIGHT), "odd": lm_samples(WRONG, prompt="q")}
    group = made.lm_group(samples)
    found = read("lm-eval", group)["metrics"]
    assert set(found) == {"even/acc", "odd/acc", "all/acc"}
    assert (found["all/acc"]["samples"], found["all/acc"]["value"], found["all/acc"]["standard_error"]) == (
        24,
        0.5,
        0.05,
    )
    assert "successes" not in found["all/acc"]
    group["n-samples"]["odd"]["effective"] = 5
    found = read("lm-eval", group)["metrics"]
    assert (found["all/acc"]["value"], found["even/acc"]["samples"]) == ("0.5 (17 of 24 cases)", 12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r["results"].update({"a": {"b/c,none": 1}, "a/b": {"c,none": 1}}), "the metric `a/b/c` stands twice"),
        (lambda r: r["group_subtasks"].update(sums=[1]), "`group_subtasks` of `sums` is no list of texts"),
        (lambda r: (r["n-samples"].update(sums={"original": 13, "effective": 13}), r["results"]["sums"].update(sample_len=13)), "13 cases of `sums` were measured, and 12 are there"),
        (lambda r: r["n-samples"].update(sums={"original": -1, "effective": 12}), "`original` is no count"),
        (lambda r: r["results"]["sums"].update(sample_len="12"), "`sample_len` is no count"),
        (lambda r: r.update(configs=[1]), "no mapping"),
    ],
)  # fmt: skip
def test_results_that_contradict_themselves_are_refused(change: Callable[[Any], Any], said: str) -> None:
    """Two names that are one, a group of nothing, other counts than cases."""
    results = lm_results()
    for section in ("configs", "n-samples"):
        results[section] |= dict.fromkeys(("a", "a/b"), results[section]["sums"])
    change(results)
    with pytest.raises(ValueError, match=said):
        read("lm-eval", results, samples={"s": made.lined(lm_samples())})


def test_all_right_is_counted_and_no_standard_error_of_nought() -> None:
    """Of 12 of 12 lm-eval writes a standard error of 0.0, which would say that nothing can be better."""
    (piece,) = read("lm-eval", lm_results({"sums": lm_samples([True] * 12)}))["metrics"].values()
    assert (piece["value"], piece["successes"], "standard_error" in piece) == (1.0, 12, False)


@pytest.mark.parametrize("error", ["N/A", None, 0.0, float("nan"), 0.1359])
def test_successes_come_only_from_a_standard_error_that_proves_them(error: Any) -> None:
    """Cases that are right or wrong spread as far as their mean allows, and no others do."""
    results = lm_results()
    results["results"]["sums"]["acc_stderr,none"] = error
    (piece,) = read("lm-eval", results)["metrics"].values()
    assert ("successes" in piece, piece.get("standard_error")) == (False, error if error == 0.1359 else None)


def test_what_is_no_mean_over_cases_proves_nothing() -> None:
    """A corpus's `bleu` of 0.0 with a standard error of 0.0 is no 0 of 12."""
    results = lm_results({"sums": lm_samples([False] * 12)})
    results["configs"]["sums"]["metric_list"] = [{"metric": "acc"}]
    (piece,) = read("lm-eval", results)["metrics"].values()
    assert not {"successes", "standard_error"} & piece.keys()


def test_data_in_files_of_ones_own_need_a_name() -> None:
    """`dataset_path: json` names no data; the caller does."""
    results = lm_results()
    results["configs"]["sums"] |= {"dataset_path": "json", "dataset_name": None}
    with pytest.raises(ValueError, match="name them with --data-set"):
        read("lm-eval", results)
    assert read("lm-eval", results, data_set="corp/own")["metrics"]["sums/acc"]["data_set"] == "corp/own"


def test_a_commit_of_the_data_is_kept_and_a_branch_is_not() -> None:
    """A branch holds other data tomorrow."""
    results = lm_results()
    for revision, kept in (("0f3a1c9e" * 5, "0f3a1c9e" * 5), ("main", None)):
        results["configs"]["sums"]["dataset_kwargs"] = {"revision": revision}
        assert read("lm-eval", results)["metrics"]["sums/acc"].get("data_digest") == kept


def _protocol(**more: Any) -> Any:
    return read("lm-eval", lm_results(**more))["metrics"]["sums/acc"]["protocol"]


def test_the_protocol_is_the_same_for_another_model_measured_alike() -> None:
    """Values, the time, where functions lay in memory, and the fix version of lm-eval are no part of it."""
    other = lm_results({"sums": lm_samples(WRONG)}, date=1795978999.0, lm_eval_version="0.4.99", model_name="m")
    assert read("lm-eval", other)["metrics"]["sums/acc"]["protocol"] == _protocol()


@pytest.mark.parametrize(
    "change",
    [
        {"n-shot": {"sums": 2}},
        {"task_hashes": {"sums": "0" * 64}},
        {"versions": {"sums": 2.0}},
        {"chat_template_sha": "0" * 64},
        {"system_instruction": "be brief"},
        {"lm_eval_version": "0.5.0"},
        {"config": {"limit": 12}},
        {"config": {"gen_kwargs": {"temperature": 0.7}}},
    ],
    ids=str,
)
def test_the_protocol_is_another_where_something_was_asked_otherwise(change: dict[str, Any]) -> None:
    """Shots, prompts, version, template, system prompt, limit, temperature."""
    assert _protocol(**change) != _protocol()


def test_a_seed_counts_where_answers_are_drawn() -> None:
    """At temperature 0 it changes nothing."""
    cold = [_protocol(config={"random_seed": seed}) for seed in (1, 2)]
    warm = [_protocol(config={"random_seed": seed, "gen_kwargs": {"temperature": 1}}) for seed in (1, 2)]
    assert (len(set(cold)), len(set(warm))) == (1, 2)


def test_lines_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In number and in length, and each is a mapping that reads as strictly as a record."""
    monkeypatch.setattr(lines, "MOST", 5)
    with pytest.raises(ValueError, match="more than 5 lines"):
        list(lines.read(b"{}\n" * 6))
    with pytest.raises(ValueError, match="line 1 has more than 1,048,576 characters"):
        list(lines.read(b'{"a": "' + b"x" * (1 << 20) + b'"}'))
    for line, said in (('{"a": 1, "a": 2}', "stands twice"), ('{"a": "\\ud800"}', "half a character"), ("[1]", "no mapping"),
                       ('{"a": ' + "[" * 70 + "]" * 70 + "}", "nested too deeply"), ("{}{}", "not JSON")):  # fmt: skip
        with pytest.raises(ValueError, match=rf"line 2.*{said}"):
            list(lines.read(f"{{}}\n{line}\n".encode()))


def test_numbers_that_json_does_not_have_stay_as_they_are_written() -> None:
    """A NaN is no measurement."""
    results = json.dumps(lm_results()).replace("0.6666666666666666", "NaN")
    assert read("lm-eval", results)["metrics"]["sums/acc"]["value"] == "NaN"
