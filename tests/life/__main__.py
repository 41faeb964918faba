"""The long run, `make long`: at least so many steps, with random seeds that are printed, on both kinds of project.

A failure ends the run of its seed, after Hypothesis has made it small; its steps and its commands are printed, and the same seed
finds it again: `python -m tests.life --on folder --seed SEED`.
"""

from __future__ import annotations

import argparse
import math
import secrets
import sys
import time

from tests.life.walking import together


def main() -> int:
    """Run until the steps are made; 1 where one has found a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.life", description=__doc__)
    parser.add_argument("--on", choices=["folder", "mlflow"], default="folder", help="the kind of project")
    parser.add_argument("--steps", type=int, default=1000, help="at least so many")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no other seed when they are over")
    parser.add_argument("--seed", type=int, default=None, help="begin with this seed; else a random one")
    parser.add_argument("--workers", type=int, default=1, help="processes, each with seeds of its own")
    parser.add_argument("--rough", action="store_true", help="tell a failure as it was found, which is quick")
    given = parser.parse_args()
    first = given.seed if given.seed is not None else secrets.randbits(32)
    print(f"{given.on}: seeds from {first} on, {given.workers} processes, each a million further", flush=True)
    begun = time.monotonic()
    steps, found, seeds = together(
        given.on, first, given.steps, given.workers, small=not given.rough, seconds=given.seconds
    )
    took = time.monotonic() - begun
    rate = steps.total() / took
    print(f"{given.on}: {steps.total():,} steps of {seeds:,} seeds in {took:.0f} s, {rate:.1f} a second")
    for name, count in sorted(steps.items()):
        print(f"  {count:7,}  {name}")
    print(f"{given.on}: {len(found)} found")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
