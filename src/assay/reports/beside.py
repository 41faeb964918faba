"""The candidate beside the champion, measure by measure."""

from __future__ import annotations

from math import isfinite

from assay.evaluation.decision import Decision
from assay.evaluation.explanation import show
from assay.facts.record import Element, Record
from assay.frozen import Frozen
from assay.language import typed
from assay.reports.gauges import one_data
from assay.reports.pictures import Gauge


class Beside(Frozen):
    """One measure of the candidate and of the champion, in words, and their picture."""

    name: str
    ours: str
    theirs: str
    change: str
    word: str
    picture: Gauge | None


def beside(decision: Decision) -> list[Beside]:
    """The measures that both have, as the record orders them."""
    if not isinstance(decision.champion, Record):
        return []
    better = _better(decision)
    found = []
    for (section, name), pieces in decision.record.measures.items():
        for piece in pieces:
            match = [p for p in decision.champion.measures.get((section, name), ()) if "@unreadable" not in p]
            if "@unreadable" not in piece and match:
                found.append(_beside(name, piece, match, better.get((section, name), "")))
    return found


def _beside(name: str, piece: Element, match: list[Element], better: str) -> Beside:
    same = [p for p in match if one_data(piece, p)]
    unit = str(piece.get("unit") or "")
    on = f" on {piece['data_set']}" if isinstance(piece.get("data_set"), str) and len(match) > 1 else ""
    ours = piece.get("value")
    theirs = (same or match)[0].get("value")
    if not isinstance(ours, float) or not isinstance(theirs, float) or not isfinite(ours - theirs):
        return Beside(name + on, "unreadable" if not isinstance(ours, float) else show(ours, unit),
                      "unreadable" if not isinstance(theirs, float) else show(theirs, unit), "", "not comparable", None)  # fmt: skip
    if not same or (same[0].get("unit") or "") != unit:
        word = "measured on other data" if not same else "in another unit"
        return Beside(
            name + on, show(ours, unit), show(theirs, str((same or match)[0].get("unit") or "")), "", word, None
        )
    change = ours - theirs
    word = (
        "the same"
        if not change
        else ""
        if not better
        else "better"
        if (change > 0) == (better == "higher")
        else "worse"
    )
    label = f"{name}: {show(ours, unit)}, champion {show(theirs, unit)}"
    holds = None if word in {"", "the same"} else word == "better"
    picture = Gauge(label, ours, None, "", holds, theirs)
    return Beside(name + on, show(ours, unit), show(theirs, unit), f"{change:+.4g}", word, picture)


def _better(decision: Decision) -> dict[tuple[str, str], str]:
    """Which way each measure is bounded by the rules: at least is `higher`, at most `lower`, both ways nothing."""
    found: dict[tuple[str, str], str] = {}
    for result in decision.rules:
        for node in typed.walk(result.rule.test):
            if isinstance(node, typed.Comparison) and isinstance(node.left, typed.Measured) and not node.left.champion:
                way = {">=": "higher", ">": "higher", "<=": "lower", "<": "lower"}.get(node.operator, "")
                key = (node.left.section, node.left.name)
                found[key] = way if found.get(key, way) == way else ""
    return found
