"""Outcomes that another version has too, case by case: a sign that one was measured and the other copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from letpass.evidence.interface import Part
    from letpass.facts.record import Element, Record
    from letpass.project.project import Project

KIND = "copied-outcomes"


def noticed(project: Project, record: Record, read: Record, facts: Part) -> Part:
    """The part with a notice for each metric whose outcomes are those of another version of the model, which has other bytes.

    read: the part as a record. Where all cases are right, or none is, equal outcomes are no sign of anything.
    """
    from letpass.diagnostics import Diagnostic

    said = {
        name: found
        for (section, name), pieces in read.measures.items()
        if section == "metrics" and (found := _told(pieces))
    }
    if not said or not project.registry.has(record):
        return facts
    notices = list(facts.get("notices", ()))
    for other in project.registry.versions(record.text("model")):
        if isinstance(other, Diagnostic) or other.name == record.name or _same_bytes(record, other):
            continue
        for name, outcomes in said.items():
            if outcomes & _told(other.measures.get(("metrics", name), ())):
                what = f"each case of `{name}` ended as that of `{other.name}`; was each of them measured?"
                notices.append({"kind": KIND, "what": what})
    return {**facts, "notices": notices} if notices else facts


def _told(pieces: tuple[Element, ...]) -> set[tuple[str, str]]:
    """The outcomes that some pieces tell, of those that are right in some cases and wrong in others."""
    found = set()
    for piece in pieces:
        outcomes = piece.get("outcomes", {})
        if {"cases", "right"} <= outcomes.keys() and 0 < piece.get("successes", 0) < piece.get("samples", 0):
            found.add((outcomes["cases"], outcomes["right"]))
    return found


def _same_bytes(record: Record, other: Record) -> bool:
    digest = record.text("artifact.digest")
    return bool(digest) and digest == other.text("artifact.digest")
