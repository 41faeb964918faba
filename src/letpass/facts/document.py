"""YAML and JSON texts to plain data, with the place of every value.

Strict: no duplicate keys, anchors, tags or second document.  Of YAML's scalars only the quoted ones are
texts already; the others stay `Plain` until their place says what they mean, so that `no`, `1:30`, `012`
and `1.10` never turn into something else on the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from letpass.diagnostics import RecordError, Source, Span
from letpass.facts import json_data, yaml_built, yaml_data
from letpass.facts.paths import DEEPEST, join, parent
from letpass.frozen import Frozen, part

LARGEST = 16 << 20  # characters
LARGEST_YAML = 3 << 20  # YAML takes ten times as long as JSON
RECORD = "a record begins with `model:` and `version:`"


UNDECODED = object()
"""What a document holds until its data is asked for."""


class Document(Frozen):
    """Data, and where its values stand: `span(path)` for paths as `join` makes them, found out when it is first asked.

    state: another document whose value at `under` has stood in for some of the top keys.
    """

    source: Source
    _data: Any
    _spans: dict[str, tuple[int, int]] = part(default_factory=dict)
    _lazy: list[Callable[[str], dict[str, tuple[int, int]]]] = part(default_factory=list)
    state: Document | None = None
    under: str = ""

    @property
    def data(self) -> Any:
        """The data; of a document whose text is known to be JSON it is decoded when it is first asked for."""
        if self._data is UNDECODED:
            self.__dict__["_data"] = json.loads(self.source.text)
        return self._data

    def _key(self) -> tuple[Any, ...]:
        return (self.source, self.data, self.state, self.under)

    def with_data(self, data: Any) -> Document:
        """The document with other data, whose places are those of the text."""
        return Document(self.source, data, self._spans, self._lazy, self.state, self.under)

    def with_state(self, state: Document, key: str) -> Document:
        """The document with the values that another one has for it below a key, key by key."""
        said = state.data[key]
        data = {**self.data, **said}
        return Document(self.source, data, self._spans, self._lazy, state, join("", key))

    def bare(self) -> Document:
        """The document without those values of another one."""
        return read(self.source)

    def part(self, path: str, data: Any) -> Document:
        """What stands at a path, as a document of its own whose places are those in the whole text."""

        def places(_: str) -> dict[str, tuple[int, int]]:
            found = {p[len(path) :]: place for p, place in self._places().items() if p.startswith(path)}
            return {p.removeprefix("."): place for p, place in found.items() if p[:1] in {"", ".", "[", "#"}}

        return Document(self.source, data, _lazy=[places])

    def span(self, path: str) -> Span:
        """The place of a value, or of the nearest one around it."""
        if self.state is not None:
            there = f"{self.under}[" if path.startswith("[") else f"{self.under}."
            if (found := self.state.exactly(there + path)) is not None:
                return found
        spans = self._places()
        while path and path not in spans:
            path = parent(path)
        start, end = spans.get(path, (0, 1))
        return Span(self.source, start, end)

    def exactly(self, path: str) -> Span | None:
        """The place of a value, None where there is no such value."""
        found = self._places().get(path)
        return Span(self.source, *found) if found is not None else None

    def _places(self) -> dict[str, tuple[int, int]]:
        """Where each value stands."""
        if self._lazy:
            self._spans.update(self._lazy[0](self.source.text))
            self._lazy[:] = []
        return self._spans


def read(
    source: Source, *, aliases: bool = False, largest: int = LARGEST, json: bool = False, deepest: int = DEEPEST,
    begins: str = RECORD,
) -> Document:  # fmt: skip
    """Read a text: JSON where asked, where the name ends in `.json` or the text begins with `{`, else YAML.

    `aliases` admits YAML's anchors, in foreign formats only · `deepest`: how deep JSON may nest · `begins`: what helps where there is
    nothing.  Raises `RecordError`.
    """
    text = source.text
    if len(text) > largest:
        raise RecordError.of(
            "GATE305",
            f"{len(text):,} characters are too many for a record",
            Span(source, 0, 1),
            f"the most is {largest:,}",
        )
    if not text.strip():
        raise RecordError.of("GATE304", "the file is empty", Span(source, 0, 1), begins)
    if json or is_json(source):
        return Document(source, json_data.read(source, deepest), _lazy=[json_data.spans])
    if len(text) > LARGEST_YAML:
        raise RecordError.of(
            "GATE305",
            f"{len(text):,} characters are too many for YAML",
            Span(source, 0, 1),
            f"the most is {LARGEST_YAML:,}; write the record as JSON",
        )
    try:
        data = yaml_data.read(text, DEEPEST)
    except yaml_data.OddError:
        data = yaml_built.built(source, aliases, begins=begins).data
    return Document(source, data, _lazy=[yaml_built.spans])


def is_json(source: Source) -> bool:
    """Is a text read as JSON: its name says so, or it looks so and its name does not say YAML."""
    if source.name.endswith((".yaml", ".yml")):
        return False
    return source.name.endswith(".json") or source.text.lstrip()[:1] == "{"


def of_json(source: Source) -> Document:
    """The document of a text that is known to be JSON as `read` reads it: its data is decoded when it is asked for."""
    return Document(source, UNDECODED, _lazy=[json_data.spans])
