"""A metric by group: which groups are served worse than a rule allows, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import TypeVar

from assay.evaluation.decision import Decision
from assay.evaluation.explanation import Margin, show
from assay.evaluation.input import Input
from assay.evaluation.interpreter import Interpreter
from assay.evaluation.reading import At, Reader
from assay.facts.record import Element, Record
from assay.frozen import Frozen, replace
from assay.language import typed
from assay.reports.gauges import Unit, interval, one_data, side, words
from assay.reports.pictures import Gauge

MOST_GROUPS = 40
N = TypeVar("N", bound=typed.Node)


class Group(Frozen):
    """One group: its name, value and samples as they read, how it stands to the rule in a word, and its picture."""

    name: str
    value: str
    samples: str
    standing: str
    picture: Gauge


class Groups(Frozen):
    """One metric by group, the worst first; `rule` asks something of every group, or nothing does."""

    name: str
    rule: str
    rows: tuple[Group, ...]
    left_out: int = 0


def groups(decision: Decision) -> list[Groups]:
    """The metrics of whose groups a rule asks something; a rule about each group comes before others on its metric."""
    input_ = Input(decision.record, decision.move, decision.now, decision.champion)
    found: dict[tuple[str, str], Groups] = {}
    seen: set[str] = set()
    for rule, node in _asked(decision, typed.ForAll):
        if isinstance(node.list, typed.Slices) and not node.list.of.champion:
            table = _table(rule, node.list, node, input_, decision)
            if table.rows:
                found.setdefault((table.name, node.span.text), table)
                seen.add(table.name)
    for _, least in _asked(decision, typed.Extremum):
        if isinstance(least.list, typed.Slices) and not least.list.of.champion and least.list.of.name not in seen:
            table = _table("", least.list, None, input_, decision)
            if table.rows:
                found.setdefault((table.name, ""), table)
    return list(found.values())


def _asked(decision: Decision, kind: type[N]) -> Iterator[tuple[str, N]]:
    """The parts of one kind in the rules that apply, each with its rule's id."""
    for result in decision.rules:
        if result.applicable:
            yield from ((result.rule.id, n) for n in typed.walk(result.rule.test) if isinstance(n, kind))


def _table(
    rule: str, slices: typed.Slices, every: typed.ForAll | None, input_: Input, decision: Decision
) -> Groups:  # fmt: skip
    interpreter = Interpreter(input_)
    elements, _ = Reader(input_, None).elements(slices, ())
    owner = elements[0].owner if elements else None
    theirs = _theirs(decision.champion, owner)
    shown: list[tuple[float, Element, Margin | None, str]] = []
    for at in elements:
        value = _finite(at.element.get("value"))
        if value is not None:
            margin, standing = _judged(at, every, interpreter)
            shown.append((value, at.element, margin, standing))
    known = next((m for *_, m, _ in shown if m is not None), None)
    unit = Unit(known.unit, known.percent) if known else Unit(str((owner or {}).get("unit") or ""))
    better = next((s for *_, m, _ in shown if m is not None and (s := side(m))), "")
    shown.sort(key=lambda s: s[0], reverse=better == "lower")
    rows = []
    for value, element, margin, standing in shown[:MOST_GROUPS]:
        name, samples = str(element.get("group", "not named")), _finite(element.get("samples"))
        # the bound and the value are in the margin's unit, which is the metric's own for its groups
        seen = margin.value if margin is not None else value
        low, high = interval({**element, "unit": (owner or {}).get("unit")}, seen)
        holds = {"met": True, "missed": False}.get(standing)
        their = _finite(theirs.get(name)) if margin is None or margin.value == value else None
        made = Gauge("", seen, known.bound if known else None, better, holds, their, low, high)
        picture = replace(made, label=words(name, made, unit))
        rows.append(Group(name, unit.write(seen), show(samples) if samples is not None else "", standing, picture))
    return Groups(slices.of.name, rule, tuple(rows), max(0, len(shown) - MOST_GROUPS))


def _judged(at: At, every: typed.ForAll | None, interpreter: Interpreter) -> tuple[Margin | None, str]:
    """How far a group is from its bound, and whether it meets it; of one that the rule does not select, only the first."""
    if every is None:
        return None, ""
    chosen = interpreter.truth(every.where, (at,)).truth if every.where is not None else True
    have = interpreter.truth(every.have, (at,))
    margin = have.margin if have.margin is not None and isfinite(have.margin.amount) else None
    if chosen is not True:
        return margin, "not asked" if chosen is False else "unknown"
    return margin, {True: "met", False: "missed", None: "unknown"}[have.truth]


def _theirs(champion: object, owner: Element | None) -> dict[str, object]:
    """The champion's values by group, of the same metric on the same data."""
    if not isinstance(champion, Record) or owner is None:
        return {}
    for pieces in champion.measures.values():
        for other in pieces:
            if other["@"] == owner["@"] and one_data(owner, other) and "@unreadable" not in other:
                return {str(g.get("group")): g.get("value") for g in other.get("slices", ())}
    return {}


def _finite(value: object) -> float | None:
    return value if isinstance(value, float) and isfinite(value) else None
