"""1763 published models: every readable metric becomes a number, nothing else does, and a policy judges them all."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from letpass.cli.main import run
from letpass.facts.values import Unreadable
from letpass.registries import references
from letpass.registries.model_index import INFERENCE_TIME

if TYPE_CHECKING:
    from letpass.facts.record import Record

ROOT = Path(__file__).parents[2]
FOLDERS = ("mmdetection", "mmpretrain", "mmsegmentation")
# the two values of each metric that one model has twice on one data set, told apart by the task alone
CONTESTED = {
    ("mask-rcnn_r50-caffe_fpn_rpn-2conv_4conv1fc_syncbn-all_lsj-100e_coco", "box AP", "COCO"): [40.4, 44.7],
    ("blip-base_3rdparty_retrieval", "Recall@1", "COCO"): [64.82, 82.52],
    ("blip-base_3rdparty_retrieval", "Recall@5", "COCO"): [86.28, 95.34],
    ("blip2_3rdparty_retrieval", "Recall@1", "COCO"): [68.3, 85.4],
}


@pytest.fixture(name="models", scope="module")
def _models(zoo: Path) -> dict[str, tuple[Record, ...]]:
    return {name: references.find(str(zoo / name)).records for name in FOLDERS}


def _measures(models: dict[str, tuple[Record, ...]]) -> list[tuple[str, str, Any]]:
    """Model, metric and piece of everything that was read, times left out."""
    every = [r for records in models.values() for r in records]
    return [
        (r.text("model"), n, p)
        for r in every
        for (_, n), several in r.measures.items()
        for p in several
        if n != INFERENCE_TIME
    ]


def _written(zoo: Path) -> list[tuple[str, str, str, Any]]:
    """Model, metric, data set and value as another reader of YAML finds them in the files."""
    found = []
    for path in sorted(zoo.glob("*/configs/**/metafile.y*ml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for model in data["Models"] if isinstance(data, dict) else data:
            results = model.get("Results") or []
            for result in results if isinstance(results, list) else [results]:
                for name, value in (result.get("Metrics") or {}).items():
                    found.append((model["Name"], name, result["Dataset"], value))
    return found


def _named(models: dict[str, tuple[Record, ...]], name: str) -> list[Record]:
    return [r for records in models.values() for r in records if r.text("model") == name]


def test_every_model_is_one_record(models: dict[str, tuple[Record, ...]]) -> None:
    """No model is lost and none is read twice."""
    assert {name: len(records) for name, records in models.items()} == {
        "mmdetection": 589,
        "mmpretrain": 548,
        "mmsegmentation": 626,
    }


def test_every_metric_value_is_a_number_or_unknown(models: dict[str, tuple[Record, ...]]) -> None:
    """Of 2889 values 2878 are numbers, eight of them contesting four slots; 11 are unreadable."""
    kinds = Counter(
        "contested" if "@unreadable" in p else "unreadable" if "value" in p.get("@bad", {}) else "number"
        for _, _, p in _measures(models)
    )

    assert kinds == {"number": 2870, "contested": 4, "unreadable": 11}
    assert 2870 + 2 * 4 + 11 == 2889


def test_numbers_are_those_of_the_files(zoo: Path, models: dict[str, tuple[Record, ...]]) -> None:
    """Model, metric, data set and value agree with a second reader, for each of the 2889 values."""
    written = _written(zoo)
    contested = {key: sorted(v for *k, v in written if tuple(k) == key) for key in CONTESTED}
    numbers = Counter((*k, v) for *k, v in written if v is not None and tuple(k) not in CONTESTED)
    read = [(m, n, p["data_set"], p.get("value")) for m, n, p in _measures(models)]

    assert len(written) == 2889
    assert contested == CONTESTED
    assert Counter(entry for entry in read if entry[3] is not None) == numbers


def test_nulls_stay_unknown_with_their_text(models: dict[str, tuple[Record, ...]]) -> None:
    """What is no number is kept as it is written, and is never 0."""
    bad = [(m, n, p["@bad"]["value"]) for m, n, p in _measures(models) if "@bad" in p]

    assert {value for _, _, value in bad} == {Unreadable("null", "not a number")}
    assert Counter(n for _, n, _ in bad) == {"Top 1 Accuracy": 2, "BLEU-4": 4, "CIDER": 4, "Accuracy": 1}


def test_a_bare_list_of_models_is_read(models: dict[str, tuple[Record, ...]]) -> None:
    """The file without `Models:` and `Collections:` gives its models too."""
    found = [r for r in models["mmdetection"] if "/objects365/" in r.place("")]

    assert [r.measures["metrics", "box AP"][0]["value"] for r in found] == [14.8, 18.0, 16.7, 19.6, 22.3, 19.8]


def test_models_of_one_name_stay_apart(models: dict[str, tuple[Record, ...]]) -> None:
    """Two models of one name keep their own numbers, and their versions tell them apart."""
    found = _named(models, "pspnet_r50b-d32_4xb2-80k_cityscapes-512x1024")

    assert [(r.text("version"), r.measures["metrics", "mIoU"][0]["value"]) for r in found] == [
        ("9092b254", 73.88),
        ("23bcaf8c", 72.61),
    ]


def test_odd_names_of_data_sets_stay_as_they_are(models: dict[str, tuple[Record, ...]]) -> None:
    """A stray comment as a data set's name is the name, not Cityscapes."""
    names = Counter(p["data_set"] for _, n, p in _measures(models) if n == "mIoU" and p["data_set"].startswith("#"))

    assert names == {"# HRNet backbone": 9, "# ResNet backbone": 3}


def test_times_are_read_wherever_they_stand(models: dict[str, tuple[Record, ...]]) -> None:
    """202 times in their place and five one level too high; a whole number is a number too."""
    pieces = [p for r in models["mmdetection"] for p in r.measures.get(("metrics", INFERENCE_TIME), ())]
    high = _named(models, "solo_r50_fpn_3x_coco")[0].measures["metrics", INFERENCE_TIME][0]

    assert len(pieces) == 207
    assert (min(p["value"] for p in pieces), max(p["value"] for p in pieces)) == (14.3, 303.03)
    assert (high["value"], high["source"]) == (
        94.2,
        "hardware V100, backend PyTorch, batch size 1, mode FP32, resolution (1333, 800)",
    )
    assert all(type(p["value"]) is float and "data_set" not in p for p in pieces)


def test_weights_that_are_no_address_are_unreadable(models: dict[str, tuple[Record, ...]]) -> None:
    """A null and a list of addresses stay as written, and neither makes a version."""
    every = [r for records in models.values() for r in records]
    bad = [r for r in every if "artifact.uri" in r.unreadable]

    assert Counter(r.unreadable["artifact.uri"].written[:6] for r in bad) == {"null": 21, '["http': 3}
    assert {r.text("version") for r in bad} == {"unversioned"}


def test_a_committed_policy_judges_the_zoo(
    zoo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example's policy allows, denies and leaves undecided; the summary says how many, and what blocks most."""
    monkeypatch.chdir(ROOT)
    folders = [os.path.relpath(zoo / name) for name in FOLDERS]

    code = run(["check", *folders, "-p", "examples/model-zoo", "--on", "registration"])
    out, err = capsys.readouterr()

    assert (code, err) == (1, "")
    assert re.sub(r" in \d+ ms", "", out) == (
        "what blocks most:\n"
        "     400  model-zoo/quick\n"
        "     196  model-zoo/finds\n"
        "      67  model-zoo/segments\n"
        "\n"
        "1763 models are too many to list: add `-v`, or `-o concise` for a line a rule\n"
        "1763 models: 235 denied, 1227 undecided, 301 allowed, 3 files not a model\n"
    )
