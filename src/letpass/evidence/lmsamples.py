"""Samples of lm-eval (0.4): `samples_TASK_*.jsonl`, one line for each case and filter.

A line names no task: which one it is of tells the hash that the results have over the hashes of its lines
(`task_hashes`: SHA-256 over `doc_hash`, `prompt_hash` and `target_hash` of one line after the other).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import lines, outcomes
from letpass.frozen import Frozen

SMALLER = "`jq -c 'del(.doc, .arguments, .resps, .filtered_resps)' FILE > small.jsonl` keeps all that is read"
_HASHES = ("doc_hash", "prompt_hash", "target_hash")
NEEDED = ("doc_id", "filter", "metrics", *_HASHES)
"""What is looked at of a line, besides the values of its metrics."""


class Cases(Frozen):
    """The cases of a task: what each is, and the values of each metric with each filter, by the case's id."""

    contents: Mapping[str, str]
    values: Mapping[tuple[str, str], Mapping[str, Any]]

    def right(self, key: tuple[str, str]) -> dict[str, bool] | None:
        """Which cases are right by a metric and filter; None where it does not say that of each in 0 and 1."""
        said = self.values.get(key, {})
        truths = outcomes.truths(said.values())
        if truths is None or said.keys() != self.contents.keys():
            return None
        return dict(zip(said, truths, strict=True))


def of(samples: Iterable[dict[str, Any]], name: str) -> tuple[Cases, str]:
    """The cases of samples, and the hash over them; raises `InvalidError` for what are none, and for a case that stands twice."""
    whole = hashlib.sha256()
    contents: dict[str, str] = {}
    values: dict[tuple[str, str], dict[str, Any]] = {}
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(samples, start=1):
        case, filter_ = line.get("doc_id"), line.get("filter")
        metrics = line.get("metrics")
        hashes = [line.get(key) for key in _HASHES]
        if type(case) is not int or not isinstance(filter_, str) or not isinstance(metrics, list) or not all(
            isinstance(each, str) for each in hashes
        ):  # fmt: skip
            raise InvalidError(
                f"`{name}` holds no samples of lm-eval: line {number} lacks `doc_id`, `filter`, `metrics` or a hash"
            )
        id_ = str(case)
        if (id_, filter_) in seen:
            raise InvalidError(f"`{name}` holds the case {id_} twice, of the filter `{filter_[:60]}`")
        seen.add((id_, filter_))
        for each in hashes:
            whole.update(str(each).encode())
        content = outcomes.content(hashes[0], hashes[2])
        if contents.setdefault(id_, content) != content:
            raise InvalidError(f"`{name}` holds two cases of the id {id_}")
        for metric in metrics:
            values.setdefault((str(metric), filter_), {})[id_] = line.get(str(metric))
    if not contents:
        raise InvalidError(f"`{name}` holds no case")
    return Cases(contents, values), whole.hexdigest()


def by_task(hashes: Any, files: Mapping[str, bytes]) -> dict[str, Cases]:
    """The cases in files, by the task whose hash they make; raises `InvalidError` for a file of another run."""
    said: dict[str, list[str]] = {}
    for task, hash_ in hashes.items() if isinstance(hashes, dict) else ():
        said.setdefault(str(hash_), []).append(task)
    found: dict[str, Cases] = {}
    for name, data in files.items():
        cases, hash_ = of(lines.read(data), name)
        tasks = said.get(hash_, [])
        if not tasks:
            raise InvalidError(f"`{name}` holds no samples of this run: their hash is not among `task_hashes`")
        if len(tasks) > 1:
            both = " and ".join(f"`{task[:60]}`" for task in tasks[:2])
            raise InvalidError(
                f"{both} ask the same, so whose samples `{name}` holds cannot be told; run one of them alone"
            )
        if tasks[0] in found:
            raise InvalidError(f"`{name}` holds the samples of `{tasks[0][:60]}` a second time")
        found[tasks[0]] = cases
    return found
