"""YAML and JSON texts to plain data, with the place of every value.

Strict: no duplicate keys, anchors, tags or second document.  Of YAML's scalars only the quoted ones are
texts already; the others stay `Plain` until their place says what they mean, so that `no`, `1:30`, `012`
and `1.10` never turn into something else on the way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from letpass.diagnostics import RecordError, Source, Span
from letpass.facts import yaml_data
from letpass.facts.values import Plain
from letpass.frozen import Frozen, part

LARGEST = 16 << 20  # characters
LARGEST_YAML = 3 << 20  # YAML takes ten times as long as JSON
DEEPEST = 60


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
        """The document with what another says of it below one of that one's keys, key by key."""
        said = state.data[key]
        data = {**self.data, **said}
        return Document(self.source, data, self._spans, self._lazy, state, join("", key))

    def bare(self) -> Document:
        """The document without what another says of it."""
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


_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def join(path: str, key: str) -> str:
    """The path of a mapping's value: `metrics.recall`, `metrics["box AP"]`."""
    if _BARE.match(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def key_path(path: str) -> str:
    """Where the key of a mapping's value stands, as a path to ask `span` for."""
    return f"{path}#key"


def parent(path: str) -> str:
    """The path without its last step."""
    if path.endswith('"]'):
        return path[: path.rindex('["')]
    if path.endswith("]"):
        return path[: path.rindex("[")]
    return path.rpartition(".")[0]


def read(
    source: Source, *, aliases: bool = False, largest: int = LARGEST, json: bool = False, deepest: int = DEEPEST
) -> Document:
    """Read a text: JSON where asked, where the name ends in `.json` or the text begins with `{`, else YAML.

    `aliases` admits YAML's anchors, in foreign formats only · `deepest`: how deep JSON may nest.  Raises `RecordError`.
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
        raise RecordError.of(
            "GATE304", "the file is empty", Span(source, 0, 1), "a record begins with `model:` and `version:`"
        )
    if json or is_json(source):
        return _json(source, deepest)
    if len(text) > LARGEST_YAML:
        raise RecordError.of(
            "GATE305",
            f"{len(text):,} characters are too many for YAML",
            Span(source, 0, 1),
            f"the most is {LARGEST_YAML:,}; write the record as JSON",
        )
    return _yaml(source, aliases=aliases)


def is_json(source: Source) -> bool:
    """Is a text read as JSON: its name says so, or it looks so and its name does not say YAML."""
    if source.name.endswith((".yaml", ".yml")):
        return False
    return source.name.endswith(".json") or source.text.lstrip()[:1] == "{"


# ---------------------------------------------------------------- JSON


class _DuplicateError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateError(next(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
    return found


# A constant that JSON does not have reads as what it is written as, and so as no number.
_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=Plain).decode


def _json(source: Source, deepest: int) -> Document:
    try:
        data = _decode(source.text)
    except json.JSONDecodeError as error:
        raise RecordError.of(
            "GATE304",
            f"not JSON: {error.msg.lower()}",
            Span(source, error.pos, error.pos + 1),
            "a value is missing or misspelt here",
        ) from None
    except _DuplicateError as error:
        at = source.text.rfind(json.dumps(str(error), ensure_ascii=False))
        raise RecordError.of(
            "GATE303",
            f"the key `{error}` stands twice in one mapping",
            Span(source, max(at, 0), max(at, 0) + 1),
            "keep one",
        ) from None
    except (RecursionError, ValueError):
        raise RecordError.of("GATE305", "nested too deeply, or a number too long", Span(source, 0, 1)) from None
    if "\\ud" in source.text.lower():
        try:
            json.dumps(data, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise RecordError.of(
                "GATE304", "half a character: a surrogate without its other half", Span(source, 0, 1)
            ) from None
    if source.text.count("{") + source.text.count("[") > deepest and _depth(data) > deepest:
        raise RecordError.of("GATE305", "nested too deeply", Span(source, 0, 1), f"the deepest is {deepest}")
    return Document(source, data, _lazy=[_json_spans])


def _depth(data: Any) -> int:
    """How deep lists and mappings lie inside each other."""
    depth, level = 0, [data]
    while level := [x for x in level if isinstance(x, dict | list)]:
        depth += 1
        level = [v for x in level for v in (x.values() if isinstance(x, dict) else x)]
    return depth


_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([{}\[\],:])|([^\s{}\[\],:"]+))')


def of_json(source: Source) -> Document:
    """The document of a text that is known to be JSON as `read` reads it: its data is decoded when it is asked for."""
    return Document(source, UNDECODED, _lazy=[_json_spans])


def _json_spans(text: str) -> dict[str, tuple[int, int]]:
    """The place of every value of a JSON text that has been read before."""
    spans: dict[str, tuple[int, int]] = {}
    stack: list[tuple[str, str, int]] = []  # path, kind, next index
    path, key, at = "", None, 0
    while (token := _TOKEN.match(text, at)) is not None:
        at = token.end()
        string, mark, _ = token.groups()
        if mark == ",":
            continue
        if mark == ":":
            continue
        if mark in {"}", "]"}:
            where, _, _ = stack.pop()
            spans[where] = (spans[where][0], at)
            continue
        if stack and stack[-1][1] == "{" and key is None:
            key = json.loads(string)
            spans[key_path(join(stack[-1][0], key))] = (token.start(1), at)
            continue
        if stack:
            outer, kind, index = stack[-1]
            path = join(outer, key) if kind == "{" and key is not None else f"{outer}[{index}]"
            stack[-1] = (outer, kind, index + 1)
            key = None
        start = token.start(1) if string else token.start(2) if mark else token.start(3)
        spans[path] = (start, at)
        if mark:
            stack.append((path, mark, 0))
    return spans


# ---------------------------------------------------------------- YAML


def _yaml(source: Source, *, aliases: bool) -> Document:
    try:
        data = yaml_data.read(source.text, DEEPEST)
    except yaml_data.OddError:
        data = _built(source, aliases).data
    return Document(source, data, _lazy=[_yaml_spans])


def _yaml_spans(text: str) -> dict[str, tuple[int, int]]:
    """The place of every value of a YAML text that has been read before."""
    return _built(Source("", text), aliases=True, placed=True).spans


def _built(source: Source, aliases: bool, *, placed: bool = False) -> _Builder:
    """The data of a text, and where `placed` the places of its values too; raises `RecordError`."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(source, aliases, placed)
    try:
        # one event after the other, so that no nesting and no anchor can grow in the library's hands
        for event in yaml.parse(source.text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index if mark else 0, max(len(source.text) - 1, 0))
        problem = " ".join(str(error.problem or error.context or "a syntax error").split())
        raise RecordError.of(
            "GATE304",
            f"not YAML: {problem}",
            Span(source, at, at + 1),
            "quote texts that hold `:` or `#`, and indent with spaces",
        ) from None
    except yaml.YAMLError as error:
        raise RecordError.of("GATE304", f"not YAML: {' '.join(str(error).split())[:120]}", Span(source, 0, 1)) from None
    except RecursionError:
        raise RecordError.of("GATE305", "nested too deeply", Span(source, 0, 1)) from None
    if not builder.done:
        raise RecordError.of(
            "GATE304", "the file holds no data", Span(source, 0, 1), "a record begins with `model:` and `version:`"
        )
    return builder


class _Builder:
    """Builds data from YAML's events, and refuses what no record needs; `placed`: it notes where each value stands."""

    def __init__(self, source: Source, aliases: bool, placed: bool) -> None:
        self.source, self.aliases, self.placed = source, aliases, placed
        self.spans: dict[str, tuple[int, int]] = {}
        self.data: Any = None
        self.done = False
        self.stack: list[list[Any]] = []  # [container, path, pending key or None]
        self.anchors: dict[str, Any] = {}
        self.copied = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            if event.tag is not None or event.anchor:
                self._plainly(event)
            value = Plain(event.value) if event.implicit[0] else event.value
            self._put(value, event)
            if event.anchor:
                self.anchors[event.anchor] = value
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            self._open(event, {} if kind == "MappingStartEvent" else [])
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            _, path, _ = self.stack.pop()
            if self.placed:
                self.spans[path] = (self.spans[path][0], max(self.spans[path][0] + 1, event.start_mark.index))
        elif kind == "AliasEvent":
            self._alias(event)
        elif kind == "DocumentStartEvent" and self.done:
            raise RecordError.of(
                "GATE304", "a second document in one file", self._span(event), "one file holds one record"
            )

    def _span(self, event: Any) -> Span:
        return Span(self.source, *_between(event))

    def _open(self, event: Any, container: Any) -> None:
        self._plainly(event)
        if len(self.stack) >= DEEPEST:
            raise RecordError.of("GATE305", "nested too deeply", self._span(event), f"the deepest is {DEEPEST}")
        path = self._put(container, event)
        self.stack.append([container, path, None])
        if event.anchor:
            self.anchors[event.anchor] = container

    def _plainly(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            raise RecordError.of(
                "GATE304",
                f"a tag `{event.tag}`",
                self._span(event),
                "a record holds plain texts, numbers, lists and mappings",
            )
        if event.anchor and not self.aliases:
            raise RecordError.of(
                "GATE304", f"an anchor `&{event.anchor}`", self._span(event), "write the value out where it stands"
            )

    def _alias(self, event: Any) -> None:
        if not self.aliases or event.anchor not in self.anchors:
            raise RecordError.of(
                "GATE304", f"an alias `*{event.anchor}`", self._span(event), "write the value out where it stands"
            )
        self.copied += 1
        value = self.anchors[event.anchor]
        if self.copied > 1000 or any(entry[0] is value for entry in self.stack):
            raise RecordError.of(
                "GATE305", "too many aliases", self._span(event), "write the values out where they stand"
            )
        self._put(value, event)

    def _put(self, value: Any, event: Any) -> str:
        """Hang a value into the container at hand; its path, where places are noted."""
        path = ""
        if not self.stack:
            self.data, self.done = value, True
        else:
            container, outer, key = self.stack[-1]
            if type(container) is list:
                path = f"{outer}[{len(container)}]" if self.placed else ""
                container.append(value)
            elif key is None:
                self._key(container, outer, value, event)
                return ""
            else:
                path = join(outer, key) if self.placed else ""
                container[key] = value
                self.stack[-1][2] = None
        if self.placed:
            self.spans[path] = _between(event)
        return path

    def _key(self, container: dict[str, Any], outer: str, value: Any, event: Any) -> None:
        """Take a mapping's next key."""
        if not isinstance(value, str):
            raise RecordError.of("GATE302", "a key is a text", self._span(event), "write `name: value`")
        if value in container:
            raise RecordError.of(
                "GATE303", f"the key `{value}` stands twice in one mapping", self._span(event), "keep one"
            )
        if value == "<<":
            raise RecordError.of(
                "GATE304", "a merge key `<<`", self._span(event), "write the values out where they stand"
            )
        key = str(value)
        self.stack[-1][2] = key
        container[key] = None
        if self.placed:
            self.spans[key_path(join(outer, key))] = _between(event)


def _between(event: Any) -> tuple[int, int]:
    """Where an event stands."""
    return event.start_mark.index, max(event.end_mark.index, event.start_mark.index + 1)
