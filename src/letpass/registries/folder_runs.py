"""Runs of a registry that keeps none: each of its versions stands for the run that it came of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from letpass.diagnostics import Diagnostic
from letpass.facts.record import Record
from letpass.registries.interface import Run


def of_versions(versions: Iterable[Record | Diagnostic]) -> Iterator[Run | Diagnostic]:
    """The faults of those that do not read, and each other version as the run that it came of, the newest first."""
    found = list(versions)
    yield from (f for f in found if isinstance(f, Diagnostic))
    yield from sorted((run_of(f) for f in found if isinstance(f, Record)), key=age, reverse=True)


def age(run: Run) -> tuple[int, list[int], str]:
    """What is greater of a newer run that stands for a version: of one time the higher version is the newer."""
    return run.at, [int(p) for p in re.findall(r"[0-9]{1,18}", run.id)], run.id


def run_of(record: Record) -> Run:
    """What a record says of the run that the version came of."""
    data = tuple(
        sorted(f"{d.get('name', '')} {d.get('digest') or d.get('version', '')}" for d in record.lists.get("data", ()))
    )
    given = record.document.data.get("hyperparameters") if record.document is not None else None
    parameters = tuple(sorted((str(k), str(v)) for k, v in given.items())) if isinstance(given, dict) else ()
    at = record.values.get("registered_at")
    return Run(
        record.name,
        record.name,
        at if isinstance(at, int) else 0,
        "registered",
        record.text("code.commit"),
        data,
        parameters,
    )
