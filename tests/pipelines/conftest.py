"""The origin that every simulated job checks out, made once, and the programs that its machine has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.pipelines import server


@pytest.fixture(name="origin", scope="session")
def _origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if missing := [name for name in ("git", "bash", "sh") if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)} are not on this machine")
    return server.origin(tmp_path_factory.mktemp("origin"))


@pytest.fixture(name="checkout")
def _checkout(origin: Path, tmp_path: Path) -> Path:
    """The pull request, as a build server checks it out."""
    return server.checkout(origin, tmp_path / "checkout")


@pytest.fixture(name="tools")
def _tools(tmp_path: Path) -> Path:
    """A folder of programs: the gate itself, and a Python that makes environments at once."""
    folder = tmp_path / "tools"
    server.policy_program(folder)
    server.python_program(folder)
    return folder
