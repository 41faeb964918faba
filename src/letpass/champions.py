"""Who the champion of a move is: the other version that holds the target stage, else the one that held it last.

The ledger remembers who held a stage, so that nobody is rid of a champion by taking it away.  A holder that neither a
decision nor an adoption brought there is none that anybody vouches for, and a version that was revoked counts as never
there.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from letpass import gate
from letpass.canonical import digest_bytes
from letpass.diagnostics import LetpassError, UnreachableError
from letpass.facts.record import Holder, Record
from letpass.facts.schema import LATER
from letpass.facts.tenure import UNASKED, Known, Tenure
from letpass.history import ADOPTION, BEGUN, Past, Stay, Step
from letpass.move import Move, Stage
from letpass.registries import place
from letpass.testimony import facts_digest

if TYPE_CHECKING:
    from letpass.gathering import Desk

Found = tuple[Record | Holder, Tenure | None]
"""The champion and how it is known; no tenure where the move has no target stage."""


def find(desk: Desk, record: Record, move: Move) -> Found:
    """The champion of a move of a version, as registry and ledger know it.

    Raises `UnreachableError` where one of them is out of reach.
    """
    if move.stage is None:
        return Holder.UNASKED, None
    if not desk.registry.has(record):
        return Holder.UNASKED, UNASKED
    stage = desk.configuration.stage(move.stage.name)
    held = desk.registry.holder(record, stage)
    if not desk.books.begun:
        return held, _without_ledger(held)
    past = desk.past(record.text("model"))
    revoked = desk.revoked(past)
    others = [s for s in past.stays if s.stage == stage and s.version != record.text("version")]
    if held is Holder.UNASKED:
        return held, _several(desk, record, stage)
    if isinstance(held, Record) and held.text("version") not in revoked:
        return _holding(desk, held, others, past, stage)
    counted = [s for s in others if s.version not in revoked]
    return _last(desk, counted[-1], past) if counted else (Holder.NOBODY, Tenure(Known.NEVER))


def _without_ledger(held: Record | Holder) -> Tenure:
    """How the champion is known in a project that has no ledger: by the registry alone."""
    if isinstance(held, Record):
        return Tenure(Known.HOLDS, held.text("version"))
    return Tenure(Known.NEVER) if held is Holder.NOBODY else UNASKED


def _several(desk: Desk, record: Record, stage: Stage) -> Tenure:
    """Why the registry does not tell who holds a stage: several versions do, or one does not read."""
    listed = list(desk.registry.versions(record.text("model")))
    holders = [r.name for r in listed if isinstance(r, Record) and r.stage == stage and r.name != record.name]
    unread = sum(not isinstance(r, Record) for r in listed)
    who = f"{' and '.join(holders)} hold {stage}" if len(holders) > 1 else f"who holds {stage} cannot be told"
    why = who + (f", and {unread} versions do not read" if unread else "")
    help_ = "let one version hold it: `policy retire NAME@VERSION --reason TEXT` takes another away"
    return Tenure(Known.UNKNOWN, why=why, help=help_)


def _holding(desk: Desk, held: Record, others: Iterable[Stay], past: Past, stage: Stage) -> Found:
    """The version that holds the stage, unknown where neither a decision nor an adoption brought it there."""
    version = held.text("version")
    there = next((s for s in others if s.version == version and s.until is None), None)
    if there is None:
        return Holder.UNASKED, _unvouched(held, past, stage)
    recorded = held.text("artifact.digest")
    if there.step.artifact and recorded and there.step.artifact not in past.names_of((recorded,)):
        why = f"{held.name} holds {stage} with other bytes than entry {there.step.index} of the ledger brought there"
        return Holder.UNASKED, Tenure(Known.UNKNOWN, version, why=why, help="bring its own bytes back")
    if changed := _changed(desk, held, there, past):
        why = f"{held.name} holds {stage}, and {changed}"
        help_ = f"bring its record back, or let the owners `policy adopt {shlex.quote(held.name)} --to {shlex.quote(stage.name)} --reason TEXT`"
        return Holder.UNASKED, Tenure(Known.UNKNOWN, version, why=why, help=help_)
    return held, Tenure(Known.HOLDS, version, there.since, entry=there.step.index)


def _changed(desk: Desk, record: Record, stay: Stay, past: Past) -> str:
    """What of a champion's record is no longer as it was when it was decided upon or adopted; nothing where that is nothing.

    What was added since, such as a new measurement, is no change.
    """
    if place.is_address(desk.registry.name):
        return ""  # a listing of MLflow's leaves out what only a version's files say
    facts = facts_digest(record)
    if stay.step.kind == ADOPTION:
        anew = f"its record is another than was adopted in entry {stay.step.index} of the ledger"
        return "" if stay.step.facts in {"", facts} else anew
    made = next((m for index, m in past.decisions if index == stay.step.decision), None)
    if made is None or made.facts == facts:
        return ""
    then = _decided(desk, stay, past)
    since = f"since entry {stay.step.decision} of the ledger decided upon it"
    if then is None or then.document is None or record.document is None:
        return f"its record was changed {since}, and what it said then is not kept"
    path = _taken(then.document.data, record.document.data)
    return f"`{path}` of its record was changed or taken away {since}" if path else ""


def _taken(then: Any, now: Any, above: str = "") -> str:
    """Where the first value stands that data had and has no longer, nothing where all of it is there."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        kept = (k for k in then if above or k not in LATER)
        return next((p for k in kept if (p := _taken(then[k], now.get(k), f"{above}.{k}" if above else str(k)))), "")
    if isinstance(then, list) and isinstance(now, list):
        return "" if all(each in now for each in then) else above
    return "" if type(then) is type(now) and then == now else above


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


def _last(desk: Desk, stay: Stay, past: Past) -> Found:
    """The version that held the stage last: from the registry, else from what its decision was made of."""
    by, reason = (stay.left.actor, stay.left.reason) if stay.left is not None else ("", "")
    if stay.left is not None and not reason and stay.left.version != stay.version:
        reason = f"{stay.left.model}@{stay.left.version} took its place"
    tenure = Tenure(Known.HELD, stay.version, stay.since, stay.until, stay.step.index, by, reason)
    found = _record(desk, stay, past)
    if found is not None and _changed(desk, found, stay, past):
        found = _decided(desk, stay, past)
    if found is None:
        why = f"{past.model}@{stay.version} held {stay.stage} last, and neither the registry nor the ledger has its record any more"
        return Holder.UNASKED, Tenure(Known.UNKNOWN, stay.version, why=why, help="bring its record back")
    return found, tenure


def _record(desk: Desk, stay: Stay, past: Past) -> Record | None:
    """The record of a version that has left a stage; None where nobody has it any more."""
    try:
        return desk.registry.find(f"{past.model}@{stay.version}")
    except UnreachableError:
        raise
    except LetpassError:
        return _decided(desk, stay, past)


def _decided(desk: Desk, stay: Stay, past: Past) -> Record | None:
    """The record by which a version was decided upon, from what the decision was made of; None where that is not kept."""
    ledger = desk.books.reader()
    made = next((m for index, m in past.decisions if index == stay.step.decision), None)
    stored = ledger.store.material(made.decision) if ledger is not None and made is not None else None
    whole = stored is not None and made is not None and digest_bytes(stored) == made.decision
    return gate.record_in(stored) if whole and stored is not None else None


def edited(desk: Desk, record: Record, by: Step, past: Past) -> str:
    """What of a version's record is no longer as a step's decision or adoption found it; nothing where that is nothing."""
    return _changed(desk, record, Stay(by.version, by.stage, by.at, None, by), past)
