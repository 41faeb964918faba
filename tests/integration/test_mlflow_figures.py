"""The figures about MLflow can be taken: their short form runs here, and says nothing about time."""

from __future__ import annotations

import pytest

from tests.benchmarks import mlflow as figures
from tests.integration import mlflow as mlflows


def test_both_figures_are_taken_as_ratios(
    mlflow: mlflows.Server, gated: mlflows.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in a line with what it is beside."""
    (gated.folder / "policy.toml").write_text(f'registry = "mlflow+{gated.uri}"\n')
    (gated.folder / "policies").mkdir(exist_ok=True)
    for path in (gated.folder / "policies").glob("*"):
        path.unlink()
    (gated.folder / "policies/gate.policy").write_text(figures.POLICY)

    figures.moves(mlflow, gated, 1)
    figures.reading(mlflow, 1)

    lines = [line for line in capsys.readouterr().out.splitlines() if " x " in line]
    assert [line.partition(" x ")[2] for line in lines] == ["the plain one", "asking for its run"]
