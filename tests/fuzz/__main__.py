"""The long run, `make fuzz`: inputs that nobody has written through every door, with seeds that are printed.

What is found is printed with the seed that finds it again, and with `--into` each input is written to a file.
"""

from __future__ import annotations

import argparse
import hashlib
import secrets
import sys
import time
from pathlib import Path
from random import Random

from tests.fuzz import watch
from tests.fuzz.doors import DOORS
from tests.fuzz.walking import Walked, through_all, walk


def main() -> int:
    """Run until the time is over, or one walk of one seed; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--door", action="append", choices=sorted(DOORS), help="this one; else all")
    parser.add_argument("--seconds", type=float, default=None, help="so long; else one walk")
    parser.add_argument("--seed", type=int, default=None, help="begin with this seed; else a random one")
    parser.add_argument("--input", type=Path, default=None, help="this file alone, through one door")
    parser.add_argument("--into", type=Path, default=None, help="a folder for the inputs that find something")
    given = parser.parse_args()
    names = given.door or list(DOORS)
    if given.input is not None:
        outcome = watch.through(DOORS[names[0]].enter, given.input.read_bytes(), Random(0))
        print(f"{outcome.seconds:.3f} s of the processor: {outcome.finding or outcome.shape}")
        return int(bool(outcome.finding))
    seed = given.seed if given.seed is not None else secrets.randbits(32)
    print(f"{len(names)} doors, seeds from {seed} on", flush=True)
    if given.seconds is not None:
        done = through_all(names, seed, given.seconds)
    else:
        done = Walked()
        for name in names:
            walk(DOORS[name], seed, done, end=time.monotonic() + 3600)
    _tell(done)
    if given.into is not None:
        given.into.mkdir(parents=True, exist_ok=True)
        for found in done.found:
            (given.into / f"{found.door}-{hashlib.sha256(found.data).hexdigest()[:12]}").write_bytes(found.data)
    return int(bool(done.found))


def _tell(done: Walked) -> None:
    for found in done.found:
        print(found)
    print("   inputs  a second  answers  slowest  found  door")
    for name in sorted(done.inputs):
        count = sum(f.door == name for f in done.found)
        rate, answers = done.inputs[name] / max(done.seconds[name], 1e-9), len(done.shapes[name])
        print(f"{done.inputs[name]:9,}  {rate:8,.0f}  {answers:7,}  {done.slowest[name]:5.2f} s  {count:5}  {name}")
    took = sum(done.seconds.values())
    print(
        f"{done.inputs.total():,} inputs in {took:.0f} s, {done.inputs.total() / took:,.0f} a second, {len(done.found)} found"
    )


if __name__ == "__main__":
    sys.exit(main())
