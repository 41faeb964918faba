"""A metric by group: which groups are served worse, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from assay.evaluation.decision import Decision
from assay.evaluation.explanation import Margin, show
from assay.facts.record import Element, Record
from assay.frozen import Frozen, replace
from assay.reports.gauges import Unit, interval, one_data, side, words
from assay.reports.pictures import Gauge


class Groups(Frozen):
    """One metric by group: its name, the axis, and each group with its value, samples and picture, the worst first."""

    name: str
    rows: tuple[tuple[str, str, str, Gauge], ...]
    left_out: int = 0


MOST_GROUPS = 40


def groups(decision: Decision) -> list[Groups]:
    """The metrics of which a rule looked at groups."""
    record = decision.record
    bounds = _bounds_of_groups(decision)
    found = []
    for pieces in record.measures.values():
        for piece in pieces:
            path = str(piece["@"])
            if path in bounds and "@unreadable" not in piece and isinstance(piece.get("slices"), tuple):
                found.append(_groups(piece, bounds[path], decision))
    return [g for g in found if g.rows]


def _bounds_of_groups(decision: Decision) -> dict[str, Margin | None]:
    """The metrics whose groups were seen, each with the margin of a rule about single groups, if there is one."""
    found: dict[str, Margin | None] = {}
    for result in decision.rules:
        stack = [result.test]
        while stack:
            part = stack.pop()
            stack += part.parts
            for seen in part.seen:
                path, inside, _ = seen.path.partition(".slices[")
                if inside and not seen.champion:
                    single = part.margin if len(part.seen) == 1 else None
                    found[path] = found.get(path) or single
    return found


def _groups(piece: Element, margin: Margin | None, decision: Decision) -> Groups:
    champion = decision.champion if isinstance(decision.champion, Record) else None
    theirs = {g.get("group"): g for p in _same(champion, piece) for g in p.get("slices", ())} if champion else {}
    better = side(margin) if margin is not None else ""
    unit = Unit(margin.unit, margin.percent) if margin is not None else Unit(str(piece.get("unit") or ""))
    shown = [g for g in piece["slices"] if _finite(g.get("value")) is not None]
    shown.sort(key=lambda g: float(g["value"]), reverse=better == "lower")
    rows = []
    for group in shown[:MOST_GROUPS]:
        name, value, samples = str(group.get("group", "not named")), group["value"], _finite(group.get("samples"))
        low, high = interval({**group, "unit": piece.get("unit")}, value)
        made = Gauge("", value, margin.bound if margin else None, better, _holds(value, margin),
                     _finite(theirs.get(group.get("group"), {}).get("value")), low, high)  # fmt: skip
        picture = replace(made, label=words(name, made, unit))
        rows.append((name, unit.write(value), show(samples) if samples is not None else "", picture))
    return Groups(str(piece["@"]).partition(".")[2], tuple(rows), max(0, len(shown) - MOST_GROUPS))


def _finite(value: object) -> float | None:
    return value if isinstance(value, float) and isfinite(value) else None


def _holds(value: float, margin: Margin | None) -> bool | None:
    if margin is None or not side(margin):
        return None
    return value >= margin.bound if side(margin) == "higher" else value <= margin.bound


def _same(record: Record, piece: Element) -> Iterator[Element]:
    for pieces in record.measures.values():
        for other in pieces:
            if other["@"] == piece["@"] and one_data(piece, other) and "@unreadable" not in other:
                yield other
