"""Model-index metafiles (the format of model zoos): many models in one file, none of it strict.

Nothing is guessed: a value that is no number stays as it is written, and a unit that no one says stays unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assay.facts import reader
from assay.facts.document import Document, join
from assay.facts.record import Record

INFERENCE_TIME = "inference time (ms/im)"
_HASH = re.compile(r"[-_]([0-9a-f]{8})\.pth(?:\.tar)?\Z")
_SETTINGS = ("Epochs", "Iterations", "Batch Size", "Training Techniques", "Training Resources", "lr schd", "crop size")


def is_model_index(data: Any) -> bool:
    """Does a document look like a metafile: a mapping with `Models`, or a bare list of named models."""
    if isinstance(data, dict):
        return isinstance(data.get("Models"), list)
    return isinstance(data, list) and bool(data) and all(isinstance(m, dict) and "Name" in m and ({"Results", "In Collection", "Config"} & m.keys()) for m in data)


def records(document: Document) -> Iterator[Record]:
    """One record for each model of a metafile, in the file's order."""
    data = document.data
    models, at = (data["Models"], "Models") if isinstance(data, dict) else (data, "")
    collections = {c.get("Name"): c for c in data.get("Collections") or [] if isinstance(c, dict)} if isinstance(data, dict) else {}
    for index, model in enumerate(models):
        if isinstance(model, dict):
            yield replace(_record(document, model, f"{at}[{index}]", collections.get(model.get("In Collection")) or {}), index=index)


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
    metadata = model.get("Metadata") if isinstance(model.get("Metadata"), dict) else {}
    assert isinstance(metadata, dict)
    inherited = collection.get("Metadata") if isinstance(collection.get("Metadata"), dict) else {}
    weights = model.get("Weights")
    found = _HASH.search(weights) if isinstance(weights, str) else None
    data: dict[str, Any] = {"model": str(model.get("Name", "")) or "unnamed", "version": found[1] if found else "unversioned"}
    neutral.at("", at)
    neutral.at("model", join(at, "Name"))
    if isinstance(weights, str):
        data["artifact"] = {"uri": weights}
        neutral.at("artifact.uri", join(at, "Weights"))
    licence = model.get("License", collection.get("License"))
    if isinstance(licence, str):
        data["license"] = licence
    settings = {k: v for k, v in {**(inherited or {}), **metadata}.items() if k in _SETTINGS}
    if settings:
        data["hyperparameters"] = settings
    trained = {**(inherited or {}), **metadata}.get("Training Data")
    names = trained if isinstance(trained, list) else [trained] if isinstance(trained, str) else []
    if names:
        data["data"] = [{"name": n} for n in names if isinstance(n, str)]
    code = model.get("Code", collection.get("Code"))
    if isinstance(code, dict) and isinstance(code.get("URL"), str):
        data["code"] = {"repository": code["URL"]}
    metrics: dict[str, list[dict[str, Any]]] = {}
    for name, piece, origin in (*_results(model, at), *_times(model, metadata, at)):
        several = metrics.setdefault(name, [])
        neutral.at(f"{join('metrics', name)}[{len(several)}]", origin)
        neutral.at(f"{join('metrics', name)}[{len(several)}].value", origin)
        several.append(piece)
    if metrics:
        data["metrics"] = metrics
    return reader.read(Document(document.source, data, neutral.spans))


def _results(model: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every metric of every result: its name, its piece, and its place."""
    results = model.get("Results")
    listed = results if isinstance(results, list) else [results]
    for index, result in enumerate(listed):
        where = join(at, "Results") + (f"[{index}]" if isinstance(results, list) else "")
        if not isinstance(result, dict) or not isinstance(result.get("Metrics"), dict):
            continue
        dataset = result.get("Dataset")
        for name, value in result["Metrics"].items():
            piece: dict[str, Any] = {"value": value if not isinstance(value, dict | list) else str(value)}
            if isinstance(dataset, str):
                piece["data_set"] = dataset
            yield name, piece, join(join(where, "Metrics"), name)


def _times(model: dict[str, Any], metadata: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Measurements of the time for an image; some files have the key one level too high."""
    for holder, where in ((metadata, join(at, "Metadata")), (model, at)):
        times = holder.get(INFERENCE_TIME)
        for index, time in enumerate(times if isinstance(times, list) else []):
            if isinstance(time, dict) and "value" in time:
                yield INFERENCE_TIME, {"value": time["value"], "source": _setup(time)}, f"{join(where, INFERENCE_TIME)}[{index}].value"


def _setup(time: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in time.items() if k != "value")
