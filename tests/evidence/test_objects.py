"""The objects of a program that measured say what the files of their tools say, and are refused where these are."""

from __future__ import annotations

import json
from typing import Any

import pytest

import letpass
from letpass.facts.attested import fragment
from tests.evidence import evaluations as made
from tests.evidence.reading import AT, read
from tests.evidence.test_measures import Frame


class Log:
    """An `EvalLog` as far as it is looked at."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.status = self.eval = self.results = None

    def model_dump_json(self, *, exclude_none: bool, exclude: Any) -> str:
        assert exclude_none
        assert {"events", "messages"} <= exclude["samples"]["__all__"]
        return json.dumps(self.said)


class Number:
    """A scalar of NumPy."""

    def __init__(self, value: float) -> None:
        self.value = value

    def item(self) -> float:
        return self.value


def test_a_log_of_inspect_is_its_file() -> None:
    """One, or several of other tasks; the same twice is refused, and so is one that did not end well."""
    file = made.log()
    assert letpass.record_from(Log(file)) == read("inspect", file)
    other = made.log()
    other["eval"]["task"] = "other"
    assert set(letpass.record_from([Log(file), Log(other)])["metrics"]) == {
        "plain/match/accuracy",
        "other/match/accuracy",
    }
    with pytest.raises(ValueError, match="stands in two logs"):
        letpass.record_from([Log(file), Log(file)])
    with pytest.raises(ValueError, match="its status is `cancelled`"):
        letpass.record_from(Log(made.log(status="cancelled")))


def test_results_of_lm_eval_are_their_files() -> None:
    """With its samples, whose hash the object does not have; with functions, sets and scalars of NumPy in it."""
    samples = made.lm_samples()
    file = made.lm_results({"sums": samples})
    from_files = read("lm-eval", file, samples={"s": made.lined(samples)})
    object_ = {k: v for k, v in file.items() if k != "task_hashes"}
    object_ |= {"samples": {"sums": [{**line, "acc": Number(line["acc"]), "doc": {1, 2}} for line in samples]}}
    assert letpass.record_from(object_) == from_files
    object_["configs"]["sums"]["process_docs"] = print
    found = letpass.record_from(object_)["metrics"]["sums/acc"]
    assert found["outcomes"] == from_files["metrics"]["sums/acc"]["outcomes"]
    del object_["samples"]
    assert "outcomes" not in letpass.record_from(object_)["metrics"]["sums/acc"]


def test_a_frame_of_fairlearn_is_its_file() -> None:
    """As `save_metric_frame` writes it."""
    part = letpass.record_from(Frame({"F": 0.5, "M": 0.6}, "sex"), data_set="h", ran_at=AT, samples={"sex=F": 3})
    (name, *_) = part["metrics"]
    piece = part["metrics"][name]
    assert (piece["data_set"], piece["measured_at"]) == ("h", AT)
    assert [(s["group"], s.get("samples")) for s in piece["slices"]] == [("sex=F", 3), ("sex=M", None)]


def test_a_report_of_scikit_learn_counts_what_is_right() -> None:
    """Accuracy and recall are shares of cases; precision is one of guesses, whose number is not said."""
    from sklearn import metrics

    truth, said = [0, 0, 0, 1, 1, 1, 1, 2], [0, 0, 1, 1, 1, 1, 0, 2]
    part = letpass.record_from(metrics.classification_report(truth, said, output_dict=True), data_set="h", ran_at=AT)
    fragment("f", part, "s")
    accuracy = part["metrics"]["accuracy"]
    assert (accuracy["value"], accuracy["successes"], accuracy["samples"]) == (6 / 8, 6, 8)
    assert accuracy["source"].startswith("scikit-learn ")
    slices = {s["group"]: (s.get("successes"), s["samples"]) for s in part["metrics"]["recall/macro avg"]["slices"]}
    assert slices == {"class=0": (2, 3), "class=1": (3, 4), "class=2": (1, 1)}
    assert "successes" not in part["metrics"]["precision/macro avg"]["slices"][0]
    assert "slices" not in part["metrics"]["f1-score/weighted avg"]


def test_weights_are_no_counts_of_cases() -> None:
    """A report whose `support` is a sum of weights."""
    report = {"a": {"precision": 1, "recall": 1, "f1-score": 1, "support": 1.5}, "macro avg": {}}
    with pytest.raises(ValueError, match=r"`support` is no count: 1\.5"):
        letpass.record_from(report)


def test_folds_of_a_cross_validation_tell_their_mean_and_no_error() -> None:
    """Their training data overlap, so how far the mean may be off they do not tell."""
    part = letpass.record_from(
        {"fit_time": [1, 2], "score_time": [1, 1], "test_f1": [0.5, 0.7], "train_f1": [1, 1]}, units={"f1": "1"}
    )
    assert {k: v for k, v in part["metrics"]["f1"].items() if k != "source"} == {"value": 0.6, "unit": "1"}


def test_a_search_says_how_many_candidates_it_tried() -> None:
    """The best of many is better by chance alone."""

    class Search:
        cv_results_ = {"params": [{"C": 1}, {"C": 2}, {"C": 3}]}  # noqa: RUF012 - as scikit-learn has it
        best_score_ = Number(0.75).item()

    piece = letpass.record_from(Search(), data_set="train")["metrics"]["best_score"]
    assert (piece["tries"], piece["value"], piece["data_set"]) == (3, 0.75, "train")


@pytest.mark.parametrize("odd", [None, 1, "a", [], [1], {}, {"results": {}}, object()])
def test_what_is_nothing_of_the_kind_is_refused(odd: Any) -> None:
    """By the name of its class."""
    with pytest.raises(ValueError, match="no results that are known: a "):
        letpass.record_from(odd)
