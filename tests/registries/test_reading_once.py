"""A folder is read once per command, however many versions of a model are asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from letpass.cli.main import run
from letpass.registries import walking

POLICY = """policy gate: "Gate"
  on promotion to production
require no-regression: accuracy >= champion.accuracy
  when there is a champion
"""


def _project(versions: int) -> None:
    Path("policies").mkdir()
    Path("policies/gate.policy").write_text(POLICY)
    folder = Path("models/m")
    folder.mkdir(parents=True)
    for n in range(1, versions + 1):
        (folder / f"{n}.yaml").write_text(
            f'model: m\nversion: "{n}"\nmetrics: {{accuracy: {{value: 0.{n}, data_set: h}}}}\n'
        )
    (folder / "state.yaml").write_text("'1': {stage: production}\n")


def test_siblings_are_read_once_for_all_versions_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each version asks who holds the stage, and the model's folder is read for that once, not once a version."""
    monkeypatch.chdir(tmp_path)
    _project(9)
    walked: Counter[str] = Counter()
    walk = walking.walk

    def counted(folder: Path, **how: Any) -> Iterator[Any]:
        walked[str(folder)] += 1
        return walk(folder, **how)

    monkeypatch.setattr(walking, "walk", counted)

    assert run(["check", "models", "--to", "production", "-q"]) == 3
    assert walked == {"models": 1, "models/m": 1}


def test_a_move_sees_who_came_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before is not believed when a version moves: the folder is read again under its lock."""
    monkeypatch.chdir(tmp_path)
    _project(2)
    from letpass.diagnostics import UnreachableError
    from letpass.move import Stage
    from letpass.registries.folder import Folder
    from letpass.registries.interface import Change

    folder = Folder(Path("models"), "models", {})
    two = folder.find("m@2")
    assert getattr(folder.holder(two, Stage("production")), "name", None) == "m@1"

    Path("models/m/3.yaml").write_text('model: m\nversion: "3"\n')
    Path("models/m/state.yaml").write_text("'3': {stage: production}\n")

    with pytest.raises(UnreachableError, match="was held by 1, and is not any more"):
        folder.move(two, Change(Stage("production"), ("1",)))
