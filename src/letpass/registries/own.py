"""Whose record it is: one that bears the name of a version of the registry is that version's, or is refused.

Stage, deployments and observations are the registry's to say, so a record that was read elsewhere is judged as the registry
has it.  Of a change that is judged by a commit the version's own file may add evidence, and nothing else.
"""

from __future__ import annotations

from letpass.diagnostics import LetpassError, RecordError, RegistryError, Source, Span, UnreachableError
from letpass.facts import differences, said
from letpass.facts.differences import NOTHING, Difference, quoted
from letpass.facts.record import Record
from letpass.facts.schema import LATER, LISTED
from letpass.frozen import replace
from letpass.registries import carried, files
from letpass.registries.committed import CommittedFolder, is_below
from letpass.registries.folder import Folder
from letpass.registries.interface import Registry

NO_SUCH = "GATE307"
"""The code of a version that a registry does not have."""
OTHER = "GATE309"
"""The code of a record that is not what the registry says of the version whose name it bears."""


def own(registry: Registry, record: Record, *, of_change: bool = False) -> Record:
    """The record to judge in the place of one that was read: the registry's own where that has a version of the name.

    of_change: it was read from a change that a commit judges, whose word on the version's life does not count.  Raises
    `RecordError` where the two differ or the registry's cannot be told, `UnreachableError` where it is out of reach.
    """
    if isinstance(registry, CommittedFolder):
        return _of_change(registry, record)
    if registry.has(record):
        return record
    kept = registered(registry, record)
    if kept is not None:
        return _agreed(record, kept)
    if of_change and (later := says_later(record)):
        raise _says_itself(record, later[0])
    return record


def current(registry: Registry, record: Record) -> Record:
    """A record that was read at some time, as its text says it, and as the registry has it now; raises as `own`.

    What a decision had added to it, by evidence and bytes of then, counts for no other decision.
    """
    record = _bare(record)
    if not registry.has(record):
        return record
    kept = registered(registry, record)
    if kept is None:
        what = f"`{record.name}` is in the registry no more"
        raise RecordError.of(OTHER, what, _place(record, ""), "read it again")
    return _agreed(record, kept)


def _bare(record: Record) -> Record:
    """A record as its text alone has it."""
    if record.document is None:
        return record
    found = next(r for r in files.sorted_out(record.document, None) if r.index == record.index)
    return replace(found, partial=record.partial)


def registered(registry: Registry, record: Record) -> Record | None:
    """The registry's version of a record's name, None where it has none; raises `LetpassError` where it cannot be told."""
    model, version = record.text("model"), record.text("version")
    if not (model and version):
        return None
    if isinstance(registry, Folder):
        return registry.kept(model, version)
    try:
        return called(registry, model, version)
    except UnreachableError:
        raise
    except LetpassError as error:
        if all(d.code == NO_SUCH for d in error.diagnostics):
            return None
        raise


def called(registry: Registry, model: str, version: str) -> Record:
    """The registry's version of a name, and never who holds a stage that is called like the version; raises `LetpassError`."""
    name = f"{model}@{version}"
    found = registry.kept(model, version) if isinstance(registry, Folder) else registry.find(name)
    if found is None or (found.text("model"), found.text("version")) != (model, version):
        raise RegistryError.of(NO_SUCH, f"the registry has no version `{name}`", registry.name)
    return found


def again(registry: Registry, record: Record) -> Record:
    """The registry's own version of a record, read anew and whole; raises as `called`."""
    return called(registry, record.text("model"), record.text("version"))


def is_there(registry: Registry) -> bool:
    """Has the project a registry: a server, or a folder that is there."""
    return not isinstance(registry, Folder) or registry.root.is_dir()


def is_misplaced(registry: Registry, record: Record) -> bool:
    """Does a record's file lie in the registry's folder, where the registry has no version of it."""
    path = carried.file_of(record)
    if path is None or not isinstance(registry, Folder | CommittedFolder) or registry.has(record):
        return False
    return is_below(path, registry.root)


def says_later(record: Record) -> list[str]:
    """The fields of a record that only the registry says of its versions."""
    data = record.document.data if record.document is not None else None
    return sorted(LATER & data.keys()) if isinstance(data, dict) else []


def added(registry: Registry, record: Record) -> tuple[str, ...]:
    """Where a change adds something to the record of a version that the commit has."""
    kept = registered(registry, record) if isinstance(registry, CommittedFolder) else None
    if kept is None:
        return ()
    then, now = said.fields(kept), said.fields(record)
    if then is None or now is None:
        return ()
    return tuple(dict.fromkeys(d.path for d in differences.between(then, now) if d.added))


def is_proposed(registry: Registry, record: Record) -> bool:
    """Is a record what a change makes of a version, and not what the commit has."""
    if not isinstance(registry, CommittedFolder):
        return False
    kept = registered(registry, record)
    return kept is None or said.facts_digest(kept) != said.facts_digest(record)


def _of_change(registry: CommittedFolder, record: Record) -> Record:
    """A record of the working tree, with the state that the commit says its version has."""
    if record.document is None:
        return record
    kept = registered(registry, record)
    if said.fields(record) is None:
        return record if kept is None else _agreed(record, kept)
    place = registry.place(record)
    source = record.document.source
    # whatever way led to it, it is judged under the version's own path, and without a state file that lies beside it
    (bare,) = files.parse(replace(source, name=str(place)) if place is not None else source)
    if kept is None:
        if later := says_later(bare):
            raise _says_itself(bare, later[0])
        return registry.with_state(bare)
    if place is None:
        return _agreed(bare, kept)
    then, now = said.fields(kept), said.fields(bare)
    assert then is not None
    assert now is not None
    if (found := next((d for d in differences.between(then, now) if not d.added), None)) is not None:
        raise _differs(bare, kept, found)
    _same_state(bare, kept)
    return registry.with_state(bare)


def _same_state(record: Record, kept: Record) -> None:
    """Raise `RecordError` where a version's own file says something else of its stage, deployments or observations."""
    assert record.document is not None
    assert kept.document is not None
    then, now = (
        {k: said.exact(v) for k, v in d.bare().data.items() if k in LATER} for d in (kept.document, record.document)
    )
    if (found := next(differences.equal(then, now), None)) is not None:
        raise _differs(record, kept, found)


def _agreed(record: Record, kept: Record) -> Record:
    """The registry's record, where the other one says nothing else; raises `RecordError`."""
    then, now = said.fields(kept, later=True), said.fields(record, later=True)
    if then is None or now is None:
        if said.facts_digest(kept) == said.facts_digest(record):
            return kept
        raise _differs(record, kept, Difference("", NOTHING, NOTHING))
    free = (LATER - now.keys()) | (LISTED if record.partial else frozenset())
    found = next(differences.equal(then, now, free=free), None)
    if found is not None:
        raise _differs(record, kept, found)
    return kept


def _differs(record: Record, kept: Record, found: Difference) -> RecordError:
    where, there = _place(record, found.path), kept.document.source.name if kept.document is not None else "it"
    what = f"`{found.path}` is {quoted(found.now)} here, and {quoted(found.then)}" if found.path else "it is another"
    help_ = f"name the version itself, `{kept.name}`, or give this record a version of its own"
    return RecordError.of(OTHER, f"{what} in `{there}`, the registry's record of `{kept.name}`", where, help_)


def _says_itself(record: Record, field: str) -> RecordError:
    what = f"`{record.name}` sets `{field}` itself, which the registry says of its versions"
    help_ = f"take `{field}` out of the record: `policy promote`, `deploy` and `observe` write it"
    return RecordError.of(OTHER, what, _place(record, field), help_)


def _place(record: Record, path: str) -> Span:
    """Where a record says something, or nowhere for one that came from no text."""
    return record.document.span(path) if record.document is not None else Span(Source(record.name, ""), 0, 0)
