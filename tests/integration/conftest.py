"""Real parts: large data beside the checkout, servers of PostgreSQL, MLflow and Prometheus, OpenSSH's programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.integration import mlflow as mlflows
from tests.integration import postgres, prometheus

SHARED = Path(os.environ.get("LETPASS_SHARED", Path(__file__).parents[2].parent / "shared"))


@pytest.fixture(name="zoo", scope="session")
def _zoo() -> Path:
    """The folder of 1763 published models: in `LETPASS_SHARED`, else in `shared/` beside the checkout."""
    folder = SHARED / "data" / "openmmlab-model-index"
    if not folder.is_dir():
        pytest.skip("the published models are not here: name their folder in LETPASS_SHARED")
    return folder


@pytest.fixture(name="server", scope="session")
def _server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for all tests of a process."""
    if postgres.programs() is None:
        pytest.skip("there is no PostgreSQL server: install Debian's package postgresql")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    server = postgres.Server()
    yield server
    server.end()


@pytest.fixture(name="address", params=["sqlite", "postgres"])
def _address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a new ledger, on each kind of store."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return _fresh(request.getfixturevalue("server"))


_numbers = count()


def _fresh(server: postgres.Server) -> str:
    return server.fresh(f"ledger{os.getpid()}_{next(_numbers)}")


@pytest.fixture(name="database")
def _database(server: postgres.Server) -> Callable[[], str]:
    """Addresses of new, empty databases."""
    return lambda: _fresh(server)


@pytest.fixture(name="openssh", scope="session")
def _openssh() -> str:
    """Stock `ssh-keygen`."""
    found = shutil.which("ssh-keygen")
    if found is None:
        pytest.skip("there is no ssh-keygen: install Debian's package openssh-client")
    return found


def _mlflow_here() -> None:
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")


@pytest.fixture(name="mlflow", scope="session")
def _mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """An MLflow server without a gate, for all tests of a process."""
    _mlflow_here()
    server = mlflows.Server(tmp_path_factory.mktemp("mlflow"))
    yield server
    server.stop()


@pytest.fixture(name="gated", scope="session")
def _gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """An MLflow server with the gate before its registry, for all tests of a process."""
    _mlflow_here()
    server = mlflows.Server(tmp_path_factory.mktemp("gated"), gated=True)
    yield server
    server.stop()


@pytest.fixture(name="monitoring", scope="session")
def _monitoring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[prometheus.Server]:
    """A Prometheus server that watches a model, for all tests of a process."""
    if prometheus.program() is None:
        pytest.skip("there is no Prometheus: install Debian's package prometheus")
    with prometheus.serving(prometheus.Model().metrics) as target:
        server = prometheus.Server(tmp_path_factory.mktemp("prometheus"), target)
        yield server
        server.stop()


@pytest.fixture(name="call")
def _call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: exit code, standard output, standard error."""
    from letpass.cli.main import run

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()  # what others have printed
        return int(run(list(arguments))), *capsys.readouterr()

    return call


@pytest.fixture(name="elsewhere")
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the working directory."""
    for name in [n for n in os.environ if n.startswith("LETPASS_") or n in {"NO_COLOR", "FORCE_COLOR"}]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path
