"""Random policies in random worlds: where the oracle and the engine differ."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Self

from tests.oracle import coverage, engine, printing
from tests.oracle.generating import Policies
from tests.oracle.meaning import Meaning, Truth
from tests.oracle.policies import Policy
from tests.oracle.records import Records
from tests.oracle.world import World

WORLDS = 6
"""So many for each policy."""


@dataclass(frozen=True)
class Apart:
    """A rule on which they differ. form: `interpreter` or `compiled`."""

    policy: Policy
    world: World
    form: str
    place: int
    ours: Truth
    theirs: Truth


@dataclass
class Ran:
    """What a run has seen. refused: codes of the policies that the engine would not read."""

    truths: int = 0
    compiled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    values: Counter[Truth] = field(default_factory=Counter)
    forms: set[tuple[str, Truth]] = field(default_factory=set)
    pairs: set[coverage.Pair] = field(default_factory=set)
    apart: list[Apart] = field(default_factory=list)

    def __iadd__(self, other: Ran) -> Self:
        self.truths += other.truths
        self.compiled += other.compiled
        self.refused += other.refused
        self.values += other.values
        self.forms |= other.forms
        self.pairs |= other.pairs
        self.apart += other.apart
        return self


def ours(policy: Policy, world: World, forms: set[tuple[str, Truth]]) -> list[Truth]:
    """The oracle's truths; forms: takes which forms came to which."""
    meaning = Meaning(policy, world)
    found = [meaning.rule(r) for r in policy.rules]
    found += [meaning.truth(policy.applies)] if policy.applies is not None else []
    forms |= meaning.seen
    return found


def differences(policy: Policy, worlds: list[World], ran: Ran) -> Iterator[Apart]:
    """Of one policy in several worlds."""
    read = engine.read(printing.policy(policy))
    if isinstance(read, str):
        ran.refused[read.split()[0]] += 1
        return
    ran.pairs |= coverage.pairs(policy)
    program = engine.compiled(read)
    for world in worlds:
        given = engine.input_of(world)
        mine = ours(policy, world, ran.forms)
        ran.truths += len(mine)
        ran.values.update(mine)
        answers = [("interpreter", engine.truths(read, given)), ("compiled", list(program.truths(given)))]
        ran.compiled += len(policy.rules)
        for form, found in answers:
            for place, theirs in enumerate(found):
                if theirs is not mine[place]:
                    yield Apart(policy, world, form, place, mine[place], theirs)


def batch(seed: int, ran: Ran) -> None:
    """The policy of a seed, in its worlds."""
    rng = random.Random(seed)
    policy = Policies(rng).policy()
    records = Records(rng)
    ran.apart += differences(policy, [records.world() for _ in range(WORLDS)], ran)


def several(seeds: range) -> Ran:
    """The policies of several seeds."""
    ran = Ran()
    for seed in seeds:
        batch(seed, ran)
    return ran


def until(seed: int, truths: int, workers: int = 1, at_once: int = 20) -> Iterator[Ran]:
    """The seeds from one on, in several processes, until so many truths were compared; what each few have seen."""
    with ProcessPoolExecutor(workers) as pool:
        waiting: set[Future[Ran]] = set()
        done = 0
        while done < truths or waiting:
            while done < truths and len(waiting) < workers:
                waiting.add(pool.submit(several, range(seed, seed + at_once)))
                seed += at_once
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in ended:
                done += each.result().truths
                yield each.result()
