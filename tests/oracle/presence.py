"""`is recorded`: True, or None for unknown; never False."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle import names as n
from tests.oracle import schema, values
from tests.oracle.facts import Listed
from tests.oracle.names import Scope
from tests.oracle.numbers import readable, unit_of
from tests.oracle.slots import Piece, Said
from tests.oracle.terms import Name
from tests.oracle.units import OF_KIND
from tests.oracle.world import declared

if TYPE_CHECKING:
    from tests.oracle.meaning import Meaning

ASKED = {"code": "code.commit", "artifact": "artifact.digest"}


def recorded(meaning: Meaning, name: Name, scope: Scope, services: frozenset[str]) -> bool | None:
    """Whether what a name stands for is there, readable and not empty, and all of it vouched for."""
    target = meaning.names.target(name, scope)
    library = meaning.library
    match target:
        case n.Group():
            return _group(meaning, target, services)
        case n.Of():
            return _listed(library.list(target), target.field, services)
        case n.Measure() if target.field.partition(".")[0] == "slices":
            return _listed(library.list(target), target.field.partition(".")[2] or None, services)
        case n.Element() if target.level.fields[target.field].holds == "list of mappings":
            return _listed(library.list(target), None, services)
        case n.Measure() if target.field == "value":
            piece = library.piece(target)
            return _measure(piece, target, services)
        case n.Element() if target.level.of is not None and target.field == "value":
            measure = target.level.listed.measure
            said = target.level.element.said("value")
            if measure is None or said is None:
                return None
            return _number(said, target.level.of, measure, services)
        case n.Entry():
            said = library.said(target)
            if said is None or not services <= said.services:
                return None
            return True if _entry(said, target) else None
    found = library.read(target, "text")
    if found is None or not services <= found.services:
        return None
    return None if _blank(found.value) else True


def _blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _measure(piece: Piece | None, of: n.Measure, services: frozenset[str]) -> bool | None:
    said = None if piece is None else piece.said("value")
    return None if piece is None or said is None else _number(said, of, piece, services)


def _number(said: Said, of: n.Measure, measure: Piece, services: frozenset[str]) -> bool | None:
    if not services <= said.services:
        return None
    return None if readable(said.raw, of.kind, unit_of(of, measure)) is None else True


def _listed(listed: Listed | None, field: str | None, services: frozenset[str]) -> bool | None:
    if listed is None or not listed.elements or listed.more or not services <= (listed.services or frozenset()):
        return None
    for element in listed.elements:
        wanted = [field] if field else [f for f, about in element.fields.items() if about.required]
        for path in wanted:
            value = element.value(path)
            if value is None or _blank(value) or not services <= element.services:
                return None
    return True


def _entry(said: Said, of: n.Entry) -> bool:
    if of.fact is not None:
        if of.fact.kind in {*OF_KIND, "number", "count"}:
            return readable(said.raw, of.fact.kind, of.fact.unit) is not None
        value = declared(said, of.fact)
        return value is not None and not _blank(value)
    return _any(said, of.section)


def _any(said: Said, section: str) -> bool:
    """Whether an entry that nothing declares is there."""
    raw = said.raw
    if section == "hyperparameters" and isinstance(raw, dict | list):
        return bool(raw)
    kind = {"tags": "text", "seeds": "number"}.get(section)
    value = values.read(raw, kind, yaml=said.yaml) if kind else values.looks(raw, yaml=said.yaml)
    return value is not None and not _blank(value)


def _leaves(data: Any) -> set[str]:
    """The paths below a mapping that lead to something that is no mapping."""
    found = set()
    for key, value in data.items():
        found |= {f"{key}.{path}" for path in _leaves(value)} if isinstance(value, dict) else {key}
    return found


def _group(meaning: Meaning, of: n.Group, services: frozenset[str]) -> bool | None:
    facts = meaning.library.sides.get(of.who)
    if facts is None:
        return None
    if of.path in ASKED:
        target = n.Scalar(of.who, ASKED[of.path])
        found = meaning.library.read(target, "text")
        good = found is not None and services <= found.services and not _blank(found.value)
        return True if good else None
    whole = [data.get(of.path, {}) for data in (facts.side.data, *(d for _, d in facts.side.parts))]
    names = {name for data in whole for name in (_leaves(data) if of.path == "facts" else data)}
    return True if any(_part(meaning, of, name, services) for name in names) else None


def _part(meaning: Meaning, of: n.Group, name: str, services: frozenset[str]) -> bool:
    facts = meaning.library.sides[of.who]
    if of.path in {"metrics", "observations"}:
        pieces = (p for p in facts.measures(of.path, name).filled.values() if not p.torn)
        said = (p.said("value") for p in pieces)
        return any(s is not None and services <= s.services and values.number(s.raw) is not None for s in said)
    path = f"{of.path}.{name}"
    if of.path in schema.MAPPINGS:
        said = facts.said(path)
        if of.path == "hyperparameters":  # any value will do
            return said is not None and services <= said.services and said.raw not in ([], {})
        return said is not None and services <= said.services and _any(said, of.path)
    if schema.FIELDS[path].holds == "list of mappings":
        listed = facts.list(path)
        return listed is not None and bool(listed.elements) and services <= (listed.services or frozenset())
    said = facts.said(path)
    value = None if said is None else said.read(schema.FIELDS[path])
    return said is not None and value is not None and not _blank(value) and services <= said.services
