"""Taking a name of a stage (alias, tag) from a version: where it was the last one, the version leaves the stage.

What a version is called is looked at before anybody asks for the lease, and again under it: by a name that came or went meanwhile
the call would be another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from letpass.diagnostics import UnreachableError
from letpass.enforcement.asked import Basis, now
from letpass.facts.record import Record
from letpass.language.kinds import MODEL
from letpass.lifecycle import moves
from letpass.move import ARCHIVED, NO_STAGE, Stage
from letpass.registries import own
from letpass.registries.interface import NO_LEDGER, OVERTAKEN

BY_STAGE = "MLflow's stage"
"""By what a version is in a stage that MLflow's own says; no alias is called so."""
NOWHERE = frozenset({"none", ARCHIVED.folded})
"""MLflow's stages that are none that anything serves from."""


def one_name(basis: Basis, found: Any, stage: Stage, name: str, actor: str, move: Callable[[], Any]) -> Any:
    """Take one of the names of a stage from a version: it leaves the stage, unless another name keeps it in that, or in the one that
    the ledger knows it in.

    found: the version as MLflow has it · name: an alias, or BY_STAGE · move: takes it away.
    """
    model, version, called = found.name, str(found.version), _names(basis, found)

    def take() -> Any:
        basis.registry.connection.forget()
        there = basis.registry.connection.version(model, version)
        if there is None or _names(basis, there) != called:
            raise overtaken(basis, f"what {model} v{version} is called has changed meanwhile")
        return move()

    record = own.called(basis.registry, model, version)
    kept = {means for other, means in called if other != name}
    if stage not in kept:
        stage = _known_in(basis, model, version)
    if stage in kept:
        return by_name(basis, record, stage, actor, take)
    return _left(basis, record, actor, take)


def by_name(basis: Basis, record: Record, stage: Stage, actor: str, move: Callable[[], Any]) -> Any:
    """Change by what a version is in its stage.  While the ledger is out of reach a name is taken away all the same, and that
    is a leaving where it was the last one."""
    made: list[Any] = []
    try:
        moves.name(basis.project, basis.policies, record, stage, now(), actor, lambda: made.append(move()))
    except UnreachableError as error:
        if error.diagnostics[0].code != NO_LEDGER or made:
            raise
        made.append(move())
        if record.text("version") not in (basis.registry.holders(record.text("model"), stage) or ()):
            _left(basis, record, actor, lambda: None)
    return made[0]


def _left(basis: Basis, record: Record, actor: str, move: Callable[[], Any]) -> Any:
    made: list[Any] = []

    def leave() -> None:
        made.append(move())
        basis.registry.connection.set_tag(record.text("model"), record.text("version"), "stage", ARCHIVED.name)

    moves.leave(basis.project, record, now(), actor, leave)
    return made[0]


def _names(basis: Basis, version: Any) -> frozenset[tuple[str, Stage]]:
    """By what a version is in which stages now: its aliases, and MLflow's own stage."""
    staged = Stage(str(version.current_stage or "None"))
    called = {(str(alias), basis.project.configuration.stage(str(alias))) for alias in version.aliases}
    return frozenset(called | ({(BY_STAGE, staged)} if staged.folded not in NOWHERE else set()))


def _known_in(basis: Basis, model: str, version: str) -> Stage:
    """The stage that the ledger knows a version in; none where it is out of reach."""
    try:
        stay = basis.project.past(model).staying.open.get(version)
    except UnreachableError as error:
        if error.diagnostics[0].code != NO_LEDGER:
            raise
        return NO_STAGE
    return stay.stage if stay is not None and stay.stage != ARCHIVED else NO_STAGE


def may_be_gated(basis: Basis, stage: Stage, kind: str = MODEL) -> bool:
    """Does a stage need a decision for versions of a kind, or cannot that be told since the ledger is out of reach."""
    try:
        return basis.gated(stage, kind)
    except UnreachableError as error:
        if error.diagnostics[0].code != NO_LEDGER:
            raise
        return True


def overtaken(basis: Basis, what: str) -> UnreachableError:
    """What to raise where somebody else was first."""
    return UnreachableError.of(OVERTAKEN, what, basis.registry.name, "look again, and ask again")
