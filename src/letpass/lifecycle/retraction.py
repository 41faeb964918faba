"""Taking a claim back: the claim stays in the record with a note beside it, and the ledger holds who did it and why."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from letpass.diagnostics import RegistryError, StatementError
from letpass.facts import reader, said, takenback, values
from letpass.facts.paths import join
from letpass.facts.record import Record
from letpass.facts.schema import IDENTITY
from letpass.facts.slots import TIMES
from letpass.facts.takenback import FIELD, NAMED, Slot
from letpass.frozen import replace
from letpass.gate import baselines
from letpass.ledger import history
from letpass.ledger.history import DONE, RETRACTION, Step
from letpass.move import NO_STAGE
from letpass.project.project import Project
from letpass.registries import editing, own
from letpass.trust import strict


def take_back(project: Project, record: Record, slot: Slot, now: int, actor: str, reason: str) -> Step | None:
    """Let a claim of a registered version count no more; returns the ledger's entry, None in a project that has no ledger.

    Raises `StatementError` where the record claims no such thing, `RegistryError` for a record that is not the registry's or
    is not what the ledger knows, and `UnreachableError` where one of both is out of reach.
    """
    if not project.registry.has(record) or record.document is None:
        what = f"`{record.name}` is not in the registry `{project.registry.name}`, so its record is yours to write"
        raise RegistryError.of("GATE433", what, project.registry.name, "take the claim out of the file")
    times = _times(record, slot)
    section, name, data_set = slot
    mark = {"section": section, "name": name, "data_set": data_set or ""}
    told = {"at": strict.written(max([now, *times])), "by": actor, "reason": reason}
    data = record.document.data
    changes = {FIELD: editing.appended(data, FIELD, [{k: v for k, v in {**mark, **told}.items() if v}])}
    # what is taken back may be what makes the record differ; nothing else is let pass with it
    marked = replace(reader.read(record.document, {**data, **changes}), partial=record.partial)
    changed = replace(marked, document=record.document.with_data({**data, **changes}))
    if (differs := baselines.differs(project, changed)) is not None:
        what = f"`{record.name}` is not what it was: {differs.words}"
        raise RegistryError.of(baselines.DIFFERS, what, project.registry.name, baselines.remedy(record))
    begun = project.ledger.begun
    if begun:
        project.ledger.writer()  # who cannot log it takes nothing back
    project.registry.amend(record, changes)
    return _logged(project, own.again(project.registry, record), now, actor, reason) if begun else None


def _logged(project: Project, record: Record, now: int, actor: str, reason: str) -> Step:
    """Log that something of a record was taken back, with what the record says now."""
    kept = said.stored(record) if not record.partial else None
    step = Step(
        0, now, record.text("model"), record.text("version"), record.text("artifact.digest"), DONE, RETRACTION, NO_STAGE,
        secrets.token_hex(8), actor=actor, reason=reason, facts=kept[0] if kept is not None else "",
    )  # fmt: skip
    (receipt,) = project.log([history.entry(step)], now, [kept] if kept is not None else [])
    return replace(step, index=receipt.index, at=receipt.at)


def _times(record: Record, slot: Slot) -> list[int]:
    """When what a record claims in a slot was measured, in microseconds, as far as it says so; raises `StatementError`."""
    section = slot[0]
    assert record.document is not None
    there = claimed(record.document.data)
    if section in IDENTITY:
        what = f"`{section}` says who `{record.name}` is, and stays as registered"
        raise StatementError.of("GATE413", what, record.name, "register what says otherwise as a version of its own")
    if slot not in there:
        known = ", ".join(words(s) for s in there if s[0] == section) or "nothing of the kind"
        elsewhere = any(s[:2] == slot[:2] for s in there)  # the name is right, and the data set is not
        what = f"{words(slot)} without a data set" if elsewhere and slot[2] is None else words(slot)
        named = ": say which with `--data-set NAME`" if elsewhere else ""
        more = f"nothing to take back: `{record.name}` claims no {what}"
        raise StatementError.of("GATE413", more, record.name, f"it claims {known}{named}")
    mark = takenback.marks(record.lists.get(FIELD, ())).get(slot)
    if mark is not None and (section not in NAMED or all(mark.covers(t) for t in there[slot])):
        what = f"nothing to take back: {words(slot)} of `{record.name}` was {mark.why}"
        raise StatementError.of("GATE413", what, record.name, anew(section))
    return [t for t in there[slot] if t is not None]


def anew(section: str) -> str:
    """What counts in the place of a claim that was taken back."""
    if section not in NAMED:
        return "what a service signs counts in its place: `policy attest`"
    return "what is measured from now on counts: `policy evidence add`, or what a service signs: `policy attest`"


def claimed(data: Mapping[str, Any]) -> dict[Slot, list[int | None]]:
    """What a record, or a part of one, claims, slot by slot, and when each piece was measured, in microseconds, None where that
    is not said."""
    found: dict[Slot, list[int | None]] = {
        (section, "", None): [] for section in sorted(takenback.SINGLE & data.keys())
    }
    for section in sorted(takenback.OPEN & data.keys()):
        found |= {(section, name, None): [] for name in _names(data[section])}
    metrics = data.get("metrics")
    for name, value in metrics.items() if isinstance(metrics, dict) else ():
        for piece in editing.measures(value):
            on = _text(piece.get("data_set"))
            found.setdefault(("metrics", name, on), []).append(_moment(piece, "metrics"))
    for section in ("suites", "scans"):
        for piece in data.get(section) or []:
            if (key := _text(piece.get(NAMED[section]))) is not None:
                found.setdefault((section, key, None), []).append(_moment(piece, section))
    return found


def _names(value: Any, above: str = "") -> Iterator[str]:
    """The names of the values in a mapping, those of inner ones behind a full stop, and of the inner mappings themselves."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield f"{above}{key}"
        yield from _names(inner, f"{above}{key}.")


def command(record: Record, slot: Slot) -> str:
    """The command that takes a claim of a version back, as a shell takes it."""
    section, name, data_set = slot
    option = {"metrics": "--metric", "suites": "--suite", "scans": "--scan", "facts": "--fact"}.get(section, "--field")
    named = name if option != "--field" else ".".join(p for p in (section, name) if p)
    on = ["--data-set", data_set] if data_set is not None else []
    return f"`{shlex.join(['policy', 'evidence', 'remove', record.name, option, named, *on])} --reason TEXT`"


def place(slot: Slot) -> str:
    """Where a slot stands in a record, as differences name it."""
    section, name, _ = slot
    if section in takenback.OPEN:
        return f"{section}.{name}"
    return join(section, name) if name else section


def words(slot: Slot) -> str:
    """A slot in a sentence."""
    section, name, data_set = slot
    kind = section[:-1] if section in {*NAMED, *takenback.OPEN} else section
    on = f" on `{data_set}`" if data_set is not None else ""
    return f"{kind} `{name}`{on}" if name else f"`{section}`"


def _text(raw: Any) -> str | None:
    found = values.text(raw)
    return found if isinstance(found, str) else None


def _moment(piece: dict[str, Any], section: str) -> int | None:
    found = values.date(piece.get(TIMES[section]))
    return found if isinstance(found, int) else None
