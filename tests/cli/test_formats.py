"""Formats: one verdict in every format, JSON by its schema, and byte for byte the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from letpass.cli.reporting import FORMATS
from letpass.diagnostics import RecordError, Source
from letpass.facts import document, reader
from tests.cli.conftest import ARRESTS, ROOT, Call
from tests.reports.reading import verdict

AT = ("--at", "2026-11-23T12:00:00Z")
TO = ("--to", "production", "--champion", f"{ARRESTS}/1.yaml", *AT)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_format_says_the_same(project: Path, call: Call, form: str, version: int) -> None:
    """Verdict and exit code do not depend on how they are shown."""
    code, out, err = call("check", f"fraud@{version}", "--to", "production", "-o", form)

    assert (code, err) == ({1: 0, 2: 1, 3: 3}[version], "")
    assert verdict(form, out) == {0: "allow", 1: "deny", 3: "undecided"}[code]


def test_several_formats_at_once(project: Path, call: Call) -> None:
    """One run writes each to its place, and each as it would alone."""
    run = ("check", "fraud@2", "--to", "production", *AT)
    files = {form: project / f"report.{form}" for form in FORMATS[1:]}
    alone = {form: call(*run, "-o", form)[1] for form in files}

    code, out, err = call(*run, "-o", "text", *(f"-o{form}={path}" for form, path in files.items()))

    assert (code, err) == (1, "")
    assert verdict("text", out) == "deny"
    assert {form: path.read_text(encoding="utf-8") for form, path in files.items()} == alone


def _schema(call: Call, name: str) -> Any:
    schema = json.loads(call("schema", name)[1])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("version", range(1, 6))
def test_decisions_keep_their_schema(call: Call, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    """What `-o json` writes is what `policy schema decision` promises, and nothing besides."""
    monkeypatch.chdir(ROOT)
    validator = _schema(call, "decision")

    stored = json.loads(call("check", f"{ARRESTS}/{version}.yaml", *TO, "-o", "json")[1])

    assert [e.message for e in validator.iter_errors(stored["decision"])] == []
    assert stored["decision"].keys() - validator.schema["properties"].keys() == set()


@pytest.mark.parametrize("version", range(1, 6))
def test_records_keep_their_schema(call: Call, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    """The example's records are what `policy schema record` promises."""
    monkeypatch.chdir(ROOT)
    record = yaml.safe_load(Path(f"{ARRESTS}/{version}.yaml").read_text(encoding="utf-8"))

    assert [e.message for e in _schema(call, "record").iter_errors(record)] == []


@pytest.mark.parametrize(
    ("change", "valid"),
    [({}, True), ({"licence": "MIT"}, False), ({"signoffs": []}, False), ({"data": "x"}, False), ({"model": 1}, False)],
)
def test_schema_and_reader_agree_on_shapes(call: Call, change: dict[str, Any], valid: bool) -> None:
    """What the schema forbids the reader refuses."""
    record = {"model": "fraud", "version": "1", **change}
    read = True
    try:
        reader.read(document.read(Source("x.json", json.dumps(record))))
    except RecordError:
        read = False

    assert (_schema(call, "record").is_valid(record), read) == (valid, valid)


@pytest.mark.parametrize("models", [(f"{ARRESTS}/3.yaml",), (ARRESTS,)])
def test_equal_inputs_make_equal_bytes(call: Call, monkeypatch: pytest.MonkeyPatch, models: tuple[str, ...]) -> None:
    """Two runs at one time write the same JSON, byte for byte."""
    monkeypatch.chdir(ROOT)
    first = call("check", *models, *TO, "-o", "json")

    assert call("check", *models, *TO, "-o", "json") == first
    assert first[0] == 1


def test_a_decision_as_of_a_time_says_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes it for one of today."""
    monkeypatch.chdir(ROOT)
    run = ("check", f"{ARRESTS}/2.yaml", *TO, "-o")

    assert call(*run, "text")[1].splitlines()[0].endswith("  (as of 2026-11-23T12:00:00Z)")
    assert call(*run, "markdown")[1].splitlines()[1].endswith(" (as of 2026-11-23T12:00:00Z)")
    assert json.loads(call(*run, "json")[1])["decision"]["as_of"] is True
