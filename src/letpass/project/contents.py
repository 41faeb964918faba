"""Finding a project's parts: its policies, its registry, the records that an argument of a command names, and its signatures."""

from __future__ import annotations

from pathlib import Path

from letpass import disk
from letpass.diagnostics import PolicyError, RecordError
from letpass.facts.record import Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.project import policyset
from letpass.project.configuration import Configuration
from letpass.project.policyset import PolicySet
from letpass.registries import committed, own, place, references
from letpass.registries.committed import CommittedFolder
from letpass.registries.folder import Folder
from letpass.registries.interface import Found, Registry

SIGNATURES = "signatures"
"""The folder beside the policies in which the signatures of their owners lie."""


def own_policies(configuration: Configuration, *, warn: bool = False) -> PolicySet:
    """The project's own policies, with the settings that decide beside them; raises `PolicyError`."""
    paths = own_paths(configuration)
    loaded = policyset.load(paths, VOCABULARY, paths, warn=warn, at=configuration.at)
    return replace(loaded, settings=configuration.deciding)


def own_paths(configuration: Configuration) -> tuple[Path, ...]:
    """Where the project's own policies are; raises `PolicyError` where nothing is there."""
    paths = tuple(configuration.path(p) for p in configuration.policies)
    for path in paths:
        if not configuration.at(path).exists():
            named = configuration.source is not None
            help_ = f"`policies` in `{configuration.source}` says where they are" if named else ""
            help_ = help_ or "`policy init` begins a project"
            raise PolicyError.of("GATE011", f"there is no `{path}`", str(path), help_)
    return paths


def find(reference: str, configuration: Configuration, registry: Registry | None = None) -> Found:
    """The records behind MODEL: `-`, what has an `@` in it from the registry, else a file or folder; raises `RecordError`.

    One that bears the name of a version of the registry is that version's own, or a fault; a commit's has the commit's state.
    registry: the project's, where it is open.
    """
    registry = registry or registry_of(configuration)
    if "@" in reference and not reference.startswith(("./", "/", "../")):
        return Found((registry.find(reference),))
    folder = registry if isinstance(registry, Folder) else None
    found = references.find(reference, folder.root if folder else None, folder.holding.states if folder else None)
    records, faults = list[Record](), list(found.faults)
    for record in found.records:
        try:
            if len(found.records) == 1 and folder is not None:
                folder.remember(record)
            records.append(own.own(registry, record, of_change=configuration.twin is not None))
        except RecordError as error:
            if len(found.records) == 1 and not faults:
                raise
            faults += error.diagnostics
    return replace(found, records=tuple(records), faults=tuple(faults), read=found.records)


def find_champion(reference: str, configuration: Configuration) -> Found:
    """The records behind `--champion`: a file of the commit, where it is judged by one; raises `RecordError`."""
    path = Path(reference)
    named = "@" in reference and not reference.startswith(("./", "/", "../"))
    if reference == "-" or named or configuration.at(path) == path:
        return find(reference, configuration)
    return committed.found(path, configuration.at)


def registry_of(configuration: Configuration) -> Registry:
    """The registry of a project; nothing is asked of it yet."""
    name = configuration.registry
    where = configuration.root if place.is_address(name) else configuration.path(name)
    if not place.is_address(name) and configuration.at(where) != where:
        return CommittedFolder(where, name, configuration.stages, configuration.at)
    return place.opened(name, where, configuration.stages, configuration.plugins, stages=configuration.mlflow_stages)


def reference(record: Record) -> str:
    """How a record is named in a command: by its file, or as a registry without files has it."""
    name = record.document.source.name if record.document is not None else record.name
    return record.name if place.is_address(name) else disk.shown(name)


def signatures_of(policies: Path, configuration: Configuration | None = None) -> Path:
    """Where the signatures of a policy folder or file lie."""
    there = configuration.at(policies) if configuration is not None else policies
    return (policies if there.is_dir() else policies.parent) / SIGNATURES
