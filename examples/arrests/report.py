"""The table of measured values, for the terminal and for the README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
ENOUGH = 100
_HEADS = (
    "version",
    "accuracy",
    "recall",
    "by group",
    "specificity",
    "fairness (colour, sex, age)",
    "p50 / p99 ms",
    "errors",
    "suite",
)


def _value(metrics: dict[str, Any], name: str, places: int = 3) -> str:
    """One metric's value, or a dash where it was not measured."""
    return f"{metrics[name]['value']:.{places}f}" if name in metrics else "–"


def _row(record: dict[str, Any]) -> list[str]:
    """One version's line of the table."""
    metrics = record["metrics"]
    slices = metrics.get("recall", {}).get("slices", [])
    recalls = [part["value"] for part in slices if part["samples"] >= ENOUGH]
    parts = ", ".join(_value(metrics, f"fairness_{name}") for name in ("colour", "sex", "age_band"))
    errors = metrics.get("error_rate")
    suite = next((one for one in record.get("suites", []) if one["name"] == "Fairness Check"), None)
    return [
        record["version"],
        _value(metrics, "accuracy"),
        _value(metrics, "recall"),
        f"{min(recalls):.3f} – {max(recalls):.3f}" if recalls else "–",
        _value(metrics, "specificity"),
        f"{_value(metrics, 'fairness')} ({parts})" if "fairness" in metrics else "–",
        f"{_value(metrics, 'latency_p50', 1)} / {_value(metrics, 'latency_p99', 1)}" if errors else "–",
        f"{errors['successes']} of {errors['samples']}" if errors else "–",
        f"{round(suite['score'] * suite['cases'])} of {suite['cases']}" if suite else "–",
    ]


def table(records: list[dict[str, Any]]) -> str:
    """All versions' measured values as a Markdown table."""
    lines = [_HEADS, ["---"] * len(_HEADS), *map(_row, records)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def put_into(readme: Path, text: str) -> None:
    """Replace what stands between the two marks of the README."""
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
