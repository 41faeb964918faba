"""The approval by which a version is where it is, as the table of endings asks about it."""

from __future__ import annotations

from letpass.diagnostics import LetpassError, UnreachableError
from letpass.facts.record import Record
from letpass.facts.said import facts_digest, identity_digest
from letpass.gate import endings
from letpass.gate.endings import Ending, Proven
from letpass.ledger import in_effect
from letpass.ledger.entry import Logged
from letpass.ledger.model_log import Past
from letpass.project.project import Project
from letpass.registries import own
from letpass.trust import objections, statements
from letpass.trust.statements import StatementFile
from letpass.trust.summary import Summary


def proven(project: Project, past: Past, entry: int, made: Summary, now: int, record: Record | None = None) -> Proven:
    """A decision of the ledger as the table of endings asks about it."""
    said = statements.read("", past.entry(entry).entry.statement.encode("utf-8"))
    done = entry in past.made
    ledger = project.ledger.reader()
    keys = ledger.believed if ledger is not None else project.ledger.believed()

    def believed(found: Logged) -> bool:
        envelope = statements.read("", found.entry.statement.encode("utf-8")).envelope
        return any(k.fits(envelope.message, s) for k in keys for _, s in envelope.signatures)

    brought = [StatementFile(name, data) for name, data in project.registry.objections(made.model)]
    return Proven(
        made,
        entry,
        said.digest,
        done,
        now,
        project.trust,
        past,
        tuple(brought),
        makers(project, made, record, past),
        believed=believed,
    )


def makers(project: Project, made: Summary, record: Record | None, past: Past | None) -> frozenset[str] | None:
    """Who made the version that a decision is about, or another that a word is about: by their records, of the version's only
    where it says who that is as it did then, else nobody can tell.  `past`: None without the ledger.
    """
    if record is None:
        try:
            record = own.called(project.registry, made.model, made.version)
        except UnreachableError:
            raise
        except LetpassError:
            return None
    if (
        facts_digest(record) != made.facts and identity_digest(record) != made.who
    ):  # what was added since makes nobody its author
        return None
    return lift_nothing(project, record, past)


def lift_nothing(project: Project, record: Record, past: Past | None) -> frozenset[str] | None:
    """Who cannot lift a word against a version: whoever may have made it, or another version that a word is about, or asked for a
    move of it.

    None where nobody can tell who made it: then nobody does.
    """
    people = project.trust.current.directory if project.trust is not None else None
    if people is not None and not any(people.named(text).person for text in project.makers.words(record) if text):
        return None
    found = project.makers.of(record)
    if project.trust is None or past is None:
        return found
    version = record.text("version")
    hashed = [d for _, made in past.of(version) for d in (made.artifact, *made.computed)]
    bytes_ = past.names_of([record.text("artifact.digest"), *hashed])
    own = (e for e in past.of_kind("request") if e.entry.version == version or e.entry.artifact in bytes_)
    asked = objections.asked(project.trust, in_effect.signed(own, "request"))
    return found | frozenset(project.makers.also_made(past, version, bytes_)) | asked


def ended(project: Project, past: Past, entry: int, record: Record, now: int) -> tuple[Ending, ...]:
    """What has ended the approval of a decision in the ledger, nothing while it stands; one that allowed nothing is none."""
    made = past.decisions.get(entry)
    if made is None or not made.passed:
        return (Ending("no decision", f"allowed it: entry {entry} of the ledger is no allow"),)
    return endings.of(proven(project, past, entry, made, now, record))
