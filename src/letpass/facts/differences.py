"""Differences between two records of one version: what was changed or taken away, and what was only added."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from letpass.facts import values
from letpass.facts.paths import join
from letpass.facts.said import Fields, shown, text
from letpass.facts.schema import IDENTITY
from letpass.facts.slots import TIMES
from letpass.facts.takenback import FIELD as TAKEN_BACK
from letpass.facts.takenback import NAMED as _SLOTS
from letpass.facts.values import Plain
from letpass.frozen import Frozen

NOTHING = "nothing"
"""What stands for a value that is not there, in words."""

Slot = tuple[str, str]
"""The path of pieces (`metrics.recall`, `suites`), and what tells the slot from others there."""


class Difference(Frozen):
    """One place where two records say something else.

    path: of the value, as the record's places are named · then, now: as they are written, `nothing` where there is no such
    value · added: nothing that was there is changed or gone by it.
    """

    path: str
    then: str
    now: str
    added: bool = False


def quoted(value: str) -> str:
    """A value of a difference in a sentence."""
    return value if value == NOTHING else f"`{value}`"


def between(
    then: Fields, now: Fields, *, free: Collection[str] = (), only: Collection[str] | None = None
) -> Iterator[Difference]:
    """Where a version's record differs from what it said before, in the order of the fields' names.

    Who a version is stays as it was.  Of evidence what is new is added: a field, a key, a piece in an empty slot, a piece
    that is newer than all that the slot held.  `free`: fields that are not looked at · `only`: those that are.
    """
    for field in sorted({*then, *now} - set(free)):
        if only is not None and field not in only:
            continue
        if field in IDENTITY:
            yield from _values(field, then, now, field)
        elif field in _SLOTS:
            yield from _pieces(field, then, now)
        else:
            yield from _grown(field, then, now, field)
            if field == TAKEN_BACK:
                yield from _dated_back(then, now)


def equal(then: Fields, now: Fields, *, free: Collection[str] = ()) -> Iterator[Difference]:
    """Where two records of one version differ at all."""
    for field in sorted({*then, *now} - set(free)):
        yield from _values(field, then, now, field)


def same(one: Any, other: Any) -> bool:
    """Are two exact values the same; `true` is not 1, and quotation marks count where a text would be something else without."""
    one, other = _unmarked(one), _unmarked(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _unmarked(value: Any) -> Any:
    """A scalar that stood without quotation marks and is a text in any place, as the text that it is."""
    if isinstance(value, dict) and "plain" in value and isinstance(values.anything(Plain(value["plain"])), str):
        return value["plain"]
    return value


def _values(key: str, then: Mapping[str, Any], now: Mapping[str, Any], path: str) -> Iterator[Difference]:
    """The differences below one key of two mappings."""
    if key not in then:
        yield Difference(path, NOTHING, shown(now[key]))
    elif key not in now:
        yield Difference(path, shown(then[key]), NOTHING)
    else:
        yield from _inner(then[key], now[key], path)


def _inner(then: Any, now: Any, path: str) -> Iterator[Difference]:
    if same(then, now):
        return
    maps = _map(then), _map(now)
    if maps[0] is not None and maps[1] is not None:
        for key in sorted({*maps[0], *maps[1]}):
            yield from _values(key, maps[0], maps[1], join(path, key))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for n, (a, b) in enumerate(zip(then, now, strict=True)):
            yield from _inner(a, b, f"{path}[{n}]")
    else:
        yield Difference(path, shown(then), shown(now))


def _map(value: Any) -> dict[str, Any] | None:
    """The mapping in an exact value, None where it is none."""
    return value["map"] if isinstance(value, dict) and "map" in value else None


# ---------------------------------------------------------------- evidence


def _grown(key: str, then: Mapping[str, Any], now: Mapping[str, Any], path: str) -> Iterator[Difference]:
    """The differences of a value whose mappings and lists may grow."""
    if key not in then:
        yield Difference(path, NOTHING, shown(now[key]), added=True)
        return
    if key not in now:
        yield Difference(path, shown(then[key]), NOTHING)
        return
    old, new = _map(then[key]), _map(now[key])
    if old is not None and new is not None:
        for inner in sorted({*old, *new}):
            yield from _grown(inner, old, new, join(path, inner))
    elif isinstance(then[key], list) and isinstance(now[key], list):
        yield from _listed(then[key], now[key], path)
    else:
        yield from _inner(then[key], now[key], path)


def _listed(then: Sequence[Any], now: Sequence[Any], path: str) -> Iterator[Difference]:
    """The differences of a list of which the old elements must still be there."""
    left = list(now)
    for each in then:
        found = next((n for n, other in enumerate(left) if same(each, other)), None)
        if found is None:
            yield Difference(path, shown(each), NOTHING)
        else:
            del left[found]
    for each in left:
        yield Difference(path, NOTHING, shown(each), added=True)


def _pieces(field: str, then: Fields, now: Fields) -> Iterator[Difference]:
    """The differences of measures and runs, slot by slot."""
    old, new = _slots(field, then.get(field)), _slots(field, now.get(field))
    if old is None or new is None:  # of another shape than can be told apart
        yield from _inner(then.get(field), now.get(field), field)
        return
    marks = _marks(now)
    for slot in dict.fromkeys((*old, *new)):
        yield from _slot(field, slot[0], old.get(slot, []), new.get(slot, []), marks.get(slot))


def _marks(fields: Fields) -> dict[Slot, int]:
    """The slots of pieces that were taken back, and when last, in microseconds."""
    found: dict[Slot, int] = {}
    listed = fields.get(TAKEN_BACK)
    for mark in listed if isinstance(listed, list) else []:
        if (slot := _marked(mark)) is not None and (at := _moment(_map(mark) or {}, "at")) is not None:
            found[slot] = max(at, found.get(slot, at))
    return found


def _marked(mark: Any) -> Slot | None:
    """The slot of pieces that a mark takes back, None where it is of another part of the record."""
    said = _map(mark) or {}
    section, name = text(said.get("section")), text(said.get("name"))
    if section not in _SLOTS:
        return None
    if section == "metrics":
        return join(section, name), text(said.get("data_set"))
    return join(section, name), name


def _dated_back(then: Fields, now: Fields) -> Iterator[Difference]:
    """The new marks that are older than what they would have to cover: a piece would stand that was there already."""
    before, known = _marks(then), then.get(TAKEN_BACK)
    for n, mark in enumerate(now.get(TAKEN_BACK) or []):
        if any(same(mark, old) for old in (known if isinstance(known, list) else [])):
            continue
        if (slot := _marked(mark)) is None or (at := _moment(_map(mark) or {}, "at")) is None:
            continue
        section = slot[0].partition(".")[0].partition("[")[0]
        pieces = (_slots(section, then.get(section)) or {}).get(slot, [])
        times = [t for t in (*[_time(section, p) for p in pieces], before.get(slot)) if t is not None]
        if any(at < t for t in times):
            yield Difference(f"{TAKEN_BACK}[{n}]", "nothing so old", shown(mark))


def _slots(field: str, value: Any) -> dict[Slot, list[Any]] | None:
    """The pieces of a section by their slots; None where it is no such section."""
    found: dict[Slot, list[Any]] = {}
    if value is None:
        return found
    if field == "metrics":
        every = _map(value)
        if every is None:
            return None
        named = [(name, p) for name, said in every.items() for p in (said if isinstance(said, list) else [said])]
        placed = [(join(field, name), p if _map(p) is not None else {"map": {"value": p}}) for name, p in named]
    else:
        if not isinstance(value, list) or any(_map(p) is None for p in value):
            return None
        placed = [(join(field, text(p["map"].get(_SLOTS[field]))), p) for p in value]
    for path, piece in placed:
        found.setdefault((path, text(piece["map"].get(_SLOTS[field]))), []).append(piece)
    return found


def _slot(
    field: str, path: str, then: Sequence[Any], now: Sequence[Any], taken_back: int | None
) -> Iterator[Difference]:
    """The differences of one slot: what is new in it is newer than all that it held, else it is a change.

    `taken_back`: when what it held was taken back, in microseconds; what is newer than that follows also what has no time, and
    what is not newer counts for nothing.
    """
    fresh = [p for p in now if not any(same(p, old) for old in then)]
    gone = [p for p in then if not any(same(p, new) for new in now)]
    before = [_time(field, p) for p in then]
    newest = max((t for t in before if t is not None), default=None)
    for piece in fresh:
        at = _time(field, piece)
        dated = newest is not None and None not in before
        newer = at is not None and dated and at > (newest or 0)
        covered = taken_back is not None and (at is None or at <= taken_back)
        if taken_back is not None and at is not None:
            newer = newer or at > max(newest or 0, taken_back)
        if then and not newer and not covered:
            yield from _changed(path, gone or then, piece)
            return
        yield Difference(path, NOTHING, shown(piece), added=True)
    if not fresh:
        for piece in gone:
            yield Difference(path, shown(piece), NOTHING)


def _changed(path: str, then: Sequence[Any], now: Any) -> Iterator[Difference]:
    """Where a piece differs from the one in whose place it came."""
    if len(then) == 1:
        yield from _inner(then[0], now, path)
    else:
        yield Difference(path, ", ".join(shown(p) for p in then)[:120], shown(now))


def _time(field: str, piece: Any) -> int | None:
    """When a piece was measured, in microseconds; None where that cannot be told."""
    return _moment(piece["map"], TIMES[field])


def _moment(fields: Mapping[str, Any], field: str) -> int | None:
    """A time in an exact mapping, in microseconds; None where there is none to read."""
    said = fields.get(field)
    found = values.date(Plain(said["plain"]) if isinstance(said, dict) and "plain" in said else said)
    return found if isinstance(found, int) else None
