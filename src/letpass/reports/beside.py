"""The candidate beside the champion, measure by measure, in words and as pictures."""

from __future__ import annotations

from letpass.evaluation.decision import Decision
from letpass.evaluation.drawn import Beside, Comparing
from letpass.evaluation.explanation import show
from letpass.frozen import Frozen
from letpass.reports.pictures import Picture

_HOLDS = {Comparing.BETTER: True, Comparing.WORSE: False}


class Row(Frozen):
    """One measure of the candidate and of the champion, in words, and their picture."""

    name: str
    ours: str
    theirs: str
    change: str
    word: str
    picture: Picture | None


def beside(decision: Decision) -> list[Row]:
    """The measures that both have, as the record orders them."""
    return [_row(b) for b in decision.beside]


def _row(found: Beside) -> Row:
    name = found.name + (f" on {found.data_set}" if found.data_set else "")
    ours, theirs = _number(found.ours, found.unit), _number(found.theirs, found.their_unit)
    if found.change is None or found.ours is None:
        return Row(name, ours, theirs, "", found.comparing.value, None)
    change = "0" if found.comparing is Comparing.SAME else f"{found.change:+.4g}"
    label = f"{found.name}: {ours}, champion {theirs}"
    picture = Picture(label, found.ours, None, "", _HOLDS.get(found.comparing), found.theirs)
    return Row(name, ours, theirs, change, found.comparing.value, picture)


def _number(value: float | None, unit: str) -> str:
    return "unreadable" if value is None else show(value, unit)
