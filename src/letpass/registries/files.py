"""Records in files: the text of one, and the records in it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from letpass import disk
from letpass.diagnostics import RecordError, Source, Span
from letpass.facts import document, fast, reader
from letpass.facts.document import Document
from letpass.facts.record import Record
from letpass.registries import model_index, state
from letpass.registries.interface import parts_of

ENDINGS = (".yaml", ".yml", ".json")
SUFFIXES = frozenset(ENDINGS)
IDENTITY = ".registry"
"""The file in a registry's folder that holds its name for good."""


def source(name: str, data: bytes) -> Source:
    """Bytes as a text; raises `RecordError` for more than a record may have, and for what is not UTF-8."""
    return text_of(name, data, len(data))


def at(path: Path, states: state.States | None = None) -> tuple[Record, ...]:
    """The records in a file, with what the state of their model says; raises `RecordError`."""
    return records(read_source(path), state.of(path.parent, states if states is not None else {}))


def checked(reference: str) -> tuple[str, str]:
    """The model and version that `NAME@VERSION` names; raises `RecordError` for what could be no file's name."""
    name, version = parts_of(reference)
    if not all(map(is_name, (*name.split("/"), version))):
        raise RecordError.of(
            "GATE307",
            f"`{reference}` names no version",
            reference,
            "write `NAME@VERSION`, where no part begins with a dot, or `./` before a path with `@`",
        )
    return name, version


def is_name(part: str) -> bool:
    """Can a part of a model's name, or a version, be the name of a file that is not hidden.

    What begins with a dot is hidden: a listing would not show who holds a stage.
    """
    return part != "" and not part.startswith(".") and not any(c in part for c in "/\\\0")


def only(places: list[Path]) -> Path | None:
    """The one of several places where there is a file, None where there is none; raises `RecordError` for two."""
    try:
        found = [p for p in places if p.is_file()]
    except OSError as error:  # a name that no file can have
        raise RecordError.of("GATE307", f"cannot read `{str(places[0])[:80]}…`: {disk.reason(error)}", "") from None
    if len(found) > 1:
        raise RecordError.of(
            "GATE307",
            f"`{found[0]}` and `{found[1]}` are one version",
            str(found[0]),
            "keep one of them; which of two records holds is not for anybody to guess",
        )
    return found[0] if found else None


def read_source(path: Path) -> Source:
    """The text of a record file; raises `RecordError` where it cannot be read."""
    return text_of(str(path), *read_bytes(path))


def read_bytes(path: Path) -> tuple[bytes, int]:
    """The bytes of a file, at most one more than a record may have, and how many there are."""
    try:
        with disk.opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(min(size, document.LARGEST) + 1)  # no more room is made than is needed
            if len(data) > size:  # a pipe, or a file that grows
                data += file.read(document.LARGEST + 1 - len(data))
        return data, max(len(data), size)
    except OSError as error:
        raise RecordError.of("GATE307", f"cannot read `{path}`: {disk.reason(error)}", str(path)) from None


def text_of(name: str, data: bytes, size: int) -> Source:
    """Bytes as a text, without a byte order mark.
    Raises `RecordError` where `size`, the number of bytes that there are, is more than a record may have, and for what is not UTF-8."""
    if size > document.LARGEST:
        raise RecordError.of(
            "GATE305", f"{size:,} bytes are too many for a record", name, f"the most is {document.LARGEST:,}"
        )
    try:
        return Source(name, data.decode().removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise RecordError.of("GATE304", f"not UTF-8: byte {error.start}", name, "save it as UTF-8") from None


def parse(source: Source, later: Source | None = None) -> tuple[Record, ...]:
    """The records in a text: one of ours, or all models of a model-index; raises `RecordError`.

    later: the text of the state file beside it.
    """
    return records(source, state.parse(later) if later is not None else None)


def records(source: Source, later: Document | None) -> tuple[Record, ...]:
    """The records in a text, with what the state of their model says."""
    return at_once(source, later) or sorted_out(read(source), later)


def at_once(source: Source, later: Document | None) -> tuple[Record, ...]:
    """The record in a text, where it can be read in one pass and the state of its model says nothing of it; else none."""
    found = fast.ALL.read(source)
    return () if found is None or (later is not None and found.text("version") in later.data) else (found,)


def sorted_out(read: Document, later: Document | None) -> tuple[Record, ...]:
    """The records in a document, with what the state of their model says."""
    if model_index.is_model_index(read.data):
        found = tuple(model_index.records(read))
        if not found:
            raise RecordError.of("GATE307", "this model-index has no model", Span(read.source, 0, 1))
        return found
    applied = state.applied(read, later)
    return (fast.ALL.sort(applied) or reader.read(applied),)


def read(source: Source) -> Document:
    """A text as plain data with places; raises `RecordError`.  Anchors of YAML are allowed in model-index files alone."""
    return document.read(source, aliases=_is_foreign(source.text))


def _is_foreign(text: str) -> bool:
    """Model-index files may use YAML's anchors; records may not."""
    return re.search(r"^(?:Models|Collections)\s*:|^-\s+Name\s*:", text, re.MULTILINE) is not None
