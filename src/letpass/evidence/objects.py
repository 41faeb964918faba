"""Results as the objects of a program that measured: those of scikit-learn, fairlearn, lm-eval and Inspect, read as their files are."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import fairlearn, inspectlog, lmeval, lmsamples, sources, times
from letpass.evidence.interface import Asked, Part, signable
from letpass.evidence.outcomes import EQUAL
from letpass.facts.values import as_json

_AVERAGES = ("micro avg", "macro avg", "weighted avg", "samples avg")
_OF_CLASS = ("precision", "recall", "f1-score")


def record_from(
    results: Any, *, data_set: str | None = None, ran_at: str | None = None, units: Mapping[str, str] | None = None,
    samples: str | Mapping[str, int] | None = None, shares: Collection[str] = (),
) -> Part:  # fmt: skip
    """What results say, as a part of a record: `{**record_from(log), "model": …, "version": …}`.

    results: fairlearn's `MetricFrame`; what lm-eval's `simple_evaluate` returns; Inspect's `EvalLog`, or a list of them;
    scikit-learn's `classification_report(…, output_dict=True)`, what its `cross_validate` returns, or a fitted search such as
    `GridSearchCV`, which says how many candidates it tried · data_set, ran_at (with a zone), units (by metric): what they do not
    say themselves · samples, shares: of a `MetricFrame`, as `save_metric_frame` takes them.

    Raises `InvalidError` for another object, and where the reader of the same tool's files refuses it.
    """
    asked = Asked(data_set=data_set, ran_at=ran_at, units=dict(units or {}))
    return signable(times.given(as_json(_read(results, asked, samples, shares)), ran_at))


def _read(results: Any, asked: Asked, samples: str | Mapping[str, int] | None, shares: Collection[str]) -> Part:
    if isinstance(results, list | tuple) and results and all(_is_log(each) for each in results):
        return _together([inspectlog.of(inspectlog.as_plain(log), asked) for log in results])
    if _is_log(results):
        return inspectlog.of(inspectlog.as_plain(results), asked)
    if hasattr(results, "by_group") and hasattr(results, "overall"):
        return fairlearn.of(fairlearn.plain(results, asked.data_set, samples, shares), asked)
    if hasattr(results, "cv_results_") and hasattr(results, "best_score_"):
        return _search(results, asked)
    if isinstance(results, Mapping):
        if {"results", "configs"} <= results.keys():
            return _lm_eval(results, asked)
        if any(average in results for average in _AVERAGES):
            return _report(results, asked)
        if "fit_time" in results:
            return _folds(results, asked)
    raise InvalidError(f"no results that are known: a {type(results).__module__}.{type(results).__name__}")


def _is_log(results: Any) -> bool:
    return all(hasattr(results, name) for name in ("model_dump_json", "status", "eval", "results"))


def _together(parts: list[Part]) -> Part:
    found: dict[str, Any] = {}
    for part in parts:
        for name, piece in part["metrics"].items():
            if found.setdefault(name, piece) is not piece:
                raise InvalidError(f"the metric `{name[:60]}` stands in two logs")
    return {"metrics": found}


def _lm_eval(results: Mapping[str, Any], asked: Asked) -> Part:
    """As lm-eval writes it into its files."""
    text = json.dumps({k: v for k, v in results.items() if k != "samples"}, default=_plain)
    file = sources.mapping(sources.plain(text, "json"), "the results")
    samples = {task: [_line(sample) for sample in each] for task, each in (results.get("samples") or {}).items()}
    cases = {task: lmsamples.of(each, task) for task, each in samples.items()}
    file["task_hashes"] = {task: hash_ for task, (_, hash_) in cases.items()}
    return lmeval.of(file, asked, {task: found for task, (found, _) in cases.items()})


def _line(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Of a sample what is looked at, in plain data."""
    kept = {key: sample.get(key) for key in (*lmsamples.NEEDED, *sample.get("metrics", ()))}
    return dict(json.loads(json.dumps(kept, default=_plain)))


def _plain(value: Any) -> Any:
    """What JSON does not have, as lm-eval writes it."""
    if isinstance(value, set):
        return list(value)
    return value.item() if hasattr(value, "item") and not callable(value) else str(value)


# ---------------------------------------------------------------- scikit-learn


def _source() -> str:
    version = getattr(sys.modules.get("sklearn"), "__version__", "")
    return f"scikit-learn {version}".rstrip()


def _report(report: Mapping[str, Any], asked: Asked) -> Part:
    """The accuracy of a classification report, and each average, the macro one with a slice for each class."""
    classes = {str(k): v for k, v in report.items() if isinstance(v, Mapping) and k not in _AVERAGES}
    total = sum(_count(each["support"]) for each in classes.values())
    found: dict[str, Any] = {}
    if "accuracy" in report:
        value = float(report["accuracy"])
        found["accuracy"] = sources.measure(asked, "accuracy", value, source=_source(), **_counts(value, total))
    for average in (a for a in _AVERAGES if a in report):
        for metric in _OF_CLASS:
            name = f"{metric}/{average}"
            slices = (
                [_slice(metric, label, each) for label, each in classes.items()] if average == "macro avg" else None
            )
            value = float(report[average][metric])
            found[name] = sources.measure(asked, name, value, source=_source(), samples=total, slices=slices)
    return sources.metrics(asked, found)


def _slice(metric: str, label: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A class of a report; its recall is a share of its cases, its precision one of the guesses, whose number is not said."""
    value, support = float(said[metric]), _count(said["support"])
    counts = _counts(value, support) if metric == "recall" else {"samples": support}
    return {"group": f"class={label}", "value": value, **counts}


def _counts(value: float, total: int) -> dict[str, int]:
    """Of how many cases a share is, and how many are right, where they make it exactly."""
    successes = round(value * total)
    exact = total > 0 and abs(successes / total - value) <= EQUAL
    return {"samples": total, **({"successes": successes} if exact else {})}


def _count(said: Any) -> int:
    if float(said) != int(said) or said < 0:
        raise InvalidError(f"`support` is no count: {said}")
    return int(said)


def _folds(scores: Mapping[str, Any], asked: Asked) -> Part:
    """The mean over the folds of each score; how far it may be off they do not tell, since their training data overlap."""
    found = {}
    for key, each in scores.items():
        if key.startswith("test_"):
            name, values = key.removeprefix("test_"), [float(v) for v in each]
            found[name] = sources.measure(
                asked, name, sum(values) / len(values), source=f"{_source()}, {len(values)} folds"
            )
    return sources.metrics(asked, found)


def _search(search: Any, asked: Asked) -> Part:
    """The best score of a search, with the number of candidates that it is the best of."""
    tries = len(search.cv_results_["params"])
    piece = sources.measure(asked, "best_score", float(search.best_score_), tries=tries, source=_source())
    return sources.metrics(asked, {"best_score": piece})
