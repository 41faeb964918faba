"""Who the champion of a move is: the other version that holds the target stage, else the one that held it last.

The ledger remembers who held a stage, so that nobody is rid of a champion by taking it away.  A holder that neither a
decision nor an adoption brought there is none that anybody vouches for, and a version that was revoked counts as never
there.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from letpass.canonical import digest_bytes
from letpass.diagnostics import LetpassError, UnreachableError, so_many
from letpass.facts.record import Holder, Record
from letpass.facts.tenure import UNASKED, Known, Tenure
from letpass.gate import baselines, judgement
from letpass.ledger.history import BEGUN, Stay
from letpass.ledger.model_log import Past
from letpass.move import Move, Stage
from letpass.registries import own

if TYPE_CHECKING:
    from letpass.project.project import Project

Found = tuple[Record | Holder, Tenure | None]
"""The champion and how it is known; no tenure where the move has no target stage."""


def find(project: Project, record: Record, move: Move) -> Found:
    """The champion of a move of a version, as registry and ledger know it.

    Raises `UnreachableError` where one of them is out of reach.
    """
    if move.stage is None:
        return Holder.UNASKED, None
    if not project.registry.has(record):
        return _of_draft(project, record, move.stage)
    return _of_version(project, record, move.stage)


def _of_draft(project: Project, record: Record, target: Stage) -> Found:
    """Whom a record is compared with that the registry does not have: who holds the stage, of the model that it names.

    Where nobody does, that is not known of it: the name may be misspelt, and only a version of the registry is the first.  Nor is it
    of a record that lies in the registry's folder where no version of its name belongs.
    """
    if not (record.text("model") and own.is_there(project.registry)) or own.is_misplaced(project.registry, record):
        return Holder.UNASKED, UNASKED
    found = _of_version(project, record, target)
    return found if found[0] is not Holder.NOBODY else (Holder.UNASKED, UNASKED)


def _of_version(project: Project, record: Record, target: Stage) -> Found:
    """Whom a record of a model is compared with, as registry and ledger know it."""
    stage = project.configuration.stage(target.name)
    held = project.registry.holder(record, stage)
    if not project.ledger.begun:
        return held, _without_ledger(held)
    past = project.past(record.text("model"))
    revoked = project.revoked(past)
    if held is Holder.UNASKED:
        return held, _several(project, record, stage)
    if isinstance(held, Record) and held.text("version") not in revoked:
        return _holding(project, held, past, stage)
    last = past.staying.last(stage, {record.text("version"), *revoked})
    return _last(project, last, past) if last is not None else (Holder.NOBODY, Tenure(Known.NEVER))


def _without_ledger(held: Record | Holder) -> Tenure:
    """How the champion is known in a project that has no ledger: by the registry alone."""
    if isinstance(held, Record):
        return Tenure(Known.HOLDS, held.text("version"))
    return Tenure(Known.NEVER) if held is Holder.NOBODY else UNASKED


def _several(project: Project, record: Record, stage: Stage) -> Tenure:
    """Why the registry does not tell who holds a stage: several versions do, or one does not read."""
    listed = list(project.registry.versions(record.text("model")))
    holders = [r.name for r in listed if isinstance(r, Record) and r.stage == stage and r.name != record.name]
    unread = sum(not isinstance(r, Record) for r in listed)
    who = f"{' and '.join(holders)} hold {stage}" if len(holders) > 1 else f"who holds {stage} cannot be told"
    why = who + (f", and {so_many(unread, 'version')} {'does' if unread == 1 else 'do'} not read" if unread else "")
    help_ = "let one version hold it: `policy retire NAME@VERSION --reason TEXT` takes another away"
    return Tenure(Known.UNKNOWN, why=why, help=help_)


def _holding(project: Project, held: Record, past: Past, stage: Stage) -> Found:
    """The version that holds the stage, unknown where neither a decision nor an adoption brought it there."""
    version = held.text("version")
    there = past.holds(version, stage)
    if there is None:
        return Holder.UNASKED, _unvouched(held, past, stage)
    recorded = held.text("artifact.digest")
    if there.step.artifact and recorded and there.step.artifact not in past.names_of((recorded,)):
        why = f"{held.name} holds {stage} with other bytes than entry {there.step.index} of the ledger brought there"
        return Holder.UNASKED, Tenure(Known.UNKNOWN, version, why=why, help="bring its own bytes back")
    if (changed := baselines.differs(project, held)) is not None:
        why = f"{held.name} holds {stage}, and {changed.words}"
        return Holder.UNASKED, Tenure(Known.UNKNOWN, version, why=why, help=baselines.remedy(held))
    return held, Tenure(Known.HOLDS, version, there.since, entry=there.step.index)


def _unvouched(held: Record, past: Past, stage: Stage) -> Tenure:
    version, to = held.text("version"), shlex.quote(stage.name)
    begun = next((s for s in reversed(past.steps) if s.version == version and s.stage == stage), None)
    if begun is not None and begun.state == BEGUN:
        why = f"{held.name} holds {stage}, and the end of its move is not logged (begun in entry {begun.index})"
        return Tenure(
            Known.UNKNOWN, version, why=why, help=f"`policy promote {shlex.quote(held.name)} --to {to}` ends it"
        )
    return Tenure(
        Known.UNKNOWN, version,
        why=f"{held.name} holds {stage}, and no decision of the ledger brought it there",
        help=f"`policy adopt {shlex.quote(held.name)} --to {to} --reason TEXT` takes it in, or `policy retire` it",
    )  # fmt: skip


def _last(project: Project, stay: Stay, past: Past) -> Found:
    """The version that held the stage last: from the registry, else from what its decision was made of."""
    by, reason = (stay.left.actor, stay.left.reason) if stay.left is not None else ("", "")
    if stay.left is not None and not reason and stay.left.version != stay.version:
        reason = f"{stay.left.model}@{stay.left.version} took its place"
    tenure = Tenure(Known.HELD, stay.version, stay.since, stay.until, stay.step.index, by, reason)
    found = _record(project, stay, past)
    if found is not None and baselines.differs(project, found) is not None:
        found = _decided(project, stay, past)
    if found is None:
        why = f"{past.model}@{stay.version} held {stay.stage} last, and neither the registry nor the ledger has its record any more"
        return Holder.UNASKED, Tenure(Known.UNKNOWN, stay.version, why=why, help="bring its record back")
    return found, tenure


def _record(project: Project, stay: Stay, past: Past) -> Record | None:
    """The record of a version that has left a stage; None where nobody has it any more."""
    try:
        return own.called(project.registry, past.model, stay.version)
    except UnreachableError:
        raise
    except LetpassError:
        return _decided(project, stay, past)


def _decided(project: Project, stay: Stay, past: Past) -> Record | None:
    """The record by which a version was decided upon, from what the decision was made of; None where that is not kept."""
    ledger = project.ledger.reader()
    made = past.decisions.get(stay.step.decision) if stay.step.decision is not None else None
    stored = ledger.store.material(made.decision) if ledger is not None and made is not None else None
    whole = stored is not None and made is not None and digest_bytes(stored) == made.decision
    return judgement.record_in(stored) if whole and stored is not None else None
