"""The registry that an address of MLflow names: `mlflow+http://HOST:PORT`, `mlflow+sqlite:///FILE`; what is asked goes over the connection.

Stages are aliases (`production`, or what `[aliases]` of policy.toml names), or MLflow's own stages where
`[mlflow] stages = true`.  A version that left its stage has the tag `stage` with the value `archived`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from letpass.canonical import digest
from letpass.diagnostics import (
    Diagnostic,
    RecordError,
    RegistryError,
    Source,
    UnreachableError,
)
from letpass.facts import reader
from letpass.facts.document import read
from letpass.facts.paths import DEEPEST
from letpass.facts.record import Holder, Record
from letpass.frozen import replace
from letpass.language.kinds import PROMPT
from letpass.move import ARCHIVED, Stage
from letpass.registries import editing, mlflow_prompts, mlflow_record, mlflow_version, shards
from letpass.registries.interface import Beside, Change, Run, parts_of
from letpass.registries.mlflow_connection import Connection
from letpass.registries.mlflow_names import (
    DECISION,
    OBJECTION,
    OWN_STAGES,
    STANDING,
    STATEMENT,
    is_alias,
    is_version,
)
from letpass.registries.mlflow_record import MADE_BY
from letpass.registries.mlflow_stages import Stages

_LATEST = 10**17  # microseconds; MLflow's own times are all before


class MlflowRegistry:
    """A registry behind MLflow's client.

    `name`: as the configuration says it; `aliases`: alias, folded, to stage; `stages`: move MLflow's stages; `root`: what a
    relative file in the address is relative to; `connection`: another way to the same data.
    """

    def __init__(
        self, name: str, aliases: Mapping[str, Stage], *, stages: bool = False, root: Path = Path(), connection: Connection | None = None
    ) -> None:  # fmt: skip
        self.name, self.aliases, self.stages = name, aliases, stages
        self._given, self._root = connection, root
        self._identities: dict[tuple[str, str], tuple[str, ...]] = {}
        self._makings: dict[str, dict[str, str]] = {}
        self._prompts: dict[str, str] = {}  # that listings have left out, in words
        self._looked = set[str]()  # models of which the versions that are asked about were read here

    @cached_property
    def connection(self) -> Connection:
        """The way to MLflow; nothing is asked yet."""
        return self._given or Connection(self.name, self._root)

    @cached_property
    def staging(self) -> Stages:
        """Who is in which stage."""
        return Stages(self.connection, self.aliases)

    def identity(self, *, make: bool = False) -> str:  # noqa: ARG002 - the interface's
        """A name made of when MLflow's database was begun, which moves with it from address to address."""
        return self._identity

    @cached_property
    def _identity(self) -> str:
        begun = self.connection.begun()
        return f"mlflow-{digest(begun).partition(':')[2][:32]}" if begun else ""

    def workspace(self) -> str:
        """MLflow's workspace, nothing where it has none, or for its default one."""
        return self.connection.workspace()

    def makings(self, model: str) -> Mapping[str, str]:
        """A digest of when a version was made and of what, for each that was read: MLflow gives the numbers of a model that was
        deleted anew.  Where nobody has read a version of it here, all are listed."""
        if model not in self._looked:
            self._looked.add(model)
            for version in self.connection.versions(model):
                self._identified(version)
        return dict(self._makings.get(model, {}))

    def _identified(self, version: Any) -> tuple[str, ...]:
        identity = mlflow_version.identity(version)
        made = digest(list(identity)).partition(":")[2][:16]
        self._makings.setdefault(version.name, {})[str(version.version)] = made
        return identity

    # ------------------------------------------------------------ finding

    def find(self, reference: str) -> Record:
        """The version that `NAME@VERSION` or `NAME@ALIAS` names, with everything that MLflow knows of it now."""
        self.connection.forget()
        model, word = parts_of(reference)
        if not model or not word:
            raise RegistryError.of("GATE307", f"`{reference}` names no version", self.name, "write `NAME@VERSION`")
        version = self.connection.version(model, word) if is_version(word) else self._by_alias(model, word)
        if version is None:
            raise RegistryError.of(
                "GATE307", f"the registry has no `{reference}`", self.name, "`policy show NAME` lists them"
            )
        return self.read(version)

    def _by_alias(self, model: str, word: str) -> Any:
        if not is_alias(word):
            return None
        if (found := self.connection.by_alias(model, word)) is not None:
            return found
        held = self.staging.holders(model, self.aliases.get(word.casefold(), Stage(word)))
        if len(held) > 1:
            raise RegistryError.of("GATE307", f"`{model}@{word}` is not one version", self.name)
        return self.connection.version(model, next(iter(held))) if held else None

    def versions(self, model: str = "") -> Iterator[Record | Diagnostic]:
        """All versions; their artifacts are not looked at.  Of every model, but for prompts: of one that is named, whatever it is."""
        found = groupby(self.connection.versions(model), key=lambda v: str(v.name))
        for each in [self._models_own(list(versions), every=not model) for _, versions in found]:
            yield from self._read_all(each)

    def of_models(self, has: Callable[[str], bool]) -> Iterator[tuple[tuple[str, ...], Record | Diagnostic]]:
        """The versions of the models that `has` says, each with its place among all; of the others the names are asked for."""
        for model in sorted(filter(has, self.connection.models())):
            found = self._models_own(self.connection.versions(model), every=True)
            yield from shards.numbered(model, self._read_all(found))

    def _models_own(self, versions: Sequence[Any], *, every: bool) -> Sequence[Any]:
        """The versions of a name; none where it is a prompt's, and all that there is was asked for."""
        if not (every and mlflow_prompts.are_prompts(versions)):
            return versions
        self._prompts[str(versions[0].name)] = mlflow_prompts.words(versions)
        return ()

    def _read_all(self, versions: Sequence[Any]) -> Iterator[Record | Diagnostic]:
        for version in versions:
            self._looked.add(version.name)
            try:
                yield self.read(version, whole=False)
            except RecordError as error:
                yield from error.diagnostics

    def passed_over(self) -> Mapping[str, str]:
        """The prompts that listings have left out, by name, with the aliases that they have."""
        return dict(self._prompts)

    def has(self, record: Record) -> bool:
        """Was a record read from here."""
        source = record.document.source if record.document is not None else None
        return source is not None and not source.given and source.name.startswith(f"{self.name}#")

    def read(self, version: Any, *, whole: bool = True) -> Record:
        """The record of a version as MLflow's client gives it; `whole`: its artifact's own files are looked at too."""
        if whole:
            self._looked.add(version.name)
        identity = self._identified(version)
        self._identities[version.name, str(version.version)] = identity if whole else ()
        found = mlflow_version.model_version(self.connection, version, self.staging.of(version), whole=whole)
        text = mlflow_record.text(found)
        record = reader.read(
            read(Source(f"{self.name}#{found.name}@{found.version}", text), json=True, deepest=2 * DEEPEST)
        )
        if mlflow_prompts.is_prompt(version) and mlflow_prompts.are_prompts(self.connection.versions(version.name)):
            record = reader.of_kind(record, PROMPT)
        return record if whole else replace(record, partial=True)

    def holder(self, record: Record, stage: Stage) -> Record | Holder:
        """The other version that holds a stage now; UNASKED where several do, or it does not read."""
        try:
            held = self.staging.holders(record.text("model"), stage) - {record.text("version")}
            if len(held) > 1:
                return Holder.UNASKED
            if not held:
                return Holder.NOBODY
            version = self.connection.version(record.text("model"), next(iter(held)))
            # what a rule compares with is what was measured; its files are looked at when it moves itself
            return self.read(version, whole=False) if version is not None else Holder.UNASKED
        except RecordError:
            return Holder.UNASKED

    def holders(self, model: str, stage: Stage) -> frozenset[str] | None:
        """The versions that hold a stage now, by an alias or by MLflow's own stage, asked anew."""
        self.connection.forget()
        return self.staging.holders(model, stage)

    @property
    def remote(self) -> bool:
        """Does another process make the moves: MLflow's server."""
        return self.connection.remote

    # ------------------------------------------------------------ what lies beside

    def statements(self, record: Record) -> list[tuple[str, bytes]]:
        """The version's tags under `letpass.`, but for what the gate leaves there."""
        return [found for key, found in self._tags(record) if not key.endswith((DECISION, STANDING))]

    def decisions(self, record: Record) -> list[tuple[str, bytes]]:
        """The decisions among the version's tags."""
        return [found for key, found in self._tags(record) if key.endswith(DECISION)]

    def standings(self, record: Record) -> list[tuple[str, bytes]]:
        """The standings among the version's tags."""
        return [found for key, found in self._tags(record) if key.endswith(STANDING)]

    def objections(self, model: str) -> list[tuple[str, bytes]]:
        """The objections among the tags of all versions of a model, and what takes them back."""
        return [
            (f"tag {key} of {model}@{version}", value.encode("utf-8", "surrogatepass"))
            for version, key, value in self.connection.tags(model, OBJECTION)
            if key.startswith(STATEMENT)
        ]

    def _tags(self, record: Record) -> list[tuple[str, tuple[str, bytes]]]:
        found = self.connection.version(record.text("model"), record.text("version"))
        tags = found.tags if found is not None else {}  # beside one that was deleted nothing lies any more
        return [
            (key, (f"tag {key} of {record.name}", str(tags[key]).encode("utf-8", "surrogatepass")))
            for key in sorted(tags)
            if key.startswith(STATEMENT) and key != MADE_BY
        ]

    def add(self, record: Record, digest: str, data: bytes, kind: Beside = Beside.STATEMENT) -> str:
        """Put a statement into a tag of the version, named by its digest; what a gate leaves, a gated server leaves itself."""
        if kind in {Beside.DECISION, Beside.STANDING} and self.gate() is not None:
            return ""
        ending = "" if kind is Beside.STATEMENT else f".{kind.value}"
        key = f"{STATEMENT}{digest.partition(':')[2][:16]}{ending}"
        self.connection.set_tag(record.text("model"), record.text("version"), key, data.decode("utf-8"))
        return f"tag {key} of {record.name}"

    @contextmanager
    def bytes_of(self, record: Record) -> Iterator[Path | None]:
        """The artifact's bytes, fetched once and kept as long as this registry is open."""
        yield self.connection.fetched(record.text("artifact.uri"))

    # ------------------------------------------------------------ the gate in the server

    def maker(self, record: Record) -> str:
        """Who made a version, as the gate had written it; only the gate itself believes that nobody else has."""
        if not self.connection.is_gate:
            return ""
        return str(dict(self._version(record).tags).get(MADE_BY, ""))

    def gate(self) -> Mapping[str, Any] | None:
        """What the gate in the server says of itself, None where nothing there stands before the moves."""
        return self.connection.gate()

    def ask(self, record: Record, what: str, value: str = "") -> None:
        """Ask a gated server for a move; raises `GateRefusedError` where it refuses."""
        model, version = record.text("model"), record.text("version")
        if what != "promote":
            self.connection.set_tag(model, version, f"{STATEMENT}{what}", value)
        elif self.stages:
            self.connection.transition(model, version, OWN_STAGES.get(value.casefold(), value), archive=True)
        else:
            self.connection.set_alias(model, value, version)

    # ------------------------------------------------------------ changing

    def runs(self, model: str = "") -> Iterator[Run]:
        """All runs of every experiment, or of the versions of one model, the newest first."""
        wanted = {v.run_id for v in self.connection.versions(model)} if model else None
        for run in self.connection.runs():
            if wanted is None or run.id in wanted:
                yield _run_of(run)

    def runs_of(self, has: Callable[[str], bool]) -> Iterator[tuple[tuple[str, ...], Run]]:
        """The runs of the experiments whose ids `has` says, each with its place among all."""
        for run in map(_run_of, self.connection.runs(has)):
            yield (f"{_LATEST - run.at:018}", run.id), run

    def known(self, record: Record) -> Record | None:  # noqa: ARG002 - the interface's
        """A record that was not read from here is none of MLflow's."""
        return None

    def register(self, record: Record) -> None:
        """A version is registered in MLflow; here only what is there already passes."""
        if not self.has(record):
            help_ = "register it with MLflow's client, then `policy register NAME@VERSION`"
            raise RegistryError.of("GATE433", "a version comes into MLflow by MLflow's own client", self.name, help_)

    def move(self, record: Record, change: Change) -> None:
        """Move the alias, or MLflow's stage.  What only tells of the move is written first, so that one write decides."""
        model, version = record.text("model"), record.text("version")
        self.unchanged(record, change)
        stage = OWN_STAGES.get(change.stage.folded)
        if change.stage == ARCHIVED:
            self.staging.archive(model, version, lambda: self._version(record), own=self.stages)
        elif not self.stages:
            self.place(model, version, change, self.staging.names(change.stage)[0])
        elif stage is None:
            known = ", ".join(OWN_STAGES.values())
            raise RegistryError.of(
                "GATE433", f"MLflow has no stage `{change.stage}`", self.name, f"its stages are {known}"
            )
        else:
            self.connection.transition(model, version, stage, archive=bool(change.leaving))
            self.staging.alone(model, version, change)

    def same(self, model: str, version: str) -> None:
        """Raise `UnreachableError` where a version is gone, or another has its name since it was read."""
        self.connection.forget()
        found = self.connection.version(model, version)
        known = self._identities.get((model, version))
        if found is None or (known and mlflow_version.identity(found) != known):
            what = f"`{model}@{version}` is gone, or was made anew, since it was judged"
            raise UnreachableError.of("GATE431", what, self.name, "look at it, and try again")

    def place(self, model: str, version: str, change: Change, alias: str) -> None:
        """Set an alias, and take away whatever else means the stage; raises as `same` where the version is another by then.  It was
        found to be unchanged just now."""
        self.staging.place(model, version, change, alias, lambda: self.same(model, version))

    def unchanged(self, record: Record, change: Change) -> None:
        """Raise `UnreachableError` where the version is gone, or others hold the stage than were seen."""
        self.same(record.text("model"), record.text("version"))
        if change.leaving is None:
            return
        held = (self.holders(record.text("model"), change.stage) or frozenset()) - {record.text("version")}
        if held != set(change.leaving):
            raise UnreachableError.of(
                "GATE431",
                f"`{change.stage}` of {record.text('model')} was held by {', '.join(change.leaving) or 'nobody'}, "
                "and is not any more",
                self.name,
                "somebody else has moved a version meanwhile; look again with `policy show`",
            )

    def serve(self, record: Record, deployment: Mapping[str, str]) -> None:
        """Write the deployment into the version's tag `deployments`, and take it from others' that have that place."""
        model = record.text("model")
        for version in self.connection.versions(model):
            own = str(version.version) == record.text("version")
            there = _listed(version.tags.get("deployments"))
            kept = [d for d in there if not editing.same_place(d, deployment)] + ([dict(deployment)] if own else [])
            if kept != there:
                self.connection.set_tag(
                    model, str(version.version), "deployments", json.dumps(kept, ensure_ascii=False)
                )

    def amend(self, record: Record, changes: Mapping[str, Any]) -> None:
        """Write fields of the record into tags that are called like them; raises `RegistryError` for who the version is."""
        editing.unless_identity(record, changes, self.name)
        for key, value in changes.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self.connection.set_tag(record.text("model"), record.text("version"), key, text)

    def _version(self, record: Record) -> Any:
        """The version as it is now; raises `UnreachableError` where it is gone."""
        found = self.connection.version(record.text("model"), record.text("version"))
        if found is None:
            raise UnreachableError.of("GATE431", f"`{record.name}` is gone", self.name, "somebody has deleted it")
        return found


def _run_of(run: mlflow_record.Run) -> Run:
    """A run as every registry tells it."""
    data = tuple(sorted(f"{d['name']} {d.get('digest', '')}" for d in run.inputs if d.get("name")))
    name = run.tags.get("mlflow.runName", "")
    commit = run.tags.get("mlflow.source.git.commit", "")
    ended = "deleted" if run.deleted else run.status
    return Run(run.id, name, run.started * 1000, ended, commit, data, tuple(sorted(run.params.items())))


def _listed(text: str | None) -> list[dict[str, Any]]:
    """The list in a tag, none where it holds something else: that is said when the record is read."""
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    return [d for d in found if isinstance(d, dict)] if isinstance(found, list) else []
