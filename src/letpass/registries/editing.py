"""Changing top-level fields of a record's text and leaving the rest as people wrote it, comments too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from letpass.diagnostics import RecordError, RegistryError, Source, Span
from letpass.facts import document, reader
from letpass.facts.document import Document
from letpass.facts.paths import join, key_path
from letpass.facts.record import Record
from letpass.facts.schema import IDENTITY
from letpass.facts.takenback import SINGLE
from letpass.facts.values import as_json
from letpass.registries import inplace, state


def unless_identity(record: Record, changes: Mapping[str, Any], registry: str) -> None:
    """Raise `RegistryError` where changes to a registered version would make another one of it."""
    before = record.document.data if record.document is not None else {}
    for field in sorted(IDENTITY & changes.keys()):
        if not inplace.same(before.get(field), changes[field]):
            raise RegistryError.of(
                "GATE433",
                f"`{field}` says who `{record.name}` is, and stays as registered",
                registry,
                "register what says otherwise as a version of its own: `policy register PATH`",
            )


def with_fields(read: Document, changes: Mapping[str, Any]) -> str:
    """The text of a record with other values of top-level fields (None: no such field).

    Within a field only what is new is written, where that can be done; else the field is written anew.  Read back before
    anybody gets it: all other fields are what they were, and these are what they should be.  Raises `RecordError` where a
    change makes no record of it.
    """
    with suppress(inplace.CannotError, RecordError):
        made = document.read(Source(read.source.name, inplace.edited(read, changes)))
        if _says(made, read, changes):
            reader.read(made)
            return made.source.text
    again = read
    for key, value in changes.items():
        again = document.read(Source(read.source.name, _one_field(again, key, value)))
    reader.read(again)
    if not _says(again, read, changes):
        raise RecordError.of(
            "GATE304",
            "the record cannot be changed without touching the rest of it",
            Span(again.source, 0, 1),
            "write its top-level fields on lines of their own",
        )
    return again.source.text


def _one_field(read: Document, key: str, value: Any) -> str:
    """The text with another value of one top-level field, written anew where it cannot grow; all others stand as they did."""
    with suppress(inplace.CannotError, RecordError):
        made = inplace.edited(read, {key: value})
        if _says(document.read(Source(read.source.name, made)), read, {key: value}):
            return made
    if not document.is_json(read.source):
        return _yaml(read, {key: value})
    found = read.exactly(join("", key))
    if value is None or found is None:
        data = {k: v for k, v in {**read.data, **as_json({key: value})}.items() if v is not None or k != key}
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    text = read.source.text
    return text[: found.start] + json.dumps(as_json(value), ensure_ascii=False) + text[found.end :]


def _says(made: Document, before: Document, changes: Mapping[str, Any]) -> bool:
    """Does a changed document hold what it should: the same as before, but for the fields that were changed."""
    wanted = {k: v for k, v in {**before.data, **changes}.items() if v is not None or k not in changes}
    return isinstance(made.data, dict) and inplace.same(made.data, wanted)


def _yaml(read: Document, changes: Mapping[str, Any]) -> str:
    """Each field's lines are cut, and the new ones stand where the old ones did, or at the end."""
    text = read.source.text if read.source.text.endswith("\n") else read.source.text + "\n"
    places = sorted((found.start, key) for key in read.data if (found := read.exactly(key_path(join("", key)))))
    ends = [start for start, _ in places[1:]] + [len(text)]
    for (start, key), end in reversed(list(zip(places, ends, strict=True))):
        if key in changes:
            last = _end(text, start, end)
            text = text[:start] + dumped(key, changes[key]) + text[last:]
    return text + "".join(dumped(k, v) for k, v in changes.items() if k not in read.data)


def _end(text: str, start: int, end: int) -> int:
    """Where a field's lines end: comments and blank lines above the next field are that one's."""
    lines = text[start:end].splitlines(keepends=True)
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].startswith("#")):
        lines.pop()
    return start + sum(map(len, lines))


def dumped(key: str, value: Any) -> str:
    """One field in YAML, nothing for None."""
    if value is None:
        return ""
    return state.dump({key: value})


def appended(record: Mapping[str, Any], section: str, pieces: Any) -> Any:
    """What a section of a record holds with more pieces in it: lists grow, mappings take new keys, measures more pieces."""
    there = record.get(section)  # as it is written, so that a number stays the text that it was
    if as_json(there) is None:
        there = None
    if isinstance(pieces, list) and section not in SINGLE:
        return [*(there or []), *[p for p in pieces if not _among(p, there or [])]]
    if not isinstance(pieces, dict):
        return pieces
    found = dict(there or {})
    for key, value in pieces.items():
        old = found.get(key)
        if section == "metrics" and as_json(old) is not None:
            there_are = measures(old)
            more = [piece for piece in measures(value) if not _among(piece, there_are)]
            found[key] = [*there_are, *more] if more else old
        elif isinstance(old, dict) and isinstance(value, dict) and section != "observations":
            found[key] = {**old, **value}
        else:
            found[key] = value
    return found


def _among(piece: Any, pieces: Sequence[Any]) -> bool:
    """Is a piece there already, however it is written."""
    return any(inplace.same(piece, p) for p in pieces)


def measures(value: Any) -> list[Any]:
    """The pieces of a metric, of which a bare number is one."""
    return [v if isinstance(v, dict) else {"value": v} for v in (value if isinstance(value, list) else [value])]


def same_place(one: Mapping[str, Any], other: Mapping[str, str]) -> bool:
    """Do two deployments speak of one endpoint in one environment."""
    return all(str(one.get(k) or "") == other.get(k, "") for k in ("endpoint", "environment"))
