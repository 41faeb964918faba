"""The time of a run or measurement, given by the caller where the file itself does not have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from letpass.evidence.interface import Part
from letpass.facts.slots import TIMES


def given(part: Part, ran_at: str | None) -> Part:
    """The part with the caller's time in every run and measure that says none."""
    if ran_at is None:
        return part
    found = dict(part)
    if isinstance(metrics := part.get("metrics"), dict):
        found["metrics"] = {name: _measures(value, ran_at) for name, value in metrics.items()}
    for section in ("suites", "scans"):
        if isinstance(runs := part.get(section), list):
            found[section] = [_dated(run, section, ran_at) for run in runs]
    return found


def untimed(part: Part) -> str:
    """The first metric of which it is not said when it was measured, nothing where each says it."""
    metrics = part.get("metrics")
    for name, value in metrics.items() if isinstance(metrics, dict) else ():
        if any(not isinstance(piece, dict) or "measured_at" not in piece for piece in _several(value)):
            return str(name)
    return ""


def _measures(value: Any, ran_at: str) -> Any:
    if isinstance(value, list):
        return [_dated(piece, "metrics", ran_at) for piece in value]
    return _dated(value if isinstance(value, dict) else {"value": value}, "metrics", ran_at)


def _dated(piece: Any, section: str, ran_at: str) -> Any:
    """A piece with its own time, else with the caller's; what is no piece is for its reader to refuse."""
    if not isinstance(piece, dict) or piece.get(TIMES[section]) is not None:
        return piece
    return {**piece, TIMES[section]: ran_at}


def _several(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else [value]
