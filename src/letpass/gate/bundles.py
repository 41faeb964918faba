"""What is brought to a decision: statements, the bytes at hand, and what the ledger knows."""

from __future__ import annotations

from pathlib import Path

from letpass import disk
from letpass.facts.record import Holder, Record
from letpass.gate import baselines
from letpass.ledger import in_effect
from letpass.ledger.model_log import Past
from letpass.project.contents import reference
from letpass.project.project import Project
from letpass.trust.accepted import Hold
from letpass.trust.bundle import Bundle
from letpass.trust.statements import StatementFile


def gather(
    project: Project, record: Record, bytes_at: Path | None = None, champion: Record | Holder = Holder.UNASKED,
) -> Bundle | None:  # fmt: skip
    """What is brought to a decision on a record; None where there is nothing to look at.

    `bytes_at`: where the artifact is; else its uri, where that is a file or folder here.  `champion`: whose evidence
    is brought too.
    """
    project.not_lost()
    project.names.identified()
    computed, where = project.artifacts.computed(record, bytes_at)
    past = project.past(record.text("model"), (*computed, record.text("artifact.digest")))
    holds = _otherwise(project, record, computed, past)
    digests = (*computed, record.text("artifact.digest"))
    notes = tuple(in_effect.notes(past, digests)) if project.trust is None else ()
    if project.trust is None and not computed and not holds and not notes:
        return None
    statement_files = project.statement_files(record, computed, past) if project.trust is not None else ()
    theirs: tuple[StatementFile, ...] = ()
    if project.trust is not None and isinstance(champion, Record):
        digest = champion.text("artifact.digest")
        theirs = project.statement_files(champion, (), project.past(champion.text("model"), (digest,)))
    return Bundle(
        project.text or b"", project.root, project.names.address, statement_files, computed, where, past.spent,
        disk.shown(project.path), reference(record), disk.shown(project.policies[0]), theirs, holds,
        in_effect.learned(past.others), past.same, notes, project.makers.made(record, statement_files) if project.trust is not None else None,
        project.makers.also_made(past, record.text("version"), digests) if project.trust is not None else (),
    )  # fmt: skip


def _otherwise(project: Project, record: Record, computed: tuple[str, ...], past: Past) -> tuple[Hold, ...]:
    """What holds every move of a version of the registry back: other bytes or another record than the ledger knows."""
    if not project.registry.has(record):
        return ()
    differs = baselines.differs(project, record)
    replaced = baselines.replaced(past, record, computed)
    return replaced if differs is None else (*replaced, baselines.hold(differs, record))
