"""The connection to MLflow: its own client, whose errors are told as ours.  The only file here that imports MLflow."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from letpass.diagnostics import Diagnostic, LetpassError, RegistryError, Source, Span, UnreachableError
from letpass.frozen import Frozen, replace
from letpass.registries import mlflow_answers as answers
from letpass.registries import mlflow_judged
from letpass.registries.interface import OUT_OF_REACH, OVERTAKEN
from letpass.registries.mlflow_judged import Cases
from letpass.registries.mlflow_prompts import IS_PROMPT, SOURCES
from letpass.registries.mlflow_record import Run

PREFIX = "mlflow+"
DEFAULT = "default"  # MLflow's name of the workspace of those who name none
RETRIES, WAIT = "2", "30"  # of MLflow's client, which else tries for minutes; seconds
PROXIED = "mlflow-artifacts:"  # addresses of what MLflow's server hands out
GONE = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"})

_PAGE = 500  # traces that are asked for at once
LATER = frozenset({408, 425, 429})
"""Answers of HTTP that ask to try again later."""


class Held(Frozen):
    """aliases: as they are spelt, and their versions · stages: the newest version in each of MLflow's own stages, and that."""

    aliases: tuple[tuple[str, str], ...] = ()
    stages: tuple[tuple[str, str], ...] = ()


class GateRefusedError(RegistryError):
    """A gated server refused a call.  `said`: what it says of its decision, as plain data."""

    def __init__(self, name: str, message: str, said: Mapping[str, Any]) -> None:
        super().__init__((Diagnostic("GATE408", message, Span(Source(name, ""), 0, 0)),))
        self.said = said


class Connection:
    """MLflow behind an address, `mlflow+http://…` or `mlflow+sqlite:///…`; `root`: what a relative file is relative to.

    Everything raises `UnreachableError` where MLflow does not answer, and `RegistryError` for what it refuses.
    """

    is_gate = False
    """Is this the way of the gate in the server itself."""

    def __init__(self, name: str, root: Path = Path()) -> None:
        self.name, self.root = name, root
        self._fetched: dict[str, Path] = {}

    @cached_property
    def uri(self) -> str:
        """MLflow's own name of the address."""
        uri = self.name.removeprefix(PREFIX)
        start = "sqlite:///"
        if uri.startswith(start) and not uri.startswith(start + "/"):
            return f"{start}{(self.root / uri.removeprefix(start)).resolve()}"
        return uri

    @cached_property
    def mlflow(self) -> Any:
        """MLflow's client; raises `RegistryError` where it is not installed."""
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", RETRIES)
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", WAIT)
        try:
            from mlflow import MlflowClient
        except ImportError:
            raise RegistryError.of(
                "GATE433", "a registry in MLflow needs the extra `mlflow`", self.name, "install `letpass[mlflow]`"
            ) from None
        with self.translating_errors():
            return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    @cached_property
    def registry(self) -> Any:
        """MLflow's registry as its store has it: its own client has no model that bears the tag of a prompt, whoever set that."""
        with self.translating_errors():
            return self.mlflow._get_registry_client()  # noqa: SLF001 - MLflow has no public way to it

    @contextmanager
    def translating_errors(self) -> Iterator[None]:
        """A block in which errors of MLflow's client are raised as `UnreachableError` or `RegistryError`."""
        try:
            yield
        except LetpassError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, MLflow did not answer as it should
            raise self._error(error) from None

    def _error(self, error: Exception) -> Exception:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        body = getattr(error, "json", None)
        if isinstance(body, dict) and isinstance(body.get("letpass"), dict):
            if body["letpass"].get("code") == OVERTAKEN:
                why = first.partition("gate: ")[2] or first
                return UnreachableError.of(OVERTAKEN, why, self.name, "look again, and try again")
            return GateRefusedError(self.name, first.partition("gate: ")[2] or first, body["letpass"])
        code = getattr(error, "error_code", None)
        if code in {"PERMISSION_DENIED", "UNAUTHENTICATED"}:
            return RegistryError.of(
                "GATE433", f"MLflow refuses it: {first}", self.name, "see who you are to it: MLFLOW_TRACKING_USERNAME"
            )
        status = getattr(getattr(error, "response", None), "status_code", 0)
        refuses = 400 <= status < 500 and status not in LATER  # what the server of artifacts says, without a code
        if refuses or code in {"INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS", *GONE}:
            return RegistryError.of("GATE433", f"MLflow refuses it: {first}", self.name)
        return UnreachableError.of(
            OUT_OF_REACH, f"MLflow does not answer: {first[:1].lower()}{first[1:]}", self.name, "is it running?"
        )

    def _there(self, ask: Callable[[], Any]) -> Any:
        """What is asked for, None where MLflow says that there is no such thing."""
        with self.translating_errors():
            try:
                return ask()
            except Exception as error:
                if getattr(error, "error_code", None) in GONE:
                    return None
                if getattr(error, "error_code", None) == "INVALID_PARAMETER_VALUE" and "alias" in str(error):
                    return None
                raise

    # ------------------------------------------------------------ the registry

    def version(self, model: str, version: str) -> Any:
        """A version, None where there is none."""
        return self._there(lambda: self.registry.get_model_version(model, version))

    def by_alias(self, model: str, alias: str) -> Any:
        """The version that an alias names, None where there is none."""
        return self._there(lambda: self.registry.get_model_version_by_alias(model, alias))

    def registered(self, model: str) -> bool:
        """Is there a model of this name."""
        return self._there(lambda: self.registry.get_registered_model(model)) is not None

    def marked(self, model: str) -> bool | None:
        """Does a registered model bear the tag of a prompt; None where there is no such model."""
        found = self._there(lambda: self.registry.get_registered_model(model))
        # its public tags leave that one out
        return None if found is None else dict(found._tags).get(IS_PROMPT) == "true"  # noqa: SLF001

    def model(self, model: str) -> Held:
        """Who holds what of a model, all told at once; nobody where there is no such model."""
        found = self._there(lambda: self.registry.get_registered_model(model))
        if found is None:
            return Held()
        stages = {str(v.version): str(v.current_stage or "None") for v in found.latest_versions or ()}
        return Held(tuple((str(a), str(v)) for a, v in found.aliases.items()), tuple(stages.items()))

    def tags(self, model: str, ending: str) -> Iterator[tuple[str, str, str]]:
        """The tags of all versions of a model whose keys end so: the version's number, the key and the value."""
        for version in self.versions(model):
            for key, value in sorted(dict(version.tags).items()):
                if key.endswith(ending):
                    yield str(version.version), key, str(value)

    def forget(self) -> None:
        """Forget answers, so that MLflow is asked anew."""

    def begun(self) -> int:
        """When MLflow made its first experiment, in milliseconds; 0 where it does not tell."""
        with self._default_workspace():
            found = self._there(lambda: self.mlflow.get_experiment("0"))
        return int(getattr(found, "creation_time", None) or 0)

    def workspace(self) -> str:
        """The workspace that is asked, nothing for the default one, or where MLflow has none."""
        try:
            from mlflow.environment_variables import MLFLOW_ENABLE_WORKSPACES
            from mlflow.utils.workspace_context import get_request_workspace
        except ImportError:  # MLflow is not installed, or knows no workspaces
            return ""
        # a server without workspaces refuses who names one; a database would not
        asked = self.is_gate or not self.remote
        if asked and not MLFLOW_ENABLE_WORKSPACES.get():
            return ""
        found = get_request_workspace() or DEFAULT
        return "" if found == DEFAULT else found

    @contextmanager
    def _default_workspace(self) -> Iterator[None]:
        """What is asked for is the default workspace's: MLflow's first experiment is there."""
        if not self.workspace():
            yield
            return
        from mlflow.utils import workspace_context

        token = workspace_context._WORKSPACE.set(DEFAULT)  # noqa: SLF001 - its own setters write the environment too
        try:
            yield
        finally:
            workspace_context._WORKSPACE.reset(token)  # noqa: SLF001

    def versions(self, model: str = "") -> list[Any]:
        """All versions of a model, or of every one, in order; each as it is asked for by itself, with its aliases."""
        found: dict[str, dict[int, Any]] = {model: {}} if model else {}
        whole = set[str]()  # names of which a search has found every version
        for prompts in (False, True):
            for version in self._searched(model, prompts=prompts):
                if not model or version.name == model:
                    found.setdefault(version.name, {})[int(version.version)] = version
                    whole |= set() if prompts else {version.name}
        for name, versions in found.items():
            registered = self._there(partial(self.registry.get_registered_model, name))
            if registered is None:
                continue
            if name not in whole:  # one version that bears the tag of a prompt hides the others too
                latest = max((int(v.version) for v in registered.latest_versions or ()), default=0)
                asked = {n: self.version(name, str(n)) for n in range(1, latest + 1) if n not in versions}
                versions |= {n: version for n, version in asked.items() if version is not None}
            for version in versions.values():
                version.aliases = []
            for alias, number in registered.aliases.items():
                if int(number) in versions:
                    versions[int(number)].aliases.append(alias)
        return [found[name][number] for name in sorted(found) for number in sorted(found[name])]

    def models(self) -> set[str]:
        """The names of the models that have versions."""
        return {v.name for prompts in (False, True) for v in self._searched(prompts=prompts)}

    def _searched(self, model: str = "", *, prompts: bool = False) -> Iterator[Any]:
        """What a search of MLflow's finds, among others where a filter cannot hold the name of a model.

        It leaves out every version of a name, as soon as one bears the tag of a prompt; `prompts`: those that bear it.
        """
        plain = bool(model) and not set(model) & set("'\"\\%")
        wanted = [*([f"name='{model}'"] if plain else []), *([f"tag.`{IS_PROMPT}` = 'true'"] if prompts else [])]
        token = None
        with self.translating_errors():
            while True:
                page = self.registry.search_model_versions(" AND ".join(wanted), max_results=1000, page_token=token)
                yield from page
                token = page.token
                if not token:
                    return

    def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Set a tag of a version; raises `UnreachableError` or `RegistryError`, as all calls to the server do."""
        with self.translating_errors():
            self.registry.set_model_version_tag(model, version, key, value)

    def delete_tag(self, model: str, version: str, key: str) -> None:
        """Take a tag off a version."""
        with self.translating_errors():
            self.registry.delete_model_version_tag(model, version, key)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Let an alias of a model mean a version."""
        with self.translating_errors():
            self.registry.set_registered_model_alias(model, alias, version)

    def delete_alias(self, model: str, alias: str) -> None:
        """Take an alias from a model."""
        with self.translating_errors():
            self.registry.delete_registered_model_alias(model, alias)

    def transition(self, model: str, version: str, stage: str, *, archive: bool) -> None:
        """Bring a version into one of MLflow's own stages.  `archive`: those that hold it leave it."""
        import warnings

        with self.translating_errors(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # MLflow calls its stages deprecated, and keeps them
            self.registry.transition_model_version_stage(model, version, stage, archive_existing_versions=archive)

    def gate(self) -> Mapping[str, Any] | None:
        """What the gate in the server says of itself, None where there is none."""
        try:
            with self.translating_errors():
                self.registry.get_registered_model(PROBE)
        except GateRefusedError as found:
            return found.said
        except LetpassError as error:
            if error.diagnostics[0].code == "GATE433":
                return None
            raise
        return None

    # ------------------------------------------------------------ what versions were made of

    def location(self, version: Any) -> str:
        """Where MLflow serves a version's files from: fixed when it was registered, of a copy too."""
        name, number = version.name, str(version.version)
        return str(
            self._there(lambda: self.registry.get_model_version_download_uri(name, number)) or version.source or ""
        )

    def logged_model(self, id_: str) -> Any:
        """A logged model, None where there is none."""
        return self._there(lambda: self.mlflow.get_logged_model(id_))

    def run(self, id_: str | None) -> Run | None:
        """A run, deleted ones too; None where there is none."""
        found = self._there(lambda: self.mlflow.get_run(id_)) if id_ else None
        if found is None:
            return None
        run = answers.run_of(found)
        evaluates = run.tags.get(mlflow_judged.RUN_TYPE) == mlflow_judged.EVALUATION
        return replace(run, cases=self._cases(run)) if evaluates else run

    def _cases(self, run: Run) -> Cases:
        """The cases of an evaluation: its traces, with what was said of each."""
        infos, token = list[Any](), None
        while len(infos) <= mlflow_judged.MOST:
            found, token = self.traces(run.experiment, f"attributes.run_id = '{run.id}'", token)
            infos += found
            if not token:
                break
        return mlflow_judged.cases(
            infos[: mlflow_judged.MOST], run.id, whole=not token and len(infos) <= mlflow_judged.MOST
        )

    def traces(self, experiment: str, filter_: str, token: str | None) -> tuple[Sequence[Any], str | None]:
        """A page of what MLflow knows of traces, without their spans, and where the next one begins."""
        with self.translating_errors():
            page = self.mlflow.search_traces(
                locations=[experiment], filter_string=filter_, max_results=_PAGE, page_token=token, include_spans=False
            )
        return [trace.info for trace in page], page.token or None

    def history(self, run: str, key: str) -> Sequence[Any]:
        """All values of a metric that a run has logged; none where there is no such run."""
        return self._there(lambda: self.mlflow.get_metric_history(run, key)) or ()

    def runs(self, has: Callable[[str], bool] = lambda _: True) -> Iterator[Run]:
        """All runs of all experiments, or of those whose ids `has` says, deleted ones too, the newest first."""
        with self.translating_errors():
            from mlflow.entities import ViewType

            experiments, token = list[Any](), None
            while True:
                found = self.mlflow.search_experiments(view_type=ViewType.ALL, page_token=token)
                experiments += [e.experiment_id for e in found if has(str(e.experiment_id))]
                token = found.token
                if not token:
                    break
            token = None
            while experiments:
                page = self.mlflow.search_runs(
                    experiments, run_view_type=ViewType.ALL, max_results=1000, page_token=token,
                    order_by=["attributes.start_time DESC"],
                )  # fmt: skip
                yield from map(answers.run_of, page)
                token = page.token
                if not token:
                    return

    # ------------------------------------------------------------ artifacts

    def fetched(self, uri: str) -> Path | None:
        """Where the files of an artifact are: as they lie here, or fetched once; None where there are none."""
        if not uri or uri in SOURCES:  # a prompt has no files
            return None
        here = Path(uri.removeprefix("file://"))
        if here.is_absolute() and here.exists():
            return here
        if uri.startswith(PROXIED) and not self._hands_out:
            return None
        if uri not in self._fetched:
            folder = tempfile.mkdtemp(prefix="letpass-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            with self.translating_errors():
                self.download(uri, folder)
            Path(folder, answers.META).unlink(missing_ok=True)
            self._fetched[uri] = Path(folder)
        where = self._fetched[uri]
        return where if where.is_file() or any(where.iterdir()) else None

    def keep(self, uri: str, name: str, content: bytes) -> None:
        """Keep what the registry itself holds as the file of an artifact, so that it is fetched from here."""
        folder = tempfile.mkdtemp(prefix="letpass-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._fetched[uri] = Path(folder, name)
        self._fetched[uri].write_bytes(content)

    def download(self, uri: str, folder: str) -> None:
        """Fetch the files of an artifact into a folder."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        self.mlflow  # noqa: B018 - it sets what MLflow's own requests go by
        get_artifact_repository(uri, tracking_uri=self.uri, registry_uri=self.uri).download_artifacts("", folder)

    @property
    def _hands_out(self) -> bool:
        """Can what a server of MLflow hands out be asked for: a database alone does not have it."""
        return self.remote

    @property
    def remote(self) -> bool:
        """Is MLflow asked over the network, so that its server makes what is asked for."""
        return self.uri.startswith("http")


PROBE = "letpass.gate.judgement"
"""A registered model that never is: a gated server answers for it with what it is."""
DOCTOR = "letpass-doctor-"
"""How the names of models begin that are made to see whether the gate is in the way: they are never moved."""
