"""Who is in which stage in MLflow, by aliases and by MLflow's own stage together, and how a version comes there and leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from letpass.diagnostics import LetpassError
from letpass.move import ARCHIVED, Stage
from letpass.registries.interface import Change
from letpass.registries.mlflow_connection import Connection
from letpass.registries.mlflow_names import OWN_STAGES


class Stages:
    """The stages of one registry.  `aliases`: alias, folded, to stage."""

    def __init__(self, connection: Connection, aliases: Mapping[str, Stage]) -> None:
        self.connection, self.aliases = connection, aliases

    def names(self, stage: Stage) -> list[str]:
        """The aliases that mean a stage, the one that is moved first."""
        given = [alias for alias, means in self.aliases.items() if means == stage]
        return [*given, *([] if stage.folded in given else [stage.folded])]

    def of(self, version: Any) -> str:
        """The stage that a version is in: by its aliases and by MLflow's own stage together, a configured stage first."""
        aliases = sorted(version.aliases)
        own = Stage(str(version.current_stage or ""))
        known = [self.aliases[a.casefold()].name for a in aliases if a.casefold() in self.aliases]
        named = {s: s.name for s in (*self.aliases.values(), Stage("production"), Stage("staging"))}
        known += [named[Stage(a)] for a in (*aliases, own.name) if Stage(a) in named]
        for found in (known, aliases):
            if found:
                return str(min(found, key=lambda s: s != "production"))
        archived = own == ARCHIVED or dict(version.tags).get("stage") == ARCHIVED.name
        return ARCHIVED.name if archived else ""

    def holders(self, model: str, stage: Stage) -> frozenset[str]:
        """The versions that hold a stage, as far as the connection knows."""
        names = {n.casefold() for n in self.names(stage)}
        held = self.connection.model(model)
        # aliases as they are spelt: `Production` and `production` are two
        found = {v for a, v in held.aliases if a.casefold() in names}
        if any(Stage(s) == stage for _, s in held.stages):  # only the newest of a stage is told there
            found |= {str(v.version) for v in self.connection.versions(model) if Stage(str(v.current_stage)) == stage}
        return frozenset(found)

    # ------------------------------------------------------------ changing

    def place(self, model: str, version: str, change: Change, alias: str, same: Callable[[], None]) -> None:
        """Set an alias, and take away whatever else means the stage, in whatever case it is spelt.  `same`: raises `LetpassError` where
        the version is another by then, and the alias is taken away again."""
        for gone in change.leaving or ():
            self.connection.set_tag(model, gone, "stage", ARCHIVED.name)
        names = {n.casefold() for n in self.names(change.stage)}
        aliases = dict(self.connection.model(model).aliases)
        if alias in aliases:  # somebody holds the stage at every moment, and nobody by two spellings
            for other in (a for a, v in aliases.items() if a != alias and a.casefold() in names and v != version):
                self.connection.delete_alias(model, other)
        self.connection.set_alias(model, alias, version)
        try:
            same()
        except LetpassError:
            self.connection.delete_alias(model, alias)
            raise
        self.alone(model, version, change)

    def alone(self, model: str, version: str, change: Change) -> None:
        """Take away whatever else means a stage that one version holds now: aliases in any spelling, MLflow's own stage."""
        if change.leaving is None:
            return
        names = {n.casefold() for n in self.names(change.stage)}
        for alias in [a for a, v in self.connection.model(model).aliases if a.casefold() in names and v != version]:
            self.connection.delete_alias(model, alias)
        for other in self.holders(model, change.stage) - {version}:
            self.connection.transition(model, other, OWN_STAGES[ARCHIVED.folded], archive=False)

    def archive(self, model: str, version: str, now: Callable[[], Any], *, own: bool) -> None:
        """Let a version leave every stage, and serve nowhere.  `now`: asks for it as it is · `own`: it is archived by MLflow's stage in any
        case."""
        self.connection.set_tag(model, version, "stage", ARCHIVED.name)
        found = now()
        if "deployments" in found.tags:
            self.connection.delete_tag(model, version, "deployments")
        for alias in found.aliases:
            self.connection.delete_alias(model, alias)
        if own or Stage(str(found.current_stage or "None")).folded not in {"none", ARCHIVED.folded}:
            self.connection.transition(model, version, OWN_STAGES[ARCHIVED.folded], archive=False)
