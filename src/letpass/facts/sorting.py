"""Decoded JSON to the parts of a record, where everything is as the schema wants it.

What is not raises `UnusualError`, and is for `reader` to read.  The functions are made from the schema table when a field is
first seen, and give what `reader.read` gives, part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from gc import is_tracked
from typing import Any

from letpass.facts import rows, runs, takenback
from letpass.facts import values as v
from letpass.facts.document import Document
from letpass.facts.paths import DEEPEST, join
from letpass.facts.record import Element, Record
from letpass.facts.rows import checked
from letpass.facts.schema import SHAPES
from letpass.facts.shared import Made, UnusualError
from letpass.facts.slots import filled
from letpass.facts.values import Unreadable, Value
from letpass.language.kinds import FIELD as KIND
from letpass.language.kinds import MODEL
from letpass.language.types import Field, Group, Listing, Measures, OpenMap, Shape

State = bool | Unreadable
"""Is anything in a value readable and not empty; where nothing is, the first thing in it that cannot be read."""
Take = Callable[[Any, "Sorted"], State]
"""Sorts a value into the record, and says its state."""
_SHOWN = frozenset({type(None), str, bool, v.Plain})
"""Types of values that every decoder gives alike, and so their text too where they are unreadable."""
_MAPPING_OR_LIST = frozenset({dict, list})
_MAPPINGS = frozenset({dict})


class Sorted:
    """The parts of the record in a mapping, and how many keys it and the mappings in it have; raises `UnusualError`."""

    __slots__ = ("keys", "lists", "measures", "sections", "unreadable", "values")

    def __init__(self, data: dict[str, Any]) -> None:
        self.values: dict[str, Value] = {}
        self.unreadable: dict[str, Unreadable] = {}
        self.lists: dict[str, tuple[Element, ...]] = {}
        self.measures: dict[tuple[str, str], tuple[Element, ...]] = {}
        self.sections: dict[str, bool | Unreadable] = {}
        self.keys = len(data)
        for key, value in data.items():
            _TOP[key](value, self)

    def record(self, document: Document) -> Record:
        """The record, each slot of it filled by one piece."""
        for field in ("model", "version"):
            name = self.values.get(field)
            if type(name) is not str or not name.strip() or name in _DOTS or ("/" in name and _is_odd(name)):
                raise UnusualError
        passed = runs.without_silent(self.lists)
        if takenback.FIELD in self.lists:
            if any(map(takenback.fault, self.lists[takenback.FIELD])):
                raise UnusualError
            passed += takenback.applied(self.values, self.unreadable, self.lists, self.measures, self.sections)
        passed += filled(self.lists, self.measures)
        self.values[KIND] = MODEL
        return Record(self.values, self.unreadable, self.lists, self.measures, self.sections, {}, passed, document)

    def keep(self, where: str, raw: Any, value: Value) -> State:
        """Keep a value, readable or not, and say its state."""
        if isinstance(value, Unreadable):
            if type(raw) not in _SHOWN:
                raise UnusualError
            self.unreadable[where] = value
            return value
        self.values[where] = value
        return not isinstance(value, str) or value.strip() != ""


class _Table(dict[str, Any]):
    """What to do with a field, by its name."""

    def __missing__(self, key: str) -> Any:
        raise UnusualError


class _Top(dict[str, Take]):
    """What to do with a field of the record, made when it is first seen."""

    def __missing__(self, key: str) -> Take:
        shape = SHAPES.get(key)
        if shape is None:
            raise UnusualError
        self[key] = _taken(shape, key)
        return self[key]


_TOP = _Top()
_DOTS = frozenset({".", ".."})


def _is_odd(name: str) -> bool:
    """Is a part of a name nothing, or dots."""
    return not {"", *_DOTS}.isdisjoint(name.split("/"))


# ---------------------------------------------------------------- the record's own fields


def _taken(shape: Shape, where: str) -> Take:
    """The function for a field of the record itself, or of a group of it."""
    if isinstance(shape, Field):
        return _scalar(v.reader(shape), _plain(shape), where)
    if isinstance(shape, Group):
        return _group(_Table({k: _taken(s, f"{where}.{k}") for k, s in shape.fields.items()}), where)
    if isinstance(shape, Listing):
        return _list(shape, where)
    if isinstance(shape, OpenMap):
        if shape.type is None:
            return _anything(where)
        if shape.type.kind == "open":
            return _facts(where)
        return _map(shape.type.kind, where)
    return _measures(shape, where)


def _plain(shape: Field) -> type | None:
    """The type whose values are the field's as they are."""
    return {"text": str, "flag": bool}.get(shape.type.kind)


def _scalar(reader: Callable[[Any], Value], plain: Any, where: str) -> Take:
    def take(value: Any, found: Sorted) -> State:
        if type(value) is plain:
            found.values[where] = value
            return plain is not str or value.strip() != ""
        return found.keep(where, value, reader(value))

    return take


def _group(fields: Mapping[str, Take], where: str) -> Take:
    def take(value: Any, found: Sorted) -> State:
        if type(value) is not dict:
            raise UnusualError
        found.keys += len(value)
        state: State = False
        for key, inner in value.items():
            one = fields[key](inner, found)
            state = one if one is True else state or one
        found.sections[where] = state
        return state

    return take


def _map(kind: str, where: str) -> Take:
    reader = v.BY_KIND[kind]
    paths = Made(lambda key: f"{where}.{key}")

    def take(value: Any, found: Sorted) -> State:
        if type(value) is not dict:
            raise UnusualError
        found.keys += len(value)
        state: State = False
        for key, inner in value.items():
            one = found.keep(paths[key], inner, reader(inner))
            state = one if one is True else state or one
        found.sections[where] = state
        return state

    return take


def _anything(where: str) -> Take:
    paths = Made(lambda key: f"{where}.{key}")

    def take(value: Any, found: Sorted) -> State:
        if type(value) is not dict:
            raise UnusualError
        found.keys += len(value)
        inside = []
        counts = False
        for key, inner in value.items():
            kind = type(inner)
            if kind is dict or kind is list:
                found.sections[paths[key]] = bool(inner)
                inside.append(inner)
                counts = counts or bool(inner)
                continue
            counts = True
            if kind is str or kind is bool:
                found.values[paths[key]] = inner
            else:
                found.keep(paths[key], inner, v.anything(inner))
        if inside:
            found.keys += _keys(inside, 3)
        found.sections[where] = counts
        return counts

    return take


def _keys(level: list[Any], depth: int) -> int:
    """How many keys stand in mappings and lists, the outermost of which lie so deep in the record."""
    keys = 0
    while level:
        if depth > DEEPEST:
            raise UnusualError
        inner: list[Any] = []
        for each in level:
            if type(each) is dict:
                keys += len(each)
                each = each.values() if is_tracked(each) else ()
            elif depth < DEEPEST and set(map(type, each)) == _MAPPINGS and not any(map(is_tracked, each)):
                keys += sum(map(len, each))
                continue
            inner += [x for x in each if type(x) in _MAPPING_OR_LIST]
        level = inner
        depth += 1
    return keys


def _facts(where: str) -> Take:
    def take(value: Any, found: Sorted, path: str = where, depth: int = 2) -> State:
        if type(value) is not dict or depth > DEEPEST:
            raise UnusualError
        found.keys += len(value)
        state: State = False
        for key, inner in value.items():
            if "." in key:  # it may be the path of another fact
                raise UnusualError
            at = f"{path}.{key}"
            one = take(inner, found, at, depth + 1) if type(inner) is dict else found.keep(at, inner, v.anything(inner))
            state = one if one is True else state or one
        found.sections[path] = state
        return state

    return take


def _measures(shape: Measures, where: str) -> Take:
    row, one = rows.functions(shape.fields)
    slots = Made(lambda name: ((where, name), join(where, name)))

    def take(value: Any, found: Sorted) -> State:
        if type(value) is not dict:
            raise UnusualError
        found.keys += len(value)
        usable = False
        for name, raw in value.items():
            slot, path = slots[name]
            if type(raw) is dict:
                piece, keys = one(raw, path)
                found.keys += keys
                found.measures[slot] = (piece,)
                usable = usable or "value" in piece
            elif type(raw) is list and shape.several:
                found.measures[slot], keys = row(raw, path)
                found.keys += keys
                usable = usable or any(["value" in piece for piece in found.measures[slot]])
            else:
                found.measures[slot] = ({"@": path, "value": number(raw)},)
                usable = True
        found.sections[where] = usable
        return usable

    number = checked(v.number)
    return take


def _list(shape: Listing, where: str) -> Take:
    row, _ = rows.functions(shape.fields)

    def take(value: Any, found: Sorted) -> State:
        if type(value) is dict and shape.key:
            found.keys += len(value)
            pieces = short(value)
        else:
            pieces, keys = row(value, where)
            found.keys += keys
        found.lists[where] = pieces
        return bool(pieces)

    if not shape.key:
        return take
    places = Made(lambda key: join(where, key))
    field = shape.fields[shape.short]
    assert isinstance(field, Field)
    reader = checked(v.reader(field))

    def short(value: dict[str, Any]) -> tuple[Element, ...]:
        return tuple([{"@": places[k], shape.key: k, shape.short: reader(inner)} for k, inner in value.items()])

    return take
