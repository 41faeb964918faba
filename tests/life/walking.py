"""Walks by seeds, and the long run of several processes."""

from __future__ import annotations

import atexit
import math
import sys
import time
import traceback
from collections import Counter
from multiprocessing import get_context

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.life.machine import Life

LENGTH = 50
"""Steps of an example at most."""
EXAMPLES = {"folder": 10, "mlflow": 2}
"""Examples of a seed on each kind of project: so that one takes a minute at most."""


def machine_on(kind: str) -> type[Life]:
    """The machine of a kind of project: `folder`, or `mlflow`, whose servers end with the process."""
    if kind == "folder":
        return Life
    from tests.life.mlflow import Served, end

    atexit.register(end)

    class ServedLife(Life):
        """MLflow's store, and a ledger in PostgreSQL."""

        project_type = Served

    return ServedLife


def walk(machine: type[Life], number: int, examples: int, length: int = LENGTH, *, small: bool = False) -> None:
    """Walk through some examples of one seed; raises what a step has found, made small where that is asked for."""
    phases = (Phase.generate, Phase.shrink) if small else (Phase.generate,)
    how = settings(
        max_examples=examples, stateful_step_count=length, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=phases,
    )  # fmt: skip
    run_state_machine_as_test(seed(number)(machine), settings=how)


def until(
    kind: str, number: int, steps: int, small: bool, seconds: float = math.inf
) -> tuple[Counter[str], list[str], int]:
    """Walk from a seed on until so many steps are made, or the time is over: how often each rule was, what was found, and how
    many seeds it were.  Every fifth seed tells how far it is.
    """
    machine, found, first = machine_on(kind), list[str](), number
    end = time.monotonic() + seconds
    Life.steps.clear()
    while sum(Life.steps.values()) < steps and time.monotonic() < end:
        try:
            walk(machine, number, EXAMPLES[kind], small=small)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its recipe
            notes = "\n".join(getattr(error, "__notes__", []))
            told = (
                "".join(traceback.format_exception_only(error))
                if isinstance(error, AssertionError)
                else traceback.format_exc()
            )
            found.append(f"`python -m tests.life --on {kind} --seed {number} --steps 1` finds:\n{told}\n{notes}")
            sys.stdout.write(f"{found[-1]}\n")
            sys.stdout.flush()
        number += 1
        if (number - first) % 5 == 0:
            sys.stdout.write(f"{kind}, from {first}: {sum(Life.steps.values()):,} steps, {len(found)} found\n")
            sys.stdout.flush()
    return Life.steps, found, number - first


Walked = tuple[Counter[str], list[str], int]


def together(kind: str, first: int, steps: int, workers: int, *, small: bool, seconds: float) -> Walked:
    """The same in several processes, each with seeds of its own, a million further than those of the one before."""
    share = -(-steps // workers)
    work = [(kind, first + 1_000_000 * n, share, small, seconds) for n in range(workers)]
    if workers == 1:
        return until(*work[0])
    with get_context("spawn").Pool(workers) as pool:
        results = pool.starmap(until, work)
    made = sum((s for s, _, _ in results), Counter[str]())
    return made, [f for _, each, _ in results for f in each], sum(n for _, _, n in results)
