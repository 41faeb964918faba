"""Evidence as a claim: written into the record of a version of the registry, where it adds something and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from letpass.evidence.interface import Part
    from letpass.facts.record import Record
    from letpass.project.project import Project


def write(project: Project, record: Record, facts: Part, source: str) -> str:
    """Write a part into the record of a version of the registry; where, or nothing where the record says all of it."""
    found = changes(project, record, facts, source)
    if found:
        project.registry.amend(record, found)
        _noticed(project, record)
    return f"{', '.join(found)} of {record.name}" if found else ""


def changes(project: Project, record: Record, facts: Part, source: str) -> dict[str, Any]:
    """What the record of a version of the registry would say anew, by section; raises where it may not be written."""
    from letpass.diagnostics import RegistryError, StatementError
    from letpass.facts.attested import AUTHOR
    from letpass.registries import inplace
    from letpass.registries.editing import appended

    if AUTHOR in facts:
        what = "who made a version is its record's to say; evidence only confirms it, signed by a service"
        raise StatementError.of("GATE413", f"no evidence: {what}", help="name the service's key with --key")
    if not project.registry.has(record) or record.document is None:
        what = f"`{record.name}` is not in the registry `{project.registry.name}`, so its record is yours to write"
        help_ = "`policy register` takes it in, or sign the evidence with --key"
        raise RegistryError.of("GATE433", what, project.registry.name, help_)
    data = record.document.data
    found = {section: appended(data, section, pieces) for section, pieces in facts.items()}
    found = {section: new for section, new in found.items() if not inplace.same(data.get(section), new)}
    _stays_taken_back(record, facts, source)
    _only_added(record, facts, found, source)
    return found


def _noticed(project: Project, record: Record) -> None:
    """Say what a server's reader finds odd about a version since evidence was added: in MLflow a tag beats no run's metric."""
    from letpass.diagnostics import clean
    from letpass.registries import own

    if not project.registry.remote:
        return
    before = [n.get("what") for n in record.lists.get("notices", ())]
    for notice in own.again(project.registry, record).lists.get("notices", ()):
        if notice.get("what") not in before:
            click.echo(clean(f"note: {notice.get('what')}"))


def _stays_taken_back(record: Record, facts: Part, source: str) -> None:
    """Raise `StatementError` where a part says what was taken back, and nothing that was measured since."""
    from letpass.diagnostics import StatementError
    from letpass.facts import takenback
    from letpass.lifecycle import retraction

    marks = takenback.marks(record.lists.get(takenback.FIELD, ()))
    for slot, at in retraction.claimed(facts).items() if marks else ():
        mark = marks.get(slot)
        if mark is not None and (not at or any(mark.covers(t) for t in at)):
            what = f"{retraction.words(slot)} of `{record.name}` was {mark.why}"
            raise StatementError.of("GATE413", f"no evidence: {what}", source, retraction.anew(slot[0]))


def _only_added(record: Record, facts: Part, changes: Mapping[str, Any], source: str) -> None:
    """Raise `StatementError` where something of the record would be another than it is: from then on every move was held, or a
    slot could not be read."""
    from letpass.diagnostics import StatementError
    from letpass.facts import differences, said
    from letpass.facts.schema import IDENTITY, LATER

    now = said.fields(record)
    if now is None:
        return
    then = {k: said.exact(v) for k, v in changes.items() if k not in LATER}
    for found in differences.between(now, {**now, **then}, free=IDENTITY):
        if not found.added:
            what = f"it says that `{found.path}` is {differences.quoted(found.now)}, and the record of `{record.name}` says {differences.quoted(found.then)}"
            raise StatementError.of("GATE413", f"no evidence: {what}", source, _newer(record, facts, found.path))


def _newer(record: Record, facts: Part, path: str) -> str:
    """What can be done where evidence would change what a record says."""
    from letpass.facts.takenback import NAMED
    from letpass.lifecycle import retraction

    slot = next((s for s in retraction.claimed(facts) if path.startswith(retraction.place(s))), None)
    if slot is None:
        return "what a record says stays; a service can sign another one: `policy attest`"
    back = f"{retraction.command(record, slot)} takes it back"
    if slot[0] in NAMED:
        return f"only what was measured later than all that the record has there is added; {back}, and what is measured after that counts"
    return f"what a record says stays; {back}, and a service can sign another one: `policy attest`"
