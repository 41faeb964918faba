"""One model as the registry lists it, compared with what the ledger has of it, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from letpass.diagnostics import LetpassError, UnreachableError
from letpass.facts.record import Record
from letpass.frozen import Frozen
from letpass.gate import baselines
from letpass.ledger import lease
from letpass.ledger.history import ADOPTION, BEGUN, DELETION, DONE, FAILED, REMADE, Stay, Step
from letpass.ledger.model_log import Past
from letpass.lifecycle import differences
from letpass.lifecycle.differences import KEEPERS, MOVERS, OWNERS, Difference, Kind
from letpass.move import ARCHIVED, NO_STAGE, REGISTRATION, Stage
from letpass.project.project import Project
from letpass.registries import own
from letpass.trust import strict

Place = tuple[str, str]
"""An endpoint, and its environment."""


class Rules(Frozen):
    """What is gated, whether policies govern registration, and the time of the comparison in microseconds; as_of: that was
    given, and is nobody's clock."""

    stages: tuple[Stage, ...]
    registration: bool
    deployment: bool
    now: int
    as_of: bool = False


class Compared:
    """One model, as the registry lists it and as the ledger has it."""

    def __init__(
        self, project: Project, past: Past, rules: Rules, model: str, records: Mapping[str, Record], unread: frozenset[str],
        waiting: Iterable[Step],
    ) -> None:  # fmt: skip
        self.project, self.rules, self.model, self.records, self.unread = project, rules, model, records, unread
        self.past = past
        self.begun = self.past.under_way
        self.leaving = frozenset(s.version for s in waiting if s.model == model)
        self.services = self.past.services
        self.open = [s for s in self.past.stays if s.until is None and s.stage != ARCHIVED]

    def all(self) -> Iterator[Difference]:
        """All differences of the model."""
        if self.begun is not None:
            yield self._under_way(self.begun)
        gone = {s.version: s for s in self._stays_and_registrations() if not self._is_there(s.version)}
        for stay in gone.values():
            if stay.version not in self.leaving:
                yield self._gone(stay)
        held: set[str] = set()
        for stage in self.rules.stages if self._is_asked() else ():
            holders = self.project.registry.holders(self.model, stage)
            if holders is None:
                help_ = "let every version read: `policy show NAME` lists them"
                why = f"who holds `{stage}` cannot be told"
                yield differences.unreadable(self.model, "", why, help_, stage)
                continue
            held |= holders
            yield from self._in_stage(stage, holders, gone)
        yield from self._served(gone)
        for version, record in self.records.items():
            yield from self._itself(version, record, serves=version in held or bool(record.lists.get("deployments")))

    def _is_asked(self) -> bool:
        """May anybody hold a gated stage of it: then the registry is asked who does."""
        stages = set(self.rules.stages)
        known = any(r.stage in stages or "stage" in r.unreadable for r in self.records.values())
        return known or bool(self.unread) or any(s.stage in stages for s in self.open)

    def _is_there(self, version: str) -> bool:
        return version in self.records or version in self.unread

    # ------------------------------------------------------------ stages

    def _in_stage(self, stage: Stage, holders: frozenset[str], gone: Mapping[str, Stay]) -> Iterator[Difference]:
        there = {s.version: s for s in self.open if s.stage == stage}
        moving = {self.begun.version, *self.begun.leaving} if self.begun is not None else set()
        for version in sorted(holders - there.keys() - moving):
            yield self._moved(version, stage)
        if len(holders) > 1:
            others = sorted(holders - there.keys()) or sorted(holders)[1:]
            yield Difference(
                Kind.SEVERAL, self.model, "", stage, f"{' and '.join(sorted(holders))} hold it",
                f"{' and '.join(sorted(there)) or 'nobody'} holds it", None, MOVERS,
                f"let one version hold it: {differences.retire(self.model, others[0])}",
            )  # fmt: skip
        for version, stay in there.items():
            if version not in {*holders, *gone, *moving, *self.leaving}:
                yield self._not_there(stay)

    def _moved(self, version: str, stage: Stage) -> Difference:
        try:
            whole = self._whole(self.records[version])
            artifact = whole.text("artifact.digest") or next(iter(self._computed(whole)), "")
        except UnreachableError:
            raise
        except (KeyError, LetpassError) as error:
            why = error.diagnostics[0].message if isinstance(error, LetpassError) else "does not read"
            shows = f"it holds `{stage}`, and {why}"
            return differences.unreadable(self.model, version, shows, differences.retire(self.model, version), stage)
        entry, said = self._last_of(version, stage)
        ways = (
            differences.retire(self.model, version),
            f"{differences.promote(self.model, version, stage)} through its policies",
            differences.adopt(self.model, version, stage),
        )
        return Difference(
            Kind.MOVED, self.model, version, stage, f"it holds `{stage}`", said, entry, f"{MOVERS}, or {OWNERS}",
            f"{ways[0]}, {ways[1]}, or {ways[2]}", artifact,
        )  # fmt: skip

    def _last_of(self, version: str, stage: Stage) -> tuple[int | None, str]:
        """What the ledger says last of a version and a stage that it holds without a decision."""
        for step in reversed(self.past.steps):
            if step.version == version and step.stage == stage and step.state == FAILED:
                return step.index, f"its move there failed: {step.reason}"
            if step.state == DONE and step.stage and version in {step.version, *step.leaving}:
                where = step.stage if step.version == version else ARCHIVED
                return step.index, f"it is in `{where}`"
        made = [(i, m) for i, m in self.past.of(version) if m.move.stage == stage]
        if made:
            return made[-1][0], f"its newest decision is {made[-1][1].verdict}, and no move there was made"
        return None, "no decision has brought it there"

    def _not_there(self, stay: Stay) -> Difference:
        record = self.records.get(stay.version)
        back, out = (
            differences.promote(self.model, stay.version, stay.stage),
            differences.retire(self.model, stay.version),
        )
        if record is None:
            return differences.unreadable(
                self.model, stay.version, f"it does not hold `{stay.stage}`, and does not read", "", stay.stage
            )
        if record.stage == ARCHIVED:
            kind, shows, help_ = Kind.LEFT, "it is archived", f"{out} logs that it left, or {back} brings it back"
        elif not record.stage:
            kind, shows = Kind.NOT_MOVED, "it is in no stage"
            help_ = f"{back} brings it there, or {out} logs that it left"
        else:
            kind, shows = Kind.ELSEWHERE, f"it is in `{record.stage}`"
            help_ = f"{back} brings it back, or {out} logs that it left"
        return Difference(
            kind, self.model, stay.version, stay.stage, shows, f"it is in `{stay.stage}`", stay.step.index, MOVERS, help_
        )  # fmt: skip

    def _under_way(self, begun: Step) -> Difference:
        who = f" by {begun.actor}" if begun.actor else ""
        where = f" to `{begun.stage}`" if begun.stage else ""
        record = self.records.get(begun.version)
        shows = (
            "it is not there" if record is None else f"it is in {f'`{record.stage}`' if record.stage else 'no stage'}"
        )
        ledger = self.project.ledger.reader()
        now = ledger.time(self.rules.now) if ledger is not None and not self.rules.as_of else self.rules.now
        # as of a time that was given the time alone counts: what this machine sees of its processes is of now
        over = lease.is_over(begun, now, elsewhere=self.project.registry.remote or self.rules.as_of)
        then = "" if over else f"wait until it has ended, at the latest at {strict.written(begun.until)}; then "
        command = differences.again(begun) if record is not None or begun.kind == DELETION else "`policy register FILE`"
        return Difference(
            Kind.BEGUN, self.model, begun.version, begun.stage, shows,
            f"its {begun.kind}{where} was begun{who}, and has not ended; it may be taken over from {strict.written(begun.until)} on",
            begun.index, MOVERS, f"{then}{command} ends it",
        )  # fmt: skip

    # ------------------------------------------------------------ what is gone

    def _stays_and_registrations(self) -> Iterator[Stay]:
        """Where the ledger has versions that have not left: in a stage, serving, or in the registry, this before the others."""
        archived = {s.version for s in self.past.stays if s.until is None and s.stage == ARCHIVED}
        for step in self.past.steps:
            if step.state == DONE and step.kind == REGISTRATION.kind and step.version not in archived:
                yield Stay(step.version, NO_STAGE, step.at, None, step)
        yield from (s for s in self.services if s.until is None)
        yield from self.open

    def _gone(self, stay: Stay) -> Difference:
        number, remade, _ = stay.version.partition(REMADE)
        anew = bool(remade) and number in self.records
        shows = f"another version has the number {number}" if anew else "there is no such version"
        said = f"it is in `{stay.stage}`" if stay.stage else "it serves" if stay.step.endpoint else "it was registered"
        return Difference(
            Kind.MADE_ANEW if anew else Kind.DELETED, self.model, stay.version, stay.stage, shows, said, stay.step.index,
            f"{KEEPERS}, or {MOVERS}",
            f"bring it back, or log that it left: {differences.retire(self.model, stay.version)}",
        )  # fmt: skip

    # ------------------------------------------------------------ what serves

    def _served(self, gone: Mapping[str, Stay]) -> Iterator[Difference]:
        decided = {(s.step.endpoint, s.step.environment): s for s in self.services if s.until is None}
        listed: dict[Place, list[tuple[str, str]]] = {}
        for version, record in self.records.items():
            for each in record.lists.get("deployments", ()):
                at = str(each.get("endpoint") or ""), str(each.get("environment") or "")
                listed.setdefault(at, []).append((version, str(each.get("digest") or "")))
        for at, versions in listed.items():
            for version, digest in versions:
                stay = decided.get(at)
                if stay is not None and stay.version == version:
                    yield from self._served_bytes(stay, at, digest)
                elif self.rules.deployment or self.services:
                    yield self._serves(version, at, stay)
        for at, stay in decided.items():
            if stay.version in {*gone, *self.leaving} or (
                self.begun is not None and self.begun.version == stay.version
            ):
                continue
            if stay.version not in {v for v, _ in listed.get(at, ())}:
                yield Difference(
                    Kind.NOT_SERVED, self.model, stay.version, NO_STAGE, f"it does not serve at {_at(at)}",
                    f"it serves at {_at(at)}", stay.step.index, MOVERS,
                    f"{differences.deploy(self.model, stay.version, at)} lists it anew, or {differences.retire(self.model, stay.version)} logs that it ended",
                )  # fmt: skip

    def _served_bytes(self, stay: Stay, at: Place, digest: str) -> Iterator[Difference]:
        allowed = stay.step.artifact
        if digest and allowed and allowed not in self.past.names_of((digest,)):
            yield Difference(
                Kind.OTHER_BYTES, self.model, stay.version, NO_STAGE, f"{_at(at)} serves {digest}", f"{allowed} may serve there",
                stay.step.index, KEEPERS,
                f"serve the bytes that were allowed: {differences.deploy(self.model, stay.version, at)} lists them",
            )  # fmt: skip

    def _serves(self, version: str, at: Place, stay: Stay | None) -> Difference:
        said = f"{stay.version} serves there" if stay is not None else "no decision has put it there"
        help_ = f"{differences.deploy(self.model, version, at)} decides about it, or {differences.retire(self.model, version)} ends it"
        entry = stay.step.index if stay is not None else None
        return Difference(
            Kind.SERVES, self.model, version, NO_STAGE, f"it serves at {_at(at)}", said, entry, MOVERS, help_
        )

    # ------------------------------------------------------------ a version itself

    def _itself(self, version: str, record: Record, *, serves: bool) -> Iterator[Difference]:
        made = [s for s in self.past.steps if s.state == DONE and s.version == version]
        allowed = any(m.move == REGISTRATION and m.passed for _, m in self.past.of(version))
        taken_in = any(s.kind in {REGISTRATION.kind, ADOPTION} for s in made)
        entering = (REGISTRATION.kind, version, BEGUN)  # told as begun, since it may be let in any moment
        begun = self.begun
        enters = begun is not None and (begun.kind, begun.version, begun.state) == entering
        if self.rules.registration and not (allowed or taken_in or enters):
            yield Difference(
                Kind.UNREGISTERED, self.model, version, NO_STAGE, "it is there", "no decision has let it in", None, MOVERS,
                differences.register(self.model, version),
            )  # fmt: skip
        brought = [s for s in made if s.decision is not None or s.kind == ADOPTION]
        if brought:
            yield from self._as_decided(record, brought[-1], serves=serves)

    def _as_decided(self, record: Record, by: Step, *, serves: bool) -> Iterator[Difference]:
        """Is a version what was decided upon: its record, and its bytes where they are at hand and it holds or serves."""
        version = record.text("version")
        if (differs := baselines.differs(self.project, record)) is not None:
            help_ = "bring its record back"
            if record.stage and record.stage in self.rules.stages:
                help_ = f"{help_}, or {differences.adopt(self.model, version, record.stage)}"
            yield Difference(
                Kind.EDITED, self.model, version, record.stage, differs.words, "its record as it knew it", differs.known.entry,
                f"{KEEPERS}, or {OWNERS}", help_,
            )  # fmt: skip
        try:
            whole = self._whole(record) if serves else record
            digests = tuple(self._computed(whole) if serves else ()) or (whole.text("artifact.digest"),)
        except UnreachableError:
            raise
        except LetpassError as error:
            first = error.diagnostics[0]
            yield differences.unreadable(self.model, version, first.message, first.help)
            return
        if by.artifact and any(digests) and by.artifact not in self.past.names_of(digests):
            yield Difference(
                Kind.OTHER_BYTES, self.model, version, record.stage, f"its bytes are {digests[0]}",
                f"{by.artifact} was decided upon", by.index, KEEPERS,
                f"bring the bytes back, or {differences.retire(self.model, version)}",
            )  # fmt: skip

    def _whole(self, record: Record) -> Record:
        """The record with what a listing leaves out."""
        return own.again(self.project.registry, record)

    def _computed(self, record: Record) -> tuple[str, ...]:
        return self.project.artifacts.computed(record, None)[0]


def _at(at: Place) -> str:
    return f"{at[0]} ({at[1]})" if at[1] else at[0]
