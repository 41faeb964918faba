"""Versions that a state file speaks of and of which there is no record: they may serve, and must not go out of sight."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from letpass.diagnostics import Diagnostic, RecordError
from letpass.facts.document import Document
from letpass.facts.paths import join
from letpass.move import ARCHIVED, Stage
from letpass.registries import files, state


def among(found: Document | None, folder: Path, known: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """What the state of a model says of versions that are not among those known, and have no record file in its folder either."""
    data = found.data if found is not None else {}
    return {
        version: said
        for version, said in data.items()
        if version not in known and not any((folder / f"{version}{e}").is_file() for e in files.ENDINGS)
    }


def faults(path: Path, known: Collection[str]) -> Iterator[Diagnostic]:
    """A fault for each version that a state file says to serve, and of which there is no record."""
    try:
        places = state.read(path)
    except RecordError:
        return  # it was told where it was read first
    for version, said in among(places, path.parent, known).items():
        if places is not None and (said.get("deployments") or Stage(str(said.get("stage", ARCHIVED))) != ARCHIVED):
            what = f"`{version}` is served or in a stage, and there is no record of it"
            help_ = "bring its record back, or take it out of the state file"
            yield Diagnostic("GATE307", what, places.span(join("", version)), help_)
