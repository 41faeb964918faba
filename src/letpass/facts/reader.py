"""Documents to records, by the schema: a wrong shape is an error, a wrong value is unreadable."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any

from letpass.diagnostics import Diagnostic, RecordError, nearest, offer
from letpass.facts import runs, takenback, together
from letpass.facts import values as v
from letpass.facts.document import Document
from letpass.facts.paths import join, key_path
from letpass.facts.record import COMPUTED, Element, Record
from letpass.facts.schema import SHAPES
from letpass.facts.slots import filled
from letpass.facts.values import Plain, Unreadable, Value
from letpass.frozen import replace
from letpass.language.kinds import FIELD as KIND
from letpass.language.kinds import MODEL
from letpass.language.types import Field, Group, Listing, Measures, OpenMap, Shape

SIGNED = frozenset(
    {"signoffs", "sign_offs", "approvals", "signatures", "signed_by", "waivers", "exceptions", "statements"}
)
# fields without which nobody can tell what a piece is about, or how to read it
IDENTITY = frozenset({"unit", "data_set", "data_digest", "protocol", "tool", "completed"})
LICENSE = "license"
"""The field that may hold a list: model cards and package metadata name several licenses."""
_READERS: dict[int, Callable[[Any], Value]] = {}


def read(document: Document, data: Any = None) -> Record:
    """The record in a document; raises `RecordError` with every fault of shape at once."""
    reading = _Reading(document)
    raw = document.data if data is None else data
    if not isinstance(raw, dict):
        reading.fault("GATE302", f"a record is a mapping, not {_kind(raw)}", "", "begin with `model:` and `version:`")
        raise RecordError(tuple(reading.faults))
    reading.group(raw, SHAPES, "", required=True)
    reading.slots_are_named()
    for field in ("model", "version"):
        # paths have several spellings; two names for one file would be two versions there
        if isinstance(name := raw.get(field), str) and name and set(name.split("/")) & {"", ".", ".."}:
            help_ = "parts of a name are separated by one `/`, and none of them is `.` or `..`"
            reading.fault("GATE302", f"`{name[:60]}` is no name of a {field}", field, help_)
    if reading.faults:
        raise RecordError(tuple(reading.faults))
    reading.values[KIND] = MODEL
    return reading.record()


def of_kind(record: Record, kind: str) -> Record:
    """The record of a version that the registry has as this kind."""
    return replace(record, values={**record.values, KIND: kind})


def part(document: Document) -> Record:
    """A part of a record, which need not say whose it is; raises `RecordError`."""
    reading = _Reading(document)
    reading.group(document.data, SHAPES, "")
    reading.slots_are_named()
    if reading.faults:
        raise RecordError(tuple(reading.faults))
    return reading.record()


def with_digest(record: Record, digest: str) -> Record:
    """The record with the digest that the gate computed over the artifact's own bytes."""
    return replace(
        record,
        values={**record.values, "artifact.digest": digest},
        unreadable={k: v for k, v in record.unreadable.items() if k != "artifact.digest"},
        sections={**record.sections, "artifact": True},
        trust={**record.trust, "artifact.digest": COMPUTED},
    )


def with_other_bytes(record: Record, recorded: str, computed: str) -> Record:
    """The record whose digest is not that of the bytes at hand: which artifact it speaks of cannot be told."""
    why = f"not that of the bytes, {computed[:19]}…"
    return replace(
        record,
        values={k: v for k, v in record.values.items() if k != "artifact.digest"},
        unreadable={**record.unreadable, "artifact.digest": Unreadable(f"{recorded[:19]}…", why)},
    )


class _Reading:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Diagnostic] = []
        self.values: dict[str, Value] = {}
        self.unreadable: dict[str, Unreadable] = {}
        self.lists: dict[str, tuple[Element, ...]] = {}
        self.measures: dict[tuple[str, str], tuple[Element, ...]] = {}
        self.sections: dict[str, bool | Unreadable] = {}
        self.passed: tuple[str, ...] = ()

    def fault(self, code: str, message: str, path: str, help_: str = "") -> None:
        self.faults.append(Diagnostic(code, message, self.document.span(path), help_))

    def key_fault(self, code: str, message: str, path: str, help_: str = "") -> None:
        """A fault of a key, not of its value."""
        self.fault(code, message, key_path(path), help_)

    def record(self) -> Record:
        self.passed += runs.without_silent(self.lists)  # what says nothing fills no slot that was taken back either
        self.passed += takenback.applied(self.values, self.unreadable, self.lists, self.measures, self.sections)
        self.passed += filled(self.lists, self.measures)
        return Record(
            self.values, self.unreadable, self.lists, self.measures, self.sections, {}, self.passed, self.document
        )

    def slots_are_named(self) -> None:
        """Note as a fault what was taken back without a word of what it is: it may be anything."""
        for each in self.lists.get(takenback.FIELD, ()):
            if why := takenback.fault(each):
                known = ", ".join(f"`{s}`" for s in sorted(takenback.NAMED.keys() | takenback.OPEN | takenback.SINGLE))
                help_ = f"`policy evidence remove` writes it; sections are {known}"
                self.fault("GATE302", f"`{each['@']}` takes nothing back: {why}", each["@"], help_)

    # ------------------------------------------------------------ shapes

    def group(self, raw: dict[str, Any], shapes: Mapping[str, Shape], path: str, *, required: bool = False) -> None:
        """The fields of a mapping of the record itself."""
        for key, value in raw.items():
            shape = shapes.get(key)
            where = join(path, key)
            if type(shape) is Field:
                self._scalar(value, shape, where)
            elif shape is None:
                self.unknown(key, shapes, path, where)
            elif type(shape) is Group:
                if self.mapping(value, where):
                    self.group(value, shape.fields, where)
                    self.sections[where] = self.whole(f"{where}.")
            elif type(shape) is Listing:
                self.lists[where] = self.listing(value, shape, where)
            elif type(shape) is OpenMap:
                if self.mapping(value, where):
                    self.open(value, shape, where)
            elif type(shape) is Measures and self.mapping(value, where):
                for name, measure in value.items():
                    self.measures[where, name] = self.measure(measure, shape, join(where, name))
                pieces = [p for (of, _), ps in self.measures.items() if of == where for p in ps]
                torn = [b for p in pieces for b in p.get("@bad", {}).values()]
                usable = any("value" in p and "@unreadable" not in p for p in pieces)
                self.sections[where] = usable or (torn[0] if torn else False)
        if required:
            for key, shape in shapes.items():
                if type(shape) is Field and shape.required and not str(self.values.get(key, "")).strip():
                    self.fault(
                        "GATE302",
                        f"the record has no `{key}`"
                        if key not in raw
                        else f"`{key}` is not a text: {v.written(raw[key])}",
                        key,
                        f"write `{key}: …`; it says which version is judged",
                    )

    def unknown(self, key: str, shapes: Mapping[str, Shape], path: str, where: str) -> None:
        name = f"{path}.{key}" if path else key
        if key.lower() in SIGNED:
            self.key_fault(
                "GATE306",
                f"a record holds no `{name}`",
                where,
                "sign-offs and waivers are signed statements of their own, never part of a record",
            )
            return
        if name == KIND:
            help_ = "take it out: a record in a file is a model's; MLflow's prompts are told by how they were made"
            self.key_fault("GATE301", "a record does not say its own `kind`", where, help_)
            return
        names = nearest(key, shapes)
        known = ", ".join(f"`{s}`" for s in shapes)
        help_ = (
            offer(names).replace("a name like it", "a field like it")
            if names
            else f"a fact of your own stands below `facts:`; fields here are {known}"
        )
        self.key_fault("GATE301", f"unknown field `{name}`", where, help_)

    def mapping(self, value: Any, where: str) -> bool:
        if type(value) is dict:
            return True
        self.fault(
            "GATE302", f"`{where}` is a mapping, not {_kind(value)}", where, "write `name: value` lines below it"
        )
        return False

    def _scalar(self, value: Any, shape: Field, where: str) -> None:
        if where == LICENSE and type(value) is list:
            self.keep(where, v.license_(value))
            return
        if type(value) is dict or type(value) is list:
            self.fault(
                "GATE302",
                f"`{where}` is one value, not {_kind(value)}",
                where,
                f"write `{where.rpartition('.')[2]}: …`",
            )
            return
        self.keep(where, _read(shape, value))

    def keep(self, where: str, value: Value) -> None:
        if isinstance(value, Unreadable):
            self.unreadable[where] = value
        else:
            self.values[where] = value

    def whole(self, path: str) -> bool | Unreadable:
        """Is anything below a path readable and not empty; what cannot be read counts as what is not there."""
        readable = any(
            value.strip() if isinstance(value, str) else True
            for at, value in self.values.items()
            if at.startswith(path)
        )
        lists = any(self.lists[at] for at in self.lists if at.startswith(path))
        torn = next((u for at, u in self.unreadable.items() if at.startswith(path)), None)
        return readable or lists or (torn if torn is not None else False)

    def open(self, raw: dict[str, Any], shape: OpenMap, path: str) -> None:
        """A mapping of names that nobody knows beforehand."""
        inside: list[str] = []
        self.names(raw, shape, path, inside)
        anything = shape.type is None and any(given != {} and given != [] for given in raw.values())
        self.sections[path] = anything or self.whole(f"{path}.")
        if inside:
            self.inner(path, inside)

    def names(self, raw: dict[str, Any], shape: OpenMap, path: str, inside: list[str]) -> None:
        """The names of an open mapping; `inside`: takes the paths of mappings in it."""
        for key, value in raw.items():
            where = f"{path}.{key}"
            if where in self.values or where in self.unreadable or where in self.sections:
                self.fault("GATE303", f"`{where}` stands twice", join(path, key), "keep one")
            if type(value) is dict or type(value) is list:
                if shape.type is None:
                    self.sections[where] = bool(value)
                elif shape.type.kind == "open" and type(value) is dict:
                    self.names(value, shape, where, inside)
                    self.sections[where] = False
                    inside.append(where)
                else:
                    self.fault(
                        "GATE302",
                        f"`{where}` is one value, not {_kind(value)}",
                        join(path, key),
                        "lists and mappings have no place here",
                    )
                continue
            found = v.BY_KIND[shape.type.kind if shape.type else "open"](value)
            self.keep(where, found)

    def inner(self, path: str, inside: list[str]) -> None:
        """Which mappings in an open one are whole, as `whole` says, in time that grows with their number and no faster."""
        around = f"{path}."
        order = {at: n for n, at in enumerate(self.unreadable) if at.startswith(around)}
        torn = sorted(order)
        readable = sorted(
            at
            for at, value in self.values.items()
            if at.startswith(around) and (not isinstance(value, str) or value.strip())
        )
        for where in inside:
            below = f"{where}."
            at = bisect_left(readable, below)
            if at < len(readable) and readable[at].startswith(below):
                self.sections[where] = True
                continue
            first, last = bisect_left(torn, below), bisect_left(torn, f"{where}/")  # the sign behind the dot
            if first < last:
                self.sections[where] = self.unreadable[min(torn[first:last], key=order.__getitem__)]

    def listing(self, raw: Any, shape: Listing, path: str) -> tuple[Element, ...]:
        if type(raw) is dict and shape.key:
            return tuple(self.short(raw, shape, path))
        if type(raw) is not list:
            self.fault(
                "GATE302", f"`{path}` is a list, not {_kind(raw)}", path, "write one `- name: …` line for each element"
            )
            return ()
        found = []
        for at, item in enumerate(raw):
            where = f"{path}[{at}]"
            if type(item) is dict:
                found.append(self.element(item, shape.fields, where))
            else:
                self.fault("GATE302", f"`{where}` is a mapping, not {_kind(item)}", where, "write `name: value` lines")
        return tuple(found)

    def short(self, raw: dict[str, Any], shape: Listing, path: str) -> list[Element]:
        found: list[Element] = []
        for key, value in raw.items():
            where = join(path, key)
            if type(value) is dict:
                if shape.key in value:
                    self.fault("GATE303", f"`{where}.{shape.key}` stands twice", where, "the key says it already")
                found.append({**self.element(value, shape.fields, where, given=shape.key), shape.key: key})
            elif type(value) is list:
                self.fault("GATE302", f"`{where}` is one value, not {_kind(value)}", where)
            else:
                field = shape.fields[shape.short]
                assert isinstance(field, Field)
                found.append(_element(where, {shape.key: key, shape.short: _read(field, value)}))
        return found

    def element(self, raw: dict[str, Any], shapes: Mapping[str, Shape], path: str, given: str = "") -> Element:
        """One mapping of a list, or one measure: its values by field."""
        found: dict[str, Any] = {"@": path}
        bad: dict[str, Unreadable] | None = None
        for key, value in raw.items():
            shape = shapes.get(key)
            if type(shape) is Field:
                if type(value) is dict or type(value) is list:
                    self.fault("GATE302", f"`{path}.{key}` is one value, not {_kind(value)}", join(path, key))
                elif type(one := _read(shape, value)) is Unreadable:
                    bad = {**bad, key: one} if bad else {key: one}
                else:
                    found[key] = one
            elif shape is None:
                self.unknown(key, shapes, path, join(path, key))
            elif type(shape) is Listing:
                found[key] = self.listing(value, shape, join(path, key))
            elif type(shape) is Group and self.mapping(value, join(path, key)):
                found[key] = self.element(value, shape.fields, join(path, key))
        for key, shape in shapes.items():
            if type(shape) is Field and shape.required and key not in raw and key != given and key != "value":
                self.fault("GATE302", f"`{path}` has no `{key}`", path, f"write `{key}: …`")
        for field, among in together.FIELDS:
            if field in found:
                found[field] = among(found)
        if bad:
            found["@bad"] = bad
            for key in [k for k in bad if k in IDENTITY][:1]:  # the first in the document, whoever reads it
                found["@unreadable"] = f"its `{key}` is {bad[key].written}, {bad[key].why}"
        return found

    def measure(self, raw: Any, shape: Measures, path: str) -> tuple[Element, ...]:
        if type(raw) is dict:
            return (self.element(raw, shape.fields, path),)
        if type(raw) is list and shape.several:
            found = []
            for at, item in enumerate(raw):
                where = f"{path}[{at}]"
                if self.mapping(item, where):
                    found.append(self.element(item, shape.fields, where))
            return tuple(found)
        if type(raw) is list:
            self.fault("GATE302", f"`{path}` is a mapping, not {_kind(raw)}", path)
            return ()
        return (_element(path, {"value": v.number(raw)}),)


def _element(path: str, fields: dict[str, Value]) -> Element:
    bad = {k: f for k, f in fields.items() if isinstance(f, Unreadable)}
    readable = {k: f for k, f in fields.items() if k not in bad}
    return {"@": path, **readable, "@bad": bad} if bad else {"@": path, **readable}


def _read(shape: Field, raw: Any) -> Value:
    known = _READERS.get(id(shape))
    if known is None:
        known = v.reader(shape)
        if id(shape) in _SCHEMA_FIELDS:
            _READERS[id(shape)] = known
    return known(raw)


def _fields(shapes: Mapping[str, Shape]) -> set[int]:
    found: set[int] = set()
    for shape in shapes.values():
        if isinstance(shape, Field):
            found.add(id(shape))
        elif isinstance(shape, Group | Listing | Measures):
            found |= _fields(shape.fields)
    return found


_SCHEMA_FIELDS = _fields(SHAPES)  # they live as long as the module, so that their identity names them


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if (isinstance(value, Plain) and value == "") or value is None:
        return "nothing"
    return f"`{v.written(value)}`"
