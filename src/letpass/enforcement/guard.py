"""The gate inside a registry's server: which calls are moves, and what becomes of them.

Nothing here knows MLflow's store.  Every refusal is a `RefusedError`; what goes wrong is a refusal too, so that nothing
moves because something broke.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from letpass import __version__
from letpass.diagnostics import LetpassError, UnreachableError
from letpass.enforcement import apart, asked, kinds, leaving
from letpass.enforcement.asked import Basis, now
from letpass.enforcement.leaving import NOWHERE
from letpass.enforcement.refusing import RefusedError, not_done, refused, undecided, unless_allowed
from letpass.events import outbox
from letpass.facts.record import Record
from letpass.frozen import replace
from letpass.gate import gated, prerequisites
from letpass.language.kinds import MODEL, PROMPT
from letpass.ledger import place as ledgers
from letpass.ledger.history import DELETION, NAMING
from letpass.lifecycle import moves
from letpass.move import Stage
from letpass.project import configuration as configurations
from letpass.project import policyset
from letpass.project.contents import own_policies
from letpass.project.ledger import Memories
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries import mlflow_prompts, own
from letpass.registries.interface import NO_LEDGER, Change
from letpass.registries.mlflow_connection import DOCTOR, Connection
from letpass.registries.mlflow_names import OWN_STAGES, STATEMENT, is_alias, is_version
from letpass.registries.mlflow_prompts import IS_PROMPT, is_prompt
from letpass.registries.mlflow_registry import MlflowRegistry

KEPT = frozenset({"stage", "deployments"})
"""Tags of a version that only a move writes."""
DOWN = 3.0
"""Seconds for which a ledger that was out of reach is not asked again."""
NOBODY = "unauthenticated"


class Guard:
    """Judges the calls of one store.  `connection`: makes a way to the ungated data behind it, a new one for each call, so that
    nothing that was fetched for one is believed in the next; `address`: where those lie.
    """

    def __init__(self, connection: Callable[[], Connection], address: str = "") -> None:
        self._connection, self._address = connection, address
        self._down: tuple[float, UnreachableError] | None = None  # until when nobody asks the ledger again, and why
        self._policies: PolicySet | None = None
        self._tells = False
        self._memories: Memories = {}
        self._open: dict[str, Project] = {}

    # ------------------------------------------------------------ calls

    def alias(self, model: str, alias: str, version: str, actor: str, move: Callable[[], Any]) -> Any:
        """Set an alias: a promotion, where the alias means a gated stage."""
        with self._refusing(f"{model} v{version} -> @{alias}"):
            _named(version, alias)
            basis = self._basis()
            stage = gated.named(basis.project, basis.policies, alias)
            if not (basis.gated(stage) or basis.gated(stage, PROMPT)):
                return move()
            if model.startswith(DOCTOR):
                raise refused(f"{model} -> {stage}", "a probe is never moved; the gate is in the way")
            found = basis.registry.connection.version(model, version)
            prompt = found is not None and is_prompt(found)
            # prompts share these calls with models, and are none; but they take no model's place
            if prompt and not kinds.of_prompts(basis, model):
                raise refused(
                    f"{model} v{version} -> @{alias}",
                    f"a prompt takes no place among a model's versions, and `{model}` is a model",
                )
            if not basis.gated(stage, PROMPT if prompt else MODEL):
                return move()
            record = basis.registry.read(found) if found is not None else self._record(basis, model, version)
            made: list[Change] = []

            def make(change: Change) -> None:
                made.append(change)
                basis.registry.unchanged(record, change)
                basis.registry.place(model, version, change, alias)

            self._promoted(basis, record, stage, actor, make)
            if not made:  # it is in the stage already, by another of its names
                leaving.by_name(basis, record, stage, actor, move)
        return None

    def transition(self, model: str, version: str, stage: str, actor: str, move: Callable[[bool], Any]) -> Any:
        """Change MLflow's own stage; `move` takes whether who is there is archived with it."""
        with self._refusing(f"{model} v{version} -> {stage}"):
            _named(version)
            if stage.casefold() not in OWN_STAGES:
                return move(False)  # MLflow says itself that it has no such stage
            if stage.casefold() in NOWHERE:
                basis = self._basis(stages=True, leaving=True)  # a prompt has none to leave
                return self._out_of_mlflows_stage(basis, model, version, actor, lambda: move(False))
            basis = self._basis(stages=True)
            named = gated.named(basis.project, basis.policies, Stage(stage).folded)
            kinds.of_stage(basis, model, version, named, f"{model} v{version} -> {stage}")
            if not basis.gated(named):
                return self._out_of_mlflows_stage(basis, model, version, actor, lambda: move(False))
            record = self._record(basis, model, version)
            made: list[Any] = []

            def make(change: Change) -> None:
                basis.registry.unchanged(record, change)
                made.append(move(bool(change.leaving)))
                basis.registry.connection.forget()
                basis.registry.staging.alone(model, version, change)

            self._promoted(basis, record, named, actor, make)
            # it is in the stage already, perhaps by an alias
            return made[0] if made else leaving.by_name(basis, record, named, actor, lambda: move(False))

    def leave(self, model: str, alias: str, actor: str, move: Callable[[], Any]) -> Any:
        """Delete an alias.  Leaving a stage is never gated, and is logged."""
        with self._refusing(f"@{alias} of {model}"):
            basis = self._basis(leaving=True)
            connection = basis.registry.connection
            stage = basis.project.configuration.stage(alias)
            found = connection.by_alias(model, alias)
            kind = PROMPT if found is not None and is_prompt(found) else MODEL
            if not leaving.may_be_gated(basis, stage, kind):
                return move()
            if found is None:  # nothing that anybody may set meanwhile is taken away
                return None if connection.registered(model) else move()
            return leaving.one_name(basis, found, stage, alias, actor, move)

    def tag(self, model: str, version: str, key: str, value: str, actor: str) -> bool:
        """Is a tag the gate's business; then it is stored or refused here, or asks for a move."""
        if key in KEPT:
            raise refused(f"tag {key} of {model} v{version}", "it tells of moves, and is written by them")
        if key == IS_PROMPT:
            kinds.of_late_tag(f"calling {model} v{version} a prompt")
        if key in mlflow_prompts.OWN:
            with self._refusing(what := f"tag {key} of {model} v{version}"):
                kinds.of_content(self._basis(), model, version, what)
        if not key.startswith(STATEMENT):
            return False
        with self._refusing(f"tag {key} of {model} v{version}"):
            _named(version)
            basis = self._basis()
            record = self._record(basis, model, version)
            asked.by_tag(basis, record, key, value, actor)
        return True

    def answer(self) -> None:
        """Say what the gate is, to who asks for the model that never is; raises `RefusedError`."""
        with self._refusing("the probe"):
            basis = self._basis()
            found, stages = basis.project.configuration, gated.stages(basis.project, basis.policies)
            said = {"gate": __version__, "registry": found.registry, "stages": sorted(s.name for s in stages),
                    "aliases": {a: s.name for a, s in found.stages.items()}, "warnings": self._warnings(basis.project)}  # fmt: skip
            raise RefusedError("gate: this registry is gated", said)

    def _warnings(self, project: Project) -> list[str]:
        """What whoever runs the server is told, since it is no fault as long as there is one server."""
        here = self._address.startswith(("sqlite:", "file:", "/", ".")) or "://" not in self._address
        if here or ledgers.is_address(project.ledger.address):
            return []
        return ["the ledger is a SQLite file, which serves one host, and MLflow's store is reached by others: name a ledger in PostgreSQL"]  # fmt: skip

    def maker(self, actor: str) -> str:
        """Who is written down as having made a version: who calls, unless nobody was authenticated, or it is a service of
        the trust file, which makes versions for people and says in the tag `author` for whom."""
        if actor == NOBODY:
            return ""
        try:
            trust = self._basis().project.trust
        except LetpassError:
            return actor
        return "" if trust is not None and actor in trust.current.services else actor

    def reserved(self, what: str, keys: list[str]) -> None:
        """Refuse what would write or take away tags of the gate's own."""
        for key in keys:
            if key in KEPT:
                raise refused(what, f"the tag `{key}` tells of moves, and is written by them")
            if key.startswith(STATEMENT):
                raise refused(what, f"the tag `{key}` is the gate's: a statement is set on its own version, and stays")

    def new_name(self, tags: Mapping[str, str], what: str) -> None:
        """Refuse a registered model that is half a prompt."""
        self.reserved(what, list(tags))
        kinds.of_new_name(tags, what)

    def new_version(self, model: str, tags: Mapping[str, str], files: tuple[object, ...], what: str) -> None:
        """Refuse a version of another kind than its name is of; `files`: as `kinds.of_new_version`."""
        self.reserved(what, list(tags))
        with self._refusing(what):
            kinds.of_new_version(self._connection(), model, tags, files, what)

    def name_tag(self, model: str, key: str) -> None:
        """Refuse to set a tag on a registered model that is the gate's own, or makes it a prompt."""
        what = f"tag {key} of {model}"
        self.reserved(what, [key])
        if key == IS_PROMPT:
            kinds.of_late_tag(what)

    def lost_tag(self, model: str, version: str | None, key: str) -> None:
        """Refuse to take a tag away that is the gate's own, or by which MLflow knows a prompt; `version`: None for the name's own."""
        what = f"taking `{key}` away"
        self.reserved(what, [key])
        if key == IS_PROMPT:
            with self._refusing(what):
                kinds.of_lost_tag(self._connection(), model, version, what)
        elif key in mlflow_prompts.OWN and version is not None:
            with self._refusing(what):
                kinds.of_content(self._basis(), model, version, what)

    def gone(self, model: str, version: str | None, actor: str, what: str, move: Callable[[], Any]) -> Any:
        """Delete a version, or a model with all of them, where none holds a gated stage, or comes into one meanwhile."""
        with self._refusing(what):
            return apart.done(self._basis(), model, version, DELETION, actor, what, move)

    def rename(self, model: str, actor: str, what: str, move: Callable[[], Any]) -> Any:
        """Rename a model none of whose versions holds a gated stage, or comes into one meanwhile."""
        with self._refusing(what):
            return apart.done(self._basis(), model, None, NAMING, actor, what, move)

    def _out_of_mlflows_stage(self, basis: Basis, model: str, version: str, actor: str, move: Callable[[], Any]) -> Any:
        """Let a version into one of MLflow's stages that is free, and so out of the one that it is in."""
        found = basis.registry.connection.version(model, version)
        own = Stage(str(found.current_stage or "None")) if found is not None else Stage("None")
        if found is None or not leaving.may_be_gated(basis, own):
            return move()
        return leaving.one_name(basis, found, own, leaving.BY_STAGE, actor, move)

    # ------------------------------------------------------------ moves

    def _promoted(
        self, basis: Basis, record: Record, stage: Stage, actor: str, make: Callable[[Change], object]
    ) -> None:
        at = now()
        if record.stage != stage:
            self._registration(basis, record, actor, at)
        moved = moves.promote(basis.project, basis.policies, record, stage.name, at, actor, make=make)
        unless_allowed(basis.policies, moved, f"{record.name} -> {stage}")

    def _registration(self, basis: Basis, record: Record, actor: str, at: int) -> None:
        """Decide on a version's registration where that was not done: its promotion asks for it."""
        computed, _ = basis.project.artifacts.computed(record, None)
        past = basis.project.past(record.text("model"), (*computed, record.text("artifact.digest")))
        digests = computed or (record.text("artifact.digest"),)
        if prerequisites.unregistered(basis.project, basis.policies, record, past, digests):
            moves.register(basis.project, basis.policies, record, at, actor)

    # ------------------------------------------------------------ around them

    def _basis(self, *, stages: bool = False, leaving: bool = False) -> Basis:
        """The configuration, policies, trust file and ledger as they are now.

        `leaving`: the ledger may be out of reach.  Else the next calls are told so without asking it again for a moment: whoever
        waits for an answer waits for one connection, and not for one with each try.
        """
        if self._down is not None and not leaving:
            until, error = self._down
            if time.monotonic() < until:
                raise UnreachableError(error.diagnostics)
            self._down = None
        found = configurations.load()
        paths = tuple(found.path(p) for p in found.policies)
        if self._policies is None or not policyset.unchanged(self._policies, paths):
            self._policies = own_policies(found)
        policies = replace(self._policies, settings=found.deciding)
        registry = MlflowRegistry(found.registry, found.stages, stages=stages, connection=self._connection())
        project = Project(found, registry=registry, memories=self._memories)
        # a connection that stays open: SQLite tidies its log up whenever the last one closes, which takes longer than a move
        self._open.setdefault(project.ledger.address, project)
        self._tells = bool(found.events) and not leaving
        if self._tells:
            outbox.before(project)
        return Basis(project, policies, registry)

    def _record(self, basis: Basis, model: str, version: str) -> Record:
        return own.called(basis.registry, model, version)

    @contextmanager
    def _refusing(self, what: str) -> Iterator[None]:
        """Whatever goes wrong is a refusal, with its reason."""
        try:
            yield
        except RefusedError:
            raise
        except LetpassError as error:
            out_of_reach = error.diagnostics[0].code == NO_LEDGER
            if isinstance(error, UnreachableError) and out_of_reach and self._down is None:
                self._down = time.monotonic() + DOWN, error
            raise not_done(what, error) from None
        except Exception as error:
            if getattr(error, "error_code", "") in {
                "RESOURCE_DOES_NOT_EXIST",
                "INVALID_PARAMETER_VALUE",
                "BAD_REQUEST",
            }:
                raise  # MLflow's own answer to what names nothing
            raise undecided(what, f"the gate could not decide: {type(error).__name__}: {error}"[:500]) from error
        finally:
            if self._tells:
                # beside the call: nobody who hangs holds a move up
                threading.Thread(target=_tell, daemon=True).start()


def _tell() -> None:
    """Send what was logged to whoever wants to know; what cannot be sent now waits in the ledger."""
    with suppress(Exception):
        outbox.after(Project(configurations.load()))


def _named(version: str, alias: str = "a") -> None:
    """Refuse a version or an alias that not everybody reads alike."""
    if not is_version(version):
        raise refused(f"version {version}", "a version is a number such as 4")
    if not is_alias(alias):
        raise refused(f"@{alias}", "an alias holds letters, digits, `_` and `-`")
