"""What the ledger says of the moves of a model's versions: who was where, and when."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, replace
from letpass.ledger.entry import Entry, Logged
from letpass.move import ARCHIVED, NO_STAGE, Stage
from letpass.trust import statements, strict, summary
from letpass.trust.summary import Summary

BEGUN, DONE, FAILED = "begun", "done", "failed"
NAMING = "naming"
"""What changes the names by which the registry has a version in its stage, and not the stage."""
DELETION = "deletion"
"""What takes a version, or a model with all of them, out of the registry."""
ADOPTION, RENEWAL, RETRACTION = "adoption", "renewal", "retraction"
"""What brings a version into a stage without moving it: the owners take in who is there, a decision is made anew; and
what moves nothing, but takes a claim of its record back."""
ENTERS = frozenset({"promotion", "rollback", ADOPTION})
"""The kinds of steps by which a version comes into a stage."""


class Step(Frozen):
    """One entry about a move.

    state: BEGUN before the registry was asked, DONE after it did it, FAILED where it did not · leaving: the versions that
    were archived with it · decision: the entry of the decision that allowed it, None where none was needed · nonce: joins
    the entries of one move · facts: of an adoption or a registration, the digest of what the record said · who: of a
    registration, the digest of who the version is by it · holder, until: of one that was begun, which process makes it, and the
    time (microseconds) from which it may be taken over · versions: the kind of version, nothing for a model.
    """

    index: int
    at: int
    model: str
    version: str
    artifact: str
    state: str
    kind: str
    stage: Stage
    nonce: str
    leaving: tuple[str, ...] = ()
    request: str = ""
    actor: str = ""
    decision: int | None = None
    endpoint: str = ""
    environment: str = ""
    reason: str = ""
    facts: str = ""
    who: str = ""
    holder: str = ""
    until: int = 0
    versions: str = ""


REMADE = "~"
"""Stands between the number of a version that was deleted and what told it from the one that has its number now."""


def remade(version: str, made: str) -> str:
    """The name of a version that was deleted, and whose number another has now."""
    return f"{version}{REMADE}{made[:8]}"


def is_of(found: Entry, model: str, registry: str) -> bool:
    """Does an entry name a model of a registry; one that names no registry may be of any."""
    return found.model == model and found.registry in {"", registry}


def entry(step: Step) -> Entry:
    """The step as an entry of the ledger."""
    said = {
        "state": step.state,
        "kind": step.kind,
        "stage": step.stage.name,
        "nonce": step.nonce,
        "leaving": list(step.leaving),
        "request": step.request,
        "actor": step.actor,
        "endpoint": step.endpoint,
        "environment": step.environment,
        "reason": step.reason,
        "facts": step.facts,
        "who": step.who,
        "versions": step.versions,
    }
    if step.state == BEGUN:
        said |= {"holder": step.holder, "until": strict.written(step.until) if step.until else ""}
    data: dict[str, Any] = {k: v for k, v in said.items() if v}
    if step.decision is not None:
        data["decision"] = step.decision
    return Entry("move", "", data, step.model, step.version, step.artifact)


def steps(logged: Iterable[Logged]) -> list[Step]:
    """The moves among entries, in order."""
    return [_step(found) for found in logged if found.entry.kind == "move"]


def _step(found: Logged) -> Step:
    entry_, data = found.entry, found.entry.data
    texts = {k: str(data.get(k, "")) for k in ("state", "kind", "nonce", "request", "actor", "endpoint",
                                               "environment", "reason", "facts", "who", "holder", "versions")}  # fmt: skip
    leaving, decision = data.get("leaving", []), data.get("decision")
    return Step(
        found.index, found.at, entry_.model, entry_.version, entry_.artifact, stage=Stage(str(data.get("stage", ""))), **texts,
        leaving=tuple(str(v) for v in leaving) if isinstance(leaving, list) else (),
        decision=decision if type(decision) is int else None, until=_until(data.get("until")),
    )  # fmt: skip


def _until(said: Any) -> int:
    """A time in an entry; 0, so long ago, where there is none that reads."""
    try:
        return strict.instant(said) if said is not None else 0
    except InvalidError:
        return 0


class Stay(Frozen):
    """A version in a stage, or served at an endpoint: from when (microseconds) and until when, None while it is there.

    step: what brought it · left: what ended it, None while it is there.
    """

    version: str
    stage: Stage
    since: int
    until: int | None
    step: Step
    left: Step | None = None

    def at(self, when: int) -> bool:
        """Was it there at a time."""
        return self.since <= when and (self.until is None or when < self.until)


class Staying:
    """Who was in which stage when, worked out step by step.

    A stage that somebody enters by a decision has one holder: whoever was there before has left, named or not.
    """

    def __init__(self, open_: Mapping[str, Stay] = MappingProxyType({}), ended: Iterable[Stay] = ()) -> None:
        self.open = dict(open_)
        self.ended = list(ended)  # in the order in which they came

    def copy(self) -> Staying:
        """One that goes on by itself from here."""
        return Staying(self.open, self.ended)

    def take(self, step: Step) -> None:
        """The next step."""
        if step.state != DONE or not step.stage or step.kind == RENEWAL:
            return
        decided = step.decision is not None
        others = [v for v, stay in self.open.items() if stay.stage == step.stage] if decided else []
        for version in dict.fromkeys((*step.leaving, step.version, *others)):
            if (stay := self.open.pop(version, None)) is not None:
                insort(self.ended, replace(stay, until=step.at, left=step), key=_came)
        for version in step.leaving:
            self.open[version] = Stay(version, ARCHIVED, step.at, None, step)
        self.open[step.version] = Stay(step.version, step.stage, step.at, None, step)

    def all(self) -> list[Stay]:
        """All stays, in the order in which they came."""
        return sorted([*self.ended, *self.open.values()], key=_came)

    def last(self, stage: Stage, without: Collection[str]) -> Stay | None:
        """The stay of who came into a stage last, but for some versions."""
        here = (s for s in self.open.values() if s.stage == stage and s.version not in without)
        gone = (s for s in reversed(self.ended) if s.stage == stage and s.version not in without)
        found = [s for s in (max(here, key=_came, default=None), next(gone, None)) if s is not None]
        return max(found, key=_came, default=None)


def _came(stay: Stay) -> tuple[int, int, bool]:
    return stay.since, stay.step.index, stay.stage == ARCHIVED


def services(found: Sequence[Step]) -> list[Stay]:
    """Which version was served where and when; one serves until another does there, or it is retired."""
    open_: dict[tuple[str, str], Stay] = {}
    ended: list[Stay] = []

    def end(place: tuple[str, str], by: Step) -> None:
        if (stay := open_.pop(place, None)) is not None:
            ended.append(replace(stay, until=by.at, left=by))

    for step in found:
        if step.state != DONE or step.kind == RENEWAL:
            continue
        if step.kind == "deployment":
            place = (step.endpoint, step.environment)
            end(place, step)
            open_[place] = Stay(step.version, NO_STAGE, step.at, None, step)
        for place in [p for p, stay in open_.items() if step.stage == ARCHIVED and stay.version == step.version]:
            end(place, step)
    return sorted([*ended, *open_.values()], key=lambda s: (s.since, s.step.index))


def mends(evidence: Iterable[tuple[str, int]], denied: Summary, policies: str, *, again: bool = False) -> bool:
    """Does an allow that rests on evidence, by slot and time, mend a denial: none of it is older or has gone, and something
    is newer, or the policies are others.

    `policies`: the digest of those that allow · `again`: they are asked what was denied, so that the same evidence will do.
    """
    now = dict(evidence)
    gone = any(now.get(slot, -1) < at for slot, at in denied.evidence)
    newer = any(now[slot] > at for slot, at in denied.evidence if slot in now)
    return not gone and (newer or again or policies != denied.policies)


def decision_in(logged: Logged) -> Summary | None:
    """What an entry decides, None where it is no decision that can be read: then it allows nothing."""
    try:
        return summary.read(statements.read(f"entry {logged.index}", logged.entry.statement.encode("utf-8")))
    except InvalidError:
        return None


def refused(logged: Iterable[Logged]) -> set[str]:
    """The versions whose newest decision on registration or promotion is a denial, among entries about one model."""
    last: dict[str, str] = {}
    for found in logged:
        said = decision_in(found) if found.entry.kind == "decision" else None
        if said is not None and said.move.kind in {"registration", "promotion"}:
            last[found.entry.version] = said.verdict
    return {version for version, verdict in last.items() if verdict == "deny"}
