"""Medians over interleaved rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any


def medians(tasks: dict[str, Callable[[], Any]], rounds: int, repeats: int = 20) -> dict[str, float]:
    """Microseconds of each task, medians over interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            begun = time.perf_counter()
            for _ in range(repeats):
                task()
            times[name].append((time.perf_counter() - begun) / repeats * 1e6)
    return {name: statistics.median(found) for name, found in times.items()}


def timed(task: Callable[[], object], rounds: int) -> float:
    """Seconds of a task, the median of some rounds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        task()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def over(function: Callable[[Any], Any], pool: list[Any]) -> Callable[[], None]:
    """A task that calls a function with each of some values."""

    def run() -> None:
        for item in pool:
            function(item)

    return run
