"""Projects that are attacked: each is built once, and every test has a copy of its own to spoil."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import conftest as cli
from tests.cli import office, repository
from tests.cli.conftest import Call, write
from tests.integration import mlflow as mlflows

_project, _call, _spawn, _office_once = cli._project, cli._call, cli._spawn, cli._office_once
TO = ("--to", "production")
PROMOTE = ("promote", "fraud@4", *TO)
VERIFY = ("verify", "models/fraud/4.yaml", *TO, "--artifact", "fraud-4.onnx")
SETTINGS = ("LETPASS_", "GIT_")
"""How the variables begin that would say something else than a test."""


def policy_in(folder: Path, *arguments: str) -> str:
    """Run a command in a folder, as a project's own people would; its output."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return office.policy(*arguments)
    finally:
        os.chdir(before)


@pytest.fixture(name="honest", scope="session")
def _honest(office_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project whose people have signed: version 4 was promoted with their names, and verifies.  Nobody changes it."""
    folder = Path(shutil.copytree(office_once, tmp_path_factory.mktemp("honest") / "project"))
    request = office.request_of(folder)
    for name in ("vera", "vito"):
        policy_in(folder, "sign", request, "--role", "validator", "--key", name)
    policy_in(folder, "sign", "policies", "--role", "policy-owner", "--key", cli.OWN)
    assert "moved: fraud@4 is in production" in policy_in(folder, *PROMOTE)
    assert policy_in(folder, *VERIFY).startswith("VERIFIED")
    return folder


@pytest.fixture(name="signed")
def _signed(honest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project, the working directory and the home of who signs."""
    return entered(Path(shutil.copytree(honest, tmp_path / "signed")), monkeypatch)


@pytest.fixture(name="served", scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without people: 1 (0.95) is champion of production by its gate, 2 (0.5) is worse than what is asked."""
    folder = tmp_path_factory.mktemp("served") / "project"
    write(folder / "policies/gate.policy", COMPARED)
    for version, accuracy in (("1", "0.95"), ("2", "0.5"), ("3", "0.97"), ("4", "0.9")):
        write(folder / f"models/fraud/{version}.yaml", MEASURED.format(version, accuracy))
    assert "moved: fraud@1" in policy_in(folder, "promote", "fraud@1", *TO)
    return folder


@pytest.fixture(name="served_once", scope="session")
def _served_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """The MLflow server of `served.py`."""
    from tests.bypass.served import started

    yield from started(tmp_path_factory.mktemp("mlflow"))


@pytest.fixture(name="gated")
def _gated(served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project, the working directory: 3 (0.97) would be allowed, 4 (0.9) is worse than the champion."""
    return entered(Path(shutil.copytree(served, tmp_path / "gated")), monkeypatch)


@pytest.fixture(name="protected_once", scope="session")
def _protected_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose protected branch has a policy, and 1 in production."""
    folder = tmp_path_factory.mktemp("protected") / "project"
    folder.mkdir()
    repository.protected(folder)
    return folder


@pytest.fixture(name="main")
def _main(protected_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of that repository, the working directory, without settings of this machine's."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = Path(shutil.copytree(protected_once, tmp_path / "main", symlinks=True))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of this machine says anything to the gate."""
    for name in [n for n in os.environ if n.startswith(SETTINGS)]:
        monkeypatch.delenv(name)
    return


def entered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder the working directory and the home."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder / "home"))
    return folder


COMPARED = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout" >= 0.85
require better: accuracy on "holdout" >= champion.accuracy on "holdout"
  when there is a champion
"""
MEASURED = "model: fraud\nversion: '{}'\nmetrics: {{accuracy: {{value: {}, data_set: holdout}}}}\n"

__all__ = ["COMPARED", "MEASURED", "PROMOTE", "TO", "VERIFY", "Call", "entered", "policy_in", "write"]
