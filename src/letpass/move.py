"""Moves: what may happen to a model version, and the stages that some of them lead to.

Stages are names, and the case of a name does not matter: it is folded once, here, so that stages are compared with `==`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, part

KINDS = ("registration", "promotion", "rollback", "deployment", "review")
TO_STAGES = frozenset({"promotion", "rollback"})
"""The kinds of moves that lead to a stage; the others have none."""
PROMPTS = "prompt"
"""The kind of versions that have gates of their own."""
LASTING = frozenset({"promotion", "rollback", "deployment"})
"""The kinds of moves after which a version serves on their approval, so that this may have an end."""


PLAIN_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,100}[A-Za-z0-9])?")
"""What a stage or an environment may be called where something depends on its name: nothing that looks like another's."""
PLAIN_NAMES = "letters, digits, and ` ._-` between them"
"""What plain names are made of, for messages."""


class Stage(Frozen):
    """A stage of a registry, such as `production`.  `name`: as somebody wrote it; two that differ in case are equal."""

    name: str = part(compare=False)
    folded: str = part(init=False, repr=False)

    def __post_init__(self) -> None:
        self.__dict__["folded"] = self.name.casefold()

    def __str__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return bool(self.name)

    def __format__(self, how: str) -> str:
        return format(self.name, how)


NO_STAGE = Stage("")
"""In no stage."""
ARCHIVED = Stage("archived")
"""The stage of versions that have left theirs; moving there is never gated."""


class Move(Frozen):
    """A step of a model's life: registration, promotion, rollback (both to a stage), deployment, review."""

    kind: str
    stage: Stage | None = None

    def __str__(self) -> str:
        return f"{self.kind} to {self.stage}" if self.stage else self.kind

    @property
    def key(self) -> str:
        """The move in the one way in which it is written where names are compared: the stage's case does not matter."""
        return f"{self.kind} to {self.stage.folded}" if self.stage else self.kind

    def as_json(self) -> dict[str, str]:
        """The move as plain data: `kind`, and `stage` where there is one."""
        return {"kind": self.kind, "stage": self.stage.name} if self.stage else {"kind": self.kind}

    @classmethod
    def of(cls, data: Any) -> Move:
        """The move in plain data, as `as_json` writes it; raises `InvalidError` for what is none."""
        if not isinstance(data, Mapping) or not set(data) <= {"kind", "stage"}:
            raise InvalidError("no move: it has `kind`, and `stage` where it leads to one")
        kind, stage = data.get("kind"), data.get("stage")
        if kind not in KINDS or not (stage is None or isinstance(stage, str)):
            raise InvalidError(f"no move: its kind is none of {', '.join(KINDS)}")
        if bool(stage and stage.strip()) != (kind in TO_STAGES):
            raise InvalidError(f"no move: a {kind} leads to {'a' if kind in TO_STAGES else 'no'} stage")
        return cls(str(kind), Stage(stage) if stage else None)

    @classmethod
    def parse(cls, words: str) -> Move:
        """The move that words name, such as `promotion to production`; raises `InvalidError` for what is none."""
        kind, to, stage = words.partition(" to ")
        if kind not in KINDS or (bool(to), bool(stage.strip())) != (kind in TO_STAGES,) * 2:
            without = ", ".join(k for k in KINDS if k not in TO_STAGES)
            raise InvalidError(f"`{words}` is no move; moves are `promotion to STAGE`, `rollback to STAGE`, {without}")
        return cls(kind, Stage(stage.strip()) if to else None)


class Place(Frozen):
    """Where a version is to be served.  endpoint: its address · environment: such as `eu-west`, nothing where none is named."""

    endpoint: str = ""
    environment: str = ""


class Target(Frozen):
    """Which moves something is said of: those to a stage, those of one kind without a stage, or all where both are empty.

    versions: of which kind of versions, such as `prompt`; nothing where it is said of models.
    """

    stage: Stage = NO_STAGE
    kind: str = ""
    versions: str = ""

    @classmethod
    def of(cls, data: Any) -> Target:
        """The target in plain data, as `as_json` writes it; raises `InvalidError` for what is none."""
        if not isinstance(data, Mapping) or not all(isinstance(v, str) and v.strip() for v in data.values()):
            raise InvalidError("no target: it has `stage`, or `kind`, or nothing")
        said = {k: v for k, v in data.items() if k != "versions"}
        versions = data.get("versions", "")
        if versions and (versions != PROMPTS or not said):
            raise InvalidError(f"no target: its `versions` is none but `{PROMPTS}`, beside `stage` or `kind`")
        if set(said) == {"stage"}:
            return cls(Stage(said["stage"]), versions=versions)
        if said and (set(said) != {"kind"} or said["kind"] not in KINDS or said["kind"] in TO_STAGES):
            raise InvalidError("no target: its `kind` is none that leads to no stage")
        return cls(kind=said.get("kind", ""), versions=versions)

    @classmethod
    def of_move(cls, move: Move, versions: str = "") -> Target:
        """Where a move leads."""
        return cls(move.stage, versions=versions) if move.stage else cls(kind=move.kind, versions=versions)

    def as_json(self) -> dict[str, str]:
        """The target as plain data."""
        of = {"versions": self.versions} if self.versions else {}
        return {"stage": self.stage.name, **of} if self.stage else {"kind": self.kind, **of} if self.kind else {}

    def __str__(self) -> str:
        of = f" of {self.versions}s" if self.versions else ""
        return f"moves{of} to {self.stage}" if self.stage else f"{self.kind}{of}" if self.kind else "every move"

    def covers(self, move: Move) -> bool:
        """Is something that is said of it said of a move.

        A deployment and a review lead to no stage: they are of a version that serves, wherever it does.
        """
        if self.stage:
            return move.stage == self.stage or move.kind in {"deployment", "review"}
        return not self.kind or move.kind == self.kind


REGISTRATION, DEPLOYMENT, REVIEW = Move("registration"), Move("deployment"), Move("review")


def promotion(stage: Stage | str) -> Move:
    """The promotion to a stage."""
    return Move("promotion", stage if isinstance(stage, Stage) else Stage(stage))


def rollback(stage: Stage | str) -> Move:
    """The rollback to a stage: a move back to a version that was there before."""
    return Move("rollback", stage if isinstance(stage, Stage) else Stage(stage))
