"""Claims that somebody took back: they stay in the record, and count no more.

What is taken back is a slot as it is at a time.  Nothing that was measured before that fills it again, so that an older
and better piece never comes forth from under a newer one; what is measured later does, and so does what a service signs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from letpass.facts.record import Element
from letpass.facts.slots import TIMES
from letpass.facts.values import Unreadable, Value, moment, written
from letpass.frozen import Frozen

FIELD = "taken_back"
"""The record's list of what was taken back."""
NAMED = {"metrics": "data_set", "suites": "name", "scans": "tool"}
"""The sections of pieces, and the field that tells the slots of one name, or of all, from each other."""
OPEN = frozenset({"facts", "tags", "seeds"})
"""The sections of single values with names of their own."""
SINGLE = frozenset({"risk", "license", "model_card", "expires_at"})
"""The single values of a record that are no part of who the version is."""

Slot = tuple[str, str, str | None]
"""The section, the name in it (nothing for a single value), and of a metric the data set, None where it names none."""


class Mark(Frozen):
    """That a slot was taken back.  at: when, in microseconds, None where that cannot be told: then nothing fills it again."""

    at: int | None
    why: str

    def covers(self, time: Any) -> bool:
        """Does it cover a piece of a time, as far as that can be read."""
        return self.at is None or type(time) is not int or time <= self.at


def fault(element: Element) -> str:
    """What keeps an element of the list from naming a slot, nothing where it names one."""
    section, name = element.get("section"), element.get("name")
    if section in SINGLE:
        return ""
    if section not in NAMED.keys() | OPEN:
        return "its `section` is no part of a record that can be taken back"
    if not isinstance(name, str) or not name:
        return "it does not say the `name`"
    return "its `data_set` is no text" if "data_set" in element.get("@bad", {}) else ""


def marks(elements: Iterable[Element]) -> dict[Slot, Mark]:
    """What was taken back, slot by slot; of several marks the one that covers most."""
    found: dict[Slot, Mark] = {}
    for each in elements:
        section, name = str(each["section"]), str(each.get("name", ""))
        if section in SINGLE:
            name = ""
        slot = (section, name, each.get("data_set") if section == "metrics" else None)
        at = each.get("at")
        by, when = each.get("by"), moment(at) if type(at) is int else "a time that cannot be read"
        words = f"taken back{f' by {by}' if isinstance(by, str) else ''} on {when}"
        reason = each.get("reason")
        mark = Mark(at if type(at) is int else None, f"{words}: {reason}" if isinstance(reason, str) else words)
        known = found.get(slot)
        if known is None or (known.at is not None and (mark.at is None or mark.at >= known.at)):
            found[slot] = mark
    return found


def applied(
    values: dict[str, Value],
    unreadable: dict[str, Unreadable],
    lists: dict[str, tuple[Element, ...]],
    measures: dict[tuple[str, str], tuple[Element, ...]],
    sections: dict[str, bool | Unreadable],
) -> tuple[str, ...]:
    """Let nothing of a record's parts count that its own list takes back; what was passed over, in words."""
    passed: list[str] = []
    several: dict[tuple[str, str], _Several] = {}
    single: dict[str, Mark] = {}
    for (section, name, data_set), mark in marks(lists.get(FIELD, ())).items():
        if section not in NAMED:
            single[f"{section}.{name}" if name else section] = mark
            continue
        metric = section == "metrics"
        of = (section, name if metric else "")
        if of not in several:
            several[of] = _Several(section, measures.get(of, ()) if metric else lists.get(section, ()))
        passed += several[of].take_back(data_set if metric else name, mark, f"{section[:-1]} `{name}`")
    for (section, name), pieces in several.items():
        if section == "metrics":
            measures[section, name] = pieces.counting()
        else:
            lists[section] = pieces.counting()
    if single:
        _let_none_be_read(single, values, unreadable, sections)
    return tuple(passed)


class _Several:
    """The pieces of a metric, or of a section, by the field that tells its slots from each other."""

    def __init__(self, section: str, pieces: tuple[Element, ...]) -> None:
        self.section, self.pieces, self.key = section, pieces, NAMED[section]
        self.slots: dict[Any, list[Element]] = {}
        self.kept: dict[Any, tuple[Element, ...]] = {}
        for piece in pieces:
            self.slots.setdefault(piece.get(self.key), []).append(piece)

    def take_back(self, slot: str | None, mark: Mark, what: str) -> tuple[str, ...]:
        """Take one slot back; what was passed over, in words."""
        identity = {self.key: slot} if slot is not None else {}
        own = tuple(self.slots.get(slot, ()))
        self.kept[slot], gone = without(own, self.section, mark, what, TIMES[self.section], identity)
        return gone

    def counting(self) -> tuple[Element, ...]:
        """The pieces that count."""
        others = [p for p in self.pieces if p.get(self.key) not in self.kept]
        return (*others, *[piece for kept in self.kept.values() for piece in kept])


def _let_none_be_read(
    single: Mapping[str, Mark],
    values: dict[str, Value],
    unreadable: dict[str, Unreadable],
    sections: dict[str, bool | Unreadable],
) -> None:
    """Let single values, and what lies below them, be ones that cannot be read; and the mappings around them."""
    known = sorted({*values, *unreadable, *single})
    lengths = {len(section) for section in sections}
    for path, mark in single.items():
        below = f"{path}."
        at = bisect_left(known, below)
        places = [path]
        while at < len(known) and known[at].startswith(below):
            if known[at] in values or known[at] in unreadable:
                places.append(known[at])
            at += 1
        for place in places:
            old, torn = values.pop(place, None), unreadable.get(place)
            shown = written(old) if old is not None else torn.written if torn is not None else "nothing"
            unreadable[place] = value(shown, mark)
        end = len(path)
        while (end := path.rfind(".", 0, end)) >= 0:
            if end in lengths and path[:end] in sections:
                sections[path[:end]] = value("a value in it", mark)


def without(
    pieces: tuple[Element, ...], section: str, mark: Mark, name: str, time: str, identity: Mapping[str, Any]
) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    """The pieces of one slot that still count, and what was passed over.  Of none that counts there stays one that no rule can
    use.  `identity`: the fields that name the slot.
    """
    kept = tuple(p for p in pieces if not mark.covers(p.get(time)))
    gone = tuple(f"{name} at {p['@']}: {mark.why}" for p in pieces if mark.covers(p.get(time)))
    if kept:
        return kept, gone
    place = pieces[-1]["@"] if pieces else section
    later = "what is measured later counts" if mark.at is not None else "nothing fills it any more"
    return ({"@": place, **identity, "@unreadable": f"{mark.why}; {later}"},), gone


def value(shown: str, mark: Mark) -> Unreadable:
    """What stands in the place of a single value that was taken back."""
    return Unreadable(shown, mark.why)
