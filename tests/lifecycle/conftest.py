"""A small project with a folder registry, whose versions move without people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from letpass.ledger import history
from letpass.ledger.history import Step
from letpass.ledger.log import Ledger
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.cli import conftest as cli
from tests.cli.conftest import Call, write

ROOT = cli.ROOT
_office_once, _office, _call = cli._office_once, cli._office, cli._call

PROMOTION = """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.9
"""
RECORD = """# what was measured in {year}
model: fraud
version: '{version}'
author: anna@corp.example
metrics: {{accuracy: {accuracy}}}  # on the holdout
artifact: {{uri: fraud-{version}.onnx}}
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of three versions: 1 and 2 are good, 3 is not.  It is the working directory."""
    import os

    for name in [n for n in os.environ if n.startswith("LETPASS_") or n in {"NO_COLOR", "FORCE_COLOR"}]:
        monkeypatch.delenv(name)
    write(tmp_path / "policies/gate.policy", PROMOTION)
    for version, accuracy in ((1, 0.95), (2, 0.97), (3, 0.5)):
        write(tmp_path / f"fraud-{version}.onnx", f"bytes {version}")
        write(
            tmp_path / f"models/fraud/{version}.yaml",
            RECORD.format(version=version, accuracy=accuracy, year=2020 + version),
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(folder: Path) -> dict[str, dict[str, object]]:
    """What the model's state file says."""
    path = folder / "models/fraud/state.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def steps() -> list[Step]:
    """The moves in the ledger of the working directory."""
    project = Project(load())
    ledger = project.ledger.reader()
    return history.steps(ledger.about("fraud", registry=project.names.scope)) if ledger is not None else []


def dies_before_done(patch: pytest.MonkeyPatch) -> None:
    """Let the process end right before it logs that a move was made."""
    real = Ledger.append

    def dies(self: Ledger, new: Any, *args: Any, **kwargs: Any) -> Any:
        if any(e.data.get("state") == "done" for e in new):
            raise KeyboardInterrupt
        return real(self, new, *args, **kwargs)

    patch.setattr(Ledger, "append", dies)


def kinds() -> list[str]:
    """The kinds of entries in the ledger, in order."""
    ledger = Project(load()).ledger.reader()
    return [e.entry.kind for e in ledger.entries()] if ledger is not None else []


__all__ = ["PROMOTION", "RECORD", "ROOT", "Call", "dies_before_done", "kinds", "state", "steps", "write"]
