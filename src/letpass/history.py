"""What the ledger says of the moves of a model's versions: who was where, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, replace
from letpass.ledger.entry import Entry, Logged
from letpass.move import ARCHIVED, DEPLOYMENT, NO_STAGE, Move, Stage
from letpass.trust import statements, summary
from letpass.trust.dossier import names_of
from letpass.trust.summary import Summary

BEGUN, DONE, FAILED = "begun", "done", "failed"
ADOPTION, RENEWAL = "adoption", "renewal"
"""What brings a version into a stage without moving it: the owners take in who is there, a decision is made anew."""
ENTERS = frozenset({"promotion", "rollback", ADOPTION})
"""The kinds of steps by which a version comes into a stage."""


class Step(Frozen):
    """One entry about a move.

    state: BEGUN before the registry was asked, DONE after it did it, FAILED where it did not · leaving: the versions that
    were archived with it · decision: the entry of the decision that allowed it, None where none was needed · nonce: joins
    the entries of one move · facts: of an adoption or a registration, the digest of what the record said · who: of a
    registration, the digest of who the version is by it.
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
    }
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
                                               "environment", "reason", "facts", "who")}  # fmt: skip
    leaving, decision = data.get("leaving", []), data.get("decision")
    return Step(
        found.index, found.at, entry_.model, entry_.version, entry_.artifact, stage=Stage(str(data.get("stage", ""))), **texts,
        leaving=tuple(str(v) for v in leaving) if isinstance(leaving, list) else (),
        decision=decision if type(decision) is int else None,
    )  # fmt: skip


def used(found: Sequence[Step]) -> tuple[str, ...]:
    """The requests that moves have used up.

    One that was begun and never ended has used its request as soon as another move of the model has followed: until then
    it may be made again, since nothing was moved.
    """
    spent = dict[str, None]()
    ended: dict[str, str] = {}
    later: set[str] = set()  # nonces of the moves that come behind, two of them at most
    for step in reversed(found):
        if step.state in {DONE, FAILED}:
            ended.setdefault(step.nonce, step.state)
        followed = bool(later - {step.nonce})
        if step.request and ended.get(step.nonce) != FAILED and (step.nonce in ended or followed):
            spent[step.request] = None
        if len(later) < 2:
            later.add(step.nonce)
    return tuple(reversed(spent))


def was_there(found: Sequence[Step], version: str, artifact: str, stage: Stage) -> bool:
    """Has a version, with these bytes, been in a stage before; one of which no bytes are known has not."""
    return bool(artifact) and any(
        s.state == DONE and (s.version, s.artifact, s.stage) == (version, artifact, stage)
        for s in found
        if s.kind in ENTERS
    )


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


def stays(found: Sequence[Step]) -> list[Stay]:
    """Who was in which stage when, in the order in which they came.

    A stage that somebody enters by a decision has one holder: whoever was there before has left, named or not.
    """
    open_: dict[str, Stay] = {}
    ended: list[Stay] = []

    def leave(version: str, by: Step) -> None:
        if (stay := open_.pop(version, None)) is not None:
            ended.append(replace(stay, until=by.at, left=by))

    for step in found:
        if step.state != DONE or not step.stage or step.kind == RENEWAL:
            continue
        others = [v for v, stay in open_.items() if stay.stage == step.stage] if step.decision is not None else []
        for version in dict.fromkeys((*step.leaving, step.version, *others)):
            leave(version, step)
        for version in step.leaving:
            open_[version] = Stay(version, ARCHIVED, step.at, None, step)
        open_[step.version] = Stay(step.version, step.stage, step.at, None, step)
    return sorted([*ended, *open_.values()], key=lambda s: (s.since, s.step.index, s.stage == ARCHIVED))


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


class Past:
    """What the ledger has about one model, in the order of its entries, each part worked out when it is first asked for.

    adopted: the versions that the owners have taken in, as steps.
    """

    def __init__(self, model: str, logged: Sequence[Logged], adopted: Sequence[Step] = ()) -> None:
        self.model, self.logged, self.adopted = model, tuple(logged), tuple(adopted)

    @cached_property
    def own(self) -> tuple[Logged, ...]:
        """The entries that name the model."""
        return tuple(e for e in self.logged if e.entry.model == self.model)

    @cached_property
    def steps(self) -> list[Step]:
        """Moves and adoptions of the model."""
        return sorted([*steps(self.own), *self.adopted], key=lambda s: s.index)

    @cached_property
    def stays(self) -> list[Stay]:
        """Who was in which stage when."""
        return stays(self.steps)

    @cached_property
    def decisions(self) -> list[tuple[int, Summary]]:
        """The decisions on versions of the model that can be read, and the entries that they stand in."""
        found = ((e.index, decision_in(e)) for e in self.own if e.entry.kind == "decision")
        return [(index, made) for index, made in found if made is not None]

    def of(self, version: str) -> Iterator[tuple[int, Summary]]:
        """The decisions on one version."""
        return iter(self._decisions_of.get(version, ()))

    @cached_property
    def _decisions_of(self) -> dict[str, list[tuple[int, Summary]]]:
        """The decisions by version."""
        found: dict[str, list[tuple[int, Summary]]] = {}
        for index, made in self.decisions:
            found.setdefault(made.version, []).append((index, made))
        return found

    @cached_property
    def telling(self) -> list[Step]:
        """The steps that say what a version's record was: registrations that were made, and adoptions."""
        return [s for s in self.steps if s.facts and s.state == DONE]

    @cached_property
    def spent(self) -> tuple[str, ...]:
        """The requests that no move can use any more: those that one has used, and those for a move that was made since."""
        last = {
            (s.version, s.stage): s.index
            for s in self.steps
            if s.state == DONE and s.stage and s.kind in {"promotion", "rollback"}
        }
        found = dict.fromkeys(used(self.steps))
        for each in self.own if last else ():
            if each.entry.kind == "request":
                try:
                    said = statements.read("", each.entry.statement.encode("utf-8"))
                except InvalidError:
                    continue
                stage = said.move.stage
                if stage is not None and each.index < last.get((each.entry.version, stage), -1):
                    found.setdefault(said.digest)
        return tuple(found)

    def approval(self, version: str, move: Move) -> int | None:
        """The decision by which a version is where a move leads: the newest by which it came there, or stayed; its entry."""
        if move.stage is None and move != DEPLOYMENT:
            return None
        kinds = {DEPLOYMENT.kind, RENEWAL} if move.stage is None else {*ENTERS, RENEWAL}
        made = (
            s.decision for s in reversed(self.steps)
            if s.state == DONE and s.kind in kinds and (s.version, s.stage) == (version, move.stage or NO_STAGE)
        )  # fmt: skip
        return next((d for d in made if d is not None), None)

    @cached_property
    def same(self) -> tuple[tuple[str, ...], ...]:
        """Digests that the gate has found to be of the same bytes, in groups."""
        groups = dict.fromkeys(tuple(sorted({made.artifact, *made.computed} - {""})) for _, made in self.decisions)
        return tuple(g for g in groups if len(g) > 1)

    def names_of(self, digests: Iterable[str]) -> frozenset[str]:
        """All digests that are known to be of the same bytes as one of these, themselves included."""
        return names_of(self.same, digests)


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
