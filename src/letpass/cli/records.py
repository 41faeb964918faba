"""The one record that a word of a command names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.project.configuration import Configuration
    from letpass.project.project import Project
    from letpass.registries.interface import Found


def one_record(
    reference: str, configuration: Configuration, find: Callable[[str, Configuration], Found] | None = None
) -> Record:
    """The record of one version; raises `RecordError` where there are none or several."""
    from letpass.diagnostics import RecordError
    from letpass.project import contents

    found = (find or contents.find)(reference, configuration)
    if len(found.records) != 1 or found.faults:
        raise RecordError.of(
            "GATE307", f"`{reference}` is not one model, and one is wanted", reference, "name the record of one version"
        )
    return found.records[0]


def registered(reference: str, project: Project) -> Record:
    """A version of the registry; raises `RecordError` for what is not one record, and `RegistryError` for one that is in none."""
    from letpass.diagnostics import RegistryError

    record = one_record(reference, project.configuration)
    if not project.registry.has(record):
        what = f"`{reference}` is not in the registry `{project.registry.name}`"
        raise RegistryError.of(
            "GATE433", what, reference, "`policy register` takes it in; then name it as NAME@VERSION"
        )
    return record
