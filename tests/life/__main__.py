"""The long run, `make long`: at least so many steps, with random seeds that are printed, on both kinds of project.

A failure ends it, after Hypothesis has made it small; its seed and its steps are printed, and the same seed finds it again:
`python -m tests.life --seed SEED`.
"""

from __future__ import annotations

import argparse
import atexit
import secrets
import sys
import time

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.life.machine import Life

LENGTH = 50
"""Steps of an example at most."""


def machines() -> dict[str, type[Life]]:
    """The kinds of projects that are walked through."""
    from tests.life.mlflow import Served, end

    atexit.register(end)

    class ServedLife(Life):
        """MLflow's store and a ledger in PostgreSQL."""

        project_type = Served

    return {"folder": Life, "mlflow": ServedLife}


def walk(machine: type[Life], number: int, examples: int, *, small: bool) -> None:
    """Walk through some examples of one seed; raises what a step has found, made small where that is asked for."""
    phases = (Phase.generate, Phase.shrink) if small else (Phase.generate,)
    how = settings(
        max_examples=examples, stateful_step_count=LENGTH, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=phases, verbosity=Verbosity.normal,
    )  # fmt: skip
    run_state_machine_as_test(seed(number)(machine), settings=how)


def main() -> int:
    """Run until the steps are made, 1 where one has found a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.life", description=__doc__)
    parser.add_argument("--on", choices=[*machines()], default="folder", help="the kind of project")
    parser.add_argument("--steps", type=int, default=1000, help="at least so many")
    parser.add_argument("--seed", type=int, default=None, help="begin with this seed; else a random one")
    parser.add_argument("--rough", action="store_true", help="tell a failure as it was found, which is quick")
    given = parser.parse_args()
    machine, number = machines()[given.on], given.seed if given.seed is not None else secrets.randbits(32)
    begun, failed = time.monotonic(), False
    print(f"{given.on}: begins with seed {number}", flush=True)
    while (made := sum(Life.steps.values())) < given.steps and not failed:
        try:
            walk(machine, number, 20, small=not given.rough)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is told with its recipe
            failed = True
            print(f"seed {number}, `python -m tests.life --on {given.on} --seed {number}`:\n{error}")
            print("\n".join(getattr(error, "__notes__", [])))
        number += 1
    took = time.monotonic() - begun
    made = sum(Life.steps.values())
    print(f"{given.on}: {made:,} steps in {took:.0f} s, {made / took:.1f} a second; each rule with what came of it:")
    for name, count in sorted(Life.steps.items()):
        print(f"  {count:7,}  {name}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
