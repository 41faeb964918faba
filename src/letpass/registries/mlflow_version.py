"""Everything that MLflow knows of one version, asked over the connection, as plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from letpass.registries import mlflow_answers as answers
from letpass.registries import mlflow_prompts, mlflow_record
from letpass.registries.mlflow_connection import Connection
from letpass.registries.mlflow_prompts import is_prompt
from letpass.registries.mlflow_record import Measured, ModelVersion, Run

_LOGGED = re.compile(r"/models/(m-[0-9a-f]{32})/artifacts(?:/|\Z)")
_NAMED = re.compile(
    r"models:/+(m-[^/@?#]+)\Z", re.IGNORECASE
)  # a logged model; `models:/m-x/1` is a version of the model `m-x`


def identity(version: Any) -> tuple[str, ...]:
    """What makes a version this one, and no other that was made under its name after it was deleted."""
    parts = (version.creation_timestamp, version.source, version.run_id, version.model_id)
    return tuple(str(part) for part in parts)


def model_version(connection: Connection, version: Any, stage: str, *, whole: bool = True) -> ModelVersion:
    """All that MLflow knows of a version; `whole`: its artifact's own files too."""
    tags = {str(k): str(v) for k, v in dict(version.tags).items()}
    if is_prompt(version):
        return _prompt(connection, version, stage, tags, whole=whole)
    uri = connection.location(version)
    logged = _logged(connection, version, uri)
    run = connection.run(version.run_id)
    metrics = list(logged["metrics"]) if logged is not None else []
    runs = {r: connection.run(r) for r in {m.run for m in metrics} - {version.run_id}}
    known = {**runs, **({version.run_id: run} if run is not None else {})}
    every = [*metrics, *(run.metrics if run is not None else ())]
    before = {(m.run, m.key): _before(connection, m, known) for m in mlflow_record.late(every, known)}
    folder = connection.fetched(uri) if whole else None
    return ModelVersion(
        version.name, str(version.version), int(version.creation_timestamp or 0), stage, str(version.source or ""),
        tags, str(version.run_id or ""), run, logged, runs, before, uri,
        answers.mlmodel(folder), answers.text_of(folder, "requirements.txt"), tuple(answers.strangers(version.name, str(version.version), tags)),
    )  # fmt: skip


def _prompt(
    connection: Connection, version: Any, stage: str, tags: Mapping[str, str], *, whole: bool
) -> ModelVersion:  # fmt: skip
    """A prompt's version: its text and settings are its one file, and nothing else is known of it but its tags."""
    number, content = str(version.version), mlflow_prompts.content(tags)
    uri = mlflow_prompts.uri(version.name, number)
    if whole:
        connection.keep(uri, mlflow_prompts.FILE, content)
    told = {k: v for k, v in tags.items() if k not in mlflow_prompts.OWN}
    return ModelVersion(
        version.name, number, int(version.creation_timestamp or 0), stage, uri, told, uri=uri,
        mlmodel={"flavors": {"prompt": {}}, "@size": len(content)},
        strangers=tuple(answers.strangers(version.name, number, told)),
    )  # fmt: skip


def _logged(connection: Connection, version: Any, uri: str) -> dict[str, Any] | None:
    """The logged model whose files a version has, all of them or some; None where there is none, or its files lie elsewhere."""
    parts = answers.parts(uri)
    source, inside = _NAMED.match(str(version.source or "")), _LOGGED.search("/".join(parts))
    named = (version.model_id, source[1] if source else "", inside[1] if inside else "")
    for id_ in dict.fromkeys(filter(None, named)):
        found = connection.logged_model(id_)
        own = answers.parts(found.artifact_location) if found is not None else []
        if own and parts[: len(own)] == own:
            break
    else:
        return None
    if parts != own:  # what was measured is the whole; who made it is known all the same
        return {"id": id_, "source_run_id": found.source_run_id or "", "params": {}, "tags": {}, "metrics": []}
    metrics = [
        Measured(
            m.key, _value(connection, m), m.timestamp, m.run_id or "", m.dataset_name or "", m.dataset_digest or ""
        )
        for m in found.metrics or ()
    ]  # fmt: skip
    return {
        "id": id_, "source_run_id": found.source_run_id or "", "params": dict(found.params or {}),
        "tags": dict(found.tags or {}), "metrics": metrics, "uri": found.artifact_location,
    }  # fmt: skip


def _value(connection: Connection, metric: Any) -> float:
    """A value of a logged model.  MLflow gives NaN as 0 there; the run's history still knows it."""
    if metric.value == 0 and metric.run_id:
        history = connection.history(metric.run_id, metric.key)
        if any(m.value != m.value for m in history if (m.timestamp, m.step) == (metric.timestamp, metric.step)):
            return float("nan")
    return float(metric.value)


def _before(connection: Connection, measured: Measured, runs: Mapping[str, Run | None]) -> float | None:
    """What a metric was when its run ended, by its history; None where it was not there."""
    run = runs[measured.run]
    ended = run.ended if run is not None and run.ended is not None else 0
    found = [m for m in connection.history(measured.run, measured.key) if m.timestamp <= ended + mlflow_record.LATE]
    return max(found, key=lambda m: (m.step, m.timestamp, m.value)).value if found else None
