"""The long run, `make long`: at least so many steps, with random seeds that are printed, on both kinds of project.

A failure ends the run of its seed, after Hypothesis has made it small; its steps and its commands are printed, and the same seed
finds it again: `python -m tests.life --on folder --seed SEED`.
"""

from __future__ import annotations

import argparse
import atexit
import secrets
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
EXAMPLES = 10
"""Examples of a seed."""


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


def walk(
    machine: type[Life], number: int, examples: int = EXAMPLES, length: int = LENGTH, *, small: bool = False
) -> None:
    """Walk through some examples of one seed; raises what a step has found, made small where that is asked for."""
    phases = (Phase.generate, Phase.shrink) if small else (Phase.generate,)
    how = settings(
        max_examples=examples, stateful_step_count=length, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=phases,
    )  # fmt: skip
    run_state_machine_as_test(seed(number)(machine), settings=how)


def until(kind: str, number: int, steps: int, small: bool) -> tuple[Counter[str], list[str]]:
    """Walk from a seed on until so many steps are made: how often each rule was, and what was found."""
    machine, found = machine_on(kind), list[str]()
    Life.steps.clear()
    while sum(Life.steps.values()) < steps:
        try:
            walk(machine, number, small=small)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told with its recipe
            notes = "\n".join(getattr(error, "__notes__", []))
            told = (
                "".join(traceback.format_exception_only(error))
                if isinstance(error, AssertionError)
                else traceback.format_exc()
            )
            found.append(f"`python -m tests.life --on {kind} --seed {number} --steps 1` finds:\n{told}\n{notes}")
            print(found[-1], flush=True)
        number += 1
    return Life.steps, found


def main() -> int:
    """Run until the steps are made; 1 where one has found a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.life", description=__doc__)
    parser.add_argument("--on", choices=["folder", "mlflow"], default="folder", help="the kind of project")
    parser.add_argument("--steps", type=int, default=1000, help="at least so many")
    parser.add_argument("--seed", type=int, default=None, help="begin with this seed; else a random one")
    parser.add_argument("--workers", type=int, default=1, help="processes, each with seeds of its own")
    parser.add_argument("--rough", action="store_true", help="tell a failure as it was found, which is quick")
    given = parser.parse_args()
    first = given.seed if given.seed is not None else secrets.randbits(32)
    print(f"{given.on}: seeds from {first} on, {given.workers} processes, each a million further", flush=True)
    begun = time.monotonic()
    share = -(-given.steps // given.workers)
    work = [(given.on, first + 1_000_000 * n, share, not given.rough) for n in range(given.workers)]
    if given.workers == 1:
        results = [until(*work[0])]
    else:
        with get_context("spawn").Pool(given.workers) as pool:
            results = pool.starmap(until, work)
    steps = sum((s for s, _ in results), Counter[str]())
    found = [f for _, each in results for f in each]
    took = time.monotonic() - begun
    print(f"{given.on}: {steps.total():,} steps in {took:.0f} s, {steps.total() / took:.1f} a second")
    for name, count in sorted(steps.items()):
        print(f"  {count:7,}  {name}")
    print(f"{given.on}: {len(found)} found")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
