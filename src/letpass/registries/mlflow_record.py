"""Making a record of what MLflow knows of a version.  Nothing is asked here: the answers come in as plain values.

Everything in MLflow can be changed by somebody, so all of it is claimed.  What is odd about a version is said in its
`notices`, and a value that was touched after its run had ended is unreadable, with the reason in the value's place.  What tags
say is added last, and never beats what MLflow recorded itself (`mlflow_tags`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from letpass.facts.values import moment
from letpass.frozen import Frozen
from letpass.registries import mlflow_judged
from letpass.registries.mlflow_judged import Cases
from letpass.registries.mlflow_tags import RUN, VERSION, Tags, is_told

MILLISECOND = 1000  # microseconds
LATE = 2000  # milliseconds by which a client's clock may be ahead of the end of its run
INFINITE = 1.797e308  # MLflow stores an infinity as the largest double
FINISHED = "FINISHED"
MADE_BY = "letpass.made-by"
"""The tag in which a gated server writes whom it had authenticated when a version was made; nobody else can write it there."""
_SEED = re.compile(r"(?:seed|random_seed|random_state|\w+_seed|seed_\w+)\Z")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\Z")
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;]+)\s*(?:;.*)?\Z")
_EVALUATION = frozenset({"eval", "evaluation", "test", "testing", "validation"})


class Measured(Frozen):
    """One value that was logged.  at: milliseconds; run: who logged it."""

    key: str
    value: float
    at: int
    run: str
    data_set: str = ""
    data_digest: str = ""


class Run(Frozen):
    """A run.  started, ended: milliseconds, None while it goes on · cases: of one that `mlflow.genai.evaluate` made."""

    id: str
    status: str
    ended: int | None
    deleted: bool
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: tuple[Measured, ...] = ()
    inputs: tuple[Mapping[str, str], ...] = ()
    user: str = ""
    started: int = 0
    experiment: str = ""
    cases: Cases | None = None


class ModelVersion(Frozen):
    """All that MLflow knows of a version.

    run: what it was registered from, None where there is none any more · logged: id, source run, params, tags and metrics
    of the logged model · runs: every other run that measured it · before: of a metric that was added after its run had
    ended, what it was at the end · mlmodel: the artifact's MLmodel file · requirements: its requirements.txt · strangers:
    tags under `letpass.` that are about another version.
    """

    name: str
    version: str
    created: int
    stage: str
    source: str
    tags: Mapping[str, str]
    run_id: str = ""
    run: Run | None = None
    logged: Mapping[str, Any] | None = None
    runs: Mapping[str, Run | None] = {}
    before: Mapping[tuple[str, str], float | None] = {}
    uri: str = ""
    mlmodel: Mapping[str, Any] | None = None
    requirements: str = ""
    strangers: tuple[str, ...] = ()


def text(version: ModelVersion) -> str:
    """The record as JSON, a value on a line."""
    return json.dumps(record(version), ensure_ascii=False, indent=1, sort_keys=False) + "\n"


def record(version: ModelVersion) -> dict[str, Any]:
    """The record of a version; raises `RecordError` for a tag that should hold a part of a record and does not."""
    notices = list(_notices(version))
    own = version.run if version.run is not None and not _borrowed(version) and not version.run.deleted else None
    found: dict[str, Any] = {
        "model": version.name,
        "version": version.version,
        "registered_at": when(version.created),
    }
    if version.stage:
        found["stage"] = version.stage
    run_tags = own.tags if own is not None else {}
    logged_params = dict((version.logged or {}).get("params", {}))
    params = {**logged_params, **(own.params if own is not None else {})}
    login = run_tags.get("mlflow.user") or (own.user if own is not None else "")
    found |= _some("code", _code(run_tags, version))
    found |= _some("data", _trained_on(version, own))
    found |= _some("hyperparameters", params)
    found["artifact"] = _artifact(version)
    found |= _some("environment", _environment(version))
    found |= _some("seeds", {k: int(v) for k, v in params.items() if _SEED.match(k) and _NUMBER.match(v)})
    found |= _some("metrics", _metrics(version, own, notices))
    ended = own.ended if own is not None else None
    end = (ended + LATE) * MILLISECOND if ended is not None else None
    tags = Tags(f"{version.name}@{version.version}", end, _unseen(version, own))
    tags.read(run_tags, RUN)
    tags.read(version.tags, VERSION)
    tags.add(found)
    notices += tags.notices
    # whoever the gate had authenticated, else a tag, else the login of some machine, which nobody contradicts by a name
    if author := version.tags.get(MADE_BY) or found.get("author") or ("" if tags.speak_of(("author",)) else login):
        found["author"] = author
    found |= _some("tags", {k: v for k, v in version.tags.items() if _is_label(k)})
    found["notices"] = notices  # none is said too: that it was looked for
    return found


def _is_label(key: str) -> bool:
    """Is a tag its writer's own: neither a field of the record, nor the gate's, nor where a version that has left its stage is."""
    return not is_told(key) and not key.startswith("letpass.") and key != "stage"


def when(milliseconds: int) -> str:
    """A moment as a record has it; one that no calendar has as it is written, which no rule can use."""
    try:
        return moment(milliseconds * MILLISECOND)
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms after 1970"


def _some(key: str, value: Any) -> dict[str, Any]:
    return {key: value} if value else {}


def _borrowed(version: ModelVersion) -> bool:
    """Is the run that a version names not the one that made its model?"""
    source = (version.logged or {}).get("source_run_id")
    return bool(source and version.run_id and source != version.run_id)


def _unseen(version: ModelVersion, own: Run | None) -> str:
    """The run that made a version's model, where what it measured is not known; nothing where it is, or there is none."""
    made = str((version.logged or {}).get("source_run_id") or version.run_id)
    known = own if own is not None else version.run
    return made if made and (known is None or known.id != made) else ""


def _notices(version: ModelVersion) -> Iterator[dict[str, str]]:
    if _borrowed(version):
        source = (version.logged or {})["source_run_id"]
        what = f"the version names run {version.run_id}, and its model was made by run {source}; that run's facts are left out"
        yield {"kind": "borrowed-run", "what": what}
    if version.run_id and version.run is None:
        yield {"kind": "lost-run", "what": f"the run {version.run_id} is gone, and with it what it measured"}
    elif version.run is not None and version.run.deleted:
        yield {"kind": "deleted-run", "what": f"the run {version.run_id} was deleted; its facts are left out"}
    elif version.run is not None and version.run.status != FINISHED:
        yield {"kind": "unfinished-run", "what": f"the run {version.run_id} is {version.run.status}, not {FINISHED}"}
    for tag in version.strangers:
        yield {"kind": "copied-approval", "what": f"the tag `{tag}` holds a statement about another version"}
    size = (version.mlmodel or {}).get("@model")
    said = (version.mlmodel or {}).get("model_size_bytes")
    if isinstance(said, int) and isinstance(size, int) and size != said:
        what = f"the model's files have {size:,} bytes, and had {said:,} when they were logged"
        yield {"kind": "replaced-files", "what": what}


def _code(tags: Mapping[str, str], version: ModelVersion) -> dict[str, Any]:
    every = {**dict((version.logged or {}).get("tags", {})), **tags}
    found: dict[str, Any] = {
        "repository": every.get("mlflow.source.git.repoURL", ""),
        "commit": every.get("mlflow.source.git.commit", ""),
    }
    if every.get("mlflow.source.git.dirty") in {"true", "True", "false", "False"}:
        found["dirty"] = every["mlflow.source.git.dirty"].lower() == "true"
    return {k: v for k, v in found.items() if v != ""}


def _artifact(version: ModelVersion) -> dict[str, Any]:
    model = version.mlmodel or {}
    flavors = model.get("flavors") if isinstance(model.get("flavors"), dict) else {}
    names = [n for n in flavors or {} if n != "python_function"]
    flavor = (flavors or {}).get(names[0], {}) if names else {}
    kind = flavor.get("serialization_format") if isinstance(flavor, dict) else None
    found = {"uri": version.uri or version.source, "format": kind or (names[0] if names else "")}
    size = model.get("@size")
    return {k: v for k, v in found.items() if v} | ({"size": size} if isinstance(size, int) else {})


def _environment(version: ModelVersion) -> dict[str, Any]:
    flavors = (version.mlmodel or {}).get("flavors")
    function = flavors.get("python_function", {}) if isinstance(flavors, dict) else {}
    python = function.get("python_version") if isinstance(function, dict) else None
    lines = (line.strip() for line in version.requirements.splitlines())
    packages = {m[1]: m[2] for line in lines if (m := _PINNED.match(line))}
    return ({"python": python} if isinstance(python, str) else {}) | ({"packages": packages} if packages else {})


def input_of(name: str, digest: str, source: str, context: str) -> dict[str, str]:
    """A data input as the record has it, with its context.

    MLflow's own digest covers the first rows only, and says so by its prefix.
    """
    found = {"name": name, "digest": f"mlflow:{digest}" if digest else "", "uri": _where(source), "@context": context}
    return {k: v for k, v in found.items() if v}


def _where(source: str) -> str:
    """The address in a data source, which MLflow keeps as JSON; nothing where it only names the code."""
    try:
        found = json.loads(source)
    except (ValueError, RecursionError):
        return source
    if not isinstance(found, dict):
        return source
    return next((str(found[k]) for k in ("uri", "url", "path") if found.get(k)), "")


def _trained_on(version: ModelVersion, own: Run | None) -> list[dict[str, str]]:
    """The inputs that a version was trained on: not those that it was only measured on."""
    measured = {(m.data_set, f"mlflow:{m.data_digest}") for m in (version.logged or {}).get("metrics", ())}
    found = []
    for piece in own.inputs if own is not None else ():
        context = piece.get("@context", "").lower()
        only_measured = not context and (piece.get("name"), piece.get("digest")) in measured
        if context not in _EVALUATION and not only_measured and piece.get("name"):
            found.append({k: v for k, v in piece.items() if k != "@context"})
    return found


# ---------------------------------------------------------------- metrics


def _metrics(version: ModelVersion, own: Run | None, notices: list[dict[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """What was measured of this model, by name: a piece for each value, with its data set."""
    tied = list((version.logged or {}).get("metrics", ()))
    known = {(m.key, m.value, m.at, m.run) for m in tied}
    # those of a deleted run are known, and cannot be believed
    mine = own or (version.run if not _borrowed(version) else None)
    bare = [m for m in (mine.metrics if mine is not None else ()) if (m.key, m.value, m.at, m.run) not in known]
    runs = {**version.runs, **({mine.id: mine} if mine is not None else {})}
    found: dict[str, list[dict[str, Any]]] = {}
    for measured in (*tied, *bare):
        value: Any = _number(measured.value)
        run = runs.get(measured.run)
        judged, doubt = mlflow_judged.piece(run.cases, measured.key, measured.value) if run and run.cases else ({}, "")
        if why := _doubt(measured, run, version, notices) or doubt:
            value = f"{value}, {why}"
        piece = {
            "value": value,
            **judged,
            **_data(measured, run),
            "measured_at": when(measured.at),
            "source": f"run {measured.run}",
        }
        found.setdefault(measured.key, []).append({k: v for k, v in piece.items() if v != ""})
    return found


def _data(measured: Measured, run: Run | None) -> dict[str, str]:
    """The data set of a value; of an evaluation's the one that was evaluated, which MLflow notes of the run alone."""
    name, digest = measured.data_set, f"mlflow:{measured.data_digest}" if measured.data_digest else ""
    if not name and run is not None and run.cases is not None and len(run.inputs) == 1:
        name, digest = run.inputs[0].get("name", ""), run.inputs[0].get("digest", "")
    return {"data_set": name, "data_digest": digest}


def _number(value: float) -> Any:
    if value != value:
        return "NaN"
    return ("Infinity" if value > 0 else "-Infinity") if abs(value) >= INFINITE else value


def _doubt(measured: Measured, run: Run | None, version: ModelVersion, notices: list[dict[str, str]]) -> str:
    """Why a value cannot be believed even as a claim, or nothing."""
    if run is None or run.deleted:
        return f"of run {measured.run}, which is gone"
    if run.status != FINISHED or run.ended is None:
        return f"of run {measured.run}, which is {run.status}"
    if measured.at <= run.ended + LATE:
        return ""
    late = when(measured.at)
    then = version.before.get((measured.run, measured.key))
    was = f"; at the end it was {then}" if then is not None else "; at the end there was none"
    notices.append(
        {"kind": "late-metric", "what": f"`{measured.key}` was logged at {late}, after its run had ended{was}"}
    )
    return f"logged at {late}, after run {measured.run} had ended"


def late(metrics: Iterable[Measured], runs: Mapping[str, Run | None]) -> list[Measured]:
    """The values that were logged after their run had ended."""
    return [
        m for m in metrics if (run := runs.get(m.run)) is not None and run.ended is not None and m.at > run.ended + LATE
    ]
