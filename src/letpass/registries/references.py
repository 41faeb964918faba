"""What a reference means: `-`, a file, a folder, or `NAME@VERSION` in a folder registry."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from letpass import disk
from letpass.diagnostics import Diagnostic, RecordError, nearest, offer, so_many
from letpass.facts import document
from letpass.facts.record import Record
from letpass.registries import files, walking
from letpass.registries.files import ENDINGS, at, checked, only, parse
from letpass.registries.interface import Found, parts_of
from letpass.registries.state import States


def find_records(reference: str | os.PathLike[str]) -> Found:
    """The records behind a path, a folder, `-` or `NAME@VERSION` below `models`: its `records`, `faults` and the number of `others`.

    Raises `RecordError` where there is nothing, or where a single file does not read.
    """
    return find(os.fspath(reference))


def find(reference: str, registry: Path | None = None, states: States | None = None) -> Found:
    """The records behind a reference: `-`, `NAME@VERSION` in a folder registry, a file, or a folder.

    `states`: of models, as far as they were read; others are added.  Raises `RecordError` where there is nothing, or where a
    single file does not read.
    """
    try:
        return _find(reference, registry, states)
    except OSError as error:
        raise RecordError.of("GATE307", f"cannot read `{reference}`: {disk.reason(error)}", reference) from None


def _find(reference: str, registry: Path | None, states: States | None) -> Found:
    if reference == "-":
        data = sys.stdin.buffer.read(document.LARGEST + 1)
        return Found(parse(files.text_of("<stdin>", data, len(data))))
    if "@" in reference and not reference.startswith(("./", "/", "../")):
        return Found(tuple(_as_named(r, reference) for r in at(_in_registry(reference, registry), states)))
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
    return Found(at(path, states))


def _as_named(record: Record, reference: str) -> Record:
    """The record, which says that it is what was asked for; an approval of one version is none of another."""
    name, version = parts_of(reference)
    if (record.text("model"), record.text("version")) != (name, version):
        place = record.document.source.name if record.document is not None else reference
        raise RecordError.of(
            "GATE307",
            f"`{place}` is no record of `{reference}`: it says that it is `{record.name}`",
            place,
            "mend the file's `model` and `version`, or move it to where they belong",
        )
    return record


def _in_registry(reference: str, registry: Path | None) -> Path:
    name, version = checked(reference)
    folder = registry or Path("models")
    found = only([folder / name / f"{version}{ending}" for ending in ENDINGS])
    if found is not None:
        return found
    raise RecordError.of(
        "GATE307",
        f"the registry `{folder}` has no `{reference}`",
        reference,
        _called_alike(folder, name, version),
    )


def _called_alike(registry: Path, name: str, version: str) -> str:
    """What a folder registry has in the place of a version that it does not have."""
    if (registry / name).is_dir():
        there = [p.stem for p in (registry / name).iterdir() if p.suffix in ENDINGS]
        return offer(nearest(version, there), "version") or f"`policy show {name}` lists its versions, and their stages"
    if not registry.is_dir():
        return f"there is no folder `{registry}` here; go to the project's folder, or name a record by its path"
    near = offer(nearest(name, [p.name for p in registry.iterdir() if p.is_dir()]), "model")
    return near or f"there is no folder `{registry / name}`; name a record by its path"


def _folder(folder: Path, registry: Path | None) -> Found:
    """All records below a folder, in order of their paths.  `registry`: the folder in which each model has one of its own."""
    records: list[Record] = []
    faults: list[Diagnostic] = []
    others = 0
    for found in walking.walk(folder, registry=registry):
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
