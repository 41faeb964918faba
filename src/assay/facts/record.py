"""The record of a model version, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.facts.document import Document
from assay.facts.values import Unreadable, Value

Element = Mapping[str, Any]
"""One element of a list, or one measure: its fields' values, its inner lists as tuples, and

`@`: its path in the document · `@trust`: who vouches for it, where that is more than the document ·
`@unreadable`: why the whole piece cannot be used.
"""

CLAIMED = ""
COMPUTED = "computed"
"""Trust of a fact: `""` claimed (mutable text), `computed` (the gate hashed or counted), else the attesting service."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a registry knows of one model version, read and sorted, each slot holding one piece.

    values: scalars by path (`code.commit`, `tags.team`, `facts.domain`) · lists: by path, `scans` without its
    findings' join · measures: by (section, name), a tuple of pieces, one for each data set · sections: whole
    mappings that are there, Unreadable where a value in them is · trust: by slot, where more than claimed ·
    passed_over: pieces that lost their slot to another, in words · document: the text it was read from, `index`: which of several in it.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    lists: Mapping[str, tuple[Element, ...]] = field(default_factory=dict)
    measures: Mapping[tuple[str, str], tuple[Element, ...]] = field(default_factory=dict)
    sections: Mapping[str, bool | Unreadable] = field(default_factory=dict)
    trust: Mapping[str, str] = field(default_factory=dict)
    passed_over: tuple[str, ...] = ()
    document: Document | None = field(default=None, compare=False, repr=False)
    index: int = 0

    @property
    def name(self) -> str:
        """`MODEL@VERSION`."""
        return f"{self.values.get('model')}@{self.values.get('version')}"

    def place(self, path: str) -> str:
        """`file:line` of a value, or nothing where the record came from no text."""
        if self.document is None:
            return ""
        span = self.document.span(path)
        return f"{span.source.name}:{span.line}"

    def text(self, path: str) -> str:
        """A text of the record, or nothing where there is none to read."""
        found = self.values.get(path)
        return found if isinstance(found, str) else ""
