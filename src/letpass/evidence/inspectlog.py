"""Logs of Inspect (inspect-ai 0.3, log version 2): its JSON, and its `.eval` archive, whose parts are the same in files of their own.

Read are `status`, `invalidated`, `eval`, `plan`, `results.scores[]`, `stats.completed_at`, and of `samples` and `reductions` what
tells the cases.  A log ends with exit code 0 and `success` also where cases are missing, so what it counts is compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import archives, inspectcases, inspecthow, outcomes, sources
from letpass.evidence.inspectcases import Cases
from letpass.evidence.interface import Asked, NotWholeError, Part
from letpass.facts import values
from letpass.frozen import Frozen

VERSION = 2
HEADER, REDUCTIONS, SAMPLES, BEGUN = "header.json", "reductions.json", "samples/", "_journal/start.json"
SMALLER = (
    "`inspect log dump --header-only LOG > small.json` has the numbers and no outcomes; with these, in Python:"
    " `letpass.record_from(inspect_ai.log.read_eval_log(LOG))`"
)
CONVERT = "`inspect log convert LOG --to json --output-dir DIR` writes one that is read"
_LARGE = {"events", "events_data", "messages", "output", "store", "attachments", "scores"}
"""What of a sample in memory is not looked at."""
_ERRORS = frozenset({"stderr", "bootstrap_stderr"})
_MEANS = frozenset({"accuracy", "mean"})
"""The metrics that a standard error beside them is of."""


class Log(Frozen):
    """A log that ended well: what it says, what is asked besides, its cases, and how many of them there should be."""

    file: dict[str, Any]
    asked: Asked
    cases: Cases
    epochs: int
    total: int
    completed: int
    whole: int
    data_set: str


def read(data: bytes, asked: Asked) -> Part:
    """A metric `TASK/SCORE/METRIC`, or `TASK/SCORE/METRIC/REDUCER` where a reducer is named, for each number of each score.

    Of what is right or wrong in each case it has the outcomes, where the log holds its samples.  A number that leaves cases out is
    a text; so is each of a log that was limited, unless `data_set` names the part.  asked: `data_set`, `units`.  Raises
    `InvalidError` for a log that did not end well or is of no case, and for a log that is none.
    """
    return of(_unpacked(data) if data[:2] == b"PK" else sources.json_mapping(data), asked)


def of(file: dict[str, Any], asked: Asked) -> Part:
    """The metrics of a log in plain data."""
    if not {"version", "status", "eval"} <= file.keys():
        raise InvalidError("no log of Inspect: it has no `version`, `status` and `eval`")
    log = _ended(file, asked)
    found: dict[str, Any] = {}
    for score in sources.mappings(log.file["results"].get("scores"), "`results.scores`"):
        for name, piece in _score(log, score):
            if found.setdefault(name, piece) is not piece:
                raise InvalidError(f"the metric `{name[:60]}` stands twice")
    return sources.metrics(asked, found)


def _unpacked(data: bytes) -> dict[str, Any]:
    """The log in an archive."""
    archive = archives.Archive(data)
    if HEADER not in archive.names:
        if BEGUN in archive.names:
            raise NotWholeError(f"the run was killed or still goes on: its archive has no `{HEADER}`")
        raise InvalidError(f"no log of Inspect: the archive has no `{HEADER}`")
    try:
        found = sources.json_mapping(archive.read(HEADER))
        if REDUCTIONS in archive.names:
            found["reductions"] = sources.plain(sources.text(archive.read(REDUCTIONS)), "json")
            names = [name for name in archive.names if name.startswith(SAMPLES) and name.endswith(".json")]
            found["samples"] = [inspectcases.needed(sources.json_mapping(archive.read(name))) for name in names]
    except archives.UnknownMethodError as error:
        raise InvalidError(f"{error}: {CONVERT}, or install `letpass[inspect]`") from None
    except archives.TooLargeError as error:
        raise InvalidError(f"{error}: {SMALLER}") from None
    return found


def _ended(file: dict[str, Any], asked: Asked) -> Log:
    """The log, where its run ended well and had cases."""
    if file["version"] != VERSION:
        raise InvalidError(f"a log of Inspect of version {values.written(file['version'])}, and {VERSION} is read")
    status = sources.word(file, "status")
    if status != "success":
        raise NotWholeError(f"the run did not end well: its status is `{(status or '')[:30]}`")
    if file.get("invalidated", False) is not False:
        raise NotWholeError("the run was invalidated")
    results, about = (sources.mapping(file.get(key), f"`{key}`") for key in ("results", "eval"))
    counts = [sources.count(results.get(key), key) for key in ("total_samples", "completed_samples")]
    config = sources.mapping(about.get("config") or {}, "`eval.config`")
    epochs = sources.count(1 if config.get("epochs") is None else config["epochs"], "epochs")
    if counts[0] == 0 or epochs == 0:
        raise NotWholeError("a run of no case")
    data_set, whole = _measured_on(
        sources.mapping(about.get("dataset") or {}, "`eval.dataset`"), config, counts[0], epochs, asked
    )
    completed, logged = counts[1], results.get("logged_samples")
    if logged is not None:  # of a run whose rest was given up
        completed = min(completed, sources.count(logged, "logged_samples"))
    cases = inspectcases.read(file.get("samples"), file.get("reductions"))
    return Log(file, asked, cases, epochs, counts[0], completed, whole, data_set)


def _measured_on(
    dataset: dict[str, Any], config: dict[str, Any], total: int, epochs: int, asked: Asked
) -> tuple[str, int]:
    """The data set of a run, and how many runs of cases the whole of it would be.

    A run that was limited to a part is whole where the caller's name is of the part, and so another one than the file's.
    """
    name, said = sources.word(dataset, "name"), dataset.get("samples")
    planned = max(total, sources.count(said, "dataset.samples") * epochs) if said is not None else total
    limited = planned > total or any(config.get(key) is not None for key in ("limit", "sample_id"))
    if limited and asked.data_set not in {None, name}:
        return str(asked.data_set), total
    if limited and said is None:
        raise InvalidError("the run was limited to a part of its data set; name the part with --data-set")
    if name is None and asked.data_set is None:
        raise InvalidError("its data set has no name; name it with --data-set")
    return name or str(asked.data_set), planned


def _score(log: Log, score: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The numbers of a score, each with its name."""
    title, scorer, reducer = (sources.word(score, key) for key in ("name", "scorer", "reducer"))
    task = sources.word(sources.mapping(log.file["eval"], "`eval`"), "task")
    if title is None or task is None:
        raise InvalidError("a score or a task without a name")
    said = sources.mapping(score.get("metrics"), f"`metrics` of `{title[:60]}`")
    metrics = {key: sources.mapping(metric, f"`{key[:60]}`") for key, metric in said.items()}
    scored = sources.count(
        log.total // log.epochs if score.get("scored_samples") is None else score["scored_samples"], "scored_samples"
    )
    found = []
    for key, metric in metrics.items():
        if key in _ERRORS or metric.get("group") == inspectcases.GROUPED:
            continue
        name = "/".join([task, title, key, *([reducer] if reducer else [])])
        piece = _piece(log, score, (title, scorer or title, reducer), key, scored, metrics, name)
        found.append((name, piece))
    return found


def _piece(
    log: Log, score: dict[str, Any], which: tuple[str, str, str | None], key: str, scored: int,
    metrics: Mapping[str, dict[str, Any]], name: str,
) -> dict[str, Any]:  # fmt: skip
    """The piece of one number of a score."""
    value = metrics[key].get("value")
    fields: dict[str, Any] = {
        "data_set": log.data_set,
        "measured_at": sources.word(sources.mapping(log.file.get("stats") or {}, "`stats`"), "completed_at"),
        "source": inspecthow.source(log.file),
    }
    seen = min(log.completed, scored * log.epochs)
    if seen < log.whole:
        what = "cases" if log.epochs == 1 else "runs of cases"
        return sources.measure(log.asked, name, sources.partial(value, seen, log.whole, what), **fields)
    judge = inspecthow.judges(log.file, which[1])
    fields |= {"samples": scored, "protocol": inspecthow.protocol(log.file, score, which, metrics[key], judge)}
    fields["judge"] = {"model": ", ".join(judge)} if judge else None
    error, clusters = _error(log, metrics) if key in _MEANS else (None, None)
    right = log.cases.right(which) if key in _MEANS and clusters is None else None
    if right is not None and len(right) == scored and outcomes.share(right.values(), value):
        fields |= {"successes": sum(right.values()), "outcomes": outcomes.of(right, log.cases.contents)}
    elif (
        clusters is None
        and log.epochs == 1
        and key in _MEANS
        and (n := outcomes.successes(value, error, scored)) is not None
    ):
        fields["successes"] = n
    elif clusters != 0:
        fields |= {"standard_error": error or None, "clusters": clusters}
    slices = [s for k, m in metrics.items() if (s := log.cases.slice(key, k, m, right)) is not None]
    return sources.measure(log.asked, name, value, **fields, slices=slices or None)


def _error(log: Log, metrics: Mapping[str, dict[str, Any]]) -> tuple[Any, int | None]:
    """The standard error of a score's mean, and of how many clusters it is: None of none, 0 of clusters that cannot be counted."""
    metric = next((metrics[key] for key in sorted(_ERRORS, reverse=True) if key in metrics), {})
    cluster = sources.word(sources.mapping_or_empty(metric.get("params")), "cluster")
    error = sources.real(metric.get("value"))
    clusters = log.cases.groups(cluster) if cluster is not None else None
    return error if error is not None and error >= 0 else None, clusters


def as_plain(log: Any) -> dict[str, Any]:
    """The plain data of an `EvalLog` of Inspect, without what makes it large and is not read."""
    text = log.model_dump_json(exclude_none=True, exclude={"samples": {"__all__": _LARGE}})
    return sources.mapping(json.loads(text), "the log")
