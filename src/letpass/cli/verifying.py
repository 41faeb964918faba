"""Gathering what a decision is verified against from the project, its registry and its ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from letpass.diagnostics import InvalidError, LetpassError, UnreachableError
from letpass.frozen import Frozen, replace
from letpass.gate.verification import Against, Check, as_of, decision_of, in_force, verify
from letpass.ledger import proofs
from letpass.ledger.proofs import DecisionFile

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.ledger.log import Ledger
    from letpass.move import Move
    from letpass.project.configuration import Configuration
    from letpass.project.project import Project
    from letpass.trust.summary import Summary

Verified = tuple["Summary", tuple[Check, ...]]


class Asked(Frozen):
    """What is verified: the decisions that were found, by name, and what is known beside them.

    bare: the bytes are not at hand · ledger: None where it is not asked, or not there.
    """

    found: tuple[tuple[str, bytes], ...]
    project: Project
    record: Record | None
    bytes_at: Path | None
    against: Against
    bare: bool
    ledger: Ledger | None


def gathered(
    configuration: Configuration, name: str, move: Move | None, bytes_at: Path | None, kept: Path | None, now: int, *,
    offline: bool,
) -> Asked:  # fmt: skip
    """The decisions that a name means, and all that they are verified against but for the move; raises `LetpassError`."""
    from letpass.facts.said import facts_digest
    from letpass.project.ledger import checkpoint_in
    from letpass.project.project import Project

    project = Project(configuration)
    if not offline and not project.ledger.there and project.ledger.kept.exists():
        raise UnreachableError.of(
            "GATE420", f"a checkpoint of the ledger was kept, and there is no ledger at `{project.ledger.name}`", project.ledger.name,
            "bring it back; `--offline` verifies by the files alone",
        )  # fmt: skip
    offline = offline or not project.ledger.there
    if not offline:
        project.not_lost()
        project.names.identified()
    found, record = _find(name, move, project)
    computed = project.artifacts.computed(record, bytes_at)[0] if record is not None else ()
    quorum = project.trust is not None and project.trust.current.quorum > 0
    kept = kept or (project.ledger.kept if quorum and project.ledger.kept.exists() else None)
    ledger = None if offline else project.ledger.reader()
    keys = ledger.believed if ledger is not None else project.ledger.believed()
    against = Against(
        keys, now, project.trust, computed,
        recorded=record.text("artifact.digest") if record is not None else "",
        facts=facts_digest(record) if record is not None else "",
        model=(record.text("model"), record.text("version")) if record is not None else None,
        registry=project.names.all,
        kept=checkpoint_in(kept, None) if kept is not None else None,
        witnessed=project.ledger.last_witnessed(keys) if quorum else None,
        ledger=ledger,
        standings=tuple(_standings(name, record, project)),
        sets=project.signed_sets() if ledger is not None else (),
    )  # fmt: skip
    return Asked(tuple(found), project, record, bytes_at, against, not computed and bytes_at is None, ledger)


def best(asked: Asked, move: Move | None, when: int) -> Verified:
    """The newest decision of the gate by which the move was made, whatever became of it; else the first in which everything
    holds at a time, else the first; raises `InvalidError` where none reads.

    A forged one beside a record does not stand in the way of the true one, and an older one not in the place of a newer.
    """
    first: Verified | None = None
    whole: Verified | None = None
    why = ""
    for _, data in asked.found:
        try:
            file = proofs.read_decision_file(data)
            against = _against(asked, file, move, when)
            verified = verify(file, against)
        except InvalidError as error:
            why = why or str(error)
            continue
        if in_force(file, against):
            return verified
        first = first or verified
        if whole is None and all(c.holds is not False for c in verified[1]):
            whole = verified
    if first is None:
        raise InvalidError(why)
    return whole or first


def _against(asked: Asked, file: DecisionFile, move: Move | None, when: int) -> Against:
    """What one decision is verified against, which depends on what it says that it is about."""
    from letpass.facts.artifact import digests_at
    from letpass.gate import approvals
    from letpass.trust.statements import StatementFile

    project, made = asked.project, decision_of(file.decision)[0]
    digests = asked.against.digests
    if asked.record is None and asked.bytes_at is not None:
        digests = digests_at(asked.bytes_at, made.artifact)
    past = project.past(made.model, (made.artifact, *digests)) if asked.ledger is not None else None
    try:
        makers = approvals.makers(project, made, asked.record, past)
        beside = project.registry.objections(made.model)
        record = asked.record or _registered(project, made)
        if record is not None:  # what a withdrawal takes back lies there
            beside += project.carrier(record).statements(record)
        words = tuple(StatementFile(name, data) for name, data in beside)
    except UnreachableError:
        if asked.ledger is not None:
            raise
        makers, words = None, ()
    found = replace(asked.against, digests=digests, move=move, past=past, makers=makers, words=words)
    return as_of(found, when) if when != found.now else found


def _registered(project: Project, made: Summary) -> Record | None:
    """The version that a decision is about, None where the registry does not have it."""
    from letpass.registries import own

    try:
        return own.called(project.registry, made.model, made.version)
    except UnreachableError:
        raise
    except LetpassError:
        return None


def _find(name: str, move: Move | None, project: Project) -> tuple[list[tuple[str, bytes]], Record | None]:
    """The decision in a file, or all beside a model, those of the move and the newest first; and the model, if one was named."""
    from letpass import disk
    from letpass.cli.records import one_record
    from letpass.diagnostics import StatementError
    from letpass.move import ARCHIVED
    from letpass.registries import carried

    if name.endswith(carried.DECISION):
        try:
            return [(name, disk.read(Path(name), proofs.LARGEST))], None
        except OSError as error:
            raise StatementError.of("GATE413", f"no decision: cannot read it: {disk.reason(error)}", name) from None
    record = one_record(name, project.configuration)
    found = project.carrier(record).decisions(record)
    if not found:
        there = record.stage and record.stage != ARCHIVED
        help_ = "`policy renew` leaves one where it allows" if there else "`policy promote` leaves one where it allows"
        raise StatementError.of("GATE413", f"there is no decision beside `{record.name}`", name, help_)
    return sorted(found, key=lambda f: (_rank(f[1], move), f[0]), reverse=True), record


def _standings(name: str, record: Record | None, project: Project) -> list[tuple[str, bytes]]:
    """The standings beside the version, or beside the decision's file."""
    from letpass.registries import carried

    if record is not None:
        return project.carrier(record).standings(record)
    try:
        return [s for path in sorted(Path(name).parent.glob(f"*{carried.STANDING}")) for s in carried.below(path)]
    except LetpassError:
        return []


def _rank(data: bytes, move: Move | None) -> tuple[bool, int]:
    """How a decision ranks: whether it says that it is of the move, then its place in the log."""
    try:
        proof = proofs.read_decision_file(data).decision
        made = decision_of(proof)[0]
    except InvalidError:
        return False, -1
    return move is None or made.move == move, proof.index
