"""JSON texts to plain data, and the place of every value in them.

Strict: no key stands twice, and what JSON's standard does not have is no number.
"""

from __future__ import annotations

import json
import re
from typing import Any

from letpass.diagnostics import RecordError, Source, Span
from letpass.facts.paths import join, key_path
from letpass.facts.values import Plain


class _DuplicateError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateError(next(k for k, _ in pairs if k in seen or seen.add(k)))  # type: ignore[func-returns-value]
    return found


# A constant that JSON does not have reads as what it is written as, and so as no number.
decode = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=Plain).decode
"""The data of a text that is known to be neither deep nor with halves of characters; raises ValueError."""


def read(source: Source, deepest: int) -> Any:
    """The data of a JSON text, nested no deeper than that; raises `RecordError`."""
    try:
        data = decode(source.text)
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
    return data


def _depth(data: Any) -> int:
    """How deep lists and mappings lie inside each other."""
    depth, level = 0, [data] if type(data) is dict or type(data) is list else []
    while level:
        depth += 1
        inside = (x.values() if type(x) is dict else x for x in level)
        level = [v for values in inside for v in values if type(v) is dict or type(v) is list]
    return depth


_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([{}\[\],:])|([^\s{}\[\],:"]+))')


def spans(text: str) -> dict[str, tuple[int, int]]:
    """The place of every value of a JSON text that has been read before."""
    found: dict[str, tuple[int, int]] = {}
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
            found[where] = (found[where][0], at)
            continue
        if stack and stack[-1][1] == "{" and key is None:
            key = json.loads(string)
            found[key_path(join(stack[-1][0], key))] = (token.start(1), at)
            continue
        if stack:
            outer, kind, index = stack[-1]
            path = join(outer, key) if kind == "{" and key is not None else f"{outer}[{index}]"
            stack[-1] = (outer, kind, index + 1)
            key = None
        start = token.start(1) if string else token.start(2) if mark else token.start(3)
        found[path] = (start, at)
        if mark:
            stack.append((path, mark, 0))
    return found
