"""Folders of records: which files lie below one, where each lies, and what is in it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path

from letpass import disk
from letpass.diagnostics import RecordError, Span
from letpass.facts.document import Document
from letpass.facts.record import Record
from letpass.registries import files, meant, model_index, state
from letpass.registries.files import ENDINGS, IDENTITY, SUFFIXES

# what a document must say somewhere to be worth reading, and what a broken one must say to count as a broken record
_MAY = re.compile(r"model|Models|version|Name|\\[uUx]")
_LOOKS = re.compile(r"""^(?:\{\s*)?["']?(?:model|Models)["']?\s*:|^-\s+Name\s*:""", re.MULTILINE)
_LOOKS_JSON = re.compile(r"""["'](?:model|Models)["']\s*:""")
_SECTIONS = frozenset({"artifact", "metrics", "suites", "scans", "hyperparameters", "environment", "seeds"})
# a record that does not read: one of its first words and one of its sections, however they are written
_WORDS = re.compile(r"""(?:^|[\s{,"'?-])(?:model|version)["']?\s*:""")
_PARTS = re.compile(r"""(?:^|[\s{,"'])(?:artifact|metrics|suites|scans|hyperparameters|environment|seeds)["']?\s*:""")
HEAD = 1 << 16  # bytes of a file too large to read that say what it is
STATEMENT = 1 << 20  # bytes that are read of a file to see whether it is a signed statement


def walk(
    folder: Path, *, deep: bool = True, links: bool = False, registry: Path | None = None,
    states: state.States | None = None, known: Mapping[Path, tuple[Record, ...]] | None = None,
) -> Iterator[tuple[Record, ...] | RecordError]:  # fmt: skip
    """For each file below a folder, in order of their paths, its records, none, or why they do not read; what
    the program itself writes beside them is left out.

    `deep`: in the folders below it too · `links`: files that are links are read, and folders that are links are faults, so
    that none hides a version; else a link to a record is a fault, and other links are none.  What is named like a record and is
    no file is a fault, but in a version's own folder · `registry`: a file in the place of
    one of its versions is a fault where it does not read, whatever it looks like · `states`: of models, by their folders, as far as they were
    read; the others are added · `known`: records, by their files, that were read before.
    """
    paths, unread = listed(folder, deep=deep)
    yield from unread
    yield from among(paths, folder, links=links, registry=registry, states=states, known=known)


def listed(
    folder: Path, *, deep: bool = True, having: Callable[[str], bool] | None = None
) -> tuple[list[Path], list[RecordError]]:
    """What `walk` looks at, in its order, and a fault for each folder that cannot be read.

    `having`: only what lies in the folders that it says, by their names below this one, which is nothing itself.
    """
    unread: list[tuple[str, OSError]] = []
    paths = _paths(folder, unread, having, deep=deep)
    return sorted(paths, key=lambda path: path.parts), [
        RecordError.of(
            "GATE307", f"cannot read the folder `{where}`: {disk.reason(error)}", str(where), "make it readable: versions may lie in it"
        )
        for where, error in sorted(unread, key=lambda found: Path(found[0]).parts)
        if having is None or having(_below_it(folder, where))
    ]  # fmt: skip


def _below_it(folder: Path, where: str) -> str:
    """The name of a folder below another one; nothing for that one itself."""
    name = Path(where).relative_to(folder).as_posix()
    return "" if name == "." else name


def among(
    paths: Iterable[Path], folder: Path, *, links: bool = False, registry: Path | None = None,
    states: state.States | None = None, known: Mapping[Path, tuple[Record, ...]] | None = None,
) -> Iterator[tuple[Record, ...] | RecordError]:  # fmt: skip
    """What `walk` gives of some of the paths below a folder; where the state of a model does not read, that is told once."""
    states = states if states is not None else {}
    known = known or {}
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
                state.of(parent, states)
                torn.discard(parent)
            later = states[parent]
            if path.name == state.FILE and later is not None:
                continue
            found = known.get(path) or _below(path, later, places.of(path))
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


def _paths(
    folder: Path, unread: list[tuple[str, OSError]], having: Callable[[str], bool] | None, *, deep: bool
) -> list[Path]:
    """What lies in a folder and, where it is `deep`, below it; folders that cannot be read are added to `unread`."""
    found: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=lambda e: unread.append((str(e.filename or folder), e))):
        if having is None or having(_below_it(folder, here)):
            found += [Path(here, name) for name in [*folders, *names]]
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
    data, size = files.read_bytes(path)
    try:
        source = files.text_of(str(path), data, size)
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
    if found := files.at_once(source, later):
        return found
    try:
        document_ = files.read(source)
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
    return files.sorted_out(document_, later) if is_record or model_index.is_model_index(read) else ()


def _is_record(read: object) -> bool:
    """Is data meant as a record of ours: it names a model, or a version and one of a record's sections."""
    return isinstance(read, dict) and ("model" in read or ("version" in read and not _SECTIONS.isdisjoint(read)))


def _looks(text: str) -> bool:
    """Does a text that cannot be read look like a record or a model-index?"""
    is_json = text.lstrip()[:1] == "{"
    return (_LOOKS_JSON if is_json else _LOOKS).search(text) is not None or (
        _WORDS.search(text) is not None and _PARTS.search(text) is not None
    )
