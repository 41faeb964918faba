"""Fairness by group: a `MetricFrame` of fairlearn, saved where it was computed, and read as metrics with slices.

`save_metric_frame(frame, "fairness.json", data_set="holdout")` writes what `--from metric-frame` reads.  Of each metric NAME of the
frame there come NAME, its overall value with a slice for each group, and NAME_ratio and NAME_difference between groups.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

from letpass import disk
from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import Asked, Part
from letpass.evidence.outcomes import EQUAL

FORMAT = "letpass/metric-frame/v1"


class Frame(Protocol):
    """What is asked of a MetricFrame."""

    by_group: Any
    overall: Any
    control_levels: Any

    def ratio(self) -> Any:
        """The smallest value of a group over the largest, for each metric."""

    def difference(self) -> Any:
        """The largest value of a group less the smallest, for each metric."""


def save_metric_frame(
    frame: Frame,
    path: str | Path,
    *,
    data_set: str | None = None,
    samples: str | Mapping[str, int] | None = None,
    shares: Collection[str] = (),
) -> None:
    """Write a frame as JSON.

    samples: the name of the metric that counts each group's cases, as fairlearn's `count` does (without one `count`, where
    the frame has it), or these counts by the group's text (`sex=Female`; of several features `race=Black,sex=Female`) · shares: the
    metrics that are shares of those cases, as an accuracy or a selection rate is, and a recall or a precision is not: of these it is
    written how many cases they are.  Raises `InvalidError` for a frame with control features, for a metric that gives no numbers, for
    counts of nothing, and for a share that is none of its cases.
    """
    found = plain(frame, data_set, samples, shares)
    disk.replace(Path(path), f"{json.dumps(found, ensure_ascii=False, indent=1)}\n".encode())


def plain(
    frame: Frame, data_set: str | None, samples: str | Mapping[str, int] | None, shares: Collection[str] = ()
) -> dict[str, Any]:
    """A frame in plain data, as it is saved."""
    if getattr(frame, "control_levels", None):
        raise InvalidError("a frame with control features: save one frame for each of their levels")
    groups, overall, ratio, difference = frame.by_group, frame.overall, frame.ratio(), frame.difference()
    if not hasattr(groups, "columns"):  # a frame of a single metric holds no tables
        name = str(groups.name)
        groups, overall, ratio, difference = ({name: each} for each in (groups, overall, ratio, difference))
    features = [str(f) for f in frame.by_group.index.names]
    tables = {str(name): {_group(features, at): _float(v, name) for at, v in groups[name].items()} for name in groups}
    if any(len(table) != len(frame.by_group) for table in tables.values()):
        raise InvalidError("two groups have one text")
    counter = samples if isinstance(samples, str) else "count" if samples is None and "count" in tables else None
    if counter is not None and counter not in tables:
        raise InvalidError(f"there is no metric `{counter}` in the frame")
    counts = tables.pop(counter) if counter is not None else dict(samples or {})  # type: ignore[arg-type]
    if strangers := sorted(counts.keys() - {group for table in tables.values() for group in table}):
        raise InvalidError(
            f"there is no group `{strangers[0]}`" if tables else "the frame counts, and measures nothing"
        )
    if unknown := sorted(set(shares) - tables.keys()):
        raise InvalidError(f"there is no metric `{unknown[0]}` in the frame to be a share")
    found: dict[str, Any] = {"format": FORMAT, "features": features, "data_set": data_set, "metrics": {}}
    for name, table in tables.items():
        share = name if name in shares else ""
        by_group = [{"group": g, "value": v, **_counted(counts.get(g), v, share)} for g, v in table.items()]
        between = {"ratio": _float(ratio[name], name), "difference": _float(difference[name], name)}
        cases = overall[counter] if counter is not None else None
        if share and cases is None and counts.keys() >= table.keys():
            cases = sum(counts[group] for group in table)  # every case is in one group
        total = _counted(cases, _float(overall[name], name), share)
        found["metrics"][name] = {"overall": _float(overall[name], name), **total, "by_group": by_group, **between}
    return found


def _group(features: list[str], level: Any) -> str:
    levels = level if isinstance(level, tuple) else (level,)
    return ",".join(f"{feature}={each}" for feature, each in zip(features, levels, strict=True))


def _float(value: Any, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidError(f"the metric `{name}` gives no numbers") from None


def _counted(count: Any, value: float, share: str) -> dict[str, int]:
    """Of how many cases a value is, and, of a share, how many of them it is; `share`: its name."""
    if count is None or not isfinite(count):
        if share and count is None:
            raise InvalidError(
                f"`{share}` is a share of cases that nobody has counted; add fairlearn's `count`, or `samples`"
            )
        return {}
    if not share or not isfinite(value):
        return {"samples": int(count)}
    successes = round(value * count)
    if not (0 <= successes <= count and count > 0 and abs(successes / count - value) <= EQUAL):
        raise InvalidError(f"`{share}` is no share of cases: {value:g} of {int(count)}")
    return {"samples": int(count), "successes": successes}


def read(data: bytes, asked: Asked) -> Part:
    """The metrics of a saved frame.

    A ratio or difference comes out where at least two groups have a number, since that of one group is always perfect; it
    is unreadable where another group has none, which fairlearn leaves out.  asked: `data_set` and `ran_at`, which count
    where the file does not say them, and `units`.  Raises `InvalidError` for another file.
    """
    return of(sources.json_mapping(data), asked)


def of(frame: dict[str, Any], asked: Asked) -> Part:
    """The metrics of a frame in plain data."""
    if frame.get("format") != FORMAT:
        raise InvalidError("no saved MetricFrame: write one with `letpass.save_metric_frame`")
    on = sources.word(frame, "data_set")
    found: dict[str, Any] = {}
    for name, metric in sources.mapping(frame.get("metrics"), "`metrics`").items():
        new = _metric(asked, name, sources.mapping(metric, f"`{name}`"), on)
        if twice := sorted(new.keys() & found.keys()):
            raise InvalidError(f"the metric `{twice[0]}` stands twice")
        found |= new
    return sources.metrics(asked, found)


def _metric(asked: Asked, name: str, metric: dict[str, Any], on: str | None) -> dict[str, Any]:
    """A metric of the frame, and what is between its groups."""
    slices = [_slice(each) for each in sources.mappings(metric.get("by_group"), "`by_group`")]
    if len({s["group"] for s in slices}) != len(slices):
        raise InvalidError(f"a group of `{name}` stands twice")
    whole = {"data_set": on, "slices": slices or None, **_samples(metric)}
    found = {name: sources.measure(asked, name, metric.get("overall"), **whole)}
    measured = [s for s in slices if not isinstance(s["value"], str)]
    for kind in ("ratio", "difference") if len(measured) >= 2 else ():
        value = metric.get(kind) if len(measured) == len(slices) else "NaN"
        found[f"{name}_{kind}"] = sources.measure(asked, f"{name}_{kind}", value, data_set=on)
    return found


def _slice(each: dict[str, Any]) -> dict[str, Any]:
    group = sources.word(each, "group")
    if group is None:
        raise InvalidError("a group without a text")
    return {"group": group, "value": sources.number(each.get("value")), **_samples(each)}


def _samples(holder: dict[str, Any]) -> dict[str, int]:
    return {key: sources.count(holder[key], key) for key in ("samples", "successes") if key in holder}
