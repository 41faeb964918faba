"""A metric by group: which groups are served worse than a rule allows, and by how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import TypeVar

from letpass.evaluation.decision import Decision
from letpass.evaluation.explanation import Explanation, Margin, show
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.meanings import same_data
from letpass.evaluation.reading import At, Reader, unit_of
from letpass.facts.record import Element
from letpass.frozen import Frozen, replace
from letpass.language import typed
from letpass.reports.asked import Asked, asked, bare
from letpass.reports.gauges import Unit, interval, scale, words
from letpass.reports.pictures import Gauge

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
            table = _table(rule, node.list, node, input_)
            if table.rows:
                found.setdefault((table.name, node.span.text), table)
                seen.add(table.name)
    for _, least in _asked(decision, typed.Extremum):
        if isinstance(least.list, typed.Slices) and not least.list.of.champion and least.list.of.name not in seen:
            table = _table("", least.list, None, input_)
            if table.rows:
                found.setdefault((table.name, ""), table)
    return list(found.values())


def _asked(decision: Decision, kind: type[N]) -> Iterator[tuple[str, N]]:
    """The parts of one kind in the rules that apply, each with its rule's id."""
    for result in decision.rules:
        if result.applicable:
            yield from ((result.rule.id, n) for n in typed.walk(result.rule.test) if isinstance(n, kind))


def _table(
    rule: str, slices: typed.Slices, every: typed.ForAll | None, input_: Input
) -> Groups:  # fmt: skip
    interpreter, reader = Interpreter(input_), Reader(input_, None)
    elements, _ = reader.elements(slices, ())
    owner = elements[0].owner if elements else None
    own = unit_of((owner or {}).get("unit"), slices.of.type) or ""
    ask = _of_values(every)
    shown: list[tuple[float, Element, Margin | None, str]] = []
    for at in elements:
        value = _finite(at.element.get("value"))
        if value is not None:
            margin, standing = _judged(at, every, interpreter)
            shown.append((value, at.element, margin if ask is not None else None, standing))
    known = next((m for *_, m, _ in shown if m is not None and scale(own, m.unit) is not None), None)
    unit = Unit(known.unit, known.percent) if known else Unit(own)
    factor = scale(own, unit.name) or 1.0
    theirs = _theirs(reader, slices.of, owner, unit.name)
    better = ask.side if ask is not None else ""
    bounds = {m.bound for *_, m, _ in shown if m is not None and m.unit == unit.name}
    shown.sort(key=lambda s: s[0], reverse=better == "lower")
    rows = []
    for value, element, margin, standing in shown[:MOST_GROUPS]:
        name, samples = str(element.get("group", "not named")), _finite(element.get("samples"))
        low, high = interval(element, own, unit.name)
        holds = {"met": True, "missed": False}.get(standing)
        # one of which nothing is known is held to the others' bound, where they have but one
        wanted = margin.bound if margin is not None else next(iter(bounds)) if len(bounds) == 1 else None
        made = Gauge("", value * factor, wanted, better, holds, theirs.get(name), low, high)
        picture = replace(made, label=words(name, made, unit, ask.operator if ask is not None else ""))
        written = show(samples) if samples is not None else ""
        rows.append(Group(name, unit.write(value * factor), written, standing, picture))
    return Groups(slices.of.name, rule, tuple(rows), max(0, len(shown) - MOST_GROUPS))


def _of_values(every: typed.ForAll | None) -> Asked | None:
    """What is asked of every group's value; None where something else is, or more than one thing."""
    found = list(asked(every.have)) if every is not None else []
    left = bare(found[0].node.left) if len(found) == 1 and isinstance(found[0].node, typed.Comparison) else None
    return found[0] if isinstance(left, typed.Element) and left.of is not None and left.field == "value" else None


def _judged(at: At, every: typed.ForAll | None, interpreter: Interpreter) -> tuple[Margin | None, str]:
    """How far a group is from its bound, and whether it meets it; of one that the rule does not select, only the first."""
    if every is None:
        return None, ""
    chosen = interpreter.truth(every.where, (at,)).truth if every.where is not None else True
    have = interpreter.truth(every.have, (at,))
    margin = next((m for p in _parts(have) if (m := p.margin) is not None and isfinite(m.amount)), None)
    if chosen is not True:
        return margin, "not asked" if chosen is False else "unknown"
    return margin, {True: "met", False: "missed", None: "unknown"}[have.truth]


def _parts(part: Explanation) -> Iterator[Explanation]:
    yield part
    for inner in part.parts:
        yield from _parts(inner)


def _theirs(reader: Reader, node: typed.Measured, owner: Element | None, wanted: str) -> dict[str, float]:
    """The champion's values by group, of the same metric on the same data; of groups of one name none."""
    theirs = reader.measure(replace(node, champion=True)).piece
    factor = scale(unit_of(theirs.get("unit"), node.type) or "", wanted) if theirs is not None else None
    if owner is None or theirs is None or factor is None or not same_data(owner, theirs):
        return {}
    groups_, ours = theirs.get("slices", ()), owner.get("slices", ())
    once = {n for n, count in Counter(g.get("group") for g in groups_).items() if count == 1 and isinstance(n, str)}
    once -= {n for n, count in Counter(g.get("group") for g in ours).items() if count > 1}
    return {
        g["group"]: v * factor for g in groups_ if g.get("group") in once and (v := _finite(g.get("value"))) is not None
    }


def _finite(value: object) -> float | None:
    return value if isinstance(value, float) and isfinite(value) else None
