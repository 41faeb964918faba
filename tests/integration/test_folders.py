"""Folders of models: what looks like a model and does not read is an error, everything else is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from letpass.cli.main import run
from letpass.diagnostics import Source
from letpass.facts.values import Unreadable
from letpass.registries import files

POLICY = 'policy any: "Any"\n  on registration\nrequire named: artifact.uri is recorded\n'
RECORD = "model: fraud\nversion: '1'\nartifact: {uri: s3://models/fraud}\n"
INDEX = "Models:\n- Name: resnet\n  In Collection: ResNet\n  Weights: https://models.example/resnet-0123abcd.pth\n"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("policies").mkdir()
    Path("policies/any.policy").write_text(POLICY, encoding="utf-8")
    Path("models").mkdir()
    return Path("models")


def _check(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    code = run(["check", "models", *more])
    out, err = capsys.readouterr()
    return code, out.rpartition(" in ")[0] or out, err


OTHERS = {
    "notes.md": "model: this is no record",
    "dataset.csv": "model,version\n",
    "config.yaml": "service:\n  model: fraud\n  version: 3\n",
    "package.json": '{"name": "demo", "version": "1.0.0", "license": "MIT"}',
    "compose.yaml": "version: '3'\nservices: &a\n  web: {model: x}\nmore: *a\n",
    "chart.yaml": "{{ if .Values.on }}\nspec:\n  model: x\n{{ end }}\n",
    "model-index.yml": "Import:\n- configs/resnet/metafile.yml\n",
    "list.yaml": "- Name: a\n- Name: b\n",
    "decision.json": '{"decision": {"model": "fraud", "version": "1"}, "inputs": {}}',
    "tokenizer.json": '{"vocabulary": {"' + "x" * (17 << 20) + '": 1}}',
    "weights.json": b"\xff\xfe\x00\x01",
    ".hidden.yaml": "model: half",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_model_is_counted(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is something else hinders nothing, and the summary says that it was left out."""
    content = OTHERS[name]
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "1.yaml").write_text(RECORD, encoding="utf-8")
    (folder / "2.yaml").write_text(RECORD.replace("'1'", "'2'"), encoding="utf-8")

    code, out, err = _check(capsys)

    assert (code, out.splitlines()[-1], err) == (0, "2 models: 2 allowed, 1 file not a model", "")


FAULTS = {
    "half.yaml": ("model: fraud\nversion: '1'\nmetrics: {accuracy: [", "GATE304"),
    "half.json": ('{"version": "1", "model": "fraud", "metrics": {', "GATE304"),
    "field.yaml": (RECORD + "licence: MIT\n", "GATE301"),
    "no-version.yaml": ("model: fraud\nmetrics: {accuracy: 0.9}\n", "GATE302"),
    "no-model.yaml": ("version: '1'\nmetrics: {accuracy: 0.9}\n", "GATE302"),
    "signed.yaml": (RECORD + "signoffs: [rita]\n", "GATE306"),
    "twice.yaml": (RECORD + "model: again\n", "GATE303"),
    "latin.yaml": (RECORD.encode() + b"author: Andr\xe9\n", "GATE304"),
    "large.yaml": (RECORD + "author: '" + "x" * (17 << 20) + "'\n", "GATE305"),
    "half-index.yaml": ("Models:\n- Name: resnet\n  Results: [\n", "GATE304"),
    "index-of-nothing.yaml": ("Models:\n", "GATE302"),
    "index-of-texts.yaml": ("Models:\n- resnet\n", "GATE302"),
    "index-without-names.yaml": ("Models:\n- Weights: x\n", "GATE302"),
    "empty-index.yaml": ("Models: []\n", "GATE307"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_looks_like_a_model_and_does_not_read_is_an_error(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 although the other model is allowed, and the fault is shown with its code and place."""
    content, gate_code = FAULTS[name]
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "1.yaml").write_text(RECORD, encoding="utf-8")

    code, out, err = _check(capsys)

    assert (code, err) == (2, "")
    assert out.startswith(f"error[{gate_code}]: ")
    assert f"models/{name}" in out
    assert out.splitlines()[-1] == "1 model: 1 allowed, 1 fault"


NO_MODEL = """\
error[GATE307]: no model below `models`: 1 file, none of them a record
 --> models
  = help: a record is a YAML or JSON file with `model:` and `version:`

"""


def test_a_folder_without_any_model_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A gate that judged no model has allowed none."""
    (folder / "notes.md").write_text("none here", encoding="utf-8")

    assert _check(capsys) == (
        2,
        "",
        NO_MODEL,
    )


def test_a_link_is_not_followed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A link inside a folder is counted as no model, and one that leads to a record is a fault, so that none is missed."""
    (folder / "1.yaml").write_text(RECORD, encoding="utf-8")
    (folder / "notes.yaml").write_text("note: none", encoding="utf-8")
    (folder / "2.yaml").symlink_to("notes.yaml")
    (folder / "3.yaml").write_text(RECORD.replace("'1'", "'3'"), encoding="utf-8")

    assert _check(capsys)[1].splitlines()[-1] == "2 models: 2 allowed, 2 files not a model"
    (folder / "4.yaml").symlink_to("3.yaml")
    code, out, err = _check(capsys)
    assert (code, "4.yaml` is a link to a record" in out + err) == (2, True)


def test_a_record_in_one_line_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON with sorted keys on one line is a record like any other."""
    record = {"artifact": {"uri": "s3://m"}, "model": "fraud", "version": "1"}
    (folder / "1.json").write_text(json.dumps(record), encoding="utf-8")

    assert _check(capsys, "-q") == (0, "", "")


def test_a_model_index_beside_records(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Records of both formats are judged together."""
    (folder / "1.yaml").write_text(RECORD, encoding="utf-8")
    (folder / "metafile.yml").write_text(INDEX, encoding="utf-8")

    code, out, _ = _check(capsys)

    assert code == 0
    assert [line.split()[1] for line in out.splitlines()[:2]] == ["fraud@1", "resnet@0123abcd"]


ODD = {
    "Name: null": "is not a text: null",
    "Name: [a, b]": "is one value, not a list",
}


@pytest.mark.parametrize("name", ODD)
def test_a_model_without_a_readable_name_is_an_error(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody guesses which model is meant."""
    (folder / "metafile.yml").write_text(INDEX.replace("Name: resnet", name), encoding="utf-8")

    code, out, _ = _check(capsys)

    assert code == 2
    assert f"error[GATE302]: `model` {ODD[name]}" in out


STRANGE = """\
Collections: 5
Models:
- Name: resnet
  In Collection: [a, b]
  Weights: {a: b}
  Training: x
  Metadata: [1]
  Code: text
  inference time (ms/im): 30 ms
  Results:
  - text
  - Dataset: [COCO, LVIS]
    Metrics: {box AP: [1, 2], mask AP: {a: 1}}
"""


def test_strange_shapes_stay_unknown_as_written() -> None:
    """What the format leaves open can neither break the reader nor become a value."""
    (record,) = files.parse(Source("metafile.yml", STRANGE))

    assert record.values == {"model": "resnet", "version": "unversioned", "kind": "model"}
    assert record.unreadable == {"artifact.uri": Unreadable('{"a": "b"}', "not a text")}
    assert {name: piece["@bad"] for (_, name), (piece,) in record.measures.items()} == {
        "box AP": {
            "value": Unreadable('["1", "2"]', "not a number"),
            "data_set": Unreadable('["COCO", "LVIS"]', "not a text"),
        },
        "mask AP": {
            "value": Unreadable('{"a": "1"}', "not a number"),
            "data_set": Unreadable('["COCO", "LVIS"]', "not a text"),
        },
        "inference time (ms/im)": {"value": Unreadable("30 ms", "not a number")},
    }


MEANT = {
    "empty.yaml": ("", "GATE304", "the file is empty"),
    "empty.json": ("\n", "GATE304", "the file is empty"),
    "comments.yml": ("# model: fraud\n---\n", "GATE304", "it holds no record"),
    "keys.yaml": ("modl: fraud\nverson: '3'\nmetric: {accuracy: 1}\n", "GATE301", "a field like it exists: `model`"),
    "keys.json": ('{"Model": "fraud", "Version": "3"}', "GATE301", "unknown field `Model`"),
    "section.yaml": ("version: '3'\nmetrcs: {accuracy: 1}\n", "GATE301", "a field like it exists: `metrics`"),
}


@pytest.mark.parametrize("name", MEANT)
def test_a_record_that_is_empty_or_misspelt_is_not_passed_over(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever emptied it, or misspelt its first words, is told so, beside the others' decisions."""
    content, gate_code, said = MEANT[name]
    (folder / "1.yaml").write_text(RECORD, encoding="utf-8")
    assert _check(capsys)[0] == 0
    (folder / name).write_text(content, encoding="utf-8")

    code, out, err = _check(capsys)

    assert (code, err, out.splitlines()[-1].partition("fault")[0][:-2]) == (2, "", "1 model: 1 allowed, ")
    assert (f"error[{gate_code}]: " in out, said in out, f"models/{name}" in out) == (True, True, True), out


PLACED = {
    "4.yaml": ("fraud is good: [", "GATE304"),
    "4.json": ('{"of": ', "GATE304"),
    "5.yaml": ("only a word", "GATE304"),
    "5.json": ("{}", "GATE304"),
    "6.yaml": ("null", "GATE304"),
}


@pytest.mark.parametrize("name", PLACED)
def test_what_does_not_read_in_the_place_of_a_version_is_an_error(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a registry that is where a version lies, whatever is in the file; elsewhere it may be anything."""
    content, gate_code = PLACED[name]
    (folder / "fraud").mkdir()
    for version in "12":
        (folder / "fraud" / f"{version}.yaml").write_text(RECORD.replace("'1'", f"'{version}'"), encoding="utf-8")
    (folder / "fraud" / "1").mkdir()
    for other in (folder, folder / "fraud" / "1"):
        (other / name).write_text(content, encoding="utf-8")
    code, out, _ = _check(capsys)
    assert (code, out.splitlines()[-1].partition(" allowed")[2]) == (0, ", 2 files not a model")

    (folder / "fraud" / name).write_text(content, encoding="utf-8")

    code, out, _ = _check(capsys)
    assert (code, f"error[{gate_code}]: " in out, f"models/fraud/{name}" in out) == (2, True, True), out
    capsys.readouterr()
    assert (run(["show", "fraud"]), f"models/fraud/{name}" in "".join(capsys.readouterr())) == (2, True)


def test_what_the_program_writes_beside_versions_is_not_mentioned(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Statements and proofs are no models, and nobody thought that they were."""
    (folder / "fraud/1").mkdir(parents=True)
    (folder / "fraud" / "1.yaml").write_text(RECORD, encoding="utf-8")
    (folder / "fraud" / "state.yaml").write_text("'1': {stage: staging}\n", encoding="utf-8")
    statement = {"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": [{"sig": "AA=="}]}
    for name, said in (("a.json", statement), ("b.decision.json", {"type": "letpass.decision/v1", "proof": "p"})):
        (folder / "fraud/1" / name).write_text(json.dumps(said), encoding="utf-8")

    code, out, _ = _check(capsys)

    assert (code, "not a model" in out) == (0, False)


def test_a_broken_record_with_misspelt_words_is_not_passed_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor is it where nothing in it reads; a broken file whose outermost words are others is counted."""
    (folder / "1.yaml").write_text(RECORD, encoding="utf-8")
    (folder / "2.yaml").write_text("modl: churn\nverson: '2'\nmetrics: {accuracy: [}\n", encoding="utf-8")
    (folder / "other.yaml").write_text("services:\n  web: {model: x, version: [}\n", encoding="utf-8")

    code, out, err = _check(capsys)

    assert (code, "2.yaml" in out + err, "other.yaml" in out + err) == (2, True, False)
    assert out.splitlines()[-1] == "1 model: 1 allowed, 1 fault, 1 file not a model"
