"""Which of several pieces fills a slot: attested before computed before claimed, then the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from letpass.facts import runs
from letpass.facts.record import CLAIMED, COMPUTED, Element, Record
from letpass.frozen import replace


def filled(
    lists: dict[str, tuple[Element, ...]], measures: dict[tuple[str, str], tuple[Element, ...]]
) -> tuple[str, ...]:
    """Let one piece fill each slot of a record's suites, scans and measures; what was passed over, in words."""
    passed: list[str] = []
    for name, key, usable in (("suites", "name", runs.usable), ("scans", "tool", runs.looked)):
        if pieces := lists.get(name):
            chosen, lost = fill(pieces, key, TIMES[name], name[:-1])
            lists[name] = tuple([usable(piece) for piece in chosen])
            passed += lost
    for slot, several in measures.items():
        if len(several) > 1:
            section, name = slot
            measures[slot], lost = fill(several, "data_set", "measured_at", f"{section[:-1]} `{name}`")
            passed += lost
    return tuple(passed)


def fill(pieces: Sequence[Element], key: str, time: str, what: str) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    """One piece for each slot, in the order of their first appearance, and what was passed over.

    A slot is named by the field `key`; `time` is the field that tells the newest.  Pieces of equal rank and
    time that differ make the slot unreadable; so do pieces whose time cannot be told, and a piece that does not tell
    its slot: it may be of any that holds nothing more trusted.
    """
    if len({piece.get(key) for piece in pieces if "@bad" not in piece}) == len(pieces):
        return tuple(pieces), ()
    slots: dict[Any, list[Element]] = {}
    strays = [p for p in pieces if key in p.get("@bad", {})]
    for piece in pieces:
        if key not in piece.get("@bad", {}):
            slots.setdefault(piece.get(key), []).append(piece)
    chosen, passed = [], []
    for rivals in slots.values():
        if len(rivals) == 1:
            chosen.append(rivals[0])
            continue
        best, lost = _best(rivals, time)
        chosen.append(best)
        passed += [f"{what} at {piece['@']}: {reason}" for piece, reason in lost]
    if strays:
        doubt = f"one of several has a `{key}` that cannot be read"
        rank = max(_rank(p) for p in strays)
        chosen = [p if _rank(p) > rank else {**p, "@unreadable": doubt} for p in (*chosen, *strays)]
    return tuple(chosen), tuple(passed)


def _best(rivals: list[Element], time: str) -> tuple[Element, list[tuple[Element, str]]]:
    ranked = max(_rank(p) for p in rivals)
    lost = [(p, "less trusted") for p in rivals if _rank(p) < ranked]
    rivals = [p for p in rivals if _rank(p) == ranked]
    if len(rivals) == 1 or all(_content(p) == _content(rivals[0]) for p in rivals):
        return rivals[0], lost + [(p, "said twice") for p in rivals[1:]]
    if len({p.get("@trust") for p in rivals}) == 1 and all("@issued" in p for p in rivals):
        rivals, time = _newest_word(rivals, time)
    times = [p.get(time) for p in rivals]
    if not all(type(t) is int for t in times):
        return _unreadable(
            rivals[0], f"several differ{_values(rivals)}, and without a readable `{time}` none is the newest"
        ), lost
    newest = max(t for t in times if isinstance(t, int))
    lost += [(p, "older") for p in rivals if p[time] < newest]
    rivals = [p for p in rivals if p[time] == newest]
    if any(_content(p) != _content(rivals[0]) for p in rivals):
        # of the time that they share, so that a newer one still wins
        torn = _unreadable(rivals[0], f"several of the same `{time}` differ{_values(rivals)}")
        return torn | {k: rivals[0][k] for k in (time, "@issued") if k in rivals[0]}, lost
    return rivals[0], lost + [(p, "said twice") for p in rivals[1:]]


def _newest_word(rivals: list[Element], time: str) -> tuple[list[Element], str]:
    """Of one service's pieces those of its newest statement, where their own times do not tell; and what tells the time."""
    times = [p[time] for p in rivals if type(p.get(time)) is int]
    if len(times) < len(rivals):
        return rivals, "@issued"
    last = [p for p in rivals if p[time] == max(times)]
    newest = max(p["@issued"] for p in last)
    return [p for p in rivals if p[time] < max(times) or p["@issued"] == newest], time


def _values(rivals: list[Element]) -> str:
    """The values of rival measures, for the reader to see; where they are the same, the fields that are not."""
    values = list(dict.fromkeys(f"{p['value']:g}" for p in rivals if type(p.get("value")) is float))
    if len(values) > 1:
        return f" ({' and '.join(values)})"
    fields = sorted({k for p in rivals for k in p if not k.startswith("@")})
    other = [k for k in fields if any(_content(p.get(k)) != _content(rivals[0].get(k)) for p in rivals)]
    return f" in {', '.join(f'`{k}`' for k in other)}" if other else ""


def _rank(piece: Element) -> int:
    trust = piece.get("@trust", CLAIMED)
    return 0 if trust == CLAIMED else 1 if trust == COMPUTED else 2


def _content(piece: Any) -> Any:
    """A piece without its places and who says it, to compare."""
    if isinstance(piece, Mapping):
        return {k: _content(v) for k, v in piece.items() if k not in {"@", "@issued", "@trust"}}
    if isinstance(piece, tuple):
        return tuple(_content(p) for p in piece)
    return piece


def _unreadable(piece: Element, why: str) -> dict[str, Any]:
    return {**{k: piece[k] for k in ("@", "name", "tool", "data_set", "@trust") if k in piece}, "@unreadable": why}


_RUNS = ("suites", "scans")
TIMES = {"suites": "ran_at", "scans": "ran_at", "metrics": "measured_at", "observations": "until"}


def as_of(record: Record, now: int) -> Record:
    """The record at a time: a run or measure that is dated later cannot be used, and leaves its slot unreadable."""
    lists, measures = record.lists, record.measures
    late = [path for path in _RUNS for piece in lists.get(path, ()) if piece.get("ran_at", now) > now]
    slots = [slot for slot, pieces in measures.items() for p in pieces if p.get(TIMES.get(slot[0], ""), now) > now]
    if not late and not slots:
        return record
    return replace(
        record,
        lists={**lists, **{path: _not_later(lists[path], TIMES[path], now) for path in late}},
        measures={**measures, **{slot: _not_later(measures[slot], TIMES[slot[0]], now) for slot in slots}},
    )


def _not_later(pieces: tuple[Element, ...], time: str, now: int) -> tuple[Element, ...]:
    return tuple(
        {**piece, "@unreadable": f"its `{time}` lies in the future"}
        if piece.get(time, now) > now and "@unreadable" not in piece
        else piece
        for piece in pieces
    )


MOST_TIMES = 300


def times(record: Record) -> tuple[tuple[str, int], ...]:
    """When the piece in each slot of a record was measured, in microseconds: of observations first, then the newest.

    No more than `MOST_TIMES` are told.
    """
    found: list[tuple[bool, int, str]] = []
    for (section, name), pieces in record.measures.items():
        for piece in pieces:
            at = piece.get(TIMES[section])
            if type(at) is int:
                found.append((section != "observations", -at, f"{section}.{name} on {piece.get('data_set', '')}"))
    for section, key in (("suites", "name"), ("scans", "tool")):
        for piece in record.lists.get(section, ()):
            at = piece.get(TIMES[section])
            if type(at) is int and key in piece:
                found.append((True, -at, f"{section}.{piece[key]}"))
    return tuple(sorted((slot, -at) for _, at, slot in sorted(found)[:MOST_TIMES]))
