"""What the ledger has about one model, read on from where it was read before."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, replace
from letpass.ledger import elsewhere
from letpass.ledger.elsewhere import Word
from letpass.ledger.entry import Logged, same_in
from letpass.ledger.history import (
    BEGUN,
    ENTERS,
    FAILED,
    REMADE,
    RENEWAL,
    RETRACTION,
    Stay,
    Staying,
    Step,
    decision_in,
    is_of,
    remade,
    services,
    steps,
)
from letpass.move import ARCHIVED, DEPLOYMENT, NO_STAGE, PROMPTS, REGISTRATION, REVIEW, Move, Stage
from letpass.trust import statements
from letpass.trust.bundle import names_of
from letpass.trust.summary import Summary


class _Request(Frozen):
    """A request that was logged: where, for which version and stage, and the digest of its statement."""

    index: int
    version: str
    stage: Stage | None
    digest: str


class Past:
    """Entries about a model of a registry, and those about no model or about bytes under whatever name, in order.

    own: those of the model · others: the rest · spoken: statements but for decisions, of both, without what owners said of other
    models (`elsewhere`) · steps: its moves and adoptions ·
    decisions: those that read, by their entries · staying: who was in which stage · made: the decisions by which a move was
    made · denied_anew: refusals of a renewal, and their decisions · adopted: the versions that the owners have taken in, as steps, which the steps hold already.

    A version that was deleted and made anew has another name here than the one that has its number now (`remade`):
    `makings` says by what the registry's versions are told now, as far as it was asked.  Nothing here changes: what comes
    behind makes another one (`followed`).
    """

    def __init__(
        self, model: str, logged: Iterable[Logged] = (), adopted: Sequence[Step] = (), registry: str = "",
        makings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.model, self.registry, self.makings, self.adopted = model, registry, dict(makings), tuple(adopted)
        self.own: list[Logged] = []
        self.others: list[Logged] = []
        self.spoken: list[Logged] = []
        self._elsewhere: list[Word] = []
        self.steps: list[Step] = []
        self.decisions: dict[int, Summary] = {}
        self.made: set[int] = set()
        self.denied_anew: list[tuple[int, object]] = []
        self._been: set[tuple[str, str, Stage]] = set()
        self.staying = Staying()
        self._current: dict[str, str] = {}
        self._latest: dict[str, str] = {}  # by number: the name of the version that had it last
        self._at: dict[int, Logged] = {}
        self._mine: set[tuple[str, str]] = set()  # lists that no other one has
        self._kinds: dict[str, list[Logged]] = {}
        self._of: dict[str, list[tuple[int, Summary]]] = {}
        self._denied: dict[str, list[tuple[int, Summary]]] = {}
        self._allowed: dict[str, dict[str, tuple[int, Summary]]] = {}
        self._registered: dict[str, Summary] = {}
        self._own: dict[str, tuple[tuple[int, Summary], ...]] = {}
        self._telling: dict[str, list[Step]] = {}
        self._approvals: dict[tuple[str, Stage], int] = {}
        self._same: dict[tuple[str, ...], None] = {}
        self._asked: list[_Request] = []
        self._promoted: dict[tuple[str, Stage], int] = {}
        self._used: dict[str, None] = {}
        self._begun: dict[str, Step] = {}  # by nonce: those without an end
        self._followed: set[str] = set()
        self._taken: set[str] = set()  # what was logged: once more it says nothing new
        entries = list(logged)
        for found in entries:
            if found.entry.made and is_of(found.entry, model, registry):
                self._current[found.entry.version] = found.entry.made
        self._current.update(makings)
        waiting = sorted(adopted, key=lambda s: s.index, reverse=True)
        for found in entries:
            while waiting and waiting[-1].index < found.index:
                self._step(waiting.pop())
            self._take(found)
        for step in reversed(waiting):
            self._step(step)

    def followed(self, new: Sequence[Logged]) -> Past | None:
        """The same with the entries that have come since; None where one shows a version made anew, or mends the time of an earlier
        one: then all are read anew."""
        current = dict(self._current)
        for each in new:
            entry = each.entry
            named = entry.made and is_of(entry, self.model, self.registry)
            if entry.kind == "clock" or (named and current.setdefault(entry.version, entry.made) != entry.made):
                return None
        found = copy.copy(self)
        found.__dict__ = {k: copy.copy(v) for k, v in self.__dict__.items() if k not in {"logged", "spent", "services"}}
        found.staying, found._mine = self.staying.copy(), set()  # noqa: SLF001 - it is one of these
        for each in new:
            found._take(each)  # noqa: SLF001
        return found

    def until(self, when: int) -> Past:
        """The same as it was at a time."""
        kept = [e for e in self.logged if e.at <= when]
        return Past(self.model, kept, [s for s in self.adopted if s.at <= when], self.registry, self.makings)

    # ------------------------------------------------------------ reading

    def _take(self, found: Logged) -> None:
        entry, same = found.entry, same_in(found)
        if same in self._taken:
            return
        self._taken.add(same)
        if not is_of(entry, self.model, self.registry):
            self._other(found)
            return
        if entry.statement and entry.kind != "decision":
            self.spoken.append(found)
        if entry.made and entry.made != self._current.setdefault(entry.version, entry.made):
            found = replace(found, entry=replace(entry, version=remade(entry.version, entry.made)))
        self.own.append(found)
        self._at[found.index] = found
        if entry.kind == "decision":
            if (made := decision_in(found)) is not None:
                self._decided(found.index, replace(made, version=found.entry.version))
        elif entry.kind == "move":
            self._step(steps([found])[0])
        elif entry.kind == "refusal":
            if entry.data.get("kind") == RENEWAL:
                self.denied_anew.append((found.index, entry.data.get("decision")))
        else:
            self._append("_kinds", entry.kind, found)
            if entry.kind == "request":
                self._request(found)

    def _other(self, found: Logged) -> None:
        """An entry about another model, or about none: of one the gate's hashes and its owners' words are about bytes."""
        self.others.append(found)
        entry = found.entry
        if entry.kind == "decision":
            if (made := decision_in(found)) is not None:
                self._hashed(made)
        elif entry.model and entry.kind in elsewhere.KINDS:
            if (word := elsewhere.read(found)) is not None:
                self._elsewhere.append(word)
        elif entry.statement:
            self.spoken.append(found)

    def _decided(self, index: int, made: Summary) -> None:
        self.decisions[index] = made
        self._append("_of", made.version, (index, made))
        if made.passed and made.artifact not in self._allowed.get(made.version, {}):
            first = self._allowed.get(made.version, {})
            self._allowed[made.version] = {**first, made.artifact: (index, made)}
        if not made.apart:
            self._own[made.version] = (*self._own.get(made.version, ())[:1], (index, made))
        if made.move == REGISTRATION:
            self._registered[made.version] = made
        if made.move == REVIEW and made.verdict == "deny":
            self._append("_denied", made.version, (index, made))
        self._hashed(made)

    def _hashed(self, made: Summary) -> None:
        group = tuple(sorted({made.artifact, *made.computed} - {""}))
        if len(group) > 1:
            self._same[group] = None

    def _append(self, name: str, key: str, value: object) -> None:
        """Add to one of the lists of an attribute, which may be another one's too until now."""
        lists: dict[str, list[Any]] = getattr(self, name)
        if (name, key) not in self._mine:
            lists[key] = list(lists.get(key, ()))
            self._mine.add((name, key))
        lists[key].append(value)

    def _request(self, found: Logged) -> None:
        try:
            said = statements.read("", found.entry.statement.encode("utf-8"))
        except InvalidError:
            return
        self._asked.append(_Request(found.index, found.entry.version, said.move.stage, said.digest))

    def _step(self, step: Step) -> None:
        self._latest[step.version.partition(REMADE)[0]] = step.version
        leaving = tuple(self._latest.get(v, v) for v in step.leaving)
        step = replace(step, leaving=leaving) if leaving != step.leaving else step
        self.steps.append(step)
        self.staying.take(step)
        if step.kind != RETRACTION:
            self._followed |= self._begun.keys() - {step.nonce}
        if step.state == BEGUN:
            self._begun[step.nonce] = step
            return
        self._begun.pop(step.nonce, None)
        if step.state == FAILED:
            return
        if step.facts:
            self._append("_telling", step.version, step)
        if step.request:
            self._used[step.request] = None
        if step.stage and step.kind in {"promotion", "rollback"}:
            self._promoted[step.version, step.stage] = step.index
        if step.kind in ENTERS and step.artifact:
            self._been.add((step.version, step.artifact, step.stage))
        if step.decision is not None:
            self.made.add(step.decision)
            if step.kind in ({*ENTERS, RENEWAL} if step.stage else {DEPLOYMENT.kind, RENEWAL}):
                self._approvals[step.version, step.stage] = step.decision

    # ------------------------------------------------------------ what is asked of it

    @cached_property
    def logged(self) -> tuple[Logged, ...]:
        """All entries, in order."""
        return tuple(sorted([*self.own, *self.others], key=lambda e: e.index))

    @property
    def stays(self) -> list[Stay]:
        """Who was in which stage when, in the order in which they came."""
        return self.staying.all()

    @cached_property
    def is_of_models(self) -> bool:
        """Has a model of this name been decided about, or come into a stage: then it stays a model's, whatever lies there now."""
        entered = [s.versions for s in self.steps if s.stage and s.stage != ARCHIVED]
        return any(kind != PROMPTS for kind in (*entered, *[made.versions for made in self.decisions.values()]))

    @cached_property
    def services(self) -> list[Stay]:
        """Which version was served where and when."""
        return services(self.steps)

    def holds(self, version: str, stage: Stage) -> Stay | None:
        """The stay of a version that is in a stage, None where it is not."""
        stay = self.staying.open.get(version)
        return stay if stay is not None and stay.stage == stage else None

    @property
    def under_way(self) -> Step | None:
        """The move that was begun and has not ended, the newest of them; None where there is none."""
        return next(reversed(self._begun.values()), None)

    def was_there(self, version: str, digests: Iterable[str], stage: Stage) -> bool:
        """Has a version, with one of these bytes, been in a stage before; one of which no bytes are known has not."""
        return any((version, digest, stage) in self._been for digest in digests)

    def entry(self, index: int) -> Logged:
        """One of the model's own entries; raises KeyError where there is none."""
        return self._at[index]

    def of_kind(self, *kinds: str) -> list[Logged]:
        """The model's own entries of some kinds that people make, in order."""
        found = [e for kind in kinds for e in self._kinds.get(kind, ())]
        return sorted(found, key=lambda e: e.index) if len(kinds) > 1 else found

    def of(self, version: str) -> Sequence[tuple[int, Summary]]:
        """The decisions on one version, and their entries."""
        return self._of.get(version, ())

    def allowed(self, version: str) -> Iterable[tuple[int, Summary]]:
        """Of the decisions that let a version go somewhere, the first one about each artifact."""
        return self._allowed.get(version, {}).values()

    def telling(self, version: str) -> Sequence[Step]:
        """The steps that say what a version's record was: registrations that were made, and adoptions."""
        return self._telling.get(version, ())

    def on_its_record(self, version: str) -> tuple[tuple[int, Summary], ...]:
        """Of the decisions on the record that a version itself has, the first and the newest, and their entries."""
        return self._own.get(version, ())

    def registered(self, version: str) -> Summary | None:
        """The newest decision on a version's registration, None where there is none."""
        return self._registered.get(version)

    def reviewed(self, version: str) -> Sequence[tuple[int, Summary]]:
        """The reviews of a version that were denied, and their entries."""
        return self._denied.get(version, ())

    @cached_property
    def spent(self) -> tuple[str, ...]:
        """The requests that no move can use any more: those that one has used, and those for a move that was made since.

        One that was begun and never ended has used its request as soon as another move of the model has followed: until then it
        may be made again, since nothing was moved.
        """
        found = dict(self._used)
        for nonce, step in self._begun.items():
            if step.request and nonce in self._followed:
                found[step.request] = None
        for asked in self._asked:
            if asked.stage is not None and asked.index < self._promoted.get((asked.version, asked.stage), -1):
                found[asked.digest] = None
        return tuple(found)

    def approval(self, version: str, move: Move) -> int | None:
        """The decision by which a version is where a move leads: the newest by which it came there, or stayed; its entry."""
        if move.stage is None and move != DEPLOYMENT:
            return None
        return self._approvals.get((version, move.stage or NO_STAGE))

    def elsewhere(self, digests: Iterable[str] | None = None) -> list[Logged]:
        """What the owners of the policies said of other models and is, or may be, about bytes with one of these digests: revocations,
        and lifts of them; None: all that they said."""
        if digests is None:
            return [word.logged for word in self._elsewhere]
        if not self._elsewhere:
            return []
        own = {w.name for e in self.of_kind(elsewhere.REVOCATION) if (w := elsewhere.read(e)) is not None}
        return elsewhere.about(self._elsewhere, self.names_of(digests), own)

    @property
    def same(self) -> tuple[tuple[str, ...], ...]:
        """Digests that the gate has found to be of the same bytes, in groups."""
        return tuple(self._same)

    def names_of(self, digests: Iterable[str]) -> frozenset[str]:
        """All digests that are known to be of the same bytes as one of these, themselves included."""
        return names_of(self.same, digests)
