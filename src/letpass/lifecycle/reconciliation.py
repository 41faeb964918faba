"""The registry compared with the ledger, both ways, over all models: what one of them shows, and the other does not.

    every model that either knows ─▶ who holds its gated stages, what serves, which versions there are ─▶ differences

Nothing is mended here, and nothing is logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from letpass.diagnostics import Diagnostic, LetpassError, UnreachableError
from letpass.facts.record import Record
from letpass.gate import gated
from letpass.language import kinds
from letpass.ledger.history import DONE, Step
from letpass.ledger.model_log import Past
from letpass.lifecycle import departures, differences, listing
from letpass.lifecycle.compared import Compared, Rules
from letpass.lifecycle.differences import MOVERS, Difference, Kind
from letpass.move import DEPLOYMENT, REGISTRATION, Target
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries import place
from letpass.registries.interface import OUT_OF_REACH, no_model, parts_of
from letpass.registries.shards import Shard
from letpass.trust import strict


def compare(
    project: Project, policies: PolicySet, now: int, models: Sequence[str] = (), *, as_of: bool = False,
    shard: Shard | None = None,
) -> list[Difference]:  # fmt: skip
    """Where the registry and the ledger differ, of some models, of those of a shard, or of every one that either knows, in the
    order of their names.

    as_of: `now` is the clock, whatever the ledger's database says.  A ledger that was not begun has allowed nothing.  Raises `UnreachableError` where registry or
    ledger cannot be read, and `RecordError` for a model that neither knows.
    """

    def wanted(model: str) -> bool:
        return shard.has(model) if shard is not None else not models or model in models

    known = {name for name in listing.known(project) if wanted(name)}
    prompts = gated.of_prompts(project, policies)
    listed, unread, found = _listed(project, models, known, shard, prompts=prompts)
    waiting = list(departures.waiting(project))
    for model in models:
        if model not in {*known, *listed, *unread}:
            raise no_model(model, project.registry.name)
    for step in waiting:
        if wanted(step.model):
            found.append(_waits(step))
    gates = gated.gates(project, policies)
    rules = {
        kind: Rules(
            gated.stages(project, policies, kind),
            any(REGISTRATION in p.moves for p in kinds.about(policies.policies, kind)),  # as a promotion asks
            Target.of_move(DEPLOYMENT, gated.versions_of(kind)) in gates,
            now,
            as_of,
        )
        for kind in kinds.KINDS
    }
    for model in sorted({*known, *listed, *unread} - {""}):
        # the log is not looked through for what it never names
        past = project.past(model) if model in known else Past(model, ())
        records = listed.get(model, {})
        kind = next(
            (gated.as_known(project, r).kind for r in records.values()), kinds.MODEL
        )  # a name has versions of one kind
        found += Compared(project, past, rules[kind], model, records, unread.get(model, frozenset()), waiting).all()
    return differences.in_order(found)


def _listed(
    project: Project, models: Sequence[str], known: set[str], shard: Shard | None, *, prompts: bool
) -> tuple[dict[str, dict[str, Record]], dict[str, frozenset[str]], list[Difference]]:
    """The registry's versions by model, those that do not read by model, and a difference for each of these.

    Raises `UnreachableError` where the registry is not there, and the ledger knows models of it.
    """
    if _is_away(project):
        if known:
            what = "the registry's folder is not there, and the ledger knows models of it"
            raise UnreachableError.of(OUT_OF_REACH, what, project.registry.name, "bring it back")
        return {}, {}, []
    records: dict[str, dict[str, Record]] = {}
    unread: dict[str, set[str]] = {}
    found: list[Difference] = []
    try:
        of_shard = (
            (each for _, each in listing.of_shard(project, shard, prompts=prompts)) if shard is not None else None
        )
        for each in of_shard or listing.versions(project, models, prompts=prompts):
            if isinstance(each, Record):
                records.setdefault(each.text("model"), {})[each.text("version")] = each
                continue
            of, version = _named(project, each)
            unread.setdefault(of, set()).add(version)
            why = f"{each.span.source.name}: {each.message}"
            found.append(differences.unreadable(of, version, why, each.help))
    except LetpassError as error:
        if models or shard is not None or isinstance(error, UnreachableError):
            raise
        first = error.diagnostics[0]
        what = f"the registry cannot be compared with the ledger: {first.message}"
        raise UnreachableError.of(OUT_OF_REACH, what, project.registry.name, first.help or "bring it back") from None
    return records, {m: frozenset(v) for m, v in unread.items()}, found


def _is_away(project: Project) -> bool:
    """Is the registry a folder, and not there."""
    name = project.registry.name
    return not place.is_address(name) and not project.configuration.at(project.configuration.path(name)).is_dir()


def _named(project: Project, fault: Diagnostic) -> tuple[str, str]:
    """The model and version that a fault is of, by where it lies; nothing where that does not tell."""
    name = fault.span.source.name
    if place.is_address(project.registry.name):
        model, version = parts_of(name.removeprefix(f"{project.registry.name}#"))
        return model, version
    try:
        below = Path(name).absolute().relative_to(Path(project.configuration.path(project.registry.name)).absolute())
    except ValueError:
        return "", ""
    return below.parent.as_posix() if below.parent != Path() else "", below.stem


def _waits(step: Step) -> Difference:
    return Difference(
        Kind.WAITS, step.model, step.version, step.stage,
        f"it left its stage at {strict.written(step.at)}" if step.state == DONE else "it was about to leave its stage",
        "not logged: the ledger was out of reach", None, MOVERS,
        f"the next move logs it: {differences.retire(step.model, step.version)}",
    )  # fmt: skip
