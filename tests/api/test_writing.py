"""A record that a training script writes: read back as it was, whole, and over no other one."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass import Gate, Record, RecordError, capture_environment, disk, find_records, parse_record, write_record
from letpass.facts.values import date as date_of
from tests.api.conftest import MOVE

RECORD: dict[str, Any] = {
    "model": "churn",
    "version": "8",
    "metrics": {"accuracy": {"value": 0.93, "data_set": "holdout"}},
}
ENDINGS = (".yaml", ".yml", ".json")

_odd = [
    "",
    "no",
    "1e5",
    "1.0",
    "0x1F",
    "1_000",
    "~",
    "null",
    "2026-11-20",
    "12:30",
    ".nan",
    "NaN",
    "- a",
    "a: b",
    "#",
    "=",
    "!x",
    "\x85",
    "é\n ",
]
_words = (st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(_odd)).filter(
    lambda w: w != "<<"
)
_numbers = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([1e300, 5e-324, -0.0, 1e22, 0.1 + 0.2])
_anything = st.recursive(
    st.none() | st.booleans() | _numbers | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=8,
)
_records = st.fixed_dictionaries(
    {"model": st.just("churn"), "version": st.sampled_from(["8", "1e5", "010", "2026.11"])},
    optional={
        "author": _words,
        "tags": st.dictionaries(_words, _words, max_size=3),
        "hyperparameters": st.dictionaries(_words, _anything, max_size=3),
        "seeds": st.dictionaries(_words, _numbers, max_size=2),
        "metrics": st.dictionaries(
            _words, _numbers | st.fixed_dictionaries({"value": _numbers, "unit": _words}), max_size=3
        ),
        "facts": st.dictionaries(_words, st.booleans() | _numbers | _words, max_size=3),
    },
)


@settings(max_examples=150, deadline=None)
@given(_records, st.sampled_from(ENDINGS))
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, record: dict[str, Any], ending: str
) -> None:
    """Any record that reads, in either form, says the same from its file; one that does not read is not written."""
    path = tmp_path_factory.mktemp("law") / f"8{ending}"
    try:
        wanted = parse_record(record)
    except RecordError:
        with pytest.raises(RecordError):
            write_record(record, path)
        assert list(path.parent.iterdir()) == []
        return

    made = write_record(record, path)

    (found,) = find_records(path).records
    assert (made, found) == (wanted, wanted)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_a_training_script_has_is_taken(tmp_path: Path, ending: str) -> None:
    """NumPy's scalars, moments, days and paths, and what `capture_environment` says; folders on the way are made."""
    path = tmp_path / f"models/churn/8{ending}"
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    record = {
        **RECORD,
        "registered_at": at,
        "expires_at": date(2027, 1, 1),
        "artifact": {"uri": Path("models/churn-8.onnx"), "digest": "sha256:77"},
        "metrics": {"auc": np.float64(0.91), "accuracy": {"value": np.float64(0.93), "samples": np.int64(2000)}},
        "seeds": {"numpy": np.int64(7)},
        "code": {"commit": "4f1c0de2", "dirty": np.bool_(False)},
        "environment": capture_environment(),
    }

    made = write_record(record, path)

    assert isinstance(made, Record)
    assert (made.values["registered_at"], made.values["artifact.uri"]) == (
        date_of(at.isoformat()),
        "models/churn-8.onnx",
    )
    assert (made.values["code.dirty"], made.measures["metrics", "accuracy"][0]["samples"]) == (False, 2000.0)
    assert find_records(path).records == (made,)


def test_a_text_in_yaml_stays_a_text(tmp_path: Path) -> None:
    """`1e5` stood without quotation marks, since YAML 1.1 knows no such number, and records do."""
    made = write_record({**RECORD, "hyperparameters": {"C": "1e5", "alpha": 1e5}}, tmp_path / "8.yaml")

    assert (made.values["hyperparameters.C"], made.values["hyperparameters.alpha"]) == ("1e5", 100_000.0)
    assert "C: '1e5'" in (tmp_path / "8.yaml").read_text(encoding="utf-8")


def test_what_yaml_cannot_hold_is_written_as_json(tmp_path: Path) -> None:
    """A key that YAML merges by; the error says what holds it."""
    record = {**RECORD, "tags": {"<<": "a"}}

    with pytest.raises(RecordError, match=r"(?s)not to be written as YAML: a merge key `<<`.*write it as `\.json`"):
        write_record(record, tmp_path / "8.yaml")
    assert write_record(record, tmp_path / "8.json").values["tags.<<"] == "a"


def test_what_is_no_number_is_none_when_it_is_read(tmp_path: Path) -> None:
    """A loss that diverged is written, and no rule takes it for a value."""
    for ending in ENDINGS:
        made = write_record(
            {**RECORD, "metrics": {"loss": math.nan, "auc": np.float32("inf")}}, tmp_path / f"8{ending}"
        )
        assert [made.measures["metrics", name][0].get("value") for name in ("loss", "auc")] == [None, None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metrcs": {}}, "(?s)unknown field `metrcs`.*`metrics`"),
        ({"artifact": {"digset": "sha256:77"}}, "(?s)unknown field `artifact.digset`.*: `digest`"),
        ({"seeds": {"numpy": np.zeros(3)}}, "an array of 3 is no single value"),
        ({"registered_at": datetime(2026, 11, 20)}, "a datetime without a zone"),  # noqa: DTZ001
        ({"tags": {"a": "\ud800"}}, "half a character"),
    ],
)
@pytest.mark.parametrize("ending", [".yaml", ".json"])
def test_what_is_no_record_is_not_written(tmp_path: Path, change: dict[str, Any], said: str, ending: str) -> None:
    """The nearest name of an unknown field is offered, and nothing is left behind."""
    with pytest.raises(RecordError, match=said):
        write_record({**RECORD, **change}, tmp_path / f"8{ending}")
    assert list(tmp_path.iterdir()) == []


def test_a_record_is_written_over_no_other_unless_asked(tmp_path: Path) -> None:
    """A version that is there stays what it is: neither a second run nor a wrong number takes its place."""
    path = tmp_path / "8.yaml"
    write_record(RECORD, path)
    before = path.read_bytes()

    with pytest.raises(RecordError, match=r"(?s)there is a `.*8\.yaml` already.*`overwrite=True`"):
        write_record({**RECORD, "author": "ada"}, path)
    assert path.read_bytes() == before
    assert write_record({**RECORD, "author": "ada"}, path, overwrite=True).text("author") == "ada"
    with pytest.raises(RecordError, match=r"(?s)ends in none of \.yaml, \.yml, \.json.*write `.*8\.yaml`"):
        write_record(RECORD, tmp_path / "8.txt")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("overwrite", [False, True])
def test_half_a_record_is_never_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool) -> None:
    """A disk that is full leaves the old one, or none, and no pieces; the error names the file."""
    path = tmp_path / "8.json"
    if overwrite:
        write_record(RECORD, path)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(RecordError, match=r"cannot write `.*8\.json`: no space left on device"):
        write_record({**RECORD, "author": "ada"}, path, overwrite=overwrite)
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_link_stays_one(tmp_path: Path) -> None:
    """What it leads to is written."""
    real, link = tmp_path / "real.json", tmp_path / "8.json"
    write_record(RECORD, real)
    link.symlink_to(real)

    write_record({**RECORD, "author": "ada"}, link, overwrite=True)

    assert link.is_symlink()
    assert json.loads(real.read_text(encoding="utf-8"))["author"] == "ada"


def test_what_was_written_is_judged(project: Path) -> None:
    """Beside the other versions of its model it is a version of the registry."""
    good = {"model": "fraud", "version": "9", "metrics": {"accuracy": 0.95}}
    record = write_record(good, project / "models/fraud/9.yaml")

    assert [Gate(project).decide(asked, MOVE).allowed for asked in (record, "fraud@9")] == [True, True]
