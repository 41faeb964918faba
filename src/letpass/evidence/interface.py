"""Formats of other programs, each read as a part of a record.  Nothing is guessed: what a file does not say, its reader
asks for, or leaves unknown.

A reader is a module with `read(data, asked) -> part`, where the part has the record's shape (`suites`, `scans`,
`metrics`, `observations`, `facts`).  It raises `InvalidError`, in words, for a file that is none of its format, and for what
could only be guessed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from letpass import plugins
from letpass.canonical import canonical
from letpass.diagnostics import InvalidError, said
from letpass.frozen import Frozen, part

if TYPE_CHECKING:
    from letpass.facts.artifact import Files

_READERS = {
    "clamav": ("clamav", "what clamscan prints"),
    "evidently": ("evidently", "a report of Evidently, as `json()` gives it"),
    "garak": ("garak", "the report.jsonl of a run of garak"),
    "great-expectations": ("greatexpectations", "a validation result of Great Expectations"),
    "inspect": ("inspectlog", "a log of Inspect, JSON or `.eval`"),
    "junit": ("junit", "a JUnit XML report of a test run"),
    "lm-eval": ("lmeval", "the results of lm-eval, with their samples where they are named"),
    "metric-frame": ("fairlearn", "a MetricFrame of fairlearn, as `letpass.save_metric_frame` writes it"),
    "mlflow-evaluation": ("mlflow", "the metrics.json of an MLflow evaluation"),
    "model-card": ("modelcard", "the front matter of a Hugging Face model card: its model-index and license"),
    "modelscan": ("modelscan", "a JSON report of modelscan"),
    "picklescan": ("picklescan", "what picklescan prints"),
    "promptfoo": ("promptfoo", "the JSON that `promptfoo eval -o FILE.json` writes"),
    "record": ("record", "metrics, suites, scans, observations and facts as a record writes them, in YAML or JSON"),
    "sarif": ("sarif", "a SARIF 2.1.0 log of a scanner"),
    "test-result": ("testresult", "an in-toto test result, bare or in an envelope"),
}
"""Every format that is read: its module in this room, and what it is."""
FORMATS = {name: what for name, (_, what) in _READERS.items()}
"""Every format that is read, and what it is."""
LARGEST = 16 << 20  # bytes of what a tool wrote

Part = dict[str, Any]
Reader = Callable[[bytes, "Asked"], Part]


class NotWholeError(InvalidError):
    """The file is of its format, and tells of a run that did not end or had no case: only another run helps."""


class Asked(Frozen):
    """What the file may not say, as the caller says it.

    name: the file's own · suite: call all of it one suite of this name · ran_at: when it ran · data_set: what was measured
    on · units: the unit of raw numbers, by metric · tool: the scanner's name · scanned: how much it looked at ·
    artifact: the digest that the record has, where it has one · files: the artifact's files, hashed here, where its bytes are at
    hand; they are hashed when they are asked for · samples: files of single cases that belong to the results, by name.
    """

    name: str = ""
    suite: str | None = None
    ran_at: str | None = None
    data_set: str | None = None
    units: Mapping[str, str] = part(default_factory=dict)
    tool: str | None = None
    scanned: int | None = None
    artifact: str | None = None
    files: Callable[[], Files | None] = part(default=lambda: None, compare=False)
    samples: Mapping[str, bytes] = part(default_factory=dict)


def reader(format_: str, allowed: Collection[str] = ()) -> Reader:
    """The reader of a format; `allowed`: plug-ins that may add one under their name.  Raises `InvalidError` for an unknown one."""
    if format_ not in _READERS and format_ not in allowed:
        raise InvalidError(f"there is no format `{format_}`; formats are {', '.join(sorted({*_READERS, *allowed}))}")
    found: Reader
    if format_ in _READERS:
        found = importlib.import_module(f"letpass.evidence.{_READERS[format_][0]}").read
    else:
        found = _guarded(format_, plugins.load(plugins.EVIDENCE, format_))
    return found


def _guarded(name: str, read: Reader) -> Reader:
    """A plug-in's reader whose every failure is an `InvalidError`, and which gives a mapping or fails."""

    def guarded(data: bytes, asked: Asked) -> Part:
        try:
            found = read(data, asked)
        except ValueError as error:
            raise InvalidError(str(error)) from None
        except Exception as error:  # noqa: BLE001 - it is somebody else's code, and its faults are theirs to be told
            raise InvalidError(f"the plug-in `{name}` failed: {type(error).__name__}: {said(error)}") from None
        if not isinstance(found, dict):
            raise InvalidError(f"the plug-in `{name}` gives no mapping")
        return signable(found)

    return guarded


def signable(found: Part) -> Part:
    """A part as it is given, every value of which has one form; raises `InvalidError` for a number that has none."""
    try:
        canonical(found)
    except ValueError as error:
        raise InvalidError(str(error)[:120]) from None
    return found
