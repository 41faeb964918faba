"""What must have come before a move of a version of the registry: an allowed registration before a promotion and a
deployment, and before a deployment an allowed promotion to the environment's stage.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator

from letpass.diagnostics import RegistryError
from letpass.evaluation.decision import governing
from letpass.facts.record import Record
from letpass.frozen import replace
from letpass.gate import approvals, gated
from letpass.ledger.history import ADOPTION, Stay
from letpass.ledger.model_log import Past
from letpass.move import DEPLOYMENT, PLAIN_NAME, PLAIN_NAMES, REGISTRATION, Move, Place, Stage, promotion
from letpass.project.contents import reference
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.trust.accepted import STAGE_NEEDED, Hold

UNREGISTERED = "GATE406"


def place(project: Project, given: Place) -> Place:
    """A place with its environment as policy.toml spells it; raises `RegistryError` for what is no environment's name.

    Nothing that looks like a listed environment passes for another one, whose stage would be a lower one.
    """
    if given.environment and not PLAIN_NAME.fullmatch(given.environment):
        raise RegistryError.of(
            "GATE433", f"`{given.environment[:80]}` is no environment's name", project.registry.name, PLAIN_NAMES
        )
    return replace(given, environment=project.configuration.environment(given.environment))


def served(past: Past, record: Record) -> tuple[Place, ...]:
    """Where a version serves now, by the registry and the ledger."""
    version = record.text("version")
    logged = [Place(s.step.endpoint, s.step.environment) for s in past.services if _open(s) and s.version == version]
    said = [
        Place(str(d.get("endpoint") or ""), str(d.get("environment") or ""))
        for d in record.lists.get("deployments") or ()
    ]
    return tuple(dict.fromkeys([*logged, *said]))


def holds(
    project: Project, policies: PolicySet, record: Record, move: Move, places: Collection[Place], digests: Collection[str],
    now: int,
) -> Iterator[Hold]:  # fmt: skip
    """What keeps a move back because something did not come before it.

    What is in no registry is only looked at, but for a version whose registration the ledger knows to be refused: its record
    may have been taken away for as long as somebody asks.

    `places`: where a deployment leads · `digests`: of the version's bytes · `now`: microseconds.
    """
    if move.kind not in {"promotion", DEPLOYMENT.kind}:
        return
    known, past = project.registry.has(record), project.past(record.text("model"), digests)
    if known or past.registered(record.text("version")) is not None:
        yield from unregistered(project, policies, record, past, digests)
    if known and move == DEPLOYMENT:
        for one in places or (Place(),):
            yield from _elsewhere(project, policies, record, past, one, digests, now)


def unregistered(
    project: Project, policies: PolicySet, record: Record, past: Past, digests: Collection[str]
) -> tuple[Hold, ...]:
    """What holds a version back that was not allowed to register, where registration is gated.

    The newest decision counts, and only one about these bytes.
    """
    if not gated.registration(project, policies, record.kind):
        return ()
    said = ""
    if (made := past.registered(record.text("version"))) is not None:
        other = "" if made.artifact in digests else " of other bytes"
        said = "allow" if made.passed and not other else f"{made.verdict}{other}"
    if said == "allow":
        return ()
    what = f"the newest decision on its registration is {said}" if said else "the ledger has no decision on it"
    help_ = f"`policy register {shlex.quote(reference(record))}`"
    if not governing(policies.policies, REGISTRATION):
        help_ = "bring the policies on registration back, or let the owners `policy ungate registration --reason TEXT`"
    return (Hold(UNREGISTERED, f"`{record.name}` is not registered: {what}", help_),)


def _elsewhere(
    project: Project, policies: PolicySet, record: Record, past: Past, where: Place, digests: Collection[str], now: int
) -> Iterator[Hold]:
    """What holds a deployment back: a version that is not, by an allowed move, in the stage that the environment needs.

    An endpoint that serves in another environment too needs that one's stage as well: its address is one place.
    """
    others = [s.step.environment for s in past.services if _open(s) and _same(s.step.endpoint, where.endpoint)]
    told: set[Stage] = set()
    for environment in dict.fromkeys([where.environment, *map(project.configuration.environment, others)]):
        needed = project.configuration.stages_for(environment)
        whose = f"the environment `{environment}`" if environment else "a deployment to no environment by name"
        if environment != where.environment:
            whose += f", where `{where.endpoint}` serves too,"
        if len(needed) != 1:
            names = (
                f"names {' and '.join(f'`{s}`' for s in needed)}, and a version holds one" if needed else "names none"
            )
            listing = (
                f"list `{environment or 'NAME'}` below `[environments]` in policy.toml, with the stage that it needs"
            )
            yield Hold(
                STAGE_NEEDED,
                f"{whose} is not listed, so it asks for every stage in `protected`, which {names}",
                listing if environment else f"{listing}, and name it with `--environment`",
            )
        elif needed[0] not in told:
            told.add(needed[0])
            stage = gated.named(project, policies, needed[0].name)
            if found := _not_there(project, policies, record, past, stage, digests, now):
                why, help_ = found
                yield Hold(STAGE_NEEDED, f"{whose} needs `{record.name}` in `{stage}` by an allowed move: {why}", help_)


def _not_there(
    project: Project, policies: PolicySet, record: Record, past: Past, stage: Stage, digests: Collection[str], now: int
) -> tuple[str, str] | None:
    """Why a version is not in a stage by an allowed move that still stands, and what helps; None where it is."""
    name, version = shlex.quote(record.name), record.text("version")
    promote = f"`policy promote {name} --to {shlex.quote(stage.name)}`"
    if not gated.is_gated(project, policies, stage, record.kind):
        why = f"`{stage}` is not gated, so nothing can allow it"
        return why, f"write a policy `on promotion to {stage}`, or name another stage in `[environments]`"
    if record.stage != stage:
        return f"it holds {f'`{record.stage}`' if record.stage else 'no stage'}", promote
    stay = past.holds(version, stage)
    adopted = stay is not None and stay.step.kind == ADOPTION
    if stay is None or (stay.step.decision is None and not adopted):
        return "no decision of the ledger has brought it there", f"{promote}, or the owners `policy adopt` it"
    was = stay.step.artifact
    if (was or any(digests)) and was not in past.names_of(digests):  # one without bytes was brought there without any
        about = f"{was[:19]}…, and these bytes are others" if was else "a version whose bytes were not known"
        return (
            f"entry {stay.step.index} of the ledger is about {about}",
            "register these bytes as a version of their own",
        )
    entry = past.approval(version, promotion(stage))
    if entry is None or (adopted and entry < stay.step.index):
        return None if adopted else ("no decision of the ledger has brought it there", promote)
    for ending in approvals.ended(project, past, entry, record, now):
        return f"its approval has ended: {ending.kind} {ending.detail}", f"`policy renew {name}`"
    return None


def _open(stay: Stay) -> bool:
    return stay.until is None


def _same(one: str, other: str) -> bool:
    """Are two endpoints one address, as far as their texts tell."""
    return bool(one) and one.strip().rstrip("/").casefold() == other.strip().rstrip("/").casefold()
