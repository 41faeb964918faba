"""A case: everything that one decision rests on, gathered and verified once for all that use it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from letpass.diagnostics import StatementError
from letpass.evaluation.decision import Decision
from letpass.facts import slots
from letpass.facts.record import Holder, Record
from letpass.facts.tenure import TOLD
from letpass.frozen import replace
from letpass.gate import (
    approvals,
    bars,
    baselines,
    bundles,
    champions,
    denials,
    gated,
    judgement,
    prerequisites,
    sets,
    tries,
)
from letpass.gate.verified import Verified, subject, verified
from letpass.ledger import history
from letpass.ledger.model_log import Past
from letpass.move import DEPLOYMENT, REGISTRATION, TO_STAGES, Move, Place, promotion, rollback
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries import own
from letpass.trust.accepted import NOTHING, Hold
from letpass.trust.bars import Bars
from letpass.trust.bundle import Bundle, Subject


class Case:
    """One move of one version, with the policies, the clock, the champion and what was brought beside them.

    record: as it was registered · told: what the call states that registry, ledger and project do not, in words · places:
    where a deployment leads · added: where a change that a commit judges adds to the record that the commit has.
    """

    def __init__(
        self, project: Project, policies: PolicySet, record: Record, move: Move, now: int, found: champions.Found,
        bytes_at: Path | None = None, told: tuple[str, ...] = (), *, as_of: bool = False, places: tuple[Place, ...] = (),
        added: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.project, self.policies, self.record, self.move, self.now = project, policies, record, move, now
        self.champion, self.tenure = found
        self.bytes_at, self.told, self.as_of, self.places, self.added = bytes_at, told, as_of, places, added

    @cached_property
    def bundle(self) -> Bundle | None:
        """What was brought; None where there is nothing to look at."""
        found = bundles.gather(self.project, self.record, self.bytes_at, self.champion)
        holds = (*self._before(found), *self._denied_on_review(found))
        counted, older = self._counted(found), self._older(found)
        looser = sets.loosened(self.project, self.policies) if found is not None else ()
        if not (holds or counted or looser) and older is None:
            return found
        found = found or Bundle(b"", "", self.project.names.address)
        return replace(found, holds=(*found.holds, *holds), tries=counted, bars=older, loosened=looser)

    def _digests(self, found: Bundle | None) -> tuple[str, ...]:
        """All that is known of the version's bytes: as the gate hashed them, else as the record says."""
        return (found.computed if found is not None else ()) or (self.record.text("artifact.digest"),)

    def _counted(self, found: Bundle | None) -> tuple[tuple[str, str, int], ...]:
        """How many candidates were measured, where a rule is for so many."""
        if not tries.are_asked(self.policies.policies, self.move):
            return ()
        past, data = self.project.past(self.record.text("model")), tries.data_of(self._brought(found))
        return tries.counted(past, self.move, self._digests(found), data, self.record.text("version"))

    def _brought(self, found: Bundle | None) -> Record:
        """The record with what services attest of it."""
        if found is None:
            return self.record
        return verified(found, self.record, self.move, self.policies.digest, self.now).record

    def _older(self, found: Bundle | None) -> Bars | None:
        """Whether the bars are older than the evidence, where a rule asks it."""
        if found is None or not bars.are_asked(self.policies.policies, self.move):
            return None
        done = verified(found, self.record, self.move, self.policies.digest, self.now)
        champion = judgement.other(self.record, self.champion, self.tenure)
        given = judgement.input_of(self.move, self.now, champion, self.tenure, done, found)
        return bars.judge(self.project, self.policies, given, self._digests(found))

    def _before(self, found: Bundle | None) -> Iterator[Hold]:
        """What holds a move back because something that it needs did not come before it."""
        digests = self._digests(found)
        return prerequisites.holds(self.project, self.policies, self.record, self.move, self.places, digests, self.now)

    def _denied_on_review(self, found: Bundle | None) -> Iterator[Hold]:
        """What holds a move back: reviews of the version that were denied, and that what is brought now does not mend."""
        if self.move.kind not in {*TO_STAGES, DEPLOYMENT.kind} or not self.project.registry.has(self.record):
            return
        past = self.project.past(self.record.text("model"))
        denied = list(denials.unmended(past, self.record.text("version")))
        if not denied:
            return
        evidence = slots.times(self._brought(found))
        makers = approvals.lift_nothing(self.project, self.record, past)
        for index, no in denied:
            if history.mends(evidence, no, self.policies.digest):
                continue
            if not denials.lifted(self.project.trust, past, index, makers, self.now):
                what = f"a review of `{self.record.name}` was denied in entry {index} of the ledger, and no newer evidence mends it"
                name = shlex.quote(self.record.name)
                yield Hold(
                    "GATE402",
                    what,
                    f"record what was measured since, or let the owners `policy lift {name} --reason TEXT`",
                )

    @cached_property
    def verified(self) -> Verified:
        """What was brought, verified; raises `TrustError` where the trust file is refused or has expired."""
        if self.bundle is None:
            return Verified(self.record, NOTHING)
        return verified(self.bundle, self.record, self.move, self.policies.digest, self.now)

    @cached_property
    def subject(self) -> Subject:
        """What a request must be about to count for this move now."""
        assert self.bundle is not None
        return subject(self.bundle, self.record, self.move, self.policies.digest)

    @cached_property
    def decision(self) -> Decision:
        """The answer; nothing of it is logged."""
        return judgement.decided(
            self.policies, self.record, self.move, self.now, self.champion, self.tenure, self.verified, self.bundle,
            as_of=self.as_of, told=self.told, added=self.added,
            environments=tuple(dict.fromkeys(p.environment for p in self.places if p.environment)),
        )  # fmt: skip

    @property
    def inputs(self) -> dict[str, Any]:
        """Everything that a replay of the decision needs."""
        return judgement.inputs(self.decision, self.policies, self.bundle)

    def again(self, *, champion: bool = False) -> Case:
        """The same case with what the ledger has now.  `champion`: who that is may have changed with it."""
        found = champions.find(self.project, self.record, self.move) if champion else (self.champion, self.tenure)
        return Case(
            self.project,
            self.policies,
            self.record,
            self.move,
            self.now,
            found,
            self.bytes_at,
            self.told,
            as_of=self.as_of,
            places=self.places,
            added=self.added,
        )

    @property
    def apart(self) -> bool:
        """Is the record none that the version is compared with later: a draft, a change's, a listing's, or one that differs."""
        registry = self.project.registry
        if self.record.partial or not registry.has(self.record) or own.is_proposed(registry, self.record):
            return True
        return any(h.code == baselines.DIFFERS for h in (self.bundle.holds if self.bundle is not None else ()))


def opened(
    project: Project, policies: PolicySet, record: Record, asked: Move, now: int, bytes_at: Path | None = None, *,
    champion: Record | Holder | None = None, log: bool = False, as_of: bool = False, there: bool = False,
    places: Collection[Place] = (),
) -> Case:  # fmt: skip
    """The case of a move that is asked for.

    What registry and ledger know of a version comes from there: whether the move is a rollback, and who the champion is.
    What the call says otherwise (`champion`, or the kind of move) marks the report, and is an error where the decision is
    to be logged; raises `StatementError` then.  A record that bears the name of a version of the registry is that version's;
    raises `RecordError` where it says something else.  `there`: the version is where the move leads, and is decided about anew.
    `places`: where a deployment leads; raises `RegistryError` for an environment that has no plain name.
    """
    record = gated.as_known(project, own.own(project.registry, record))
    if isinstance(champion, Record):
        champion = own.own(project.registry, champion)
    move = asked if there else actual(project, policies, record, asked, bytes_at)
    told: list[str] = []
    if policies.settings is None:
        told.append(f"the call names the policies: {', '.join(name for name, _ in policies.texts)}")
    known = project.registry.has(record)
    if not known and own.is_there(project.registry) and (later := own.says_later(record)):
        told.append(f"the record sets `{later[0]}` itself, and the registry has no {record.name}")
    if move != asked and asked.kind == "rollback":
        told.append(
            f"the call says that it is a rollback, and the ledger shows no version {record.text('version')} there before"
        )
        move = asked
    elif asked.kind == "rollback" and not known:
        told.append("the call says that it is a rollback")
    found = champions.find(project, record, move)
    if champion is not None and not _same(champion, found[0]):
        said = champion.name if isinstance(champion, Record) else "nobody"
        told.append(f"the call says that the champion is {said}")
        found = champion, TOLD
    if log and told:
        raise StatementError.of(
            "GATE413", f"a decision that is logged rests on what registry and ledger know: {'; '.join(told)}", record.name,
            "leave the option out; without `--log` it is judged as the call says, and the report says so",
        )  # fmt: skip
    if log and not known and move != REGISTRATION and gated.registration(project, policies, record.kind):
        file = shlex.quote(record.document.source.name) if record.document is not None else "FILE"
        raise StatementError.of(
            prerequisites.UNREGISTERED, f"`{record.name}` is in no registry, and registration is gated: no decision on it is logged",
            record.name, f"`policy register {file}`; without `--log` it is judged as a draft",
        )  # fmt: skip
    where = tuple(dict.fromkeys(prerequisites.place(project, p) for p in places))
    change = own.added(project.registry, record)
    return Case(
        project, policies, record, move, now, found, bytes_at, tuple(told), as_of=as_of, places=where, added=change
    )  # fmt: skip


def _same(one: Record | Holder, other: Record | Holder) -> bool:
    if isinstance(one, Record) and isinstance(other, Record):
        return judgement.record_digest(one) == judgement.record_digest(other)
    return one is other


def actual(project: Project, policies: PolicySet, record: Record, asked: Move, bytes_at: Path | None = None) -> Move:
    """The move that a promotion or a rollback of a version of the registry is: back, where it was there before."""
    if asked.kind not in TO_STAGES or asked.stage is None or not project.registry.has(record):
        return asked
    digests = project.artifacts.computed(record, bytes_at)[0] or (record.text("artifact.digest"),)
    past = project.past(record.text("model"), digests)
    version = record.text("version")
    if past.holds(version, asked.stage) is not None:
        return asked  # it is there, by what the ledger shows
    return kind_of(policies, past, version, digests, asked)


def kind_of(policies: PolicySet, past: Past, version: str, digests: tuple[str, ...], asked: Move) -> Move:
    """Which move it is to put a version into a stage: a rollback where the ledger shows it there before with these bytes.

    Where no policy speaks of rollback the promotion's hold, and it is one.
    """
    assert asked.stage is not None
    spoken = asked.kind == "rollback" or any(rollback(asked.stage) in p.moves for p in policies.policies)
    back = past.was_there(version, digests, asked.stage)
    return rollback(asked.stage) if spoken and back else promotion(asked.stage)
