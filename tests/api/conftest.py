"""A project whose gate is asked from a program of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli import conftest as cli
from tests.cli.conftest import write

_call, _office, _office_once = cli._call, cli._office, cli._office_once
POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.9
"""
MOVE = "promotion to production"


@pytest.fixture(name="project")
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a registry of three versions; the working directory is elsewhere."""
    for name in [n for n in os.environ if n.startswith("LETPASS_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "project"
    write(folder / "policy.toml", 'registry = "models"\n')
    write(folder / "policies/gate.policy", POLICY)
    for version, accuracy in ((1, "0.95"), (2, "0.5"), (3, "null")):
        text = f"model: fraud\nversion: '{version}'\nmetrics: {{accuracy: {accuracy}}}\n"
        write(folder / f"models/fraud/{version}.yaml", text)
    write(tmp_path / "elsewhere/.keep", "")
    monkeypatch.chdir(tmp_path / "elsewhere")
    return folder
