"""Model-index metafiles (the format of model zoos): many models in one file, none of it strict.

Nothing is guessed: a value that is no number stays as it is written, and a unit that no one says stays unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from letpass.diagnostics import RecordError
from letpass.facts import reader
from letpass.facts.document import Document
from letpass.facts.paths import join
from letpass.facts.record import Record
from letpass.frozen import replace

INFERENCE_TIME = "inference time (ms/im)"
_HASH = re.compile(r"[-_]([0-9a-f]{8})\.pth(?:\.tar)?\Z")
_SETTINGS = ("Epochs", "Iterations", "Batch Size", "Training Techniques", "Training Resources", "lr schd", "crop size")


def is_model_index(data: Any) -> bool:
    """Does a document look like a metafile: a mapping with `Models`, or a bare list of named models."""
    if isinstance(data, dict):
        return "Models" in data and "model" not in data
    return (
        isinstance(data, list)
        and bool(data)
        and all(
            isinstance(m, dict) and "Name" in m and ({"Results", "In Collection", "Config"} & m.keys()) for m in data
        )
    )


def records(document: Document) -> Iterator[Record]:
    """One record for each model of a metafile, in the file's order; raises `RecordError` where the shape is another."""
    data = document.data
    models, at = (data["Models"], "Models") if isinstance(data, dict) else (data, "")
    if not isinstance(models, list):
        raise RecordError.of(
            "GATE302", "`Models` is a list of models", document.span(at), "write one `- Name: …` for each"
        )
    collections = _collections(data)
    for index, model in enumerate(models):
        where = f"{at}[{index}]"
        if not isinstance(model, dict):
            raise RecordError.of(
                "GATE302",
                f"`{where}` is no model",
                document.span(where),
                "a model is a mapping, and begins with `Name:`",
            )
        if "Name" not in model:
            raise RecordError.of(
                "GATE302",
                f"`{where}` has no `Name`",
                document.span(where),
                "write `Name: …`; it says which model is judged",
            )
        named = model.get("In Collection")
        inherited = collections.get(named, {}) if isinstance(named, str) else {}
        yield replace(_record(document, model, where, inherited), index=index)


def _collections(data: Any) -> dict[str, dict[str, Any]]:
    """The collections of a metafile by name; one without a name can be nobody's."""
    listed = data.get("Collections") if isinstance(data, dict) else None
    found = {}
    for collection in listed if isinstance(listed, list) else []:
        if isinstance(collection, dict) and isinstance(collection.get("Name"), str):
            found[collection["Name"]] = collection
    return found


class _List(list[Any]):
    """A list where one value is wanted: unreadable as it is written, and no fault of the whole file."""


class _Mapping(dict[str, Any]):
    """A mapping where one value is wanted: unreadable as it is written, and no fault of the whole file."""


def _one(raw: Any) -> Any:
    """A value as the reader takes it where the metafile promises nothing: what is no single value stays as written."""
    return _List(raw) if isinstance(raw, list) else _Mapping(raw) if isinstance(raw, dict) else raw


class _Neutral:
    """The neutral record of one model, each path remembering where its value stands in the metafile."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.spans: dict[str, tuple[int, int]] = {}

    def at(self, path: str, origin: str) -> None:
        span = self.document.span(origin)
        self.spans[path] = (span.start, span.end)


def _record(document: Document, model: dict[str, Any], at: str, collection: dict[str, Any]) -> Record:
    neutral = _Neutral(document)
    metadata, inherited = _mapping(model.get("Metadata")), _mapping(collection.get("Metadata"))
    weights = model.get("Weights")
    found = _HASH.search(weights) if isinstance(weights, str) else None
    data: dict[str, Any] = {"model": model["Name"], "version": found[1] if found else "unversioned"}
    neutral.at("", at)
    neutral.at("model", join(at, "Name"))
    if "Weights" in model:
        data["artifact"] = {"uri": _one(weights)}
        neutral.at("artifact.uri", join(at, "Weights"))
    if "License" in model or "License" in collection:
        data["license"] = _one(model.get("License", collection.get("License")))
    settings = {k: v for k, v in {**inherited, **metadata}.items() if k in _SETTINGS}
    if settings:
        data["hyperparameters"] = settings
    trained = {**inherited, **metadata}.get("Training Data")
    if trained is not None:
        data["data"] = [{"name": _one(name)} for name in (trained if isinstance(trained, list) else [trained])]
    code = _mapping(model.get("Code", collection.get("Code")))
    if "URL" in code:
        data["code"] = {"repository": _one(code["URL"])}
    metrics: dict[str, list[dict[str, Any]]] = {}
    for name, piece, origin in (*_results(model, at), *_times(model, metadata, at)):
        several = metrics.setdefault(name, [])
        neutral.at(f"{join('metrics', name)}[{len(several)}]", origin)
        neutral.at(f"{join('metrics', name)}[{len(several)}].value", origin)
        several.append(piece)
    if metrics:
        data["metrics"] = metrics
    return reader.read(Document(document.source, data, neutral.spans))


def _mapping(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _results(model: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every metric of every result: its name, its piece, and its place."""
    results = model.get("Results")
    listed = results if isinstance(results, list) else [results]
    for index, result in enumerate(listed):
        where = join(at, "Results") + (f"[{index}]" if isinstance(results, list) else "")
        for name, value in _mapping(_mapping(result).get("Metrics")).items():
            piece: dict[str, Any] = {"value": _one(value)}
            if "Dataset" in result:
                piece["data_set"] = _one(result["Dataset"])
            yield name, piece, join(join(where, "Metrics"), name)


def _times(model: dict[str, Any], metadata: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Measurements of the time for an image; some files have the key one level too high."""
    for holder, where in ((metadata, join(at, "Metadata")), (model, at)):
        if INFERENCE_TIME not in holder:
            continue
        times, place = holder[INFERENCE_TIME], join(where, INFERENCE_TIME)
        for index, time in enumerate(times if isinstance(times, list) else [times]):
            origin = f"{place}[{index}]" if isinstance(times, list) else place
            if isinstance(time, dict) and "value" in time:
                yield INFERENCE_TIME, {"value": _one(time["value"]), "source": _setup(time)}, f"{origin}.value"
            else:
                yield INFERENCE_TIME, {"value": _one(time)}, origin


def _setup(time: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in time.items() if k != "value")
