"""Policies and records changed so that their meaning stays: for the laws."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from tests.oracle import conditions as c
from tests.oracle import terms as t
from tests.oracle.facts import Side
from tests.oracle.policies import Policy
from tests.oracle.units import factor
from tests.oracle.values import Plain

Part = c.Condition | t.Term
IN_ORDER = frozenset({"hyperparameters"})
"""In these lists are values, whose order may mean something."""


def rebuilt(part: Any, change: Callable[[Any], Any], *, through_lists: bool = True) -> Any:
    """A condition or term with what is in it changed, innermost first."""
    if isinstance(part, tuple):
        return tuple(rebuilt(p, change, through_lists=through_lists) for p in part)
    if not isinstance(part, Part):
        return part
    if not through_lists and isinstance(part, c.ForAll | c.Count | t.Extreme):
        return part
    inside = {f.name: rebuilt(getattr(part, f.name), change, through_lists=through_lists) for f in fields(part)}
    return change(replace(part, **inside))


def each(policy: Policy, change: Callable[[c.Condition], c.Condition]) -> Policy:
    """A policy whose rules ask for something else."""
    return replace(policy, rules=tuple(replace(r, test=change(r.test)) for r in policy.rules))


def written_out(policy: Policy) -> Policy:
    """Each `let` that is used outside lists, replaced by what it is."""
    lets = {x.name: x.of for x in policy.lets}

    def change(part: Any) -> Any:
        if isinstance(part, c.Flag) and part.name.path in lets:
            return rebuilt(lets[part.name.path], change, through_lists=False)
        if isinstance(part, t.Name) and isinstance(lets.get(part.path), t.Term):
            return rebuilt(lets[part.path], change, through_lists=False)
        return part

    return each(policy, lambda test: rebuilt(test, change, through_lists=False))


def turned_twice(test: c.Condition) -> c.Condition:
    """Not not."""
    return c.Not(c.Not(test))


def turned_in(test: c.Condition) -> c.Condition:
    """A chain by De Morgan's laws."""

    def change(part: Any) -> Any:
        match part:
            case c.And():
                return c.Not(c.Or(tuple(c.Not(p) for p in part.of)))
            case c.Or():
                return c.Not(c.And(tuple(c.Not(p) for p in part.of)))
        return part

    return rebuilt(test, change)


def in_other_units(test: c.Condition) -> c.Condition:
    """Each duration and size in the policy in another unit."""
    smaller = {"ms": "us", "s": "ms", "minutes": "s", "seconds": "ms", "us": "ns", "kB": "B", "MB": "kB", "GB": "MB"}

    def change(part: Any) -> Any:
        if isinstance(part, t.Literal) and part.unit in smaller:
            per = factor(part.unit) / factor(smaller[part.unit])
            number = Decimal(part.number) * int(per)
            if len(number.normalize().as_tuple().digits) <= 15:
                return t.Literal(f"{number.normalize():f}", smaller[part.unit])
        return part

    return rebuilt(test, change)


def smaller_units(data: Any) -> Any:
    """Each measurement in seconds and GB of a record in milliseconds and MB."""
    if isinstance(data, list):
        return [smaller_units(v) for v in data]
    if not isinstance(data, dict):
        return data
    found = {k: smaller_units(v) for k, v in data.items()}
    if found.get("unit") in {"s", "GB"}:
        found = _thousandfold(found) | {"unit": "ms" if found["unit"] == "s" else "MB"}
    return found


def _thousandfold(data: Any) -> Any:
    if isinstance(data, list):
        return [_thousandfold(v) for v in data]
    if not isinstance(data, dict):
        return data
    measured = ("value", "low", "high", "standard_error")
    return {k: _times(v) if k in measured else _thousandfold(v) for k, v in data.items()}


def _times(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        return value
    return float(Decimal(repr(value)) * 1000)


def shuffled(data: Any, rng: random.Random, at: str = "") -> Any:
    """The keys of mappings and the elements of lists in another order."""
    if isinstance(data, dict):
        keys = list(data)
        rng.shuffle(keys)
        return {k: shuffled(data[k], rng, at or k) for k in keys}
    if isinstance(data, list) and at not in IN_ORDER:
        return [shuffled(v, rng, at) for v in rng.sample(data, len(data))]
    return data


def without_bare_words(data: Any) -> Any:
    """A record that means the same as JSON and as YAML: no scalar that YAML reads by its place."""
    if isinstance(data, dict):
        return {k: without_bare_words(v) for k, v in data.items()}
    if isinstance(data, list):
        return [without_bare_words(v) for v in data]
    if isinstance(data, Plain):
        return data.text
    return True if isinstance(data, int) and not isinstance(data, bool) and data == 7 else data


def blocks(data: Any, indent: int = 0) -> str:
    """YAML in blocks."""
    before = "  " * indent
    if isinstance(data, dict) and data:
        return "".join(f"{before}{json.dumps(k)}:{_behind(v, indent)}" for k, v in data.items())
    if isinstance(data, list) and data:
        return "".join(f"{before}-{_behind(v, indent)}" for v in data)
    return f"{before}{json.dumps(data)}\n"


def _behind(value: Any, indent: int) -> str:
    return f"\n{blocks(value, indent + 1)}" if isinstance(value, dict | list) and value else f" {json.dumps(value)}\n"


def with_unrelated(side: Side) -> Side:
    """More evidence of which no policy here speaks."""
    more: dict[str, dict[str, Any]] = {
        "metrics": {"unrelated": {"value": 0.5, "data_set": "elsewhere", "slices": [{"group": "all", "value": 1}]}},
        "observations": {"unrelated": 3},
        "facts": {"unrelated": "yes"},
        "tags": {"unrelated": "tag"},
        "seeds": {"unrelated": 1},
        "hyperparameters": {"unrelated": [1]},
    }
    return replace(side, data=side.data | {k: side.data.get(k, {}) | v for k, v in more.items()})


def slots(side: Side) -> list[tuple[str, ...]]:
    """The places of evidence in a record and in what services say of it; a list is one, and a metric is one."""
    found = set[tuple[str, ...]]()
    for data in (side.data, *(d for _, d in side.parts)):
        for key, value in data.items():
            found |= {(key, inner) for inner in value} if isinstance(value, dict) else {(key,)}
    return sorted(
        found - {("model",), ("version",), ("code", "author")}
    )  # of a commit's author the language forgives it


def emptied(side: Side, slot: tuple[str, ...]) -> Side:
    """A version of which nothing is said in a slot."""

    def without(data: dict[str, Any]) -> dict[str, Any]:
        first, *rest = slot
        if not rest:
            return {k: v for k, v in data.items() if k != first}
        inside = data.get(first)
        return data | {first: {k: v for k, v in inside.items() if k != rest[0]}} if isinstance(inside, dict) else data

    parts = tuple((s, left) for s, d in side.parts if (left := without(d)))
    computed = None if slot == ("artifact", "digest") else side.computed
    return replace(side, data=without(side.data), parts=parts, computed=computed)
