"""What is done to a model while none of its versions moves: it gets another name, or it or a version of it is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from letpass.enforcement import kinds
from letpass.enforcement.asked import Basis, now
from letpass.enforcement.leaving import overtaken
from letpass.enforcement.refusing import RefusedError, refused
from letpass.language.kinds import MODEL, PROMPT
from letpass.ledger import in_effect
from letpass.ledger.history import NAMING
from letpass.lifecycle import moves
from letpass.move import Stage
from letpass.registries.mlflow_connection import DOCTOR
from letpass.registries.mlflow_prompts import is_prompt


def done(
    basis: Basis, model: str, version: str | None, kind: str, actor: str, what: str, move: Callable[[], Any]
) -> Any:  # fmt: skip
    """Make such a change where no version holds a gated stage, or comes into one meanwhile; raises `RefusedError`.

    version: that is deleted, None for the whole model · kind: NAMING or DELETION · what: in words.
    """
    connection = basis.registry.connection
    there = connection.marked(model) is not None and (version is None or connection.version(model, version) is not None)
    if not there or model.startswith(DOCTOR) or kinds.are_free(basis, model):
        return move()
    _free(basis, model, version, kind, what)
    made: list[Any] = []

    def make() -> None:
        try:
            _free(basis, model, version, kind, what)
        except RefusedError:
            raise overtaken(basis, f"a version of {model} has come into a stage meanwhile") from None
        made.append(move())

    newest = version or next((str(v.version) for v in reversed(connection.versions(model))), "")
    moves.alone(basis.project, model, newest, kind, now(), actor, make)
    return made[0]


def _free(basis: Basis, model: str, version: str | None, kind: str, what: str) -> None:
    """Raise `RefusedError` where a version, or any of a model's, holds a gated stage, or would shed a revocation with its name."""
    connection = basis.registry.connection
    connection.forget()
    for found in [connection.version(model, version)] if version else connection.versions(model):
        stages = {*found.aliases, str(found.current_stage or "").casefold()} - {"", "none"} if found is not None else ()
        for stage in sorted(stages):
            if basis.gated(Stage(stage), PROMPT if is_prompt(found) else MODEL):
                raise refused(what, f"{model}@{found.version} is in `{stage}`; let it leave first: `policy retire`")
    for revoked in sorted(in_effect.nameless(basis.project.past(model))) if kind == NAMING else ():
        if connection.version(model, revoked) is not None:
            why = "is revoked, and no bytes of it are known by which it is the same under another name; delete it first"
            raise refused(what, f"{model}@{revoked} {why}")
