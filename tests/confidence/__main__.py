"""The long run, `make long`: a hundred thousand draws of each design; 1 where a formula does not hold what it says.

A seed finds it again: `python -m tests.confidence --seed SEED`.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.confidence.simulation import designs, faults


def main() -> int:
    """Draw each design, and print what does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.confidence", description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000, help="of each design")
    parser.add_argument("--seed", type=int, default=None, help="else a random one")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else secrets.randbits(32)
    begun, found, count = time.monotonic(), [], 0
    for count, design in enumerate(designs(), 1):
        for fault in faults(design, given.draws, seed + count):
            found.append(fault)
            print(fault, flush=True)
    took = time.monotonic() - begun
    print(f"{count} designs of {given.draws:,} draws, seed {seed}, in {took:.0f} s: {len(found)} do not hold")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
