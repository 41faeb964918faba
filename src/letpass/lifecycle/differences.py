"""Differences between registry and ledger, as values that are listed, counted and mended."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from enum import Enum
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.ledger.history import DELETION, NAMING, RENEWAL, Step
from letpass.move import ARCHIVED, DEPLOYMENT, NO_STAGE, REGISTRATION, Stage

MOVERS, OWNERS, KEEPERS = (
    "whoever moves versions",
    "the owners of the policies",
    "whoever writes the registry",
)
"""Who can mend a difference."""


class Kind(Enum):
    """How registry and ledger differ; the value is its name in lists."""

    MOVED = "moved"
    """A version holds a gated stage, and neither a decision nor an adoption brought it there."""
    NOT_MOVED = "not-moved"
    """The ledger has it in a gated stage, and the registry in none."""
    ELSEWHERE = "elsewhere"
    """The ledger has it in a gated stage, and the registry in another."""
    LEFT = "left"
    """It was archived, and no entry says so."""
    SEVERAL = "several"
    """More than one version holds a gated stage."""
    BEGUN = "begun"
    """A move was begun, and has not ended."""
    EDITED = "edited"
    """Its record no longer says what was decided upon."""
    DELETED = "deleted"
    """It is gone, and the ledger has not seen it leave."""
    MADE_ANEW = "made-anew"
    """It is gone, and another version has its number."""
    OTHER_BYTES = "other-bytes"
    """Its bytes are not those that were allowed."""
    SERVES = "serves"
    """It is listed as serving, and no decision put it there."""
    NOT_SERVED = "not-served"
    """A decision put it to serve, and it is not listed."""
    UNREGISTERED = "unregistered"
    """It is in the registry, registration is gated, and none was allowed."""
    WAITS = "waits"
    """It left while the ledger was out of reach, and that is not logged yet."""
    UNREADABLE = "unreadable"
    """What the registry has does not read, so that nobody can tell."""


class Difference(Frozen):
    """One thing that registry and ledger say differently.

    version: nothing where it is of the whole model, or cannot be told · registry, ledger: what each shows, in words · entry:
    of the ledger, None where it has none · who, help: who can mend it, and by which command · artifact: the digest of the
    bytes of a version that holds a stage, nothing where none is known.
    """

    kind: Kind
    model: str
    version: str
    stage: Stage
    registry: str
    ledger: str
    entry: int | None
    who: str
    help: str
    artifact: str = ""

    @property
    def name(self) -> str:
        """The version, or the model, or nothing where it is of neither."""
        return f"{self.model}@{self.version}" if self.version else self.model

    def as_json(self) -> dict[str, Any]:
        """As reports write it; what is empty is left out."""
        said = {
            "kind": self.kind.value,
            "model": self.model,
            "version": self.version,
            "stage": self.stage.name,
            "registry": self.registry,
            "ledger": self.ledger,
            "who": self.who,
            "help": self.help,
        }
        found: dict[str, Any] = {k: v for k, v in {**said, "artifact": self.artifact}.items() if v}
        return found if self.entry is None else {**found, "entry": self.entry}


def read(said: Any) -> Difference:
    """A difference as `as_json` gives it; raises `InvalidError` for what is none."""
    if not isinstance(said, dict) or said.get("kind") not in {k.value for k in Kind}:
        raise InvalidError("it is no difference")
    texts = {k: said.get(k, "") for k in ("model", "version", "stage", "registry", "ledger", "who", "help", "artifact")}
    entry = said.get("entry")
    if not all(isinstance(t, str) for t in texts.values()) or (entry is not None and type(entry) is not int):
        raise InvalidError("a difference is an object of texts, and its `entry` a number")
    return Difference(
        Kind(said["kind"]), texts["model"], texts["version"], Stage(texts["stage"]), texts["registry"], texts["ledger"],
        entry, texts["who"], texts["help"], texts["artifact"],
    )  # fmt: skip


def in_order(found: Iterable[Difference]) -> list[Difference]:
    """Differences by the names of their models, the gated stage, and the version."""
    return sorted(found, key=lambda d: (d.model, d.stage.folded, d.version))


def reference(model: str, version: str) -> str:
    """A version as a shell takes it."""
    return shlex.quote(f"{model}@{version}")


def retire(model: str, version: str) -> str:
    """The command by which a version leaves, and the ledger learns it."""
    return f"`policy retire {reference(model, version)} --reason TEXT`"


def promote(model: str, version: str, stage: Stage) -> str:
    """The command that brings a version into a stage through its policies."""
    return f"`policy promote {reference(model, version)} --to {shlex.quote(stage.name)}`"


def adopt(model: str, version: str, stage: Stage) -> str:
    """The command by which the owners take a version in where it is."""
    return f"`policy adopt {reference(model, version)} --to {shlex.quote(stage.name)} --reason TEXT`"


def register(model: str, version: str) -> str:
    """The command that decides about a version's registration."""
    return f"`policy register {reference(model, version)}`"


def deploy(model: str, version: str, place: tuple[str, str]) -> str:
    """The command that decides about what an endpoint serves."""
    where = f" --environment {shlex.quote(place[1])}" if place[1] else ""
    return f"`policy deploy {reference(model, version)} --endpoint {shlex.quote(place[0])}{where}`"


def again(begun: Step) -> str:
    """The command that ends a move that was begun: it looks whether it was made, and goes on from there."""
    if begun.kind in {NAMING, DELETION}:
        return "the next move of the model"
    if begun.stage == ARCHIVED:
        return retire(begun.model, begun.version)
    if begun.kind == RENEWAL:
        on = "" if begun.stage else f" --on {DEPLOYMENT.kind}"
        return f"`policy renew {reference(begun.model, begun.version)}{on}`"
    if begun.kind == REGISTRATION.kind:
        return register(begun.model, begun.version)
    if begun.kind == DEPLOYMENT.kind:
        return deploy(begun.model, begun.version, (begun.endpoint, begun.environment))
    return promote(begun.model, begun.version, begun.stage)


def unreadable(model: str, version: str, why: str, help_: str, stage: Stage = NO_STAGE) -> Difference:
    """What the registry has and nobody can read."""
    return Difference(
        Kind.UNREADABLE, model, version, stage, why, "cannot be compared", None, KEEPERS, help_ or "make it readable"
    )


def unvouched(found: Iterable[Difference]) -> list[Difference]:
    """The versions that hold a gated stage and that nothing brought there: what an adoption would take in."""
    return [d for d in found if d.kind is Kind.MOVED]
