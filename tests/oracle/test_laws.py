"""Laws of the language, of random policies and records: what changes no meaning changes no truth."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any

import pytest

from letpass.diagnostics import Source
from letpass.evaluation.input import Input
from letpass.language.formatter import format_text
from letpass.registries import files
from tests.oracle import changing, engine, printing
from tests.oracle import conditions as c
from tests.oracle.facts import Side
from tests.oracle.generating import Policies
from tests.oracle.policies import Policy
from tests.oracle.records import Records, dumped
from tests.oracle.world import World

pytestmark = pytest.mark.once

reading = lru_cache(1000)(engine.read)
Truths = list[bool | None]
WHOLE = frozenset({"metrics", "observations", "facts", "tags", "seeds", "hyperparameters"})
FIXED, OTHERS, WORLDS = 8, 8, 4


class Exact(Records):
    """Records without numbers just beside a bound, so that they stay what they are in other units."""

    def number(self, kind: str, unit: str = "") -> Any:
        """At a bound."""
        return self._nominal(kind, unit)


@pytest.fixture(scope="module", name="seeds")
def _seeds() -> list[int]:
    return [*range(FIXED), *(secrets.randbits(32) for _ in range(OTHERS))]


def cases(seeds: list[int], records: type[Records] = Records) -> Iterator[tuple[int, Policy, list[World]]]:
    """Policies that the engine reads, and worlds."""
    for seed in seeds:
        rng = Random(seed)
        policy = Policies(rng).policy()
        made = records(rng)
        if not isinstance(reading(printing.policy(policy)), str):
            yield seed, policy, [made.world() for _ in range(WORLDS)]


def truths(policy: Policy | str, world: World | Input) -> Truths:
    """By the reference interpreter."""
    read = reading(policy if isinstance(policy, str) else printing.policy(policy))
    assert not isinstance(read, str), read
    return engine.truths(read, engine.input_of(world) if isinstance(world, World) else world)


def changed(policy: Policy, change: Callable[[c.Condition], c.Condition]) -> Policy:
    """A policy of which those rules are changed that the engine still reads then: some forms stand under no negation."""
    found = []
    for rule in policy.rules:
        other = replace(rule, test=change(rule.test))
        read = reading(printing.policy(replace(policy, rules=(other,), applies=None)))
        found.append(rule if isinstance(read, str) else other)
    return replace(policy, rules=tuple(found))


def sides(world: World, change: Callable[[Side], Side]) -> World:
    """A world with both records changed."""
    champion = change(world.champion) if isinstance(world.champion, Side) else world.champion
    return replace(world, candidate=change(world.candidate), champion=champion)


def same(seeds: list[int], change: Callable[[Policy], Policy]) -> int:
    """How many rules have become others, with the same truths."""
    others = 0
    for seed, policy, worlds in cases(seeds):
        other = change(policy)
        others += sum(a != b for a, b in zip(policy.rules, other.rules, strict=True))
        for world in worlds:
            assert truths(other, world) == truths(policy, world), seed
    return others


def test_the_order_of_keys_elements_and_rules_means_nothing(seeds: list[int]) -> None:
    """Of every mapping and list in a record, and of the rules of a policy."""
    for seed, policy, worlds in cases(seeds):
        rng = Random(seed)
        places = rng.sample(range(len(policy.rules)), len(policy.rules))
        turned = replace(policy, rules=tuple(policy.rules[i] for i in places))
        for world in worlds:
            before, again = truths(policy, world), truths(turned, world)
            shuffled = sides(world, lambda s: replace(s, data=changing.shuffled(s.data, rng)))  # noqa: B023

            assert [again[places.index(i)] for i in range(len(places))] == before[: len(places)], seed
            assert truths(policy, shuffled) == before, seed


def test_the_layout_of_a_record_means_nothing(seeds: list[int]) -> None:
    """JSON, JSON with line breaks, YAML in one line, and YAML in blocks."""
    for seed, policy, worlds in cases(seeds):
        for world in worlds:
            plain = sides(
                world,
                lambda s: replace(s, data=changing.without_bare_words(s.data), yaml=False, parts=(), computed=None),
            )
            data = plain.candidate.data
            given = engine.input_of(plain)
            texts = [
                ("r.json", dumped(data)), ("r.json", json.dumps(data, indent=3)), ("r.yaml", dumped(data)),
                ("r.yaml", changing.blocks(data)),
            ]  # fmt: skip
            found = [
                truths(
                    policy, Input(files.parse(Source(*text))[0], given.move, given.now, given.champion, given.accepted)
                )
                for text in texts
            ]

            assert found[1:] == found[:-1], seed


def test_the_unit_of_a_bound_means_nothing(seeds: list[int]) -> None:
    """0.05 s and 50 ms."""
    assert same(seeds, lambda p: changing.each(p, changing.in_other_units)) > 0


def test_the_unit_of_a_measurement_means_nothing(seeds: list[int]) -> None:
    """Recorded in seconds or milliseconds, GB or MB."""
    for seed, policy, worlds in cases(seeds, Exact):
        if not policy.metrics:
            continue  # two numbers that nothing declares are compared as they are recorded
        for world in worlds:
            other = sides(world, lambda s: replace(s, data=changing.smaller_units(s.data)))

            assert truths(policy, other) == truths(policy, world), seed


def test_evidence_of_which_a_policy_does_not_speak_changes_nothing(seeds: list[int]) -> None:
    """A metric, an observation, a fact, a tag, a seed and a parameter more."""

    def asks_whole(part: Any) -> bool:
        return isinstance(part, c.Recorded) and any(n.path.rpartition(".")[2] in WHOLE for n in part.names)

    for seed, policy, worlds in cases(seeds):
        if any(asks_whole(p) for let in policy.lets for p in parts(let.of)):
            continue
        rules = tuple(r for r in policy.rules if not any(asks_whole(p) for p in parts(r.test)))
        policy = replace(policy, rules=rules)
        for world in worlds:
            assert truths(policy, sides(world, changing.with_unrelated)) == truths(policy, world), seed


def test_an_emptied_slot_only_makes_things_unknown(seeds: list[int]) -> None:
    """No refusal becomes an allow; and filling one, which is the same read forwards, flips nothing that was settled."""
    for seed, policy, worlds in cases(seeds):
        for world in worlds[:2]:
            before = truths(policy, world)
            found = changing.slots(world.candidate)
            for slot in Random(seed).sample(found, min(10, len(found))):
                after = truths(policy, replace(world, candidate=changing.emptied(world.candidate, slot)))

                assert all(a is b or a is None for a, b in zip(after, before, strict=True)), (seed, slot)


def test_the_layout_of_a_policy_means_nothing(seeds: list[int]) -> None:
    """As `policy fmt` lays it out."""
    for seed, policy, worlds in cases(seeds):
        text = printing.policy(policy).replace(" and ", "\n     and   ").replace(" have ", " # why\n have\t")
        formatted = format_text(Source("oracle.policy", text))

        assert formatted != text
        for world in worlds:
            assert truths(formatted, world) == truths(text, world) == truths(policy, world), seed


def test_a_let_is_what_it_names(seeds: list[int]) -> None:
    """Written out in its place, also with lists, as long as it stands in none."""
    assert (
        same(
            seeds,
            lambda p: changed(
                p, lambda test: changing.written_out(replace(p, rules=(replace(p.rules[0], test=test),))).rules[0].test
            ),
        )
        > 0
    )


def test_not_not_is_nothing(seeds: list[int]) -> None:
    """Whatever stands behind it."""
    assert same(seeds, lambda p: changed(p, changing.turned_twice)) > 0


def test_a_chain_is_turned_by_de_morgans_laws(seeds: list[int]) -> None:
    """`not (a and b)` is `not a or not b`, of all three truths."""
    assert same(seeds, lambda p: changed(p, changing.turned_in)) > 0


def parts(part: Any) -> Iterator[Any]:
    """A condition with all that is in it."""
    found: list[Any] = []
    changing.rebuilt(part, lambda p: found.append(p) or p)
    yield from found
