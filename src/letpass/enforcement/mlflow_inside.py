"""The way to MLflow's data from inside its server: its stores, without a request to itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from letpass.enforcement.mlflow_tables import Tables
from letpass.registries.mlflow_connection import PROXIED, Connection, Held
from letpass.registries.mlflow_record import Run

_PAGE = 500  # traces that are asked for at once


class _Stores:
    """The calls of MLflow's client that reading and moving need, on the ungated store and the tracking store."""

    def __init__(self, store: Any, base: Any, tracking_uri: str) -> None:
        self._store, self._base, self._tracking_uri = store, base, tracking_uri

    def __getattr__(self, name: str) -> Any:
        """A method of the registry store, past the gate."""
        method = getattr(self._base, name)
        return lambda *args, **kwargs: method(self._store, *args, **kwargs)

    def transition_model_version_stage(
        self, name: str, version: str, stage: str, archive_existing_versions: bool
    ) -> Any:
        """With the version as a number: MLflow's own query compares it with numbers, which PostgreSQL's drivers take to the letter."""
        return self._base.transition_model_version_stage(
            self._store, name, int(version), stage, archive_existing_versions
        )

    def search_model_versions(self, filter_string: str, max_results: int, page_token: str | None) -> Any:
        return self._base.search_model_versions(self._store, filter_string or None, max_results, None, page_token)

    def set_model_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        from mlflow.entities.model_registry import ModelVersionTag

        self._base.set_model_version_tag(self._store, name, version, ModelVersionTag(key, value))

    @cached_property
    def tracking(self) -> Any:
        """The tracking store of the server, else MLflow's client outside of one."""
        if inside():
            from mlflow.server import handlers

            return handlers._get_tracking_store()  # noqa: SLF001
        from mlflow.tracking._tracking_service.utils import _get_store

        return _get_store(self._tracking_uri)

    def get_experiment(self, experiment_id: str) -> Any:
        return self.tracking.get_experiment(experiment_id)

    def get_run(self, run_id: str) -> Any:
        return self.tracking.get_run(run_id)

    def get_logged_model(self, model_id: str) -> Any:
        return self.tracking.get_logged_model(model_id)

    def get_metric_history(self, run_id: str, key: str) -> Any:
        return self.tracking.get_metric_history(run_id, key)


class StoreConnection(Connection):
    """MLflow's data as the gated store sees them.

    What is asked is asked once, until it is to be looked at again (`forget`), or something is written.
    """

    is_gate = True

    def __init__(self, store: Any, base: Any, tracking_uri: str, *, remote: bool = False) -> None:
        """`remote`: the store behind is another server's."""
        super().__init__("mlflow+store")
        self._remote = remote
        self._stores = _Stores(store, base, tracking_uri)
        self._tables = Tables.of(store, base)
        self._asked: dict[tuple[str, ...], Any] = {}

    @property
    def mlflow(self) -> Any:
        return self._stores

    @property
    def registry(self) -> Any:
        return self._stores

    @property
    def remote(self) -> bool:
        return self._remote

    def gate(self) -> None:
        """This is the gate; behind it there is none."""

    def version(self, model: str, version: str) -> Any:
        return self._once(("version", model, version), lambda: self._version(model, version))

    def _version(self, model: str, version: str) -> Any:
        if self._tables is not None:
            with self.translating_errors():
                found = self._tables.version(model, version)
            if found is not None:
                return found
        return super().version(model, version)  # MLflow says itself that there is none

    def model(self, model: str) -> Held:
        found: Held = self._once(("model", model), lambda: self._model(model))
        return found

    def _model(self, model: str) -> Held:
        if self._tables is None:
            return super().model(model)
        with self.translating_errors():
            return self._tables.held(model) or Held()

    def marked(self, model: str) -> bool | None:
        if self._tables is None:
            return super().marked(model)
        with self.translating_errors():
            return self._tables.marked(model)

    def tags(self, model: str, ending: str) -> Iterator[tuple[str, str, str]]:
        if self._tables is None:
            yield from super().tags(model, ending)
            return
        with self.translating_errors():
            yield from self._tables.tags(model, ending)

    def location(self, version: Any) -> str:
        ask = super().location
        return str(self._once(("location", version.name, str(version.version)), lambda: ask(version)))

    def logged_model(self, id_: str) -> Any:
        ask = super().logged_model
        return self._once(("logged model", id_), lambda: ask(id_))

    def run(self, id_: str | None) -> Run | None:
        ask = super().run
        found: Run | None = self._once(("run", id_ or ""), lambda: ask(id_))
        return found

    def traces(self, experiment: str, filter_: str, token: str | None) -> tuple[Sequence[Any], str | None]:
        with self.translating_errors():
            found, after = self._stores.tracking.search_traces(
                [experiment], filter_string=filter_, max_results=_PAGE, page_token=token
            )
        return found, after or None

    def history(self, run: str, key: str) -> Sequence[Any]:
        ask = super().history
        found: Sequence[Any] = self._once(("history", run, key), lambda: ask(run, key))
        return found

    def _once(self, key: tuple[str, ...], ask: Callable[[], Any]) -> Any:
        if key not in self._asked:
            self._asked[key] = ask()
        return self._asked[key]

    def forget(self) -> None:
        self._asked.clear()

    def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        self.forget()
        super().set_tag(model, version, key, value)

    def delete_tag(self, model: str, version: str, key: str) -> None:
        self.forget()
        super().delete_tag(model, version, key)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        self.forget()
        super().set_alias(model, alias, version)

    def delete_alias(self, model: str, alias: str) -> None:
        self.forget()
        super().delete_alias(model, alias)

    def transition(self, model: str, version: str, stage: str, *, archive: bool) -> None:
        self.forget()
        super().transition(model, version, stage, archive=archive)

    @property
    def _hands_out(self) -> bool:
        return True

    def download(self, uri: str, folder: str) -> None:
        """Fetch an artifact; what the server itself hands out it takes from where it keeps it."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
        from mlflow.store.artifact.runs_artifact_repo import RunsArtifactRepository

        if RunsArtifactRepository.is_runs_uri(uri) and inside():
            uri = RunsArtifactRepository.get_underlying_uri(uri)  # what a client gave may be handed out by this server
        if uri.startswith(PROXIED) and inside():
            from mlflow.server import handlers

            path = uri.removeprefix(PROXIED).lstrip("/")
            handlers._get_artifact_repo_mlflow_artifacts().download_artifacts(path, folder)  # noqa: SLF001
            _lifted(folder, path)
        else:
            get_artifact_repository(uri).download_artifacts("", folder)


def inside() -> bool:
    """Is this MLflow's own server."""
    from mlflow.server import ARTIFACTS_DESTINATION_ENV_VAR, BACKEND_STORE_URI_ENV_VAR

    return BACKEND_STORE_URI_ENV_VAR in os.environ and ARTIFACTS_DESTINATION_ENV_VAR in os.environ


def _lifted(folder: str, path: str) -> None:
    """What was put below its own path stands in the folder itself."""
    inner = os.path.join(folder, path)  # noqa: PTH118 - MLflow's paths are texts
    if path and os.path.isdir(inner):  # noqa: PTH112
        for name in os.listdir(inner):  # noqa: PTH208
            os.rename(os.path.join(inner, name), os.path.join(folder, name))  # noqa: PTH104, PTH118
        os.removedirs(inner)
