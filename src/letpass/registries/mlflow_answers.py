"""What MLflow answers, as plain values: runs, the files of an artifact, and tags that are about another version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from letpass.registries import mlflow_record
from letpass.registries.mlflow_record import Measured, Run

META = "registered_model_meta"  # what MLflow's download adds and its store does not hold
UNCOUNTED = frozenset({"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"})  # in `model_size_bytes`
LARGEST_TEXT = 4 << 20  # bytes of MLmodel or requirements.txt


def run_of(found: Any) -> Run:
    """MLflow's run as plain values."""
    info = found.info
    # the client shows values alone; when they were logged stands in the entities behind them
    metrics = [Measured(m.key, m.value, m.timestamp, info.run_id) for m in found.data._metric_objs]  # noqa: SLF001
    inputs = [
        mlflow_record.input_of(
            d.dataset.name, d.dataset.digest, d.dataset.source,
            next((t.value for t in d.tags if t.key == "mlflow.data.context"), ""),
        )
        for d in (found.inputs.dataset_inputs if found.inputs is not None else ())
    ]  # fmt: skip
    return Run(
        info.run_id, info.status, info.end_time, info.lifecycle_stage == "deleted", dict(found.data.params),
        dict(found.data.tags), tuple(metrics), tuple(inputs), info.user_id or "", info.start_time or 0,
        str(info.experiment_id or ""),
    )  # fmt: skip


def text_of(folder: Path | None, name: str) -> str:
    """The text of a file of an artifact, nothing where it is not there or too large."""
    path = folder / name if folder is not None else None
    if path is None or not path.is_file() or path.stat().st_size > LARGEST_TEXT:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def mlmodel(folder: Path | None) -> Mapping[str, Any] | None:
    """What the MLmodel file says, with the sizes of all files and of the model's own as `@size` and `@model`."""
    if folder is None:
        return None
    import yaml

    try:
        found = yaml.safe_load(text_of(folder, "MLmodel")) if folder.is_dir() else None
    except (yaml.YAMLError, ValueError, RecursionError):  # a date that is none, a number too long, a nest too deep
        found = None
    files = [p for p in folder.rglob("*") if p.is_file()] if folder.is_dir() else [folder]
    sizes = {p: p.stat().st_size for p in files if p.name != META}
    model = sum(size for p, size in sizes.items() if p.name not in UNCOUNTED)
    return {**(found if isinstance(found, dict) else {}), "@size": sum(sizes.values()), "@model": model}


def strangers(model: str, version: str, tags: Mapping[str, str]) -> Iterator[str]:
    """The tags whose statements or decisions are about another version."""
    for key, value in tags.items():
        about = _about(value.encode("utf-8", "surrogatepass")) if key.startswith("letpass.") else None
        if about not in {None, (model, version)}:
            yield key


def parts(uri: str) -> list[str]:
    """An address part by part, without what several spellings of one differ in: escapes, more slashes, `file:`."""
    found = [part for part in unquote(uri).split("/") if part]
    return found[1:] if found[:1] == ["file:"] else found


def _about(data: bytes) -> tuple[str, str] | None:
    """Which version a statement or a decision names; None where it names none, or does not read.

    Evidence is about bytes, under whatever name.
    """
    from letpass.ledger import entry, proofs
    from letpass.trust import statements

    try:
        statement = statements.read("", data)
        said = statement.predicate
        return None if statement.kind == "evidence" else (str(said.get("model", "")), str(said.get("version", "")))
    except ValueError:
        pass
    try:
        proof = proofs.read_decision_file(data).decision
        logged = entry.read(proof.index, proof.text).entry
    except ValueError:
        return None
    return logged.model, logged.version
