"""A gated MLflow server for the ways round it: one for all, and one whose tables are spoilt, with its project as each test begins."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.integration import mlflow as mlflows
from tests.integration.test_mlflow_gate import held

POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.9
require no-worse: accuracy >= champion.accuracy - 1 point when there is a champion
require same: artifact.digest is computed
"""
SETTINGS = '[aliases]\nproduction = ["champion"]\n'


@pytest.fixture(name="gated", scope="module")
def served(served_once: mlflows.Server) -> mlflows.Server:
    """An MLflow server with the gate before its registry, whose databases nobody touches."""
    return served_once


@pytest.fixture(name="gated", scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """One of a file of tests that write into its databases."""
    yield from started(tmp_path_factory.mktemp("spoilt"))


def started(folder: Path) -> Iterator[mlflows.Server]:
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    server = mlflows.Server(folder, gated=True)
    yield server
    server.stop()


@pytest.fixture(name="project")
def configured(gated: mlflows.Server) -> Path:
    """The server's own project, as each test begins."""
    return mlflows.configured(gated, POLICY, SETTINGS)


@pytest.fixture(name="client")
def unmodified(gated: mlflows.Server, project: Path) -> Any:
    """MLflow's own client, which knows nothing of a gate."""
    return gated.client()


@pytest.fixture(name="name")
def named() -> str:
    """The name of a new model."""
    return f"fraud-{uuid.uuid4().hex[:8]}"


def standing(client: Any, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Who holds which alias of a model, and MLflow's own stage of each version that has one."""
    found = client.search_model_versions(f"name='{name}'")
    return held(client, name), {str(v.version): v.current_stage for v in found if v.current_stage != "None"}


def in_production(folder: Path, name: str) -> list[str]:
    """Who is in production now, by the ledger of a server's project."""
    past = Project(load(folder)).past(name)
    return [s.version.partition("~")[0] for s in past.stays if s.stage == Stage("production") and s.until is None]


def answer(ask: Callable[[], object]) -> int:
    """The status of a call of MLflow's client."""
    from mlflow.exceptions import MlflowException

    try:
        ask()
    except MlflowException as error:
        return error.get_http_status_code()
    return 200
