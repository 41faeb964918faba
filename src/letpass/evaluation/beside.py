"""The candidate beside the champion, measure by measure."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from letpass.evaluation.asked import better
from letpass.evaluation.drawn import Beside, Comparing
from letpass.evaluation.meanings import nearly, same_data
from letpass.facts.record import Element, Holder, Record
from letpass.language.rules import Rule


def beside(rules: Iterable[Rule], record: Record, champion: Record | Holder) -> tuple[Beside, ...]:
    """The measures that both have, as the record orders them; which way one is better, the rules say."""
    if not isinstance(champion, Record):
        return ()
    ways = _better(rules)
    found: list[Beside] = []
    for (section, name), pieces in record.measures.items():
        match = [p for p in champion.measures.get((section, name), ()) if "@unreadable" not in p]
        way = ways.get((section, name), "")
        found += [_beside(section, name, p, match, way) for p in pieces if match and "@unreadable" not in p]
    return tuple(found)


def _beside(section: str, name: str, piece: Element, match: list[Element], way: str) -> Beside:
    # what was observed in production was on no data set, and rules compare it as it is
    same = [p for p in match if section != "metrics" or same_data(piece, p)]
    other = (same or match)[0]
    unit, their_unit = str(piece.get("unit") or ""), str(other.get("unit") or "")
    on = str(piece["data_set"]) if isinstance(piece.get("data_set"), str) and len(match) > 1 else ""
    ours, theirs = _number(piece), _number(other)
    change, comparing = None, Comparing.NOT_COMPARABLE
    if ours is not None and theirs is not None and isfinite(ours - theirs):
        if not same:
            named = all(isinstance(p.get("data_set"), str) for p in (piece, *match))
            comparing = Comparing.OTHER_DATA if named else Comparing.UNNAMED_DATA
        elif their_unit != unit:
            comparing = Comparing.OTHER_UNIT
        else:
            change, comparing = _compared(ours, theirs, way)
    return Beside(name, ours, theirs, comparing, unit, their_unit, on, change)


def _compared(ours: float, theirs: float, way: str) -> tuple[float, Comparing]:
    if nearly(ours, "==", theirs, max(abs(ours), abs(theirs))):
        return 0.0, Comparing.SAME
    change = ours - theirs
    if not way:
        return change, Comparing.CHANGED
    return change, Comparing.BETTER if (change > 0) == (way == "higher") else Comparing.WORSE


def _number(piece: Element) -> float | None:
    value = piece.get("value")
    return value if isinstance(value, float) and isfinite(value) else None


def _better(rules: Iterable[Rule]) -> dict[tuple[str, str], str]:
    """Which way each measure is bounded by the rules: at least is `higher`, at most `lower`, both ways nothing."""
    found: dict[tuple[str, str], str] = {}
    for rule in rules:
        for node, way in better(rule.test):
            key = (node.section, node.name)
            found[key] = way if found.get(key, way) == way else ""
    return found
