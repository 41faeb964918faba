"""Random policies in random worlds: where the oracle and the engine differ."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.oracle import engine, printing
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
    """What a run has seen."""

    truths: int = 0
    compiled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    values: Counter[Truth] = field(default_factory=Counter)
    apart: list[Apart] = field(default_factory=list)


def ours(policy: Policy, world: World) -> list[Truth]:
    """The oracle's truths."""
    meaning = Meaning(policy, world)
    found = [meaning.rule(r) for r in policy.rules]
    return found + ([meaning.truth(policy.applies)] if policy.applies is not None else [])


def differences(policy: Policy, worlds: list[World], ran: Ran) -> Iterator[Apart]:
    """Of one policy in several worlds."""
    read = engine.read(printing.policy(policy))
    if isinstance(read, str):
        ran.refused[read.split()[0]] += 1
        return
    program = engine.compiled(read)
    for world in worlds:
        given = engine.input_of(world)
        mine = ours(policy, world)
        ran.truths += len(mine)
        ran.values.update(mine)
        answers = [("interpreter", engine.truths(read, given))]
        if program is not None:
            answers.append(("compiled", list(program.truths(given))))
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
