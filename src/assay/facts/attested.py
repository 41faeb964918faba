"""The record with what services attest: attested before computed before claimed, slot by slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.facts import reader
from assay.facts.document import Document, RecordError
from assay.facts.record import CLAIMED, COMPUTED, Element, Record
from assay.facts.slots import TIMES, fill
from assay.facts.values import Unreadable, Value, written
from assay.frozen import replace
from assay.language.diagnostics import Source

# who the version is, who made it, and which bytes it has, is not for evidence to say
IDENTITY = frozenset({"model", "version", "author", "stage", "artifact", "registered_at", "deployments"})
_KEYS = {"suites": ("name", "suite"), "scans": ("tool", "scan")}


def fragment(name: str, data: Mapping[str, Any], service: str) -> Record:
    """A part of a record in plain data, every piece of it vouched for by a service.

    Raises ValueError, with all reasons, for a wrong shape and for what evidence may not say.
    """
    if said := sorted(IDENTITY & data.keys()):
        raise ValueError(f"evidence does not say `{said[0]}`")
    if isinstance(data.get("code"), dict) and "author" in data["code"]:
        raise ValueError("evidence does not say `code.author`")
    try:
        found = reader.part(Document(Source(name, ""), dict(data)))
    except RecordError as error:
        raise ValueError("; ".join(d.message for d in error.diagnostics)) from None
    return replace(
        found,
        lists={path: _vouched(pieces, service, name) for path, pieces in found.lists.items()},
        measures={slot: _vouched(pieces, service, name) for slot, pieces in found.measures.items()},
        trust=dict.fromkeys((*found.values, *found.unreadable, *found.sections), service),
        brought=dict.fromkeys((*found.values, *found.unreadable, name), name),
    )


def _vouched(pieces: tuple[Element, ...], service: str, name: str) -> tuple[Element, ...]:
    return tuple({**piece, "@": f"{name}: {piece['@']}", "@trust": service} for piece in pieces)


def merged(record: Record, parts: tuple[Record, ...]) -> Record:
    """The record with the parts that services vouch for, the oldest first; each slot holds one piece.

    What lost its slot is passed over.  Of one service the newest word on a scalar counts; of two that differ none does.
    """
    for part in parts:
        record = _merge(record, part)
    return record


def _merge(record: Record, part: Record) -> Record:
    lists, measures = dict(record.lists), dict(record.measures)
    passed = list(record.passed_over)
    for path, pieces in part.lists.items():
        lists[path], lost = _list(path, lists.get(path, ()), pieces)
        passed += lost
    for (section, name), pieces in part.measures.items():
        both = (*measures.get((section, name), ()), *pieces)
        measures[section, name], older = fill(both, ("data_set",), TIMES[section], f"{section[:-1]} `{name}`")
        passed += older
    values, unreadable, trust, more = _scalars(record, part)
    return replace(
        record,
        values=values,
        unreadable=unreadable,
        lists=lists,
        measures=measures,
        sections=_sections(record, part),
        trust=trust,
        brought={**record.brought, **part.brought},
        passed_over=(*passed, *more, *part.passed_over),
    )


def _list(path: str, ours: tuple[Element, ...], theirs: tuple[Element, ...]) -> tuple[tuple[Element, ...], list[str]]:
    if path in _KEYS:
        key, what = _KEYS[path]
        chosen, passed = fill((*ours, *theirs), (key,), TIMES[path], what)
        return chosen, list(passed)
    # any other list is one slot
    ours_by = {p.get("@trust", CLAIMED) for p in ours} - {CLAIMED, COMPUTED}
    attested = bool(ours_by - {p.get("@trust") for p in theirs})
    if not attested or [_bare(p) for p in ours] == [_bare(p) for p in theirs]:
        return theirs, [f"`{path}` of the record: less trusted"] if ours and not attested else []
    return tuple({**p, "@unreadable": f"several services say different `{path}`"} for p in (*ours, *theirs)), []


def _bare(piece: Element) -> dict[str, Any]:
    return {k: v for k, v in piece.items() if k not in {"@", "@trust"}}


def _scalars(record: Record, part: Record) -> tuple[dict[str, Value], dict[str, Unreadable], dict[str, str], list[str]]:
    values, unreadable, trust = dict(record.values), dict(record.unreadable), dict(record.trust)
    passed = []
    for path, new in {**part.values, **part.unreadable}.items():
        old = record.raw(path)
        vouched = trust.get(path, CLAIMED)
        if vouched not in {CLAIMED, COMPUTED, part.trust[path]} and old != new:
            new = Unreadable(f"{_shown(old)} and {_shown(new)}", "what two services say")
        elif old is not None and old != new:
            why = "older" if vouched == part.trust[path] else "less trusted"
            passed.append(f"`{path}`, {_shown(old)}: {why}")
        values.pop(path, None)
        unreadable.pop(path, None)
        if isinstance(new, Unreadable):
            unreadable[path] = new
        else:
            values[path] = new
        trust[path] = part.trust[path]
    return values, unreadable, trust, passed


def _shown(value: Any) -> str:
    return value.written if isinstance(value, Unreadable) else written(value)


def _sections(record: Record, part: Record) -> dict[str, bool | Unreadable]:
    found = dict(record.sections)
    for path, state in part.sections.items():
        found[path] = state if found.get(path) in {None, False} else found[path]
    return found
