"""The life of a version: registered, promoted, deployed, retired.  Each move is decided, logged, and only then made.

    the registry is read ─▶ decision, logged ─▶ "begun" logged ─▶ the registry moves ─▶ "done" logged

A process that is killed at any moment leaves the registry in the old state or the new one.  Where it died before the
move, what was begun can be begun again with the same sign-offs; where it died behind it, only the last entry is missing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from letpass.diagnostics import RegistryError, UnreachableError
from letpass.evaluation.decision import Verdict
from letpass.facts import said
from letpass.facts.record import Holder, Record
from letpass.facts.schema import LATER
from letpass.frozen import Frozen, replace
from letpass.gate import baselines, gated, prerequisites
from letpass.gate import case as cases
from letpass.gate.case import Case
from letpass.gate.endings import Ending
from letpass.ledger import history
from letpass.ledger.entry import Entry
from letpass.ledger.history import BEGUN, DONE, NAMING, REMADE, RENEWAL, Step
from letpass.ledger.model_log import Past
from letpass.lifecycle import departures, execution, recording, standings
from letpass.lifecycle.differences import Difference
from letpass.lifecycle.recording import Recorded
from letpass.move import (
    ARCHIVED,
    DEPLOYMENT,
    NO_STAGE,
    PLAIN_NAME,
    PLAIN_NAMES,
    REGISTRATION,
    Move,
    Place,
    Stage,
    promotion,
)
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries.interface import NO_LEDGER, OVERTAKEN, Change
from letpass.trust import shapes, strict


class Moved(Frozen):
    """What became of a move.

    recorded: the decision, None where none was needed · step: what was logged last, None where the move was refused ·
    there: it was where it should go already, and nothing was moved · ended: what has ended the proof by which it is there.
    """

    recorded: Recorded | None
    step: Step | None
    there: bool = False
    ended: tuple[Ending, ...] = ()

    @property
    def made(self) -> bool:
        """Was the move made, now or before, and not refused."""
        return self.step is not None


def promote(
    project: Project, policies: PolicySet, record: Record, name: str, now: int, actor: str, bytes_at: Path | None = None,
    make: Callable[[Change], object] | None = None,
) -> Moved:  # fmt: skip
    """Move a version into the stage that a name means, and archive who held it where the stage is a gated one.

    `policies`: the project's own.  Nothing is moved where the decision is no allow.  `make`: how the registry moves, where
    it is not asked itself.  Raises `RegistryError` for what is no stage's name, and `UnreachableError` where the ledger or the registry cannot be asked, or somebody else has
    moved a version of the model meanwhile.
    """
    project.not_lost()
    stage = gated.named(project, policies, name)
    if not PLAIN_NAME.fullmatch(stage.name):
        raise RegistryError.of("GATE433", f"`{stage}` is no stage's name", project.registry.name, PLAIN_NAMES)
    record = gated.as_known(project, record)
    known = gated.stages(project, policies, record.kind)
    gated.not_a_slip(stage, known, project.registry.name)
    since = execution.begin(project, record.text("model"), now, policies)
    digests = project.artifacts.computed(record, bytes_at)[0] or (record.text("artifact.digest"),)
    past = project.past(record.text("model"), digests)
    if (there := _is_there(past, record, digests, stage)) is not None:
        return Moved(None, there, there=True, ended=_ended(project, record, there, now) if stage in known else ())
    holder = project.registry.holder(record, stage)
    recorded: Recorded | None = None
    leaving: tuple[str, ...] | None = None
    if stage in known:
        case = cases.opened(project, policies, record, promotion(stage), now, bytes_at, log=True)
        move = case.move
        recorded = recording.record_decision(case, keep=False)
        if recorded.decision.verdict is not Verdict.ALLOW:
            refuse(project, record, move.kind, recorded, actor, now)
            return Moved(recorded, None)
        if holder is Holder.UNASKED:
            what = f"who holds `{stage}` of {record.text('model')} now cannot be told"
            help_ = "let one version hold it: `policy retire` takes others away"
            raise UnreachableError.of("GATE431", what, project.registry.name, help_)
        leaving = (holder.text("version"),) if isinstance(holder, Record) else ()
    else:
        move = promotion(stage)
    change = Change(stage, leaving)
    begun = _step(record, move, actor, recorded, now, leaving=leaving or ())
    made = make or (lambda change: project.registry.move(record, change))
    step = execution.out(project, begun, since, now, lambda: made(change))
    return _made(project, record, Moved(recorded, step), now)


def retire(
    project: Project, record: Record, now: int, actor: str, reason: str = "", why: Recorded | None = None
) -> Moved:
    """Archive a version: nothing is asked of it, since leaving is never gated.  `why`: the decision that it is due."""
    return leave(project, record, now, actor, lambda: project.registry.move(record, Change(ARCHIVED)), reason, why)


def leave(
    project: Project, record: Record, now: int, actor: str, make: Callable[[], object], reason: str = "",
    why: Recorded | None = None,
) -> Moved:  # fmt: skip
    """Log that a version leaves its stage, however the registry does it; while the ledger is out of reach it is kept here, and
    logged first when it is back."""
    begun = replace(
        _step(record, promotion(ARCHIVED), actor, why, now), kind=departures.RETIREMENT, reason=reason, request=""
    )
    try:
        since = execution.begin(project, record.text("model"), now)
    except UnreachableError as error:
        if error.diagnostics[0].code != NO_LEDGER:
            raise
        return Moved(None, execution.noted(departures.keep(project, begun, now, make)))
    return Moved(None, execution.out(project, begun, since, now, make))


def name(
    project: Project, policies: PolicySet, record: Record, stage: Stage, now: int, actor: str, make: Callable[[], object]
) -> Moved:  # fmt: skip
    """Give a version another of the registry's names of the stage that it is in, or take one of several away; nothing is asked.

    It is one move of the model at a time like every other.  Raises `UnreachableError` where the version has left the stage.
    """
    model, version = record.text("model"), record.text("version")
    since = execution.begin(project, model, now, policies)

    def made() -> None:
        if version not in (project.registry.holders(model, stage) or ()):
            what = f"`{record.name}` has left `{stage}` meanwhile"
            raise UnreachableError.of(OVERTAKEN, what, project.registry.name, "look again, and try again")
        make()

    begun = replace(_step(record, REGISTRATION, actor, None, now), kind=NAMING)
    return Moved(None, execution.out(project, begun, since, now, made))


def alone(
    project: Project, model: str, version: str, kind: str, now: int, actor: str, make: Callable[[], object]
) -> Step:
    """Change what a model is called, or take it or a version of it away, while no version of it moves; `make` looks whether one is in
    a gated stage.

    `version`: nothing where the model has none · `kind`: NAMING or DELETION.  Raises `UnreachableError` where a move of the model is
    under way, or was made since it was looked at.
    """
    since = execution.begin(project, model, now)
    begun = Step(0, now, model, version, "", BEGUN, kind, NO_STAGE, secrets.token_hex(8), actor=actor)
    return execution.out(project, begun, since, now, make)


def gone(project: Project, difference: Difference, now: int, actor: str, reason: str) -> Step:
    """Log that a version left which the registry does not have any more, as `difference` says; there is nothing to move."""
    execution.begin(project, difference.model, now)
    last = [s for s in project.past(difference.model).steps if s.state == DONE and s.version == difference.version][-1]
    made = next((e.entry.made for e in project.past(difference.model).own if e.index == last.index), "")
    number = difference.version.partition(REMADE)[0]
    step = Step(
        0, now, difference.model, number, last.artifact, DONE, "retirement", ARCHIVED, secrets.token_hex(8), actor=actor,
        reason=reason,
    )  # fmt: skip
    (receipt,) = project.log([replace(history.entry(step), made=made)], now)
    return execution.noted(replace(step, index=receipt.index, at=receipt.at))


def deploy(
    project: Project, policies: PolicySet, record: Record, deployment: Mapping[str, str], now: int, actor: str,
    bytes_at: Path | None = None,
) -> Moved:  # fmt: skip
    """Record that an endpoint serves a version's bytes, where the policies on deployment allow it, and the version is in the
    stage that the environment needs.

    deployment: `endpoint` and, where there are several, `environment`.  Raises `RegistryError` for an environment that has no
    plain name.
    """
    since = execution.begin(project, record.text("model"), now, policies)
    place = prerequisites.place(project, Place(deployment["endpoint"], deployment.get("environment", "")))
    case = cases.opened(project, policies, record, DEPLOYMENT, now, bytes_at, log=True, places=(place,))
    recorded = recording.record_decision(case, keep=False)
    if recorded.decision.verdict is not Verdict.ALLOW:
        refuse(project, record, DEPLOYMENT.kind, recorded, actor, now)
        return Moved(recorded, None)
    served = {
        "endpoint": place.endpoint,
        "environment": place.environment,
        "since": strict.written(now),
        "digest": recorded.decision.record.text("artifact.digest"),
    }
    begun = replace(
        _step(record, DEPLOYMENT, actor, recorded, now),
        endpoint=place.endpoint,
        environment=place.environment,
    )
    served = {k: v for k, v in served.items() if v}
    step = execution.out(project, begun, since, now, lambda: project.registry.serve(record, served))
    return _made(project, record, Moved(recorded, step), now)


def register(
    project: Project, policies: PolicySet, record: Record, now: int, actor: str, bytes_at: Path | None = None
) -> Moved:
    """Take a version into the registry, where the policies on registration allow it, or nothing ever gated it.

    What its record says is kept with the step, so that it stays who it is.  Raises `RegistryError` for a version that the
    ledger knows as another.
    """
    since = execution.begin(project, record.text("model"), now, policies)
    if not project.registry.has(record):
        known = project.registry.known(record)
        if known is None:
            _new(project, policies, record)
        record = known or record
    if (differs := baselines.differs(project, record)) is not None:
        what = f"`{record.name}` is not what it was: {differs.words}"
        raise RegistryError.of(baselines.DIFFERS, what, project.registry.name, baselines.remedy(record))
    recorded = None
    if gated.registration(project, policies, record.kind):
        recorded = recording.record_decision(
            cases.opened(project, policies, record, REGISTRATION, now, bytes_at, log=True), keep=False
        )
        if recorded.decision.verdict is not Verdict.ALLOW:
            refuse(project, record, REGISTRATION.kind, recorded, actor, now)
            return Moved(recorded, None)
    begun = _step(record, REGISTRATION, actor, recorded, now)
    kept = said.stored(record) if not record.partial else None
    if kept is not None:
        begun = replace(begun, facts=kept[0], who=said.identity_digest(record))
    material = [kept] if kept is not None else []
    step = execution.out(project, begun, since, now, lambda: project.registry.register(record), material)
    return Moved(recorded, step)


def renew(
    project: Project,
    policies: PolicySet,
    record: Record,
    move: Move,
    now: int,
    actor: str,
    bytes_at: Path | None = None,
) -> Moved:
    """Decide anew about a version that is where a move would bring it; nothing moves.

    An allow takes the place of the decision that brought it there, a denial ends that one's proof.
    """
    since = execution.begin(project, record.text("model"), now, policies)
    places = prerequisites.served(project.past(record.text("model")), record) if move == DEPLOYMENT else ()
    case = cases.opened(project, policies, record, move, now, bytes_at, log=True, there=True, places=places)
    recorded = recording.record_decision(case, keep=False)
    if recorded.decision.verdict is not Verdict.ALLOW:
        refuse(project, record, RENEWAL, recorded, actor, now)
        return Moved(recorded, None)
    begun = replace(_step(record, move, actor, recorded, now), kind=RENEWAL)
    return _made(project, record, Moved(recorded, execution.out(project, begun, since, now, lambda: None)), now)


def denied(case: Case) -> Recorded | None:
    """Log the denial of a case on review, which ends the proofs of its version; None where it is none by what the ledger has."""
    if case.decision.verdict is not Verdict.DENY:
        return None
    recorded = recording.record_decision(case.again())
    return recorded if recorded.decision.verdict is Verdict.DENY else None


def _ended(project: Project, record: Record, there: Step, now: int) -> tuple[Ending, ...]:
    """What has ended the proof by which a version is where it is; where nothing has, its standing is left anew."""
    past = project.past(record.text("model"))
    entry = past.approval(there.version, promotion(there.stage))
    made = past.decisions.get(entry) if entry is not None else None
    if made is None or entry is None:
        return (Ending("no decision", f"allowed it: entry {there.index} of the ledger brought it there"),)
    return standings.answer(project, past, entry, made, record, now).endings


def _made(project: Project, record: Record, moved: Moved, now: int) -> Moved:
    """Let the proof of an allow carry that the move was made, and leave the standing that goes with it."""
    if moved.recorded is None or moved.step is None:
        return moved
    place = recording.leave_proof(project, record, moved.recorded, moved.step.index)
    standings.leave(project, record, moved.recorded.index, now)
    return replace(moved, recorded=replace(moved.recorded, proof=place or moved.recorded.proof))


def _new(project: Project, policies: PolicySet, record: Record) -> None:
    """Raise `RegistryError` for a new version that says of itself what only moves say, or is called like a stage."""
    data = record.document.data if record.document is not None else {}
    if later := sorted(LATER & data.keys()):
        raise RegistryError.of(
            "GATE433",
            f"`{record.name}` sets `{later[0]}` itself",
            project.registry.name,
            f"take {', '.join(f'`{s}`' for s in later)} out of the record: `policy promote`, `deploy` and `observe` write it",
        )
    digest = record.text("artifact.digest")
    if digest and not shapes.is_digest(digest):
        raise RegistryError.of(
            "GATE433",
            f"`{digest[:80]}` is no digest",
            project.registry.name,
            "`sha256:` or `dirHash1:` and the hexadecimal digits",
        )
    if gated.is_gated(project, policies, Stage(record.text("version"))):
        raise RegistryError.of(
            "GATE433", f"`{record.text('version')}` is a stage, and no version's name", project.registry.name
        )


def refuse(project: Project, record: Record, kind: str, recorded: Recorded, actor: str, now: int) -> None:
    """Log that somebody asked for a move and did not get it.  `kind`: of the move, or RENEWAL."""
    stage = recorded.decision.move.stage
    told = {
        "kind": kind,
        "stage": stage.name if stage else "",
        "verdict": recorded.decision.verdict.value,
        "decision": recorded.index,
        "actor": actor,
        "versions": gated.versions_of(record.kind),
    }
    digest = recorded.decision.record.text("artifact.digest")
    data = {k: v for k, v in told.items() if v != ""}
    project.log([Entry("refusal", "", data, record.text("model"), record.text("version"), digest)], now)


def _is_there(past: Past, record: Record, digests: Collection[str], stage: Stage) -> Step | None:
    """The move that brought a version into a stage, where registry and ledger agree that it is there with these bytes."""
    if record.stage != stage:
        return None
    own = record.text("version")
    moves = (s for s in reversed(past.steps) if s.stage and s.kind != RENEWAL and s.state == DONE)
    last = next((s for s in moves if own in {s.version, *s.leaving}), None)
    there = last is not None and (last.version, last.stage) == (own, stage) and last.artifact in digests
    return last if there else None


def _step(
    record: Record, move: Move, actor: str, recorded: Recorded | None, now: int, *, leaving: tuple[str, ...] = ()
) -> Step:
    decision = recorded.decision if recorded is not None else None
    artifact = (decision.record if decision is not None else record).text("artifact.digest")
    request = dict(decision.digests).get("request", "") if decision is not None else ""
    return Step(
        0, now, record.text("model"), record.text("version"), artifact, BEGUN, move.kind, move.stage or NO_STAGE,
        secrets.token_hex(8), leaving, request, actor, recorded.index if recorded is not None else None,
        versions=gated.versions_of(record.kind),
    )  # fmt: skip
