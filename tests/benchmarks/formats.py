"""What each format of a decision costs: time beside the canonical JSON of the same decision, and bytes."""

from __future__ import annotations

import statistics
import time

from letpass.canonical import canonical
from letpass.cli.reporting import FORMATS
from letpass.evaluation.decision import Decision
from letpass.frozen import replace
from letpass.reports.interface import Report, Style, renderer
from tests.reports.making import sized

COUNTS = (12, 5_000)


def figures(count: int, rounds: int) -> dict[str, tuple[float, float, int]]:
    """For each format milliseconds, the multiple of the JSON's time in the same round, and bytes; half the rules fail."""
    decision = sized(count, count // 2)
    report = Report((decision,), ({"policies": {}},), style=Style(unicode=True))
    found: dict[str, list[tuple[float, float]]] = {form: [] for form in FORMATS}
    size = {}
    for form in FORMATS:
        size[form] = len(renderer(form)(report).encode("utf-8"))  # templates are compiled, modules imported
    for _ in range(rounds):
        beside = _seconds(lambda: canonical(_fresh(decision).as_json()))
        for form in FORMATS:
            render = renderer(form)
            took = _seconds(lambda render=render: render(report))  # type: ignore[misc]
            found[form].append((took * 1000, took / beside))
    medians = {f: (statistics.median(t for t, _ in v), statistics.median(r for _, r in v)) for f, v in found.items()}
    return {form: (*medians[form], size[form]) for form in FORMATS}


def _fresh(decision: Decision) -> Decision:
    return replace(decision)


def _seconds(task: object) -> float:
    begun = time.perf_counter()
    task()  # type: ignore[operator]
    return time.perf_counter() - begun


def main(rounds: int) -> None:
    """Print them."""
    print()
    print(f"{'format':>10}" + "".join(f"  {f'{c} rules, ms':>15}  {'to json':>7}  {'bytes':>9}" for c in COUNTS))
    tables = [figures(count, rounds) for count in COUNTS]
    for form in FORMATS:
        cells = [t[form] for t in tables]
        print(f"{form:>10}" + "".join(f"  {ms:>15.2f}  {ratio:>7.2f}  {size:>9}" for ms, ratio, size in cells))
