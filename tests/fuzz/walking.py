"""Walks through a door: what answers in a new way is kept, and bent further.

A walk is made by its seed alone, so that it goes the same way again.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from tests.fuzz import mutate, watch
from tests.fuzz.doors import DOORS, Door

LENGTH = 1000
"""Inputs of a walk."""
TURN = 4.0
"""Seconds after which a walk makes room for another door's."""


@dataclass
class Found:
    """A finding.  door, seed, number: how it is found again · data: the input."""

    door: str
    seed: int
    number: int
    data: bytes
    what: str

    def __str__(self) -> str:
        again = f"python -m tests.fuzz --door {self.door} --seed {self.seed}"
        return (
            f"`{again}` finds, as input {self.number} of {len(self.data):,} bytes:\n{self.what}\n  {self.data[:400]!r}"
        )


@dataclass
class Walked:
    """What came of walks.  inputs: how many went through each door · seconds: of the clock, in each · shapes: the different
    answers · slowest: seconds of the processor."""

    inputs: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    shapes: dict[str, set[str]] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)


def walk(door: Door, seed: int, so_far: Walked, *, end: float, length: int = LENGTH) -> None:
    """One walk: the valid inputs, then bent ones, until it is long enough or the time is over."""
    random, kept, seen = Random(f"{door.name} {seed}"), list(door.seeds), set[str]()
    shapes = so_far.shapes.setdefault(door.name, set())
    begun = time.monotonic()
    for number in range(length):
        if number < len(door.seeds):
            data = door.seeds[number]
        else:
            base = _base(door, kept, random)
            data = mutate.bend(base, random, door.seeds)
        outcome = watch.through(door.enter, data, random)
        so_far.inputs[door.name] += 1
        so_far.slowest[door.name] = max(outcome.seconds, so_far.slowest.get(door.name, 0.0))
        if outcome.finding:
            name = (door.name, watch.short(outcome.finding))
            if name not in so_far.known:
                so_far.known.add(name)
                so_far.found.append(Found(door.name, seed, number, data, outcome.finding))
        elif outcome.shape not in seen:
            seen.add(outcome.shape)
            shapes.add(outcome.shape)
            kept.append(data)
        if time.monotonic() > end:
            break
    so_far.seconds[door.name] += time.monotonic() - begun


def _base(door: Door, kept: list[bytes], random: Random) -> bytes:
    """What is bent: mostly what has answered in a new way, else a valid input, old or new."""
    if random.random() < 0.6:
        return random.choice(kept)
    if door.fresh is not None and random.random() < 0.7:
        return door.fresh(random)
    return random.choice(door.seeds)


def through_all(names: list[str], seed: int, seconds: float) -> Walked:
    """Walks through doors in turn, each of as much time, with seeds from one on, until the time is over or somebody ends it."""
    so_far = Walked()
    with suppress(KeyboardInterrupt):
        _in_turn(names, seed, so_far, time.monotonic() + seconds)
    return so_far


def _in_turn(names: list[str], seed: int, so_far: Walked, end: float) -> None:
    while time.monotonic() < end:
        spent = sum(so_far.seconds.values())
        for name in sorted(names, key=lambda n: so_far.seconds[n]):
            if so_far.seconds[name] <= spent / len(names) and time.monotonic() < end:
                walk(DOORS[name], seed, so_far, end=min(end, time.monotonic() + TURN))
        seed += 1
