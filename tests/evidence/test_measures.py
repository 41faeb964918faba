"""Model cards, MLflow's evaluations and fairlearn's frames: metrics, and what stays unreadable."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from letpass.evidence import fairlearn
from tests.evidence.reading import AT, read, record, sample

SHARED = Path(os.environ.get("LETPASS_SHARED", Path(__file__).parents[3] / "shared"))
RUN = "https://example.org/run/4"


def test_a_model_card_tells_its_metrics_by_type_and_its_license_as_spdx_spells_it() -> None:
    """The verify token is not believed, and a value that is no number stays as it is written."""
    on = {"data_set": "corp/events/emea", "split": "test", "source": RUN}
    expected = {
        "license": "Apache-2.0",
        "metrics": {
            "accuracy": [{"value": 0.91, **on}, {"value": ".nan", "data_set": "corp/other"}],
            "bleu": {"value": "20.0 +- 1.2", **on},
        },
    }

    assert read("model-card", sample("model-card.md")) == expected
    measures = record("model-card", sample("model-card.md")).measures
    assert [p.get("value") for p in measures["metrics", "accuracy"]] == [0.91, None]
    assert measures["metrics", "bleu"][0]["@bad"]["value"].written == '"20.0 +- 1.2"'


def test_the_front_matter_alone_is_a_card_too() -> None:
    """As YAML, with a mark before it or without."""
    front = sample("model-card.md").decode().split("---\n")[1]
    expected = read("model-card", sample("model-card.md"))
    assert [read("model-card", text) for text in (front, f"---\n{front}")] == [expected, expected]


def test_units_and_times_are_the_callers() -> None:
    """A unit is never guessed, and what the card says of its data sets counts before the caller."""
    text = "model-index: [{name: m, results: [{metrics: [{type: wer, value: 12.5}, {type: f1, value: 0.5}]}]}]"
    assert read("model-card", text, units={"wer": "%"}, data_set="holdout", ran_at=AT) == {
        "metrics": {
            "wer": {"value": 12.5, "unit": "%", "data_set": "holdout", "measured_at": AT},
            "f1": {"value": 0.5, "data_set": "holdout", "measured_at": AT},
        }
    }
    assert read("model-card", text)["metrics"]["wer"] == {"value": 12.5}
    given = read("model-card", sample("model-card.md"), data_set="mine")["metrics"]["bleu"]
    assert given["data_set"] == "corp/events/emea"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("license: mit", "MIT"),
        ("license: openrail", "openrail"),
        ("license: other\nlicense_name: Our-1.0", "Our-1.0"),
    ],
)
def test_a_license_that_spdx_does_not_have_stays_as_it_is(said: str, expected: str) -> None:
    """And `other` is the name beside it."""
    assert read("model-card", said) == {"license": expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1e999", "1e999"),
        ("'0.91'", "0.91"),
        ("1_000", "1_000"),
        ("true", "true"),
        ("", "null"),
        ("{a: b}", '{"a": "b"}'),
        ("[a]", '["a"]'),
    ],
)
def test_what_is_no_number_stays_as_it_is_written(value: str, expected: str) -> None:
    """A text such as '0.91' is none either."""
    card = f"model-index:\n- results:\n  - metrics:\n    - type: f1\n      value: {value}\n"
    assert read("model-card", card)["metrics"]["f1"]["value"] == expected
    (piece,) = record("model-card", card).measures["metrics", "f1"]
    assert ("value" in piece, "value" in piece["@bad"]) == (False, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Only prose\n\nwithout front matter\n", "no model card"),
        ("", "the file is empty"),
        ("- 1", "no model card"),
        ("title: x", "no model card: its front matter has neither `model-index` nor `license`"),
        ("license: ''", "no metric and no license in it"),
        ("model-index: []", "no metric and no license in it"),
        ("\n# Prose\n---\nlicense: mit\n---\n", "a second document|not YAML|no model card"),
        ("model-index: [{results: []}, {results: []}]", "holds 2 models: which one is meant cannot be told"),
        ("model-index: [{results: []}]", "no metric and no license in it"),
        ("model-index:", "no metric and no license in it"),
        ("model-index: [{results: [{metrics: [{value: 1}]}]}]", "a metric without a `type`"),
        ("model-index: {a: b}", "`model-index` is no list of mappings"),
        ("license: mit\nlicense: isc", "the key `license` stands twice in one mapping, line 2"),
        ("license: &a mit", "an anchor"),
        ("license: !!python/object:os.system x", "a tag"),
        ("license: " + "[" * 100, "nested too deeply"),
    ],
)
def test_what_is_no_card_is_refused(text: str, said: str) -> None:
    """In words, with the line."""
    with pytest.raises(ValueError, match=said):
        read("model-card", text)


@pytest.mark.parametrize("before", ["", "\n", "\n \n\n", "\ufeff", "\ufeff\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_front_matter_may_stand_behind_blank_lines_and_have_any_ends_of_lines(before: str, end: str) -> None:
    """As the Hub takes it, and editors write it."""
    card = sample("model-card.md").decode()
    assert read("model-card", (before + card).replace("\n", end)) == read("model-card", card)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("license: mit\nmodel-index:", "MIT"),
        ("license: mit\nmodel-index: []", "MIT"),
        ("license: mit\nmodel-index: [{name: m, results: []}]", "MIT"),
        ("license: mit\nmodel-index: [{name: m, results: [{dataset: null, metrics: []}]}]", "MIT"),
        ("license: [mit]", "MIT"),
        ("license:\n- mit\n- MIT", "MIT"),
        ("license:\n- mit\n- gpl-3.0", ["MIT", "GPL-3.0"]),
        ("license: [mit, other]\nlicense_name: Our-1.0", ["MIT", "Our-1.0"]),
        ("license: other", "other"),
        ("license: other\nlicense_link: LICENSE.md", "other"),
        ("license: other\nlicense_name:", "other"),
    ],
)
def test_the_license_of_a_card_is_never_lost(said: str, expected: str | list[str]) -> None:
    """Without a result, of several, and of a name that is not said."""
    assert read("model-card", said) == {"license": expected}


@pytest.mark.parametrize(
    ("index", "why"),
    [
        ("[{results: []}, {results: []}]", "its `model-index` holds 2 models"),
        ("{a: b}", "`model-index` is no list of mappings"),
        ("[{results: {a: b}}]", "`results` is no list of mappings"),
        ("[{results: [{metrics: [{value: 1}]}]}]", "a metric without a `type`"),
    ],
)
def test_a_card_whose_metrics_cannot_be_used_tells_its_license_and_why(index: str, why: str) -> None:
    """What is partial says so."""
    found = read("model-card", f"license: mit\nmodel-index: {index}")
    (notice,) = found.pop("notices")
    assert (found, notice["kind"], why in notice["what"]) == ({"license": "MIT"}, "card-not-used", True)
    with pytest.raises(ValueError, match="no metric in it"):
        read("model-card", f"license: mit\nmodel-index: {index}", units={"f1": "%"})


def test_a_card_that_the_hubs_library_wrote_is_read() -> None:
    """Handed in beside the checkout; `model-card.md` among the samples is such a one of our own."""
    card = SHARED / "data/evidence/huggingface/README.card.md"
    if not card.is_file():
        pytest.skip(f"there is no {card.name} beside the checkout")
    found = read("model-card", b"\n" + card.read_bytes(), ran_at=AT)
    assert found["license"] == "Apache-2.0"
    assert found["metrics"]["f1"]["value"] == "20.0 \u00b1 1.2"
    assert found["metrics"]["accuracy"]["value"] == 0.8603
    assert record("model-card", card.read_bytes()).measures["metrics", "f1"][0].keys() >= {"@bad"}


def test_several_licenses_are_none_that_a_rule_can_use() -> None:
    """Neither the first nor all of them: a rule for or against one of them is unknown."""
    found = record("model-card", "license: [mit, gpl-3.0]")
    assert "license" not in found.values
    assert (found.unreadable["license"].written, "several licenses" in found.unreadable["license"].why) == (
        '["MIT", "GPL-3.0"]', True,
    )  # fmt: skip
    assert record("model-card", "license: [mit]").values["license"] == "MIT"


def test_an_evaluation_of_mlflow_tells_its_metrics_under_their_names() -> None:
    """A NaN stays one, and unreadable."""
    expected = {k: {"value": v} for k, v in json.loads(sample("mlflow-metrics.json")).items()}
    expected["drift/mean"] = {"value": "NaN"}
    found = read("mlflow-evaluation", sample("mlflow-metrics.json"))

    assert (found, found["metrics"]["accuracy_score"]) == ({"metrics": expected}, {"value": 0.75})
    (drift,) = record("mlflow-evaluation", sample("mlflow-metrics.json")).measures["metrics", "drift/mean"]
    assert drift["@bad"]["value"].why == "not a number"


def test_what_an_evaluation_does_not_say_is_the_callers() -> None:
    """Data set, unit and time."""
    assert read("mlflow-evaluation", '{"a": 5}', data_set="holdout", units={"a": "ms"}, ran_at=AT) == {
        "metrics": {"a": {"value": 5, "unit": "ms", "data_set": "holdout", "measured_at": AT}}
    }


@pytest.mark.parametrize(("written", "expected"), [("Infinity", "Infinity"), ("-Infinity", "-Infinity"), ('"0.9"', "0.9"), ("null", "null"), ("true", "true"), ("1e999", "Infinity"), ("123456789012345678901", "123456789012345678901")])  # fmt: skip
def test_a_value_that_json_has_no_number_for_stays_a_text(written: str, expected: str) -> None:
    """So that it can be signed, and is never a number."""
    assert read("mlflow-evaluation", f'{{"a": {written}}}') == {"metrics": {"a": {"value": expected}}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "no metric in it"),
        ("[1]", "the file is no mapping"),
        ('{"a": {"b": 1}}', "no metrics of an evaluation: `a` is no number"),
        ('{"a": 1, "a": 2}', "the key `a` stands twice"),
        ('{"a": 1', "not JSON"),
        (sample("mlflow-artifacts_metadata.json").decode(), "it lists artifacts: the metrics are in `metrics.json`"),
        (sample("modelscan-bad.json").decode(), "no metrics of an evaluation: `summary` is no number"),
    ],
)
def test_what_is_no_evaluation_is_refused(text: str, said: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=said):
        read("mlflow-evaluation", text)


def test_a_unit_of_no_metric_is_refused() -> None:
    """It would be a slip of the pen, and its metric would have no unit."""
    with pytest.raises(ValueError, match="there is no metric `b` to have a unit"):
        read("mlflow-evaluation", '{"a": 5}', units={"b": "ms"})


def test_a_frame_tells_every_metric_by_group_and_between_groups() -> None:
    """Each slice with its samples."""
    on = {"data_set": "holdout"}
    expected = {
        "selection_rate": {
            "value": 0.5,
            **on,
            "slices": [
                {"group": "sex=F", "value": 0.3333333333333333, "samples": 3},
                {"group": "sex=M", "value": 0.6, "samples": 5},
            ],
            "samples": 8,
        },
        "selection_rate_ratio": {"value": 0.5555555555555556, **on},
        "selection_rate_difference": {"value": 0.26666666666666666, **on},
        "accuracy": {
            "value": 0.875,
            **on,
            "slices": [
                {"group": "sex=F", "value": 0.6666666666666666, "samples": 3},
                {"group": "sex=M", "value": 1.0, "samples": 5},
            ],
            "samples": 8,
        },
        "accuracy_ratio": {"value": 0.6666666666666666, **on},
        "accuracy_difference": {"value": 0.33333333333333337, **on},
    }

    assert read("metric-frame", sample("frame.json")) == {"metrics": expected}


def test_groups_of_several_features_are_named_by_all_of_them() -> None:
    """And a frame of one metric gives that one its function's name."""
    slices = read("metric-frame", sample("frame-two-features.json"))["metrics"]["accuracy"]["slices"]
    assert [s["group"] for s in slices] == ["sex=F,race=a", "sex=F,race=b", "sex=M,race=a", "sex=M,race=b"]
    assert list(read("metric-frame", sample("frame-one-metric.json"))["metrics"]) == [
        "accuracy_score",
        "accuracy_score_ratio",
        "accuracy_score_difference",
    ]


def test_one_group_has_no_ratio() -> None:
    """fairlearn says 1.0 of it, which is no evidence of fairness."""
    assert json.loads(sample("frame-one-group.json"))["metrics"]["selection_rate"]["ratio"] == 1.0
    assert list(read("metric-frame", sample("frame-one-group.json"))["metrics"]) == ["selection_rate", "accuracy"]


def test_the_ratio_of_groups_of_whom_nobody_was_chosen_is_unreadable() -> None:
    """fairlearn says NaN."""
    found = read("metric-frame", sample("frame-nobody-chosen.json"))["metrics"]
    assert found["selection_rate_ratio"] == {"value": "NaN"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0.5", "NaN"], None),
        (["0.5", "0.5", "NaN"], "NaN"),
        (["0.5", "0.5"], 1.0),
        (["NaN", "NaN"], None),
        ([], None),
    ],
)
def test_a_ratio_that_leaves_a_group_out_is_none(values: list[str], expected: Any) -> None:
    """fairlearn passes over groups without a number."""
    groups = ", ".join(f'{{"group": "g={at}", "value": {value}}}' for at, value in enumerate(values))
    text = f'{{"format": "{fairlearn.FORMAT}", "metrics": {{"m": {{"overall": 1, "by_group": [{groups}], "ratio": 1.0}}}}}}'
    assert read("metric-frame", text)["metrics"].get("m_ratio", {}).get("value") == expected


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "no saved MetricFrame"),
        ({"metrics": {}}, "no metric in it"),
        ({"metrics": {"m": 1}}, "`m` is no mapping"),
        ({"metrics": {"m": {"by_group": 1}}}, "`by_group` is no list of mappings"),
        ({"metrics": {"m": {"by_group": [{"value": 1}]}}}, "a group without a text"),
        ({"metrics": {"m": {"by_group": [{"group": "a", "value": 1}] * 2}}}, "a group of `m` stands twice"),
        ({"metrics": {"m": {"by_group": [{"group": "a", "samples": -1}]}}}, "`samples` is no count: -1"),
        ({"metrics": {"m": {"by_group": [{"group": g, "value": 1} for g in "ab"]}, "m_ratio": {"by_group": []}}}, "the metric `m_ratio` stands twice"),
    ],
)  # fmt: skip
def test_what_is_no_saved_frame_is_refused(change: dict[str, Any], said: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=said):
        read("metric-frame", {**json.loads(sample("frame.json")), **change})


class Column(dict[Any, float]):
    """A column of a table, as pandas gives one: values by level, and the names of the levels."""

    def __init__(self, values: dict[Any, float], *names: str) -> None:
        super().__init__(values)
        self.index = type("Index", (), {"names": list(names)})()
        self.name = "score"


class Frame:
    """A stand-in for a MetricFrame of one metric; the real one is in the samples."""

    def __init__(self, values: dict[Any, Any], *names: str, control: list[str] | None = None) -> None:
        self.by_group, self.overall, self.control_levels = Column(values, *names), 0.5, control

    def ratio(self) -> float:
        return 1.0

    def difference(self) -> float:
        return 0.0


def test_what_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    """And nothing is written; the frame that they were made from is saved and read."""
    path = tmp_path / "frame.json"
    fairlearn.save_metric_frame(Frame({"F": 0.5, "M": 0.5}, "sex"), path, samples={"sex=F": 3})
    slices = [{"group": "sex=F", "value": 0.5, "samples": 3}, {"group": "sex=M", "value": 0.5}]
    assert read("metric-frame", path.read_bytes())["metrics"]["score"] == {"value": 0.5, "slices": slices}
    path.unlink()

    for frame, samples, said in (
        (Frame({"F": 0.5}, "sex", control=["region"]), None, "a frame with control features"),
        (Frame({"F": [1, 2]}, "sex"), None, "the metric `score` gives no numbers"),
        (Frame({("a,b=c", "d"): 1, ("a", "c,b=d"): 2}, "a", "b"), None, "two groups have one text"),
        (Frame({"F": 0.5}, "sex"), "n", "there is no metric `n` in the frame"),
        (Frame({"F": 0.5}, "sex"), {"sex=X": 1}, "there is no group `sex=X`"),
        (Frame({"F": 0.5}, "sex"), "score", "the frame counts, and measures nothing"),
    ):
        with pytest.raises(ValueError, match=said):
            fairlearn.save_metric_frame(frame, path, samples=samples)  # type: ignore[arg-type]
    assert not path.exists()


def test_a_share_says_of_how_many_cases_it_is(tmp_path: Path) -> None:
    """Of the whole and of each group, so that a rule with a confidence can be decided; a metric that is no share says no such thing."""
    path, counts = tmp_path / "frame.json", {"sex=F": 4, "sex=M": 6}
    frame = Frame({"F": 0.25, "M": 4 / 6}, "sex")
    fairlearn.save_metric_frame(frame, path, samples=counts, shares=["score"])
    piece = read("metric-frame", path.read_bytes())["metrics"]["score"]
    assert (piece["samples"], piece["successes"]) == (10, 5)
    assert [(s["samples"], s["successes"]) for s in piece["slices"]] == [(4, 1), (6, 4)]

    for values, samples, shares, said in (
        ({"F": 0.3, "M": 0.5}, counts, ["score"], "`score` is no share of cases: 0.3 of 4"),
        ({"F": 1.5, "M": 0.5}, counts, ["score"], "`score` is no share of cases: 1.5 of 4"),
        ({"F": 0.25, "M": 0.5}, {"sex=F": 4}, ["score"], "`score` is a share of cases that nobody has counted"),
        ({"F": 0.25, "M": 0.5}, None, ["score"], "`score` is a share of cases that nobody has counted"),
        ({"F": 0.25, "M": 0.5}, counts, ["accuracy"], "there is no metric `accuracy` in the frame to be a share"),
    ):
        with pytest.raises(ValueError, match=said):
            fairlearn.save_metric_frame(Frame(values, "sex"), path, samples=samples, shares=shares)
