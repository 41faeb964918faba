"""The record with what services attest: attested before computed before claimed, slot by slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.diagnostics import InvalidError, RecordError, Source
from letpass.facts import reader
from letpass.facts.document import Document
from letpass.facts.record import ANYTHING, AtLeast, Element, Record
from letpass.facts.slots import TIMES, fill
from letpass.facts.values import Unreadable, written
from letpass.frozen import replace

# which version it is, which bytes it has, and what was taken back, is not for evidence to say
IDENTITY = frozenset({"model", "version", "stage", "artifact", "registered_at", "deployments", "taken_back"})
AUTHOR = "author"
"""Who made a version, evidence may only confirm: the request that people sign binds what the record says."""
_KEYS = {"suites": ("name", "suite"), "scans": ("tool", "scan")}


def fragment(name: str, data: Mapping[str, Any], service: str, issued: int = 0) -> Record:
    """A part of a record in plain data, every piece of it vouched for by a service at a time in microseconds.

    Raises `InvalidError`, with all reasons, for a wrong shape and for what evidence may not say.
    """
    if said := sorted(IDENTITY & data.keys()):
        raise InvalidError(f"evidence does not say `{said[0]}`")
    if isinstance(data.get("code"), dict) and "author" in data["code"]:
        raise InvalidError("evidence does not say `code.author`")
    try:
        found = reader.part(Document(Source(name, ""), dict(data)))
    except RecordError as error:
        raise InvalidError("; ".join(d.message for d in error.diagnostics)) from None
    return replace(
        found,
        lists={path: _vouched(pieces, service, name, issued) for path, pieces in found.lists.items()},
        measures={slot: _vouched(pieces, service, name, issued) for slot, pieces in found.measures.items()},
        trust={"@service": service},
        brought=dict.fromkeys((*found.values, *found.unreadable, name), name),
    )


def _vouched(pieces: tuple[Element, ...], service: str, name: str, issued: int) -> tuple[Element, ...]:
    """The pieces with who vouches for them, also for each element of the lists inside them."""
    said = {"@trust": service, "@issued": issued}
    found = tuple(
        {
            **{k: _vouched(v, service, name, issued) if isinstance(v, tuple) else v for k, v in piece.items()},
            "@": f"{name}: {piece['@']}",
            **said,
        }
        for piece in pieces
    )
    return AtLeast.of(found, pieces.why) if isinstance(pieces, AtLeast) else found


def merged(record: Record, parts: tuple[Record, ...]) -> Record:
    """The record with the parts that services vouch for, the oldest first; each slot holds one piece.

    Of one service the newest word on a value or a list counts; of two that differ none does.  What lost its slot is
    passed over.
    """
    lists, measures = dict(record.lists), dict(record.measures)
    passed = list(record.passed_over)
    said: dict[str, dict[str, Any]] = {}
    for part in parts:
        passed += part.passed_over
        for path, pieces in part.lists.items():
            if path in _KEYS:
                key, what = _KEYS[path]
                lists[path], lost = fill((*lists.get(path, ()), *pieces), key, TIMES[path], what)
                passed += lost
            elif path == "notices":
                lists[path] = (*lists.get(path, ()), *pieces)  # what was noticed stays, whoever notices more
            else:
                said.setdefault(path, {})[part.trust["@service"]] = pieces
        for (section, name), pieces in part.measures.items():
            both = (*measures.get((section, name), ()), *pieces)
            measures[section, name], lost = fill(both, "data_set", TIMES[section], f"{section[:-1]} `{name}`")
            passed += lost
        for path, value in {**part.values, **part.unreadable}.items():
            said.setdefault(path, {})[part.trust["@service"]] = value
    values, unreadable, trust = dict(record.values), dict(record.unreadable), dict(record.trust)
    for path, by_service in said.items():
        words = list(by_service.values())
        agreed = all((type(w), _bare(w)) == (type(words[0]), _bare(words[0])) for w in words)
        if isinstance(words[0], tuple):
            passed += [f"`{path}` of the record: less trusted"] if record.lists.get(path) else []
            lists[path] = words[0] if agreed else _torn(path, words)
            continue
        if path != AUTHOR and record.raw(path) not in {None, words[0]}:
            passed.append(f"`{path}`, {_shown(record.raw(path))}: less trusted")
        new = words[0] if agreed else Unreadable(" and ".join(_shown(w) for w in words), "what two services say")
        other = path == AUTHOR and agreed and record.raw(path) not in {None, words[0]}
        if other:
            services = " and ".join(by_service)
            new = Unreadable(_shown(record.raw(path)), f"and {_shown(words[0])} as `{services}` attests")
        values.pop(path, None)
        unreadable.pop(path, None)
        if isinstance(new, Unreadable):
            unreadable[path] = new
        else:
            values[path] = new
        trust[path] = next(iter(by_service)) if agreed and not other else ""
    anything = {
        path: part.trust["@service"]
        for part in parts
        for path in part.sections
        if path.startswith(f"{ANYTHING}.") and path not in said
    }
    found = replace(
        record,
        values=values,
        unreadable=unreadable,
        lists=lists,
        measures=measures,
        sections=_sections(record, parts),
        trust=trust | anything,
        brought={k: v for part in (record, *parts) for k, v in part.brought.items()},
        passed_over=tuple(passed),
    )
    # an entry that one of them says may be unreadable by what another does
    torn = [
        path for path, state in found.sections.items() if state is True and "." not in path and not found.filled(path)
    ]
    return replace(found, sections={**found.sections, **dict.fromkeys(torn, False)}) if torn else found


def _torn(path: str, words: list[tuple[Element, ...]]) -> tuple[Element, ...]:
    """A list that two services state differently: nothing in it can be used."""
    return tuple({**p, "@unreadable": f"several services say different `{path}`"} for pieces in words for p in pieces)


def _bare(word: Any) -> Any:
    """The pieces of a service's statement, without their places."""
    if isinstance(word, tuple):
        return [{k: v for k, v in piece.items() if k not in {"@", "@trust", "@issued"}} for piece in word]
    return word


def _shown(value: Any) -> str:
    return value.written if isinstance(value, Unreadable) else written(value)


def _sections(record: Record, parts: tuple[Record, ...]) -> dict[str, bool | Unreadable]:
    found = dict(record.sections)
    for part in parts:
        for path, state in part.sections.items():
            found[path] = state if found.get(path) is not True else True
    return found
