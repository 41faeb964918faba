"""Files that are bent everywhere: each is read or refused in words, and nothing else happens."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from letpass.diagnostics import InvalidError
from letpass.evidence.detecting import chosen
from letpass.evidence.sources import Content
from tests.evidence import evaluations as made
from tests.evidence.reading import AT, SAMPLES, read, sample

FORMATS = {
    "bandit": "sarif",
    "clamscan": "clamav",
    "frame": "metric-frame",
    "mlflow": "mlflow-evaluation",
    "model": "model-card",
    "modelscan": "modelscan",
    "picklescan": "picklescan",
    "test": "test-result",
}
MADE = {
    "evidently": made.report("SUCCESS", "FAIL"),
    "great-expectations": made.validation(made.expectation(), made.expectation(met=False, raised={"a": {}})),
    "inspect": made.log((True, False), epochs=2),
    "lm-eval": made.lm_group({"a": made.lm_samples((True, False)), "b": made.lm_samples((True, True))}),
    "promptfoo": made.foo_results([made.foo_test("good"), made.foo_test("broken")]),
}
"""Files of one mapping that are made here, by their format."""
LINES = {"garak": made.garak(made.attack(), made.attack(4, 5, "other")), "lm-eval": made.lm_samples((True, False))}
"""The same in lines; those of lm-eval are samples."""
FILES = sorted(p.name for p in SAMPLES.iterdir() if p.suffix != ".sh")
JSON = [name for name in FILES if name.endswith((".json", ".sarif"))]
ODD: tuple[Any, ...] = (None, True, -1, 1e308, 10**400, "", "x" * 500, [], {}, [[]], [{}], {"": {}})


def _format(name: str) -> str:
    return FORMATS[name.partition("-")[0].partition(".")[0]]


def _bent(value: Any) -> Iterator[Any]:
    """The value with every part of it in turn replaced, or gone."""
    yield from ODD
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: bent} for bent in _bent(inner))
    if isinstance(value, list):
        for at, inner in enumerate(value[:2]):
            yield from ([*value[:at], bent, *value[at + 1 :]] for bent in _bent(inner))


def _outcome(format_: str, data: bytes) -> str:
    """Why a file is refused, nothing where it is read."""
    try:
        read(format_, data, ran_at=AT, suite="S", data_set="d")
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", JSON)
def test_json_that_is_bent_anywhere_is_read_or_refused(name: str) -> None:
    """One line says why."""
    said = {_outcome(_format(name), json.dumps(bent).encode()) for bent in _bent(json.loads(sample(name)))}

    assert [text for text in said if "\n" in text or len(text) > 300] == []


@pytest.mark.parametrize("format_", MADE)
def test_a_file_of_an_evaluation_that_is_bent_anywhere_is_read_or_refused(format_: str) -> None:
    """One line says why, and which format it is of is told or not in the same way."""
    said = set()
    for bent in _bent(MADE[format_]):
        data = json.dumps(bent).encode()
        said.add(_outcome(format_, data))
        with contextlib.suppress(InvalidError):
            chosen("a.json", Content(data))

    assert [text for text in said if "\n" in text or len(text) > 300] == []


@pytest.mark.parametrize("format_", LINES)
def test_lines_that_are_bent_anywhere_are_read_or_refused(format_: str) -> None:
    """Also those of the samples of a run, which are then of another one."""
    said = set()
    for bent in _bent(LINES[format_]):
        data = b"\n".join(json.dumps(line).encode() for line in (bent if isinstance(bent, list) else [bent]))
        if format_ == "garak":
            said.add(_outcome(format_, data))
            continue
        with contextlib.suppress(InvalidError):
            read("lm-eval", made.lm_results({"sums": LINES["lm-eval"]}), samples={"s": data})

    assert [text for text in said if "\n" in text or len(text) > 300] == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_cut_off_never_looks_cleaner(name: str) -> None:
    """JSON is refused wherever it is cut; of a text only what stands behind the counts may be missing."""
    data = sample(name).rstrip()
    whole = read(_format(name), data, ran_at=AT) if "artifacts" not in name else {}
    for at in range(1, len(data), max(1, len(data) // 200)):
        try:
            found = read(_format(name), data[:at], ran_at=AT)
        except ValueError:
            continue
        assert (name in JSON, len(found.get("scans", ())), set(found) - {"notices"} <= set(whole)) == (
            False,
            len(whole.get("scans", ())),
            True,
        )
        for scan, other in zip(found.get("scans", ()), whole.get("scans", ()), strict=True):
            assert scan["findings"] == other["findings"]


@pytest.mark.parametrize("format_", sorted({*FORMATS.values(), *MADE, "garak", "junit"}))
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 1000,
        b"\xff\xfe",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"a: &a [*a, *a]",
        b"- " * 100_000,
        b"%PDF-1.7",
        b"PK\x03\x04",
        b": FOUND\n" * 50_000,
        b"x: dangerous import '" * 50_000,
        b"null",
        b'"text"',
        b"NaN",
    ],
    ids=lambda d: repr(d[:12]),
)
def test_what_is_nothing_of_the_kind_is_refused(format_: str, data: bytes) -> None:
    """Quickly, by every reader."""
    assert _outcome(format_, data) != ""
