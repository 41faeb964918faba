"""The candidate beside the champion, measure by measure."""

from __future__ import annotations

from math import isfinite

from letpass.evaluation.decision import Decision
from letpass.evaluation.explanation import show
from letpass.evaluation.meanings import nearly, same_data
from letpass.facts.record import Element, Record
from letpass.frozen import Frozen
from letpass.reports.asked import better
from letpass.reports.pictures import Gauge


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
    ways = _better(decision)
    found = []
    for (section, name), pieces in decision.record.measures.items():
        for piece in pieces:
            match = [p for p in decision.champion.measures.get((section, name), ()) if "@unreadable" not in p]
            if "@unreadable" not in piece and match:
                found.append(_beside(section, name, piece, match, ways.get((section, name), "")))
    return found


def _beside(section: str, name: str, piece: Element, match: list[Element], way: str) -> Beside:
    # what was observed in production was on no data set, and rules compare it as it is
    same = [p for p in match if section != "metrics" or same_data(piece, p)]
    unit = str(piece.get("unit") or "")
    on = f" on {piece['data_set']}" if isinstance(piece.get("data_set"), str) and len(match) > 1 else ""
    ours = piece.get("value")
    theirs = (same or match)[0].get("value")
    if not isinstance(ours, float) or not isinstance(theirs, float) or not isfinite(ours - theirs):
        return Beside(name + on, "unreadable" if not isinstance(ours, float) else show(ours, unit),
                      "unreadable" if not isinstance(theirs, float) else show(theirs, unit), "", "not comparable", None)  # fmt: skip
    if not same or (same[0].get("unit") or "") != unit:
        named = all(isinstance(p.get("data_set"), str) for p in (piece, *match))
        word = "in another unit" if same else "measured on other data" if named else "on data without a name"
        return Beside(
            name + on, show(ours, unit), show(theirs, str((same or match)[0].get("unit") or "")), "", word, None
        )
    change = ours - theirs
    if nearly(ours, "==", theirs, max(abs(ours), abs(theirs))):
        word, said, holds = "the same", "0", None
    else:
        holds = (change > 0) == (way == "higher") if way else None
        word, said = {True: "better", False: "worse", None: ""}[holds], f"{change:+.4g}"
    label = f"{name}: {show(ours, unit)}, champion {show(theirs, unit)}"
    picture = Gauge(label, ours, None, "", holds, theirs)
    return Beside(name + on, show(ours, unit), show(theirs, unit), said, word, picture)


def _better(decision: Decision) -> dict[tuple[str, str], str]:
    """Which way each measure is bounded by the rules: at least is `higher`, at most `lower`, both ways nothing."""
    found: dict[tuple[str, str], str] = {}
    for result in decision.rules:
        for node, way in better(result.rule.test):
            key = (node.section, node.name)
            found[key] = way if found.get(key, way) == way else ""
    return found
