"""Two pages of a gated server for whoever watches it: whether the ledger could be written, and metrics.

Both are routes of MLflow's own application, so that its static prefix, host names and basic authentication hold for them.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from letpass.enforcement import counts, drift
from letpass.enforcement.asked import now
from letpass.enforcement.exposition import CONTENT_TYPE, Family, Sample, text
from letpass.enforcement.watching import Watched
from letpass.events import watch
from letpass.lifecycle import reconciliation
from letpass.lifecycle.differences import Difference, Kind
from letpass.project import configuration as configurations
from letpass.project.contents import own_policies
from letpass.project.project import Project
from letpass.registries.mlflow_registry import MlflowRegistry

READY = "/health/letpass"
"""Below the path that MLflow's basic authentication lets anybody reach: what probes a server has no password."""
METRICS = "/letpass/metrics"
STORE = "_MLFLOW_SERVER_REGISTRY_STORE"
"""The variable in which MLflow's server finds the address of its registry's store."""
PLAIN = "text/plain; charset=utf-8"
_installing = threading.Lock()
_watched = Watched()


def when_it_serves(scheme: str) -> None:
    """Put the pages into MLflow's application before it answers its first request, where its registry's store is a gated one.

    MLflow's application is not there yet when it loads stores, and takes no new routes once it has answered.
    """
    if not os.environ.get(STORE, "").startswith(scheme):
        return
    from flask import appcontext_pushed

    watch.written(os.environ.get(watch.VARIABLE, ""))
    appcontext_pushed.connect(_install)


def _install(sender: Any, **_: Any) -> None:
    from mlflow.server import app
    from mlflow.server.handlers import _add_static_prefix

    if sender is not app:
        return
    with _installing:
        if "letpass_ready" not in app.view_functions:
            app.add_url_rule(_add_static_prefix(READY), "letpass_ready", ready)
            app.add_url_rule(_add_static_prefix(METRICS), "letpass_metrics", metrics)


def ready() -> Any:
    """200 where a decision could be logged now, 503 and a reason where it could not."""
    fault = _watched.fault.answer()
    return _page(f"not ready: {fault}\n" if fault else "ready\n", 503 if fault else 200)


def metrics() -> Any:
    """The metrics; 503 where the workers of this server cannot share what they count."""
    try:
        shared = counts.of_server()
        drift.look(shared, _differences)
        counted = counts.families(shared.read())
    except OSError as error:
        watch.LOGGER.warning("no metrics: %s", error)
        return _page("no metrics: the workers of this server cannot share their counts; its log says why\n", 503)
    readiness = Family("letpass_ready", "gauge", "1 where a decision could be logged now.",
                       (Sample(float(not _watched.fault.answer())),))  # fmt: skip
    return _page(text([*counted, readiness, *_watched.gauges.answer()]), 200, CONTENT_TYPE)


def _page(said: str, status: int, kind: str = PLAIN) -> Any:
    from flask import Response

    return Response(said, status, {"Cache-Control": "no-store"}, content_type=kind)


def _differences() -> Mapping[Kind, int]:
    """How many differences there are of each kind, over all workspaces; raises `LetpassError`."""
    found: Counter[Kind] = Counter()
    for at, workspace in enumerate(_workspaces()):
        with _within(workspace):
            differing = [d.kind for d in _compared()]
        # what left while the ledger was out of reach is kept in one place for all workspaces
        found.update(kind for kind in differing if not at or kind is not Kind.WAITS)
    return found


def _compared() -> list[Difference]:
    from mlflow.server import handlers

    store = handlers._get_model_registry_store()  # noqa: SLF001 - MLflow has no public way to it
    settings = configurations.load()
    registry = MlflowRegistry(settings.registry, settings.stages, connection=store.connection())
    project = Project(settings, registry=registry, memories=_watched.memories)
    return reconciliation.compare(project, own_policies(settings), now())


def _workspaces() -> list[str | None]:
    """The names of the server's workspaces; of one without a name where it has none."""
    from mlflow.environment_variables import MLFLOW_ENABLE_WORKSPACES

    if not MLFLOW_ENABLE_WORKSPACES.get():
        return [None]
    from mlflow.server.workspace_helpers import _get_workspace_store

    return [each.name for each in _get_workspace_store().list_workspaces()]


@contextmanager
def _within(workspace: str | None) -> Iterator[None]:
    from mlflow.utils import workspace_context

    workspace_context.set_server_request_workspace(workspace)
    try:
        yield
    finally:
        workspace_context.clear_server_request_workspace()
