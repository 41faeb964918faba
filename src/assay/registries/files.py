"""Records in files and folders."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from assay.facts import document, reader
from assay.facts.document import Document, RecordError
from assay.facts.record import Record
from assay.language.diagnostics import Diagnostic, Source, Span
from assay.registries import model_index

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_LOOKS = re.compile(r'^\s*(?:\{\s*)?"?(?:model|Models)"?\s*:|^\s*-\s+Name\s*:', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """What a file or folder gave: records, the faults of files that look like one, and how many files are none."""

    records: tuple[Record, ...] = ()
    faults: tuple[Diagnostic, ...] = ()
    others: int = 0


def find(reference: str, registry: Path | None = None) -> Found:
    """The records behind a reference: `-`, `NAME@VERSION` in a folder registry, a file, or a folder.

    Raises `RecordError` where there is nothing, or where a single file does not read.
    """
    if reference == "-":
        return Found(parse(Source("<stdin>", sys.stdin.read())))
    if "@" in reference and not reference.startswith(("./", "/", "../")):
        return Found(parse(_source(_in_registry(reference, registry))))
    path = Path(reference)
    if path.is_dir():
        return _folder(path)
    if not path.exists():
        raise document.refuse("GATE307", f"there is no `{reference}`", Span(Source(reference, ""), 0, 0), "a model is a record's path, a folder of records, `NAME@VERSION` in the registry, or `-`")
    return Found(parse(_source(path)))


def _in_registry(reference: str, registry: Path | None) -> Path:
    name, _, version = reference.rpartition("@")
    where = Span(Source(reference, ""), 0, 0)
    if any(part in {"", ".", ".."} or "/" in part or "\\" in part or "\0" in part for part in (*name.split("/"), version)):
        raise document.refuse("GATE307", f"`{reference}` names no version", where, "write `NAME@VERSION`, or `./` before a path with `@`")
    for suffix in (".yaml", ".yml", ".json"):
        path = (registry or Path("models")) / name / f"{version}{suffix}"
        if path.is_file():
            return path
    raise document.refuse("GATE307", f"the registry `{registry or 'models'}` has no `{reference}`", where, "list its folder, or name a record by its path")


def _source(path: Path) -> Source:
    """The text of a record file; raises `RecordError` where it cannot be read."""
    where = Span(Source(str(path), ""), 0, 0)
    try:
        size = path.stat().st_size
        if size > document.LARGEST:
            raise document.refuse("GATE305", f"{size:,} bytes are too many for a record", where, f"the most is {document.LARGEST:,}")
        return Source(str(path), path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise document.refuse("GATE307", f"cannot read `{path}`: {(error.strerror or 'no reason given').lower()}", where) from None
    except UnicodeDecodeError as error:
        raise document.refuse("GATE304", f"not UTF-8: byte {error.start}", where, "save it as UTF-8") from None


def parse(source: Source) -> tuple[Record, ...]:
    """The records in a text: one of ours, or all models of a model-index; raises `RecordError`."""
    read = _read(source)
    if model_index.is_model_index(read.data):
        found = tuple(model_index.records(read))
        if not found:
            raise document.refuse("GATE307", "this model-index has no model", Span(source, 0, 1))
        return found
    return (reader.read(read),)


def _read(source: Source) -> Document:
    return document.read(source, aliases=_is_foreign(source.text))


def _is_foreign(text: str) -> bool:
    """Model-index files may use YAML's anchors; records may not."""
    return re.search(r"^(?:Models|Collections)\s*:|^-\s+Name\s*:", text, re.MULTILINE) is not None


def _folder(folder: Path) -> Found:
    """All records below a folder, in order of their paths."""
    records: list[Record] = []
    faults: list[Diagnostic] = []
    others = 0
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        if path.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in path.relative_to(folder).parts):
            others += 1
            continue
        try:
            source = _source(path)
        except RecordError as error:
            faults += error.diagnostics
            continue
        if not _LOOKS.search(source.text):
            others += 1
            continue
        try:
            data = _read(source).data
            if isinstance(data, dict) and not ({"model", "version"} & data.keys() or isinstance(data.get("Models"), list)):
                others += 1
            else:
                records += parse(source)
        except RecordError as error:
            faults += error.diagnostics
    if not records and not faults:
        where = Span(Source(str(folder), ""), 0, 0)
        raise document.refuse("GATE307", f"no model below `{folder}`: {others} file{'s' if others != 1 else ''}, none of them a record", where, "a record is a YAML or JSON file with `model:` and `version:`")
    return Found(tuple(records), tuple(faults), others)
