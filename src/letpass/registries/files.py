"""Records in files and folders."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from letpass import disk
from letpass.diagnostics import Diagnostic, RecordError, Source, Span, so_many
from letpass.facts import document, fast, reader
from letpass.facts.document import Document
from letpass.facts.record import Record
from letpass.registries import meant, model_index, state
from letpass.registries.interface import Found

ENDINGS = (".yaml", ".yml", ".json")
SUFFIXES = frozenset(ENDINGS)
# what a document must say somewhere to be worth reading, and what a broken one must say to count as a broken record
_MAY = re.compile(r"model|Models|version|Name|\\[uUx]")
_LOOKS = re.compile(r"""^(?:\{\s*)?["']?(?:model|Models)["']?\s*:|^-\s+Name\s*:""", re.MULTILINE)
_LOOKS_JSON = re.compile(r"""["'](?:model|Models)["']\s*:""")
_SECTIONS = frozenset({"artifact", "metrics", "suites", "scans", "hyperparameters", "environment", "seeds"})
# a record that does not read: one of its first words and one of its sections, however they are written
_WORDS = re.compile(r"""(?:^|[\s{,"'?-])(?:model|version)["']?\s*:""")
_PARTS = re.compile(r"""(?:^|[\s{,"'])(?:artifact|metrics|suites|scans|hyperparameters|environment|seeds)["']?\s*:""")
HEAD = 1 << 16  # bytes of a file too large to read that say what it is
IDENTITY = ".registry"
"""The file in a registry's folder that holds its name for good."""
STATEMENT = 1 << 20  # bytes that are read of a file to see whether it is a signed statement


def find_records(reference: str | os.PathLike[str]) -> Found:
    """The records behind a path, a folder, `-` or `NAME@VERSION` below `models`: its `records`, `faults` and the number of `others`.

    Raises `RecordError` where there is nothing, or where a single file does not read.
    """
    return find(os.fspath(reference))


def source(name: str, data: bytes) -> Source:
    """Bytes as a text; raises `RecordError` for more than a record may have, and for what is not UTF-8."""
    return _text(name, data, len(data))


def find(reference: str, registry: Path | None = None) -> Found:
    """The records behind a reference: `-`, `NAME@VERSION` in a folder registry, a file, or a folder.

    Raises `RecordError` where there is nothing, or where a single file does not read.
    """
    try:
        return _find(reference, registry)
    except OSError as error:
        raise RecordError.of("GATE307", f"cannot read `{reference}`: {disk.reason(error)}", reference) from None


def _find(reference: str, registry: Path | None) -> Found:
    if reference == "-":
        data = sys.stdin.buffer.read(document.LARGEST + 1)
        return Found(parse(_text("<stdin>", data, len(data))))
    if "@" in reference and not reference.startswith(("./", "/", "../")):
        return Found(tuple(_as_named(r, reference) for r in at(_in_registry(reference, registry))))
    path = Path(reference)
    if path.is_dir():
        return _folder(path, registry)
    if not path.exists():
        raise RecordError.of(
            "GATE307",
            f"there is no `{reference}`",
            reference,
            "a model is a record's path, a folder of records, `NAME@VERSION` in the registry, or `-`",
        )
    return Found(at(path))


def at(path: Path) -> tuple[Record, ...]:
    """The records in a file, with what the state of their model says; raises `RecordError`."""
    return _records(_source(path), state.read(state.beside(path)))


def _as_named(record: Record, reference: str) -> Record:
    """The record, which says that it is what was asked for; an approval of one version is none of another."""
    name, _, version = reference.rpartition("@")
    if (record.text("model"), record.text("version")) != (name, version):
        place = record.document.source.name if record.document is not None else reference
        raise RecordError.of(
            "GATE307",
            f"`{place}` is no record of `{reference}`: it says that it is `{record.name}`",
            place,
            "mend the file's `model` and `version`, or move it to where they belong",
        )
    return record


def checked(reference: str) -> tuple[str, str]:
    """The model and version that `NAME@VERSION` names; raises `RecordError` for what could be no file's name."""
    name, _, version = reference.rpartition("@")
    if not all(map(is_name, (*name.split("/"), version))):
        raise RecordError.of(
            "GATE307",
            f"`{reference}` names no version",
            reference,
            "write `NAME@VERSION`, where no part begins with a dot, or `./` before a path with `@`",
        )
    return name, version


def is_name(part: str) -> bool:
    """Can a part of a model's name, or a version, be the name of a file that is seen.

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


def _in_registry(reference: str, registry: Path | None) -> Path:
    name, version = checked(reference)
    where = reference
    found = only([(registry or Path("models")) / name / f"{version}{ending}" for ending in ENDINGS])
    if found is not None:
        return found
    raise RecordError.of(
        "GATE307",
        f"the registry `{registry or 'models'}` has no `{reference}`",
        where,
        "list its folder, or name a record by its path",
    )


def _source(path: Path) -> Source:
    """The text of a record file; raises `RecordError` where it cannot be read."""
    return _text(str(path), *_bytes(path))


def _bytes(path: Path) -> tuple[bytes, int]:
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


def _text(name: str, data: bytes, size: int) -> Source:
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
    return _records(source, state.parse(later) if later is not None else None)


def _records(source: Source, later: Document | None) -> tuple[Record, ...]:
    """The records in a text, with what the state of their model says."""
    return _at_once(source, later) or _sorted_out(_read(source), later)


def _at_once(source: Source, later: Document | None) -> tuple[Record, ...]:
    """The record in a text, where it can be read in one pass and the state of its model says nothing of it; else none."""
    found = fast.ALL.read(source)
    return () if found is None or (later is not None and found.text("version") in later.data) else (found,)


def _sorted_out(read: Document, later: Document | None) -> tuple[Record, ...]:
    """The records in a document, with what the state of their model says."""
    if model_index.is_model_index(read.data):
        found = tuple(model_index.records(read))
        if not found:
            raise RecordError.of("GATE307", "this model-index has no model", Span(read.source, 0, 1))
        return found
    applied = state.applied(read, later)
    return (fast.ALL.sort(applied) or reader.read(applied),)


def _read(source: Source) -> Document:
    return document.read(source, aliases=_is_foreign(source.text))


def _is_foreign(text: str) -> bool:
    """Model-index files may use YAML's anchors; records may not."""
    return re.search(r"^(?:Models|Collections)\s*:|^-\s+Name\s*:", text, re.MULTILINE) is not None


def _folder(folder: Path, registry: Path | None) -> Found:
    """All records below a folder, in order of their paths.  `registry`: the folder in which each model has one of its own."""
    records: list[Record] = []
    faults: list[Diagnostic] = []
    others = 0
    for found in walk(folder, registry=registry):
        if isinstance(found, RecordError):
            faults += found.diagnostics
        else:
            records += found
            others += not found
    if not records and not faults:
        raise nothing_below(folder, others)
    return Found(tuple(records), tuple(faults), others)


def nothing_below(folder: Path, others: int) -> RecordError:
    """The error of a folder without a record, and with so many other files."""
    return RecordError.of(
        "GATE307",
        f"no model below `{folder}`: {so_many(others, 'file')}, none of them a record",
        str(folder),
        "a record is a YAML or JSON file with `model:` and `version:`",
    )


def walk(
    folder: Path, *, deep: bool = True, links: bool = False, registry: Path | None = None
) -> Iterator[tuple[Record, ...] | RecordError]:
    """For each file below a folder, in order of their paths, its records, none, or why they do not read; what
    the program itself writes beside them is left out.

    `deep`: in the folders below it too · `links`: files that are links are read, and folders that are links are faults, so
    that none hides a version; else a link to a record is a fault, and other links are none.  What is named like a record and is
    no file is a fault, but in a version's own folder · `registry`: a file in the place of
    one of its versions is a fault where it does not read, whatever it looks like.
    """
    paths, unread = listed(folder, deep=deep)
    yield from unread
    yield from among(paths, folder, links=links, registry=registry)


def listed(folder: Path, *, deep: bool = True) -> tuple[list[Path], list[RecordError]]:
    """What `walk` looks at, in its order, and a fault for each folder that cannot be read."""
    unread: list[tuple[str, OSError]] = []
    paths = _paths(folder, unread, deep=deep)
    return sorted(paths, key=lambda path: path.parts), [
        RecordError.of(
            "GATE307", f"cannot read the folder `{where}`: {disk.reason(error)}", str(where), "make it readable: versions may lie in it"
        )
        for where, error in unread
    ]  # fmt: skip


def among(
    paths: Sequence[Path], folder: Path, *, links: bool = False, registry: Path | None = None
) -> Iterator[tuple[Record, ...] | RecordError]:
    """What `walk` gives of some of the paths below a folder; where the state of a model does not read, that is told once."""
    states: dict[Path, Document | None] = {}
    places = _Places(folder, registry)
    torn: set[Path] = set()
    outside = len(folder.parts)
    for path in paths:
        hidden = any([part.startswith(".") for part in path.parts[outside:]])
        named = path.suffix.lower() in SUFFIXES and not hidden
        is_file = path.is_file()
        if not is_file and ((links and path.is_symlink()) or (named and places.of(path) is not _Place.OWN)):
            help_ = "put what it leads to in its place" if path.is_symlink() else "move it elsewhere"
            yield RecordError.of("GATE307", f"`{path}` is {_no_file(path)}", str(path), help_)
            continue
        if path.name == IDENTITY or (not is_file and path.is_dir() and not path.is_symlink()):
            continue
        if not is_file or not named:
            yield ()
            continue
        parent = path.parent
        if parent in torn:
            continue
        try:
            if parent not in states:
                torn.add(parent)  # where its state does not read, no version of a model is judged
                states[parent] = state.read(state.beside(path))
                torn.discard(parent)
            later = states[parent]
            if path.name == state.FILE and later is not None:
                continue
            found = _below(path, later, places.of(path))
            if found and path.is_symlink() and not links:
                what = f"`{path}` is a link to a record"
                raise RecordError.of("GATE307", what, str(path), "name what it leads to, or put that in its place")
            if found or not _is_statement(path):
                yield found
        except RecordError as error:
            yield error


def _no_file(path: Path) -> str:
    """What stands in the place of a file."""
    if path.is_dir():
        return "a linked folder" if path.is_symlink() else "a folder"
    return "no file" if path.exists() else "a link that leads nowhere"


def _paths(folder: Path, unread: list[tuple[str, OSError]], *, deep: bool) -> list[Path]:
    """What lies in a folder and, where it is `deep`, below it; folders that cannot be read are added to `unread`."""
    found: list[Path] = []
    for here, folders, files in os.walk(folder, onerror=lambda e: unread.append((str(e.filename or folder), e))):
        found += [Path(here, name) for name in [*folders, *files]]
        if not deep:
            break
    return found


def _is_statement(path: Path) -> bool:
    """Is a file what the program itself puts beside versions: a signed statement, or the proof of a decision."""
    if path.suffix != ".json":
        return False
    try:
        read = json.loads(disk.read(path, STATEMENT))
    except (OSError, ValueError, RecursionError):
        return False
    shapes = ({"payload", "payloadType", "signatures"}, {"type", "proof"})
    return isinstance(read, dict) and any(shape <= read.keys() for shape in shapes)


class _Place(Enum):
    """Where a file lies: in the place of a version of the registry, in a version's own folder, or anywhere else."""

    VERSION = 1
    OWN = 2
    ANY = 3


class _Places:
    """Which files of a folder lie where a registry keeps versions."""

    def __init__(self, folder: Path, registry: Path | None) -> None:
        self.folder = folder
        self.registry = Path(os.path.realpath(registry)) if registry is not None else None
        self._of: dict[Path, _Place] = {}

    def of(self, path: Path) -> _Place:
        """Where a file lies."""
        if path.parent not in self._of:
            self._of[path.parent] = self._found(path.parent)
        return self._of[path.parent]

    def _found(self, where: Path) -> _Place:
        around = [where, *where.parents][: len(where.relative_to(self.folder).parts)]
        if any(at.with_name(at.name + ending).is_file() for at in around for ending in ENDINGS):
            return _Place.OWN
        placed = self.registry is not None and self.registry in Path(os.path.realpath(where)).parents
        return _Place.VERSION if placed else _Place.ANY


def _below(path: Path, later: Document | None, place: _Place) -> tuple[Record, ...]:
    """The records in one file of a folder, none where it is something else; raises where one does not read."""
    data, size = _bytes(path)
    try:
        source = _text(str(path), data, size)
    except RecordError:
        wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:HEAD]
        if _looks(
            data[:HEAD].replace(b"\0", b"").decode("utf-8-sig", "replace")
            if wide
            else data[:HEAD].decode("utf-8-sig", "replace")
        ):
            raise
        return ()
    sure = place is _Place.VERSION or (place is _Place.ANY and meant.is_empty(source.text))
    misspelt = not sure and not _MAY.search(source.text) and place is _Place.ANY and meant.may_be(source.text)
    if not (sure or misspelt or _MAY.search(source.text)):
        return ()
    if found := _at_once(source, later):
        return found
    try:
        document_ = _read(source)
    except RecordError:
        if sure or _looks(source.text) or (place is _Place.ANY and meant.may_have_been(source.text)):
            raise
        return ()
    read = document_.data
    if sure and not (isinstance(read, list | dict) and read):
        raise RecordError.of(
            "GATE304", "it holds no record", Span(source, 0, 1), "a record begins with `model:` and `version:`"
        )
    if isinstance(read, list) and any(_is_record(item) for item in read):
        raise RecordError.of("GATE302", "a list of records", Span(source, 0, 1), "one file holds one record")
    is_record = _is_record(read) or (place is not _Place.OWN and isinstance(read, dict) and meant.is_meant(read))
    return _sorted_out(document_, later) if is_record or model_index.is_model_index(read) else ()


def _is_record(read: object) -> bool:
    """Is data meant as a record of ours: it names a model, or a version and one of a record's sections."""
    return isinstance(read, dict) and ("model" in read or ("version" in read and not _SECTIONS.isdisjoint(read)))


def _looks(text: str) -> bool:
    """Does a text that cannot be read look like a record or a model-index?"""
    is_json = text.lstrip()[:1] == "{"
    return (_LOOKS_JSON if is_json else _LOOKS).search(text) is not None or (
        _WORDS.search(text) is not None and _PARTS.search(text) is not None
    )
