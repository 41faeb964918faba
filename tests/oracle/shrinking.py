"""A difference made small: rules, clauses and parts of records are dropped while it stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from letpass.diagnostics import LetpassError
from tests.oracle import conditions as c
from tests.oracle import engine, printing
from tests.oracle import terms as t
from tests.oracle.facts import Side
from tests.oracle.meaning import Meaning
from tests.oracle.people import People
from tests.oracle.policies import Let, Policy, Rule
from tests.oracle.records import dumped
from tests.oracle.running import Apart
from tests.oracle.values import Plain
from tests.oracle.world import World

TRIES = 1500


def smaller_condition(of: c.Condition) -> Iterator[c.Condition]:
    """Conditions with something left out."""
    if getattr(of, "service", None):
        yield replace(of, service=None)
    match of:
        case c.Not():
            yield of.of
            yield from (c.Not(x) for x in smaller_condition(of.of))
        case c.And() | c.Or():
            yield from of.of
            for i, part in enumerate(of.of):
                if len(of.of) > 2:
                    yield replace(of, of=of.of[:i] + of.of[i + 1 :])
                yield from (replace(of, of=(*of.of[:i], x, *of.of[i + 1 :])) for x in smaller_condition(part))
        case c.ForAll():
            yield of.have
            if of.where is not None:
                yield replace(of, where=None)
                yield from (replace(of, where=x) for x in smaller_condition(of.where))
            yield from (replace(of, have=x) for x in smaller_condition(of.have))
        case c.Count():
            if of.where is not None:
                yield of.where
                yield replace(of, where=None)
                yield from (replace(of, where=x) for x in smaller_condition(of.where))
            if of.count > 1:
                yield replace(of, count=of.count - 1)
        case c.Compare():
            yield from (replace(of, left=x) for x in _smaller_term(of.left))
            yield from (replace(of, right=x) for x in _smaller_term(of.right))
        case c.Recorded():
            for i in range(len(of.names)):
                if len(of.names) > 1:
                    yield replace(of, names=of.names[:i] + of.names[i + 1 :])
        case c.Passed():
            yield from (x for x in (replace(of, score=None), replace(of, age=None)) if x != of)
        case c.Scanned() | c.Signed():
            if of.age:
                yield replace(of, age=None)


def _smaller_term(of: t.Term) -> Iterator[t.Term]:
    match of:
        case t.Sum():
            yield of.left
            yield of.right
            yield from (replace(of, left=x) for x in _smaller_term(of.left))
        case t.Product() | t.Abs():
            yield of.term
            yield from (replace(of, term=x) for x in _smaller_term(of.term))
        case t.Extreme():
            if of.where is not None:
                yield replace(of, where=None)
                yield from (replace(of, where=x) for x in smaller_condition(of.where))


def _smaller_policy(of: Policy) -> Iterator[Policy]:
    rule = of.rules[0]
    if of.applies is not None:
        yield replace(of, applies=None)
    for name in ("metrics", "facts", "lets"):
        parts = getattr(of, name)
        if len(parts) > 1:
            yield replace(of, **{name: ()})
        for i in range(len(parts)):
            yield replace(of, **{name: parts[:i] + parts[i + 1 :]})
    for i, let in enumerate(of.lets):
        made = smaller_condition(let.of) if not isinstance(let.of, t.Term) else _smaller_term(let.of)
        yield from (replace(of, lets=(*of.lets[:i], Let(let.name, x), *of.lets[i + 1 :])) for x in made)
    if rule.guard is not None:
        yield replace(of, rules=(replace(rule, guard=None),))
        yield replace(of, rules=(Rule(rule.label, rule.guard),))
        yield from (replace(of, rules=(replace(rule, guard=x),)) for x in smaller_condition(rule.guard))
    yield from (replace(of, rules=(replace(rule, test=x),)) for x in smaller_condition(rule.test))


def smaller_data(of: Any) -> Iterator[Any]:
    """Data with something left out."""
    if isinstance(of, dict):
        for key in of:
            yield {k: v for k, v in of.items() if k != key}
        for key, value in of.items():
            yield from (of | {key: x} for x in smaller_data(value))
    elif isinstance(of, list):
        for i in range(len(of)):
            yield of[:i] + of[i + 1 :]
        for i, value in enumerate(of):
            yield from ([*of[:i], x, *of[i + 1 :]] for x in smaller_data(value))


def _smaller_side(of: Side) -> Iterator[Side]:
    if len(of.parts) > 1:
        yield replace(of, parts=())
    for i in range(len(of.parts)):
        yield replace(of, parts=of.parts[:i] + of.parts[i + 1 :])
    if of.computed:
        yield replace(of, computed=None)
    yield from (replace(of, data=x) for x in smaller_data(of.data) if {"model", "version"} <= set(x))
    for i, (service, data) in enumerate(of.parts):
        yield from (
            replace(of, parts=(*of.parts[:i], (service, x), *of.parts[i + 1 :])) for x in smaller_data(data) if x
        )
    if of.yaml and not _has_plain(of.data):
        yield replace(of, yaml=False)


def _has_plain(of: Any) -> bool:
    inner = of.values() if isinstance(of, dict) else of if isinstance(of, list) else ()
    return isinstance(of, Plain) or any(_has_plain(x) for x in inner)


def _smaller_world(of: World) -> Iterator[World]:
    if isinstance(of.champion, Side):
        yield replace(of, champion="unasked")
        yield replace(of, champion=None)
        yield replace(of, champion=Side({"model": "churn", "version": "6"}))
    if of.people != People():
        yield replace(of, people=People())
    yield from (replace(of, candidate=x) for x in _smaller_side(of.candidate))
    if isinstance(of.champion, Side):
        yield from (replace(of, champion=x) for x in _smaller_side(of.champion))
    for i in range(len(of.people.signatures)):
        rest = of.people.signatures[:i] + of.people.signatures[i + 1 :]
        yield replace(of, people=replace(of.people, signatures=rest))
    for name, plain in (("thresholds", ()), ("committed", None), ("domains", ())):
        if getattr(of.people, name) != plain:
            yield replace(of, people=replace(of.people, **{name: plain}))


def _apart(policy: Policy, world: World, form: str) -> Apart | None:
    try:
        read = engine.read(printing.policy(policy))
        if isinstance(read, str):
            return None
        given = engine.input_of(world)
        ours = Meaning(policy, world).rule(policy.rules[0])
        theirs = engine.truths(read, given)[0]
        if form == "compiled":
            theirs = engine.compiled(read).truths(given)[0]
    except (
        LetpassError,
        KeyError,
        TypeError,
        ValueError,
        AssertionError,
    ):  # a text or record that is none any more is no smaller difference
        return None
    return None if ours is theirs else Apart(policy, world, form, 0, ours, theirs)


def small(of: Apart) -> Apart:
    """The smallest that is found by leaving out one thing after the other."""
    rules = of.policy.rules
    test = of.policy.applies if of.place == len(rules) else None
    rule = rules[of.place] if test is None else Rule("applies", test)
    now = _apart(replace(of.policy, rules=(rule,), applies=None), of.world, of.form)
    if now is None:
        return of
    tries = TRIES
    while True:
        better = None
        steps: tuple[Callable[[Apart], Iterator[tuple[Policy, World]]], ...] = (
            lambda a: ((p, a.world) for p in _smaller_policy(a.policy)),
            lambda a: ((a.policy, w) for w in _smaller_world(a.world)),
        )
        for step in steps:
            for policy, world in step(now):
                tries -= 1
                better = _apart(policy, world, now.form)
                if better is not None or tries < 0:
                    break
            if better is not None:
                break
        if better is None or tries < 0:
            return now
        now = better


def shown(of: Apart) -> str:
    """The policy, the records and both truths."""
    lines = [printing.policy(of.policy), f"the {of.form} says {of.theirs}, the oracle {of.ours}, of rule {of.place}"]
    sides = [("record", of.world.candidate), ("champion", of.world.champion)]
    for name, side in sides:
        if isinstance(side, Side):
            lines.append(f"{name} ({'YAML' if side.yaml else 'JSON'}): {dumped(side.data)}")
            lines += [f"  {service} says {dumped(data)}" for service, data in side.parts]
            lines += [f"  computed {side.computed}"] if side.computed else []
        else:
            lines.append(f"{name}: {side}")
    if of.world.people != People():
        lines.append(str(of.world.people))
    return "\n".join(lines)
