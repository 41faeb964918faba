"""The long run, `make long`: so many truths of random policies in random worlds, by the oracle and by the engine.

Each difference is made small, and printed with its policy, its records and both truths. A seed finds it again:
`python -m tests.oracle --seed SEED --truths 1`.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.oracle import coverage
from tests.oracle.running import Ran, until
from tests.oracle.shrinking import shown, small

MOST = 20
"""So many differences are shown."""


def main() -> int:
    """Run until the truths are compared; 1 where one is apart or something was never reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--truths", type=int, default=20_000, help="at least so many")
    parser.add_argument("--seed", type=int, default=None, help="begin with this seed; else a random one")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    given = parser.parse_args()
    first = given.seed if given.seed is not None else secrets.randbits(32)
    print(f"seeds from {first} on, {given.workers} processes", flush=True)
    begun, told, all_ = time.monotonic(), 0, Ran()
    for ran in until(first, given.truths, given.workers):
        all_ += ran
        for apart in ran.apart[: MOST - told]:
            told += 1
            print(f"\n{shown(small(apart))}", flush=True)
        if all_.truths // 50_000 > (all_.truths - ran.truths) // 50_000:
            print(f"{all_.truths:,} truths, {len(all_.apart)} apart, {time.monotonic() - begun:.0f} s", flush=True)
    took = time.monotonic() - begun
    print(f"{all_.truths:,} truths, {all_.compiled:,} of them compiled too, in {took:.0f} s: {len(all_.apart)} apart")
    print(f"  {dict(all_.values)}; not read {dict(all_.refused)}")
    missed = (coverage.truths() - all_.forms, coverage.places() - all_.pairs)
    print(f"  never reached: {sorted(map(str, missed[0] | missed[1]))}")
    return int(bool(all_.apart))


if __name__ == "__main__":
    sys.exit(main())
