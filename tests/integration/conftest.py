"""Real parts: large data beside the checkout, a PostgreSQL server, OpenSSH's programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.integration import postgres

BESIDE = Path(__file__).parents[2].parent / "shared"


@pytest.fixture(name="zoo", scope="session")
def _zoo() -> Path:
    """The folder of 1763 published models: in `ASSAY_SHARED`, else in `shared/` beside the checkout."""
    folder = Path(os.environ.get("ASSAY_SHARED", BESIDE)) / "data" / "openmmlab-model-index"
    if not folder.is_dir():
        pytest.skip("the published models are not here: name their folder in ASSAY_SHARED")
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
