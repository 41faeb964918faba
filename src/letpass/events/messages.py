"""What others are told: an event for each entry of the ledger that somebody may wait for (CloudEvents 1.0).

Nothing is written for it.  The entry is the event, so a move and its event are logged together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from letpass.canonical import canonical
from letpass.diagnostics import clean
from letpass.frozen import Frozen
from letpass.ledger import history
from letpass.ledger.entry import Logged
from letpass.ledger.in_effect import AGAINST, OWNED
from letpass.move import REVIEW
from letpass.project.targets import KINDS
from letpass.trust import statements, strict

CONTENT_TYPE = "application/cloudevents+json"
_STATEMENTS = frozenset({"request", "sign-off", "waiver", *AGAINST, *OWNED})


class Event(Frozen):
    """One event.  id: the same whenever it is sent · index: its entry of the ledger · kind: one of `targets.KINDS`."""

    id: str
    index: int
    at: int
    kind: str
    model: str
    version: str
    data: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The event's type as receivers see it, with the version of its form."""
        return f"letpass.{self.kind}.v1"

    @property
    def stage(self) -> str:
        """The stage that it is about, or nothing."""
        return str(self.data.get("stage", ""))

    @property
    def about(self) -> str:
        """The version, or else the stage, that it is about, without characters that could break out of a line."""
        return clean(f"{self.model}@{self.version}" if self.model else self.stage or self.kind)

    def body(self, source: str) -> bytes:
        """The event in CloudEvents' structured JSON, canonical: the same bytes whenever it is sent."""
        return canonical(
            {
                "specversion": "1.0",
                "id": self.id,
                "source": source,
                "type": self.type,
                "subject": self.about,
                "time": strict.written(self.at),
                "datacontenttype": "application/json",
                "data": dict(self.data),
            }
        )


def source_of(registry: str) -> str:
    """The source that events of a registry name: its address without what it says of its user."""
    scheme, mark, rest = registry.rpartition("://")
    public = f"{scheme}{mark}{rest.rpartition('@')[2] if mark else rest}"
    return f"urn:letpass:registry:{quote(public, safe='/:.-')}"


def of(logged: Logged, origin: str) -> Event | None:
    """The event that an entry is, None where it is none.  `origin`: the log's name, which its ids begin with."""
    entry = logged.entry
    if entry.kind == "move":
        found = _move(logged)
    elif entry.kind == "refusal":
        said = {"move": entry.data.get("kind"), **_some(entry.data, "stage", "verdict", "decision", "actor")}
        found = ("refusal", said)
    elif entry.kind in _STATEMENTS:
        found = _statement(logged) if entry.statement else _note(logged)
    elif entry.kind == "decision":
        found = _review(logged)
    else:
        found = None
    if found is None or found[0] not in KINDS:
        return None
    kind, said = found
    about = {"model": entry.model, "version": entry.version, "artifact": entry.artifact}
    data = {k: v for k, v in {**about, **said, "entry": logged.index}.items() if v not in (None, "", [])}
    # an id with a full stop could not be told from what is signed behind it
    id_ = f"{quote(origin, safe='').replace('.', '%2E')}-{logged.index}"
    return Event(id_, logged.index, logged.at, kind, entry.model, entry.version, data)


def _move(logged: Logged) -> tuple[str, dict[str, Any]] | None:
    (step,) = history.steps([logged])
    if step.state != history.DONE:
        return None
    return step.kind, {
        "move": step.kind,
        "stage": step.stage.name,
        "leaving": list(step.leaving),
        "actor": step.actor,
        "decision": step.decision,
        "verdict": "allow" if step.decision is not None else "",
        "endpoint": step.endpoint,
        "environment": step.environment,
        "reason": step.reason,
    }


def _review(logged: Logged) -> tuple[str, dict[str, Any]] | None:
    """A review that was denied, which ends the proofs of the version; None for other decisions: their moves are told."""
    made = history.decision_in(logged)
    if made is None or made.move != REVIEW or made.verdict != "deny":
        return None
    return "review", {"move": REVIEW.kind, "verdict": made.verdict, "decision": logged.index}


def _note(logged: Logged) -> tuple[str, dict[str, Any]]:
    """A word that nobody signed, in a project without a trust file."""
    said = logged.entry.data
    target = said.get("target")
    stage = said.get("stage") or (target.get("stage") if isinstance(target, dict) else None)
    return logged.entry.kind, {"actor": said.get("person"), "stage": stage, **_some(said, "reason")}


def _statement(logged: Logged) -> tuple[str, dict[str, Any]] | None:
    """What people said; none where an entry holds what only another version of this program reads."""
    try:
        found = statements.read("", logged.entry.statement.encode("utf-8"))
    except ValueError:
        return None
    said = found.predicate
    move: Mapping[str, Any] = next((said[f] for f in ("move", "against", "target") if f in said), {})
    return found.kind, {
        "move": move.get("kind"),
        "stage": move.get("stage") or said.get("stage"),
        "actor": said.get("requester"),
        **_some(said, "signer", "role", "reason", "policy", "until"),
        "rule": said.get("label"),
        "statement": found.digest,
    }


def _some(said: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    return {field: said[field] for field in fields if field in said}
