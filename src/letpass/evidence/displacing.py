"""A metric told by group again, of which the record knows already how sure it is."""

from __future__ import annotations

from letpass.evidence.interface import Part
from letpass.facts.record import Element, Record

_SURE = frozenset({"successes", "standard_error", "interval", "outcomes"})
"""The fields by which a comparison with a confidence can be decided."""


def displaced(record: Record, read: Record, facts: Part) -> tuple[str, str] | None:
    """The metric and the data set of a piece that tells groups, and would take the place of the record's own that says how sure it is.

    A rule with a confidence that could be decided would be unknown from then on, for want of what was there.  read: the part as a
    record.  None where there is no such piece.
    """
    for name in facts.get("metrics", {}):
        slot = "metrics", name
        for piece in read.measures.get(slot, ()):
            own = [p for p in record.measures.get(slot, ()) if p.get("data_set") == piece.get("data_set")]
            if piece.get("slices") and any(_knows_less(piece, one) for one in own):
                return str(name), str(piece.get("data_set") or "")
    return None


def _knows_less(piece: Element, own: Element) -> bool:
    """Has it no count of cases where the other has one, or nothing by which a confidence is decided where the other has something."""
    if "@unreadable" in own:
        return False
    lost = not _SURE.isdisjoint(own) and _SURE.isdisjoint(piece)
    return lost or ("samples" in own and "samples" not in piece)
