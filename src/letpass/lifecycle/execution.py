"""Carrying a move out: begun in the ledger, made by the registry, looked at there again, and only then done.

"begun" logged: the lease ─▶ the registry moves ─▶ the registry is read again ─▶ "done" logged, under the same lease
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from letpass.diagnostics import LetpassError, UnreachableError
from letpass.events import watch
from letpass.frozen import replace
from letpass.ledger import history, lease
from letpass.ledger.entry import Logged
from letpass.ledger.history import BEGUN, DELETION, DONE, FAILED, NAMING, RENEWAL, Step
from letpass.ledger.log import Unless
from letpass.lifecycle import departures
from letpass.move import ARCHIVED, DEPLOYMENT, REGISTRATION, TO_STAGES
from letpass.project.contents import own_policies
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries import editing, own
from letpass.registries.interface import OUT_OF_REACH, OVERTAKEN
from letpass.trust import strict


def begin(project: Project, model: str, now: int, policies: PolicySet | None = None) -> int:
    """End what was begun and is over, of the moves of a model; the size of the ledger from which nobody else may have moved.

    `policies`: by which a move that was made, and whose end was not logged, may still be taken as done; the project's own where
    they are not at hand.  Raises `UnreachableError` where a move is under way.
    """
    departures.log(project, now)
    since = project.ledger.writer().size()
    begun = project.past(model).under_way
    if begun is None:
        return since
    if not lease.is_over(begun, project.ledger.writer().time(now), elsewhere=project.registry.remote):
        raise _under_way(project, begun)
    _take_over(project, begun, now, policies)
    return project.ledger.writer().size()


def _under_way(project: Project, begun: Step) -> UnreachableError:
    who = f" by {begun.actor}" if begun.actor else ""
    until = strict.written(begun.until)
    what = f"{begun.model}@{begun.version} is being moved{who} (begun in entry {begun.index})"
    return UnreachableError.of(
        OVERTAKEN, what, project.registry.name, f"try again when it has ended; from {until} on it may be taken over"
    )


def _take_over(project: Project, begun: Step, now: int, policies: PolicySet | None) -> None:
    """Log how a move ended whose process did not, by what the registry shows now."""
    made = _was_made(project, begun)
    if made and _still_holds(project, begun, now, policies):
        ended = replace(begun, state=DONE)
    else:
        why = (
            "the registry was moved, and what allowed it does not hold any more"
            if made
            else "the registry was not moved"
        )
        ended = replace(begun, state=FAILED, reason=f"its end was not logged: {why}")
    project.log([history.entry(ended)], now, unless=Unless(begun.index + 1, lambda found: _ended(found, begun)))


def _was_made(project: Project, begun: Step) -> bool:
    """Does the registry show a move as it was begun."""
    if begun.kind in {RENEWAL, NAMING, DELETION}:
        return False  # nothing moves: it is asked for again
    try:
        record = own.called(project.registry, begun.model, begun.version)
    except UnreachableError:
        raise
    except LetpassError:
        return False
    if begun.kind == REGISTRATION.kind:
        return True
    if begun.kind == DEPLOYMENT.kind:
        place = {"endpoint": begun.endpoint, "environment": begun.environment}
        served = record.document.data.get("deployments") if record.document is not None else None
        return any(editing.same_place(d, place) for d in served or ())
    if begun.stage == ARCHIVED:
        past = project.past(begun.model)
        there = past.staying.open.get(begun.version)
        return there is None or record.stage != there.stage
    return record.stage == begun.stage and not _not_as_begun(project, begun)


def _still_holds(project: Project, begun: Step, now: int, policies: PolicySet | None) -> bool:
    """May a move that was begun be taken as made: under the same policies, in its time, and nobody has said a word since."""
    if begun.decision is None:
        return True
    past = project.past(begun.model)
    made = past.decisions.get(begun.decision)
    policies = policies or _own_policies(project)
    later = any(e.index > begun.index and e.entry.version == begun.version and e.entry.kind != "move" for e in past.own)
    if made is None or later or not made.passed or policies is None or made.policies != policies.digest:
        return False
    return not made.expires or strict.instant(made.expires) > now


def _own_policies(project: Project) -> PolicySet | None:
    try:
        return own_policies(project.configuration)
    except LetpassError:
        return None  # by what does not read nothing is allowed


def out(
    project: Project, begun: Step, since: int, now: int, make: Callable[[], object], material: Sequence[tuple[str, bytes]] = ()
) -> Step:  # fmt: skip
    """Log that a move has begun, make it, look at the registry again, and log how it ended.  `material`: texts that are kept
    with it, by their digests.

    It is not begun where another move of the model was logged since it was looked at (`since`), nor done where another
    process has taken it over meanwhile.  Raises `UnreachableError` then.
    """
    begun = replace(begun, holder=lease.holder(), until=project.ledger.writer().time(now) + lease.LEASE)
    with lease.held(begun.nonce):
        (receipt,) = project.log(
            [history.entry(begun)],
            now,
            material,
            Unless(since, lambda found: _overtakes(project, found, begun)),
            keep=False,
        )
        try:
            make()
            if why := _not_as_begun(project, begun):
                raise UnreachableError.of(
                    OVERTAKEN, why, project.registry.name, "`policy reconcile` compares the registry with the ledger"
                )
        except Exception as error:
            if (reason := _not_made(error)) is not None:  # else nobody knows whether it was made
                project.log([history.entry(replace(begun, state=FAILED, reason=reason[:500]))], now)
            raise
        taken = Unless(receipt.index + 1, lambda found: _ended(found, begun))
        try:
            (receipt,) = project.log([history.entry(replace(begun, state=DONE))], now, unless=taken)
        except UnreachableError as error:
            if error.diagnostics[0].code != OVERTAKEN:
                raise
            if (done := _done(project, begun)) is not None:
                return noted(done)
            why = "it was made when its time was over, and another process had taken it over"
            project.log([history.entry(replace(begun, state=FAILED, reason=why))], now)
            raise
    return noted(replace(begun, state=DONE, index=receipt.index, at=receipt.at))


def noted(step: Step) -> Step:
    """A step that was made; whoever watches is told of it where no decision let it, which would have been told."""
    if step.decision is None:
        move = f"{step.kind} to {step.stage}" if step.kind in TO_STAGES else step.kind
        entry = step.index or None  # the log begins with no end of a move
        watch.note(watch.Became.FREE, f"{step.model}@{step.version}", move, entry, who=step.actor)
    return step


def _done(project: Project, begun: Step) -> Step | None:
    """The end that whoever took a move over has logged, where it found it made."""
    steps = project.past(begun.model).steps
    return next((s for s in steps if s.nonce == begun.nonce and s.state == DONE), None)


def _overtakes(project: Project, logged: Logged, begun: Step) -> str:
    """Why a move is not begun: another of the model was logged since it was looked at, or a word against it; or nothing."""
    if not history.is_of(logged.entry, begun.model, project.names.scope):
        return ""
    against = logged.entry.kind in {"objection", "revocation"}
    if against and begun.decision is not None and logged.index > begun.decision:
        return f"somebody has spoken against {begun.model} meanwhile (entry {logged.index})"
    step = next(iter(history.steps([logged])), None)
    if step is None:
        return ""
    who = f" by {step.actor}" if step.actor else ""
    return f"{step.model}@{step.version} was moved meanwhile{who} (entry {step.index})"


def _ended(logged: Logged, begun: Step) -> str:
    """Why a move's end is not logged: somebody else has ended it; or nothing."""
    step = next(iter(history.steps([logged])), None)
    if step is None or step.nonce != begun.nonce or step.state == BEGUN:
        return ""
    return f"the move of {begun.model}@{begun.version} was taken over meanwhile, and ended in entry {step.index}: {step.state}"


def _not_as_begun(project: Project, begun: Step) -> str:
    """Why the registry does not show a move to a stage as it was begun, or nothing.

    A stage that is entered by a decision has one holder, by everything in the registry that means it; who leaves one is there by
    nothing any more.
    """
    if not begun.stage or begun.kind == RENEWAL:
        return ""
    if begun.stage == ARCHIVED:
        there = project.past(begun.model).staying.open.get(begun.version)
        if there is None or there.stage == ARCHIVED:
            return ""
        if begun.version not in (project.registry.holders(begun.model, there.stage) or ()):
            return ""
        return f"the registry shows {begun.version} in `{there.stage}` of {begun.model} still"
    held = project.registry.holders(begun.model, begun.stage)
    if held is None and begun.decision is None and _is_in(project, begun):
        return ""  # others may be there, whom nobody can tell of
    if held is None:
        return f"who holds `{begun.stage}` of {begun.model} cannot be told"
    others = held - {begun.version} if begun.decision is not None else frozenset()
    if begun.version in held and not others:
        return ""
    who = " and ".join(sorted(held)) or "nobody"
    return f"the registry shows {who} in `{begun.stage}` of {begun.model}, and not {begun.version} alone"


def _is_in(project: Project, begun: Step) -> bool:
    """Is a version in the stage that its move leads to, as its own record says."""
    try:
        return own.called(project.registry, begun.model, begun.version).stage == begun.stage
    except UnreachableError:
        raise
    except LetpassError:
        return False


def _not_made(error: Exception) -> str | None:
    """Why a move was surely not made, None where it may have been."""
    if isinstance(error, LetpassError):
        first = error.diagnostics[0]
        return first.message if first.code != OUT_OF_REACH else None
    # what a registry's own store says of a request that it does not understand
    refusals = {
        "INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS", "PERMISSION_DENIED",
    }  # fmt: skip
    return str(error) or "refused" if getattr(error, "error_code", None) in refusals else None
