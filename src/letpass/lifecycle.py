"""The life of a version: registered, promoted, deployed, retired.  Each move is decided, logged, and only then made.

    the registry is read ─▶ decision, logged ─▶ "begun" logged ─▶ the registry moves ─▶ "done" logged

A process that is killed at any moment leaves the registry in the old state or the new one.  Where it died before the
move, what was begun can be begun again with the same sign-offs; where it died behind it, only the last entry is missing.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from letpass import history, logbook
from letpass.configuration import Configuration
from letpass.diagnostics import LetpassError, RegistryError, UnreachableError
from letpass.evaluation.decision import Verdict, governing
from letpass.facts.record import Holder, Record
from letpass.facts.schema import LATER
from letpass.frozen import Frozen, replace
from letpass.gathering import Desk
from letpass.history import BEGUN, DONE, FAILED, Step
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.log import Ledger, Unless
from letpass.logbook import Recorded
from letpass.move import ARCHIVED, DEPLOYMENT, NO_STAGE, REGISTRATION, Move, Stage, promotion, rollback
from letpass.policyset import PolicySet
from letpass.registries.interface import OUT_OF_REACH, Change
from letpass.trust import statements, strict


class Moved(Frozen):
    """What became of a move.

    recorded: the decision, None where none was needed · step: what was logged last, None where the move was refused ·
    champion: who held the target before.
    """

    recorded: Recorded | None
    step: Step | None
    champion: Record | Holder = Holder.UNASKED

    @property
    def made(self) -> bool:
        return self.step is not None


def gated(configuration: Configuration, policies: PolicySet, stage: Stage) -> bool:
    """Does a stage need a decision: it is protected, an alias of it is, or a policy names it."""
    return configuration.stage(stage.name) in gated_stages(configuration, policies)


def stage_of(configuration: Configuration, policies: PolicySet, name: str) -> Stage:
    """The stage that a name or an alias means, spelt as the policies or the configuration spell it."""
    stage = configuration.stage(name)
    return next((s for s in gated_stages(configuration, policies) if s == stage), stage)


def gated_stages(configuration: Configuration, policies: PolicySet) -> tuple[Stage, ...]:
    """The stages that need a decision."""
    named = [m.stage for p in policies.policies for m in p.moves if m.stage]
    every = [*(Stage(s) for s in (*configuration.protected, *configuration.aliases)), *named]
    return tuple({s: s for s in every if s != ARCHIVED}.values())


def _near(stage: Stage, known: Iterable[Stage]) -> str:
    """A gated stage that a free one looks like so much that it may be a slip, or nothing."""
    from difflib import get_close_matches

    folded = {s.folded: s for s in known}
    found = get_close_matches(stage.folded, folded, n=1, cutoff=0.8)
    return folded[found[0]].name if found else ""


def kind_of(policies: PolicySet, past: list[Step], version: str, digest: str, stage: Stage) -> Move:
    """Which move it is to put a version into a stage: a rollback where the ledger shows it there before with these bytes.

    Where no policy speaks of rollback the promotion's hold, and it is one.
    """
    spoken = any(rollback(stage) in p.moves for p in policies.policies)
    back = spoken and history.was_there(past, version, digest, stage)
    return rollback(stage) if back else promotion(stage)


def actual(desk: Desk, policies: PolicySet, record: Record, move: Move, bytes_at: Path | None = None) -> Move:
    """The move that a promotion of a version of the registry is: back, where `promote` would make it a rollback."""
    if move.kind != "promotion" or move.stage is None or not desk.registry.has(record):
        return move
    ledger = desk.books.reader()
    past = history.steps(ledger.about(record.text("model"))) if ledger is not None else []
    digest = desk.computed(record, bytes_at)[0] or record.text("artifact.digest")
    if record.stage == move.stage:
        return move
    return kind_of(policies, past, record.text("version"), digest, move.stage)


def promote(
    desk: Desk, policies: PolicySet, record: Record, name: str, now: int, actor: str, bytes_at: Path | None = None,
    make: Callable[[Change], object] | None = None,
) -> Moved:  # fmt: skip
    """Move a version into the stage that a name means, and archive who held it where the stage is a gated one.

    Nothing is moved where the decision is no allow.  `make`: how the registry moves, where it is not asked itself.  Raises
    `UnreachableError` where the ledger or the registry cannot be asked, or somebody else has moved a version of the model
    meanwhile.
    """
    stage = stage_of(desk.configuration, policies, name)
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,100}[A-Za-z0-9])?", stage.name):
        raise RegistryError.of(
            "GATE433", f"`{stage}` is no stage's name", desk.registry.name, "letters, digits, and ` ._-` between them"
        )
    gated_ = gated_stages(desk.configuration, policies)
    if stage not in gated_ and (near := _near(stage, gated_)):
        raise RegistryError.of(
            "GATE433",
            f"`{stage}` is no gated stage, and looks like `{near}`",
            desk.registry.name,
            f"write `--to {near}`, or another name",
        )
    since = desk.books.writer().size()
    past = _past(desk, record)
    digest = desk.computed(record, bytes_at)[0] or record.text("artifact.digest")
    if (there := _is_there(desk, policies, past, record, digest, stage, now)) is not None:
        return Moved(None, there)
    holder = desk.registry.holder(record, stage)
    recorded: Recorded | None = None
    leaving: tuple[str, ...] | None = None
    if gated(desk.configuration, policies, stage):
        move = kind_of(policies, past, record.text("version"), digest, stage)
        recorded = logbook.record_decision(desk, policies, record, move, now, holder, bytes_at)
        if recorded.decision.verdict is not Verdict.ALLOW:
            refuse(desk, record, move, recorded, actor, now)
            return Moved(recorded, None, holder)
        if holder is Holder.UNASKED:
            what = f"who holds `{stage}` of {record.text('model')} now cannot be told"
            help_ = "let one version hold it: `policy retire` takes others away"
            raise UnreachableError.of("GATE431", what, desk.registry.name, help_)
        leaving = (holder.text("version"),) if isinstance(holder, Record) else ()
    else:
        move = promotion(stage)
    change = Change(stage, leaving)
    begun = _step(record, move, actor, recorded, now, leaving=leaving or ())
    made = make or (lambda change: desk.registry.move(record, change))
    return Moved(recorded, _carry_out(desk, begun, since, now, lambda: made(change)), holder)


def retire(desk: Desk, record: Record, now: int, actor: str, reason: str = "", why: Recorded | None = None) -> Moved:
    """Archive a version: nothing is asked of it, since leaving is never gated.  `why`: the decision that it is due."""
    return leave(desk, record, now, actor, lambda: desk.registry.move(record, Change(ARCHIVED)), reason, why)


def leave(
    desk: Desk, record: Record, now: int, actor: str, make: Callable[[], object], reason: str = "",
    why: Recorded | None = None,
) -> Moved:  # fmt: skip
    """Log that a version leaves its stage, however the registry does it."""
    since = desk.books.writer().size()
    begun = replace(_step(record, promotion(ARCHIVED), actor, why, now), kind="retirement", reason=reason, request="")
    return Moved(None, _carry_out(desk, begun, since, now, make))


def deploy(
    desk: Desk, policies: PolicySet, record: Record, deployment: Mapping[str, str], now: int, actor: str,
    bytes_at: Path | None = None,
) -> Moved:  # fmt: skip
    """Record that an endpoint serves a version's bytes, where the policies on deployment allow it.

    deployment: `endpoint` and, where there are several, `environment`.
    """
    since, move = desk.books.writer().size(), DEPLOYMENT
    recorded = logbook.record_decision(desk, policies, record, move, now, Holder.UNASKED, bytes_at)
    if recorded.decision.verdict is not Verdict.ALLOW:
        refuse(desk, record, move, recorded, actor, now)
        return Moved(recorded, None)
    served = {**deployment, "since": strict.written(now), "digest": recorded.decision.record.text("artifact.digest")}
    begun = replace(
        _step(record, move, actor, recorded, now),
        endpoint=deployment["endpoint"],
        environment=deployment.get("environment", ""),
    )
    served = {k: v for k, v in served.items() if v}
    return Moved(recorded, _carry_out(desk, begun, since, now, lambda: desk.registry.serve(record, served)))


def register(
    desk: Desk, policies: PolicySet, record: Record, now: int, actor: str, bytes_at: Path | None = None
) -> Moved:
    """Take a version into the registry, where the policies on registration allow it, or there are none."""
    since, move = desk.books.writer().size(), REGISTRATION
    if not desk.registry.has(record):
        known = desk.registry.known(record)
        if known is None:
            _new(desk, policies, record)
        record = known or record
    recorded = None
    if governing(policies.policies, move):
        recorded = logbook.record_decision(desk, policies, record, move, now, Holder.UNASKED, bytes_at)
        if recorded.decision.verdict is not Verdict.ALLOW:
            refuse(desk, record, move, recorded, actor, now)
            return Moved(recorded, None)
    begun = _step(record, move, actor, recorded, now)
    return Moved(recorded, _carry_out(desk, begun, since, now, lambda: desk.registry.register(record)))


def _new(desk: Desk, policies: PolicySet, record: Record) -> None:
    """Raise `RecordError` for a new version that says of itself what only moves say, or is called like a stage."""
    data = record.document.data if record.document is not None else {}
    if said := sorted(LATER & data.keys()):
        raise RegistryError.of(
            "GATE433",
            f"`{record.name}` says its own `{said[0]}`",
            desk.registry.name,
            f"take {', '.join(f'`{s}`' for s in said)} out of the record: `policy promote`, `deploy` and `observe` write it",
        )
    digest = record.text("artifact.digest")
    if digest and not statements.is_digest(digest):
        raise RegistryError.of(
            "GATE433",
            f"`{digest[:80]}` is no digest",
            desk.registry.name,
            "`sha256:` or `dirHash1:` and the hexadecimal digits",
        )
    if gated(desk.configuration, policies, Stage(record.text("version"))):
        raise RegistryError.of(
            "GATE433", f"`{record.text('version')}` is a stage, and no version's name", desk.registry.name
        )


def refuse(desk: Desk, record: Record, move: Move, recorded: Recorded, actor: str, now: int) -> None:
    """Log that somebody asked for a move and did not get it."""
    said = {
        "kind": move.kind,
        "stage": move.stage.name if move.stage else "",
        "verdict": recorded.decision.verdict.value,
        "decision": recorded.index,
        "actor": actor,
    }
    digest = recorded.decision.record.text("artifact.digest")
    data = {k: v for k, v in said.items() if v != ""}
    ledger = desk.books.writer()
    ledger.append([Entry("refusal", "", data, record.text("model"), record.text("version"), digest)], now)
    desk.books.keep(ledger)


def _carry_out(desk: Desk, begun: Step, since: int, now: int, make: Callable[[], object]) -> Step:
    """Log that a move has begun, make it, and log how it ended.

    It is not begun where another move of the model was logged since it was looked at.
    """
    ledger = desk.books.writer()

    def stands(logged: Logged) -> str:
        step = next(iter(history.steps([logged])), None)
        if step is None or step.model != begun.model:
            return ""
        who = f" by {step.actor}" if step.actor else ""
        return f"{step.model}@{step.version} was moved meanwhile{who} (entry {step.index})"

    ledger.append([history.entry(begun)], now, unless=Unless(since, stands))
    try:
        make()
    except Exception as error:
        if (why := _not_made(error)) is not None:  # else nobody knows whether it was made
            ledger.append([history.entry(replace(begun, state=FAILED, reason=why[:500]))], now)
            desk.books.keep(ledger)
        raise
    (receipt,) = ledger.append([history.entry(replace(begun, state=DONE))], now)
    desk.books.keep(ledger)
    return replace(begun, state=DONE, index=receipt.index, at=receipt.at)


def _not_made(error: Exception) -> str | None:
    """Why a move was surely not made, None where it may have been."""
    if isinstance(error, LetpassError):
        first = error.diagnostics[0]
        return first.message if first.code != OUT_OF_REACH else None
    # what a registry's own store says of a request that it does not understand
    refusals = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_DOES_NOT_EXIST", "PERMISSION_DENIED"}
    return str(error) or "refused" if getattr(error, "error_code", None) in refusals else None


def _is_there(
    desk: Desk, policies: PolicySet, past: list[Step], record: Record, digest: str, stage: Stage, now: int
) -> Step | None:
    """The move that brought a version into a stage, where registry and ledger agree that it is there with these bytes.

    A move whose end was never logged, since its process died, is ended here.
    """
    if record.stage != stage:
        return None
    own = record.text("version")
    last = next((s for s in reversed(past) if s.stage and s.state != FAILED and own in {s.version, *s.leaving}), None)
    if last is None or (last.version, last.artifact, last.stage) != (own, digest, stage):
        return None
    if last.state == DONE:
        return last
    ledger = desk.books.writer()
    if not _still_holds(ledger, policies, last, now):
        return None
    ended = replace(last, state=DONE)
    (receipt,) = ledger.append([history.entry(ended)], now)
    desk.books.keep(ledger)
    return replace(ended, index=receipt.index, at=receipt.at)


def _still_holds(ledger: Ledger, policies: PolicySet, begun: Step, now: int) -> bool:
    """May a move that was begun be taken as made: under the same policies, in its time, and nobody has said a word since."""
    if begun.decision is None:
        return True
    logged = ledger.about(begun.model)
    decided = next((e for e in logged if e.index == begun.decision), None)
    made = history.decision_in(decided) if decided is not None else None
    later = any(e.index > begun.index and e.entry.version == begun.version and e.entry.kind != "move" for e in logged)
    if made is None or later or not made.passed or made.policies != policies.digest:
        return False
    return not made.expires or strict.instant(made.expires) > now


def _past(desk: Desk, record: Record) -> list[Step]:
    return history.steps(desk.books.writer().about(record.text("model")))


def _step(
    record: Record, move: Move, actor: str, recorded: Recorded | None, now: int, *, leaving: tuple[str, ...] = ()
) -> Step:
    decision = recorded.decision if recorded is not None else None
    artifact = (decision.record if decision is not None else record).text("artifact.digest")
    request = dict(decision.digests).get("request", "") if decision is not None else ""
    return Step(
        0, now, record.text("model"), record.text("version"), artifact, BEGUN, move.kind, move.stage or NO_STAGE,
        secrets.token_hex(8), leaving, request, actor, recorded.index if recorded is not None else None,
    )  # fmt: skip
