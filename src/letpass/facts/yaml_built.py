"""YAML texts to plain data event by event, with the place of every value, or of what is wrong."""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import RecordError, Source, Span
from letpass.facts.paths import DEEPEST, join, key_path
from letpass.facts.values import Plain


def spans(text: str) -> dict[str, tuple[int, int]]:
    """The place of every value of a YAML text that has been read before."""
    return built(Source("", text), aliases=True, placed=True).spans


def built(source: Source, aliases: bool, *, placed: bool = False, begins: str = "") -> Builder:
    """The data of a text, and where `placed` the places of its values too; `begins`: what helps where there is none.

    Raises `RecordError`.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = Builder(source, aliases, placed)
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
        raise RecordError.of("GATE304", "the file holds no data", Span(source, 0, 1), begins)
    return builder


class Builder:
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
        """Take the next event; raises `RecordError` for what no record may hold."""
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
