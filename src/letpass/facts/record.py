"""The record of a model version, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from letpass.diagnostics import as_shown, so_many
from letpass.facts.document import Document
from letpass.facts.shared import Made
from letpass.facts.values import Unreadable, Value
from letpass.frozen import Frozen, part
from letpass.language.kinds import FIELD as KIND
from letpass.language.kinds import MODEL
from letpass.move import Stage

Element = Mapping[str, Any]
"""One element of a list, or one measure: its readable fields, each of its schema's type, its inner lists as tuples,

`@`: its path in the document · `@bad`: its unreadable fields · `@trust`: who vouches for it, where that is more than
the document · `@unreadable`: why the whole piece cannot be used · `@partial`: why a scan is not whole; what it found
counts.
"""

CLAIMED = ""
COMPUTED = "computed"
"""Trust of a fact: `""` claimed (mutable text), `computed` (the gate hashed or counted), else the attesting service."""


ANYTHING = "hyperparameters"
"""The mapping whose entries may be anything: also one that is no value is there."""


class Holder(Enum):
    """What is known of the target stage's holder where there is no record of it."""

    NOBODY = "nobody"
    UNASKED = "unasked"


_SLOTS = Made(lambda section: Made(lambda name: f"{section}:{name}"))


class AtLeast(tuple[Any, ...]):  # noqa: SLOT001 - in a tuple there is no room for slots
    """Elements of a list that may have more, and why: what a scan that was not whole has found."""

    why: str = ""

    @classmethod
    def of(cls, elements: Iterable[Any], why: str) -> AtLeast:
        """These elements, and whatever else there may be."""
        found = cls(elements)
        found.why = why
        return found


class Record(Frozen):
    """What a registry knows of one model version, read and sorted, each slot holding one piece.

    values: readable scalars by path (`code.commit`, `tags.team`, `facts.domain`) · unreadable: the others · lists: by
    path · measures: by (section, name), a tuple of pieces, one for each data set · sections: whole mappings that are
    there, Unreadable where a value in them is · trust: by slot, where more than claimed · passed_over: pieces that lost
    their slot to another, in words · brought: where attested values come from, by their path, and every such place by
    itself · document: the text it was read from, `index`: which of several in it · partial: the registry's listing left
    out what only the version's own files say.

    Derived: sole, the measures that have one usable piece; whole, the lists of which every piece is usable; runs, the
    usable runs of suites, and of scanners the whole ones.  Both by `SECTION:NAME`, since a text remembers its hash.
    """

    values: Mapping[str, Value] = part(default_factory=dict)
    unreadable: Mapping[str, Unreadable] = part(default_factory=dict)
    lists: Mapping[str, tuple[Element, ...]] = part(default_factory=dict)
    measures: Mapping[tuple[str, str], tuple[Element, ...]] = part(default_factory=dict)
    sections: Mapping[str, bool | Unreadable] = part(default_factory=dict)
    trust: Mapping[str, str] = part(default_factory=dict)
    passed_over: tuple[str, ...] = ()
    document: Document | None = part(default=None, compare=False, repr=False)
    index: int = 0
    brought: Mapping[str, str] = part(default_factory=dict)
    partial: bool = part(default=False, compare=False)
    sole: Mapping[str, Element] = part(init=False, compare=False, repr=False)
    whole: Mapping[str, tuple[Element, ...]] = part(init=False, compare=False, repr=False)
    runs: Mapping[str, Element] = part(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        sole = {}
        for (section, name), p in self.measures.items():
            if len(p) == 1 and "@unreadable" not in p[0]:
                sole[_SLOTS[section][name]] = p[0]
        whole = {path: e for path, e in self.lists.items() if not any(["@unreadable" in piece for piece in e])}
        runs = {}
        for section, key in (("suites", "name"), ("scans", "tool")):
            for piece in self.lists.get(section, ()):
                if "@unreadable" not in piece and "@partial" not in piece and key in piece:
                    runs[_SLOTS[section][piece[key]]] = piece
        self.__dict__.update(sole=sole, whole=whole, runs=runs)

    def __repr__(self) -> str:
        counts = [
            sum(section == "metrics" for section, _ in self.measures),
            len(self.lists.get("suites", ())),
            len(self.lists.get("scans", ())),
        ]
        parts = [so_many(n, what) for n, what in zip(counts, ("metric", "suite", "scan"), strict=True) if n]
        source = f" from {self.document.source.name}" if self.document is not None and self.document.source.name else ""
        return as_shown(f"Record {self.name}{': ' if parts else ''}{', '.join(parts)}{source}")

    @property
    def name(self) -> str:
        """`MODEL@VERSION`."""
        return f"{self.values.get('model')}@{self.values.get('version')}"

    def place(self, path: str) -> str:
        """`file:line` of a value, or nothing where the record came from no text."""
        for name in dict.fromkeys(self.brought.values()):
            if self.brought.get(path) == name or path.startswith(f"{name}: "):
                return f"{name}:1"
        if self.document is None:
            return ""
        span = self.document.span(path)
        return f"{span.source.name}:{span.line}"

    @property
    def kind(self) -> str:
        """What the registry has it as: `model`, unless it says otherwise."""
        return self.text(KIND) or MODEL

    @property
    def stage(self) -> Stage:
        """The stage that it is in, NO_STAGE where it says none that can be read."""
        return Stage(self.text("stage"))

    def raw(self, path: str) -> Value | None:
        """A scalar, readable or not; None where there is none."""
        found = self.values.get(path)
        return self.unreadable.get(path) if found is None else found

    def filled(self, path: str, service: str | None = None) -> bool:
        """Can one entry of a mapping be read that is not empty; with a service, one that it vouches for."""

        def counts(trust: str) -> bool:
            return service is None or trust == service

        inside = f"{path}."
        entries = [at for at, value in self.values.items() if not isinstance(value, str) or value.strip()]
        if path == ANYTHING:
            many = [at for at, state in self.sections.items() if state is True]
            entries = [*self.values, *self.unreadable, *many]
        if any(at.startswith(inside) and counts(self.trust.get(at, "")) for at in entries):
            return True
        pieces = [p for (section, _), several in self.measures.items() if section == path for p in several]
        if any("value" in p and "@unreadable" not in p and counts(str(p.get("@trust", ""))) for p in pieces):
            return True
        return any(
            at.startswith(inside) and found and all(counts(str(p.get("@trust", ""))) for p in found)
            for at, found in self.whole.items()
        )

    def text(self, path: str) -> str:
        """A text of the record, or nothing where there is none to read."""
        found = self.values.get(path)
        return found if isinstance(found, str) else ""


def raw_of(piece: Element, field: str) -> Any:
    """A field of an element, readable or not; None where there is none."""
    found = piece.get(field)
    return piece.get("@bad", {}).get(field) if found is None else found
