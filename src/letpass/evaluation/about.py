"""What a decision is about, in a few facts of the record, each with who vouches for it: author, data, risk, artifact."""

from __future__ import annotations

from typing import Any

from letpass.facts.record import Element, Record
from letpass.frozen import Frozen
from letpass.language.kinds import FIELD, MODEL
from letpass.trust.accepted import Made

MOST_DATA = 12
FIELDS = (("author", "author"), ("risk", "risk"), ("artifact", "artifact.digest"), ("commit", "code.commit"))
"""What is told, and where the record has it."""
KIND = ("kind", FIELD)
"""Told of what is no model."""


class Said(Frozen):
    """A fact as the record says it, and who vouches for it; why: why it cannot be read, where that is so."""

    value: str
    trust: str = ""
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fact as plain data; what does not apply is left out."""
        found = {"value": self.value, "trust": self.trust, "why": self.why}
        return {k: v for k, v in found.items() if v or k == "value"}


class Data(Frozen):
    """A data set that the version was trained on."""

    name: str
    version: str = ""
    digest: str = ""
    trust: str = ""

    def as_json(self) -> dict[str, Any]:
        """The data set as plain data; what is not recorded is left out."""
        found = {"version": self.version, "digest": self.digest, "trust": self.trust}
        return {"name": self.name, **{k: v for k, v in found.items() if v}}


class About(Frozen):
    """author, risk, artifact, commit: the facts that are recorded, by their names · data: at most `MOST_DATA`, and how many
    are left out · commit_author: the author of the commit, where the gate has read it from the project's repository.
    """

    facts: tuple[tuple[str, Said], ...] = ()
    data: tuple[Data, ...] = ()
    left_out: int = 0
    commit_author: str = ""

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data; what is not recorded is left out."""
        return {
            **{name: said.as_json() for name, said in self.facts},
            **({"commit_author": self.commit_author} if self.commit_author else {}),
            **({"data": [d.as_json() for d in self.data]} if self.data else {}),
            **({"data_left_out": self.left_out} if self.left_out else {}),
        }


def about(record: Record, made: Made | None) -> About:
    """What a record says of the version that is judged, and whom the gate found to have made its commit."""
    fields = (*FIELDS, *((KIND,) if record.kind != MODEL else ()))
    facts = tuple((name, said) for name, path in fields if (said := _said(record, path)) is not None)
    data = [d for d in map(_data, record.lists.get("data", ())) if d is not None]
    return About(facts, tuple(data[:MOST_DATA]), max(0, len(data) - MOST_DATA), made.author if made is not None else "")


def _said(record: Record, path: str) -> Said | None:
    odd, trust = record.unreadable.get(path), record.trust.get(path, "")
    if odd is not None:
        return Said(odd.written, trust, odd.why)
    text = record.text(path)
    return Said(text, trust) if text else None


def _data(element: Element) -> Data | None:
    name, version, found = [element.get(f) for f in ("name", "version", "digest")]
    if not isinstance(name, str):
        return None
    version, found = [t if isinstance(t, str) else "" for t in (version, found)]
    return Data(name, version, found, str(element.get("@trust", "")))
