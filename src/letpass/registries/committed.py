"""The folder registry of a commit: who holds what, and which versions there are, as the commit says.

Its records keep the names that they have in the repository.  Statements beside a version are those of the commit and
those of the working tree: who carries them is not trusted, and a change takes none away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from letpass.diagnostics import Diagnostic, RecordError, RegistryError, Source, Span
from letpass.facts.record import Holder, Record
from letpass.frozen import replace
from letpass.move import Stage
from letpass.registries import carried, files, references, state
from letpass.registries.folder import Folder
from letpass.registries.interface import Change, Found

At = Callable[[Path], Path]


class CommittedFolder(Folder):
    """A folder registry that is read among a commit's files.  `at`: where what is at a path is read."""

    def __init__(self, root: Path, name: str, aliases: Mapping[str, Stage], at: At) -> None:
        super().__init__(root, name, aliases)
        self.at, self._kept = at, Folder(at(root), name, aliases)
        self._known: dict[tuple[str, str], Record | None] = {}  # what a commit has stays

    def identity(self, *, make: bool = False) -> str:  # noqa: ARG002 - the interface's
        """As the commit has it."""
        return self._kept.identity()

    def find(self, reference: str) -> Record:
        """The version that a reference names in the commit; raises `RecordError`."""
        with _as_in_the_repository(self.root, self.at):
            return self._ours(self._kept.find(reference))

    def versions(self, model: str = "") -> Iterator[Record | Diagnostic]:
        """All versions of the commit, of one model or of every one."""
        with _as_in_the_repository(self.root, self.at):
            for found in self._kept.versions(model):
                yield self._ours(found) if isinstance(found, Record) else _renamed(found, self.root, self.at)

    def of_models(self, has: Callable[[str], bool]) -> Iterator[tuple[tuple[str, ...], Record | Diagnostic]]:
        """The versions of some models of the commit, each with its place among all."""
        with _as_in_the_repository(self.root, self.at):
            for place, found in self._kept.of_models(has):
                yield place, self._ours(found) if isinstance(found, Record) else _renamed(found, self.root, self.at)

    def has(self, record: Record) -> bool:
        """Does a record of the working tree or of the commit have its place in this registry."""
        path, model, version = carried.file_of(record), record.text("model"), record.text("version")
        if path is None or not (model and version) or "/" in version or "@" in version:
            return False
        places = [self.root / model / f"{version}{ending}" for ending in files.ENDINGS]
        return os.path.realpath(path) in {os.path.realpath(p) for p in places} or path in places

    def holder(self, record: Record, stage: Stage) -> Record | Holder:
        """The other version that holds a stage in the commit; UNASKED where that cannot be told."""
        with _as_in_the_repository(self.root, self.at):
            found = self._kept.holder(record, stage)
        return self._ours(found) if isinstance(found, Record) else found

    def holders(self, model: str, stage: Stage) -> frozenset[str] | None:
        """The versions that hold a stage in the commit; None where that cannot be told."""
        return self._kept.holders(model, stage)

    def kept(self, model: str, version: str) -> Record | None:
        """The commit's version of a name, None where it has none; raises `RecordError` where it cannot be told what it says."""
        if (model, version) not in self._known:
            with _as_in_the_repository(self.root, self.at):
                found = self._kept.kept(model, version)
            self._known[model, version] = self._ours(found) if found is not None else None
        return self._known[model, version]

    def place(self, record: Record) -> Path | None:
        """The path of a record of the working tree that lies where its version belongs, None for one from elsewhere.

        Raises `RecordError` for one that lies in the registry where another version or none belongs, and for one of two.
        """
        path, model, version = carried.file_of(record), record.text("model"), record.text("version")
        if path is None:
            return None
        if self.has(record):
            places = [self.root / model / f"{version}{ending}" for ending in files.ENDINGS]
            files.only(places)
            return next((p for p in places if os.path.realpath(p) == os.path.realpath(path)), path)
        if self.at(self.root).is_dir() and is_below(path, self.root):
            raise RecordError.of(
                "GATE307",
                f"`{path}` lies in the registry where no record of `{record.name}` belongs",
                str(path),
                f"move it to `{self.root / model / version}.yaml`",
            )
        return None

    def with_state(self, record: Record) -> Record:
        """A record with the state that the commit says its version has."""
        assert record.document is not None
        path = state.beside(self.root / record.text("model") / "_")
        try:
            text = self.at(path).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return record
        except (OSError, UnicodeDecodeError) as error:
            raise RegistryError.of("GATE307", f"cannot read `{path}` of the commit: {error}", self.name) from None
        return files.parse(record.document.source, Source(str(path), text))[record.index]

    def statements(self, record: Record) -> list[tuple[str, bytes]]:
        """Names and bytes of the statements beside a version, in the commit and in the working tree."""
        kept = carried.statements(record, self.at)
        known = {data for _, data in kept}
        return [*kept, *[(name, data) for name, data in carried.statements(record) if data not in known]]

    def objections(self, model: str) -> list[tuple[str, bytes]]:
        """Objections beside any version of a model, in the commit and in the working tree: taking a file away hides none."""
        kept = carried.objections(self.root / model, self.at)
        known = {data for _, data in kept}
        return [*kept, *[(name, data) for name, data in super().objections(model) if data not in known]]

    def known(self, record: Record) -> Record | None:
        raise self._still(record)

    def register(self, record: Record) -> None:
        raise self._still(record)

    def move(self, record: Record, change: Change) -> None:  # noqa: ARG002 - the interface's
        raise self._still(record)

    def serve(self, record: Record, deployment: Mapping[str, str]) -> None:  # noqa: ARG002 - the interface's
        raise self._still(record)

    def amend(self, record: Record, changes: Mapping[str, Any]) -> None:  # noqa: ARG002 - the interface's
        raise self._still(record)

    def _still(self, record: Record) -> Exception:
        return RegistryError.of(
            "GATE433", f"`{record.name}` cannot be changed in a commit", self.name, "check out the branch"
        )

    def _ours(self, record: Record) -> Record:
        return _named(record, self.root, self.at)


def found(path: Path, at: At) -> Found:
    """The records that a commit has in a file or folder; raises `RecordError`."""
    with _as_in_the_repository(path, at):
        there = references.find(str(at(path)))
    return replace(there, records=tuple(_named(r, path, at) for r in there.records))


def _named(record: Record, path: Path, at: At) -> Record:
    """A record that was read among the commit's files, as one of the repository's."""
    if record.document is None:
        return record
    source, later = record.document.source, record.document.state
    texts = [Source(_shown(s.name, path, at), s.text) for s in (source, *([later.source] if later is not None else []))]
    return next(r for r in files.parse(*texts) if r.index == record.index)


def _shown(text: str, path: Path, at: At) -> str:
    """A text in which paths among the commit's files are those of the repository."""
    real = at(path)
    if real == path:
        return text
    return text.replace(f"{real}{os.sep}", "" if path == Path() else f"{path}{os.sep}").replace(str(real), str(path))


def _renamed(found: Diagnostic, path: Path, at: At) -> Diagnostic:
    source = found.span.source
    span = Span(Source(_shown(source.name, path, at), source.text), found.span.start, found.span.end)
    return replace(found, message=_shown(found.message, path, at), help=_shown(found.help, path, at), span=span)


def is_below(path: Path, folder: Path) -> bool:
    """Does a path lead into a folder, by its name or by links."""
    ways = ((os.path.abspath, path, folder), (os.path.realpath, path, folder))
    return any(Path(way(one)).is_relative_to(way(other)) for way, one, other in ways)


@contextmanager
def _as_in_the_repository(path: Path, at: At) -> Iterator[None]:
    """Faults speak of the repository's paths."""
    try:
        yield
    except RecordError as error:
        raise RecordError(tuple(_renamed(d, path, at) for d in error.diagnostics)) from None
