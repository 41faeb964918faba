"""The cases of a log of Inspect: what each was, how it was scored, and which group it is in (`samples` and `reductions`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import outcomes, sources
from letpass.frozen import Frozen

GROUPED = "grouped"
"""What a number by group says of itself."""
_NEEDED = ("id", "epoch", "input", "target", "choices", "metadata")
_LETTERS = {"C": 1, "I": 0, "N": 0}
"""Inspect's words for right, wrong and no answer, where a reducer keeps them; `P`, a part of it, is neither right nor wrong."""
Which = tuple[str, str, str | None]
"""A score: its name, its scorer, and its reducer."""


class Cases(Frozen):
    """By each case's id what it is and its metadata, and its value by each score."""

    contents: Mapping[str, str]
    metadata: Mapping[str, Mapping[str, Any]]
    values: Mapping[tuple[str, str | None], Mapping[str, Any]]

    def right(self, which: Which) -> dict[str, bool] | None:
        """Which cases are right by a score; None where the log does not say it of each in 0 and 1."""
        title, scorer, reducer = which
        said = self.values.get((scorer, reducer))
        if not said or said.keys() != self.contents.keys():
            return None
        each = [v.get(title) if isinstance(v, dict) else v for v in said.values()]
        truths = outcomes.truths(_LETTERS.get(v, v) if isinstance(v, str) else v for v in each)
        return None if truths is None else dict(zip(said, truths, strict=True))

    def groups(self, key: str) -> int:
        """In how many groups the cases are by their metadata; 0 where one does not say its own, or no samples are there."""
        found = [_group(metadata.get(key)) for metadata in self.metadata.values()]
        return 0 if None in found else len(set(found))

    def slice(
        self, key: str, name: str, metric: Mapping[str, Any], right: Mapping[str, bool] | None
    ) -> dict[str, Any] | None:
        """A number by group as a slice of the metric `key`: the file does not say of how many cases it is, so they are counted.

        None for another number, and where no samples are there to be counted.
        """
        params = sources.mapping_or_empty(metric.get("params"))
        inner, by = params.get("metric"), params.get("group_key")
        if (
            metric.get("group") != GROUPED
            or not isinstance(inner, dict)
            or not isinstance(by, str)
            or inner.get("name") != key
        ):
            return None
        inside = [case for case, metadata in self.metadata.items() if _group(metadata.get(by)) == name]
        if not inside:
            return None  # the mean over the groups, or no samples
        found = {"group": f"{by}={name}", "value": sources.number(metric.get("value")), "samples": len(inside)}
        truths = [right[case] for case in inside] if right is not None else []
        if outcomes.share(truths, metric.get("value")):
            found["successes"] = sum(truths)
        return found


def needed(sample: dict[str, Any]) -> dict[str, Any]:
    """Of a sample what is looked at."""
    return {key: sample[key] for key in _NEEDED if key in sample}


def read(samples: Any, reductions: Any) -> Cases:
    """The cases of a log, none where it holds no samples; raises `InvalidError` where one stands twice, or differs by epoch."""
    contents: dict[str, str] = {}
    metadata: dict[str, dict[str, Any]] = {}
    seen: set[tuple[str, int]] = set()
    for sample in sources.mappings([] if samples is None else samples, "`samples`"):
        case, epoch = _id(sample.get("id")), sources.count(sample.get("epoch"), "epoch")
        if (case, epoch) in seen:
            raise InvalidError(f"the case `{case[:60]}` stands twice in its samples")
        seen.add((case, epoch))
        content = outcomes.content(_said(sample.get("input")), sample.get("target"), sample.get("choices"))
        if contents.setdefault(case, content) != content:
            raise InvalidError(f"two cases have the id `{case[:60]}`")
        metadata[case] = sources.mapping_or_empty(sample.get("metadata"))
    return Cases(contents, metadata, _values(reductions))


def _values(reductions: Any) -> dict[tuple[str, str | None], dict[str, Any]]:
    """The value of each case by scorer and reducer."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for reduction in sources.mappings([] if reductions is None else reductions, "`reductions`"):
        scorer, reducer = sources.word(reduction, "scorer"), sources.word(reduction, "reducer")
        if scorer is None or (scorer, reducer) in found:
            raise InvalidError(f"the reductions of `{scorer}` stand twice, or have no name")
        values = found.setdefault((scorer, reducer), {})
        for score in sources.mappings(reduction.get("samples"), "`samples` of `reductions`"):
            case = _id(score.get("sample_id"))
            if case in values:
                raise InvalidError(f"the case `{case[:60]}` stands twice in the reductions of `{scorer[:60]}`")
            values[case] = score.get("value")
    return found


def _id(said: Any) -> str:
    if type(said) not in {int, str}:
        raise InvalidError("a case without an id")
    return str(said)


def _said(input_: Any) -> Any:
    """What a case says to the model; of messages who says what, since Inspect gives each a new id."""
    if not isinstance(input_, list):
        return input_
    return [{k: v for k, v in m.items() if k in {"role", "content"}} if isinstance(m, dict) else m for m in input_]


def _group(said: Any) -> str | None:
    return str(said) if type(said) in {str, int, float, bool} else None
