"""Statements beside a record: `VERSION/DIGEST.json` beside `VERSION.yaml`, so that git carries them with the model."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from assay.facts.document import refuse
from assay.facts.record import Record
from assay.language.diagnostics import Source, Span
from assay.registries import model_index

LARGEST = 1 << 20  # bytes that are read of one file; what is larger than a statement is refused later, by name
DECISION = ".decision.json"


def folder(record: Record) -> Path | None:
    """Where the statements about a record lie, None for a record that did not come from a file of its own."""
    if record.document is None or model_index.is_model_index(record.document.data):
        return None
    name = record.document.source.name
    path = Path(name)
    return (
        path.with_suffix("") if path.suffix.lower() in {".yaml", ".yml", ".json"} and not name.startswith("<") else None
    )


def statements(record: Record) -> list[tuple[str, bytes]]:
    """The names and bytes of the statements beside a record, decisions apart; raises `RecordError` where one cannot be read."""
    where = folder(record)
    return below(where) if where is not None and where.is_dir() else []


def below(path: Path) -> list[tuple[str, bytes]]:
    """The statements in a folder, or the one in a file."""
    try:
        names = [path]
        if path.is_dir():
            names = sorted(p for p in path.iterdir() if p.suffix == ".json" and not p.name.endswith(DECISION))
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise refuse("GATE413", f"cannot read `{path}`: {reason}", Span(Source(str(path), ""), 0, 0)) from None
    return [(str(p).encode("utf-8", "backslashreplace").decode("utf-8"), read(p)) for p in names]


def read(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a regular file, at most one more than `largest`; raises `RecordError`.

    No link is followed, and no pipe or device is waited for.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a descriptor
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "no regular file")
            return file.read(largest + 1)
    except OSError as error:
        reason = "a link is no statement" if path.is_symlink() else (error.strerror or "no reason given").lower()
        raise refuse("GATE413", f"cannot read `{path}`: {reason}", Span(Source(str(path), ""), 0, 0)) from None


def add(record: Record, digest: str, data: bytes, suffix: str = ".json") -> Path:
    """Put a statement beside a record, whole or not at all, named by its digest; gives its path."""
    where = folder(record)
    if where is None:
        raise refuse(
            "GATE413",
            f"there is no place beside `{record.name}` for a statement",
            help_="a statement lies beside a record's own file; name where to write it with `--into FOLDER`",
            span=Span(Source("", ""), 0, 0),
        )
    return put(where, digest, data, suffix)


def put(where: Path, digest: str, data: bytes, suffix: str = ".json") -> Path:
    """Write a statement into a folder, whole or not at all."""
    path = where / f"{digest.partition(':')[2][:16]}{suffix}"
    try:
        where.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise refuse("GATE413", f"cannot write `{path}`: {reason}", Span(Source(str(path), ""), 0, 0)) from None
    return path
