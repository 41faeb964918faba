"""Statements beside a record: `VERSION/DIGEST.json` beside `VERSION.yaml`, so that git carries them with the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from letpass import disk
from letpass.diagnostics import RecordError
from letpass.facts.record import Record
from letpass.registries import files, model_index

LARGEST = 1 << 20  # bytes that are read of one file; what is larger than a statement is refused later, by name
DECISION, OBJECTION, STANDING = ".decision.json", ".objection.json", ".standing.json"
"""How the names of files end that are no plain statements; objections, and what takes them back, are statements."""


def file_of(record: Record) -> Path | None:
    """The record's own file, None for a record that did not come from one."""
    if record.document is None or record.document.source.given or model_index.is_model_index(record.document.data):
        return None
    name = record.document.source.name
    path = Path(name)
    return path if path.suffix.lower() in files.SUFFIXES and not name.startswith("<") else None


def folder(record: Record) -> Path | None:
    """Where the statements about a record lie, None for a record that did not come from a file of its own."""
    path = file_of(record)
    return path.with_suffix("") if path is not None else None


def statements(record: Record, at: Callable[[Path], Path] = Path) -> list[tuple[str, bytes]]:
    """The names and bytes of the statements beside a record, decisions apart; raises `RecordError` where one cannot be read."""
    where = folder(record)
    return below(where, at) if where is not None and at(where).is_dir() else []


def decisions(record: Record) -> list[tuple[str, bytes]]:
    """The names and bytes of the decisions beside a record; raises `RecordError` where one cannot be read."""
    return _ending(record, DECISION)


def standings(record: Record) -> list[tuple[str, bytes]]:
    """The names and bytes of the standings beside a record; raises `RecordError` where one cannot be read."""
    return _ending(record, STANDING)


def _ending(record: Record, suffix: str) -> list[tuple[str, bytes]]:
    where = folder(record)
    if where is None or not where.is_dir():
        return []
    return [found for path in sorted(where.glob(f"*{suffix}")) for found in below(path)]


def objections(model: Path, at: Callable[[Path], Path] = Path) -> list[tuple[str, bytes]]:
    """The names and bytes of the objections beside every version in a model's folder, and of what takes them back."""
    found = []
    try:
        for beside in sorted(p for p in at(model).iterdir() if p.is_dir()) if at(model).is_dir() else ():
            # an unreadable folder may hold one, which a pattern would pass over in silence
            found += sorted(p for p in beside.iterdir() if p.name.endswith(OBJECTION))
    except OSError as error:
        why = f"cannot read the folder `{error.filename}`: {disk.reason(error)}"
        raise RecordError.of("GATE413", why, str(model), "make it readable: an objection may lie in it") from None
    return [each for path in found for each in below(model / path.relative_to(at(model)), at)]


def below(path: Path, at: Callable[[Path], Path] = Path) -> list[tuple[str, bytes]]:
    """The statements in a folder, or the one in a file; raises `RecordError` where one cannot be read.

    `at`: where what is at a path is read.
    """
    name = str(path)
    try:
        names = [path]
        if at(path).is_dir():
            there = (
                p.name for p in at(path).iterdir() if p.suffix == ".json" and not p.name.endswith((DECISION, STANDING))
            )
            names = [path / n for n in sorted(there)]
        found = []
        for one in names:
            name = str(one)
            found.append((disk.shown(one), disk.read(at(one), LARGEST)))
        return found
    except OSError as error:
        why = f"cannot read `{name}`: {disk.reason(error)}"
        raise RecordError.of("GATE413", why, name, "a statement is a regular file") from None


def add(record: Record, digest: str, data: bytes, suffix: str = ".json") -> Path:
    """Put a statement beside a record, whole or not at all, named by its digest; gives its path."""
    where = folder(record)
    if where is None:
        raise RecordError.of(
            "GATE413",
            f"there is no place beside `{record.name}` for a statement",
            "",
            "a statement lies beside a record's own file; name where to write it with `--into FOLDER`",
        )
    return put(where, digest, data, suffix)


def put(where: Path, digest: str, data: bytes, suffix: str = ".json") -> Path:
    """Write a statement into a folder, whole or not at all; raises `RecordError`."""
    path = where / f"{digest.partition(':')[2][:16]}{suffix}"
    try:
        where.mkdir(parents=True, exist_ok=True)
        disk.replace(path, data)
    except OSError as error:
        why = f"cannot write `{path}`: {disk.reason(error)}"
        raise RecordError.of("GATE413", why, str(path)) from None
    return path
