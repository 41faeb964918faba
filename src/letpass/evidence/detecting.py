"""Which format a file is of, by its content: the keys of its JSON, of its first line, or its first bytes.

A file's name decides only between YAML, Markdown and text, which have no marks of their own.  What is known and not read is named, with
what to hand in instead; of what is not known the nearest reader is told, and which of its marks are missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import garak, inspectlog, lmsamples
from letpass.evidence.fairlearn import FORMAT
from letpass.evidence.interface import FORMATS
from letpass.evidence.sources import Content
from letpass.facts.attested import IDENTITY
from letpass.facts.schema import SHAPES
from letpass.facts.values import Plain
from letpass.frozen import Frozen

_HEAD = 4096


class Mark(Frozen):
    """What tells a format: keys that its mapping has, and a look at their values.

    instead: of a format that is not read, what to hand in.
    """

    name: str
    keys: frozenset[str]
    fits: Callable[[dict[str, Any]], bool] = lambda _: True
    instead: str = ""


def _mark(name: str, keys: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True, instead: str = "") -> Mark:
    return Mark(name, frozenset(keys.split()), fits, instead)


_RESULTS = "its results in a format that is read: `policy evidence formats`"
_MAPPINGS = (
    _mark("lm-eval", "results configs n-samples", lambda d: isinstance(d["results"], dict)),
    _mark("inspect", "version status eval", lambda d: isinstance(d["eval"], dict)),
    _mark(
        "promptfoo",
        "results config",
        lambda d: isinstance(d["results"], dict) and {"prompts", "stats"} <= d["results"].keys(),
    ),
    _mark("great-expectations", "success results statistics", lambda d: isinstance(d["results"], list)),
    _mark("evidently", "metrics tests", lambda d: isinstance(d["metrics"], list)),
    _mark("metric-frame", "format metrics", lambda d: d["format"] == FORMAT),
    _mark("modelscan", "summary issues errors"),
    _mark("sarif", "version runs", lambda d: isinstance(d["runs"], list)),
    _mark("test-result", "_type predicateType", lambda d: "test-result" in str(d["predicateType"])),
    _mark("test-result", "payload payloadType signatures"),
    _mark(
        "a checkpoint of Great Expectations",
        "success validation_results statistics",
        instead="each of its validation results: `to_json_dict()`",
    ),
    _mark(
        "a checkpoint of Great Expectations",
        "success run_results",
        instead="each of its validation results: `to_json_dict()`",
    ),
    _mark("a run of deepeval", "test_results", instead=_RESULTS),
    _mark("a run of deepeval", "testCases metricsScores", instead=_RESULTS),
    _mark("a suite of deepchecks", "name results type", lambda d: d["type"] == "SuiteResult", _RESULTS),
    _mark("a bill of materials of CycloneDX", "bomFormat specVersion", instead=_RESULTS),
    _mark("a document of SPDX", "@context @graph", instead=_RESULTS),
    _mark("a provenance of SLSA", "_type predicateType", lambda d: "slsa" in str(d["predicateType"]), _RESULTS),
    _mark("a signature of sigstore", "mediaType verificationMaterial", instead="what was signed"),
    _mark("logs of OpenTelemetry", "resourceLogs", instead=_RESULTS),
    _mark("a record logged by OpenTelemetry's console exporter", "body severity_number attributes", instead=_RESULTS),
)
_LINES = (
    _mark("garak", "entry_type"),
    _mark("samples of lm-eval", "doc_id doc_hash filter", instead="its `results_….json`, with this file named by `--samples`"),
    _mark("results of promptfoo in JSON Lines", "promptIdx testIdx", instead="`promptfoo eval -o FILE.json`"),
    _mark("the hitlog of garak", "probe detector trigger", instead="the `report.jsonl` beside it: a hitlog is as empty when nothing ran"),
    _mark("the hitlog of garak", "goal trigger run_id", instead="the `report.jsonl` beside it: a hitlog is as empty when nothing ran"),
)  # fmt: skip
_ELEMENTS = (
    _mark("constraints of whylogs", "name passed failed", instead=_RESULTS),
    _mark("results of the Hub", "dataset value", instead="the model's card"),
)
_FIRST = (
    (b":::MLLOG ", "a log of MLPerf", _RESULTS),
    (b"GGUF", "weights in GGUF", "what was measured of them"),
)
_SMALLER = (
    ((b'"version"', b'"status"', b'"eval"'), inspectlog.SMALLER),
    ((b"PK\x03\x04",), inspectlog.SMALLER),
    ((b'"entry_type"',), garak.SMALLER),
    ((b'"doc_id"',), lmsamples.SMALLER),
)
_SECTIONS = SHAPES.keys() - IDENTITY
"""What a part of a record may say."""
_ENDINGS = {"yaml": "record", "yml": "record", "md": "model-card", "xml": "junit", "sarif": "sarif", "json": "record"}


def chosen(name: str, data: Content, plugins: Collection[str] = ()) -> str:
    """The format that a file of this name and content is of.

    Raises `InvalidError` where it is of several, of one that is not read, or of none that is known.
    """
    found = dict.fromkeys(marks(data))
    read = [mark.name for mark in found if not mark.instead]
    if len(read) > 1:
        raise InvalidError(f"it may be {' or '.join(f'`{n}`' for n in read)}; say which one with --from")
    if read:
        return read[0]
    for mark in found:
        raise InvalidError(f"it looks like {mark.name}, which is not read; hand in {mark.instead}")
    return _by_name(name, data, plugins)


def marks(data: Content) -> list[Mark]:
    """What the content of a file looks like; nothing where it has no mark of a format that is known."""
    head = _head(data)
    if data[:2] == b"PK":
        return [Mark("inspect", frozenset())]
    for begin, name, instead in _FIRST:
        if head.startswith(begin):
            return [Mark(name, frozenset(), instead=instead)]
    if head.startswith(b"<"):
        root = re.match(rb"(?:<[?!][^>]*>\s*)*<(?:\w+:)?(\w+)", head)
        return _of_root(root[1].decode("ascii", "ignore") if root else "")
    if b"-- SCAN SUMMARY --" in data[-_HEAD:]:
        return [Mark("clamav" if b"Known viruses:" in data[-_HEAD:] else "picklescan", frozenset())]
    if data[8:9] == b"{" and 2 <= int.from_bytes(data[:8], "little") <= len(data) - 8:
        return [Mark("weights in safetensors", frozenset(), instead="what was measured of them")]
    if head.startswith((b"{", b"[")):
        return _of_json(data)
    return []


def smaller(begin: bytes) -> str:
    """How a file that is too large to be read is made smaller, by its first bytes; nothing where that is not known."""
    head = begin[:_HEAD]
    for marks_, how in _SMALLER:
        if all(mark in head for mark in marks_):
            return how
    return ""


def _of_root(root: str) -> list[Mark]:
    if root.lower() in {"testsuite", "testsuites"}:
        return [Mark("junit", frozenset())]
    if root == "promptfoo":
        return [Mark("results of promptfoo in XML", frozenset(), instead="`promptfoo eval -o FILE.json`")]
    return []


def _of_json(data: Content) -> list[Mark]:
    """By the keys of a mapping, or of the first line where there are several."""
    value = _plain(data)
    if isinstance(value, dict):
        return _fitting(_MAPPINGS, value) or _fitting(_LINES, value)
    if value is not None:
        return _fitting(_ELEMENTS, value[0]) if isinstance(value, list) and value and isinstance(value[0], dict) else []
    first = data[len(data[:_HEAD]) - len(_head(data)) :].partition(b"\n")[0]
    line = _plain(Content(first)) if len(first) < len(data) - 1 else None
    return _fitting(_LINES, line) or _fitting(_MAPPINGS, line) if isinstance(line, dict) else []


def _fitting(known: tuple[Mark, ...], value: dict[str, Any]) -> list[Mark]:
    found = [mark for mark in known if mark.keys <= value.keys() and mark.fits(value)]
    return list({mark.name: mark for mark in found}.values())


def _plain(data: Content) -> Any:
    """The data of a JSON, None where it does not read as one."""
    try:
        return data.json
    except InvalidError:
        return None


def _by_name(name: str, data: Content, plugins: Collection[str]) -> str:
    """The format that a file's ending tells, of a file without a mark; what is a mapping in JSON is a part of a record."""
    format_ = _ENDINGS.get(name.lower().rpartition(".")[2])
    value = _plain(data) if _head(data).startswith((b"{", b"[")) else None
    if isinstance(value, list):
        raise InvalidError("it looks like a list in JSON, which no reader takes; name its format with --from")
    if isinstance(value, dict) and format_ != "sarif":
        if value and not value.keys() & _SECTIONS:
            raise InvalidError(f"it looks like JSON {_keys(value)}, which no reader knows; {_nearest(value)}")
        return "record"
    if format_ is None:
        raise InvalidError(f"what format is it? name it with --from: {', '.join(sorted({*FORMATS, *plugins}))}")
    return format_


def _head(data: bytes) -> bytes:
    """The first bytes behind a byte order mark and white space."""
    return data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")


def _keys(value: dict[str, Any]) -> str:
    shown = [f"`{key[:30]}`" for key in list(value)[:4]]
    return f"with the keys {', '.join(shown)}{' …' if len(value) > len(shown) else ''}"


def _nearest(value: dict[str, Any]) -> str:
    """The reader whose marks a file has most of."""
    if all(type(v) in {int, float, Plain} for v in value.values()):
        return "the nearest is `mlflow-evaluation`, a flat mapping of numbers: name it with --from"
    known = [mark for mark in _MAPPINGS if not mark.instead]
    nearest = max(known, key=lambda mark: len(mark.keys & value.keys()) / len(mark.keys))
    if not nearest.keys & value.keys():
        return "the nearest is `record`, a mapping with `metrics`, `suites`, `scans`, `observations` or `facts`"
    missing = sorted(nearest.keys - value.keys())
    return f"the nearest is `{nearest.name}`" + (
        f", which has {', '.join(f'`{k}`' for k in missing)} besides" if missing else ""
    )
