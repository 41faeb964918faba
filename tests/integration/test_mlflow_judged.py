"""What `mlflow.genai.evaluate` measures by a judge: its cases, its judge, and the cases that it leaves out of its mean."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from letpass.facts.record import Element, Record
from letpass.registries.mlflow_registry import MlflowRegistry
from tests.integration import mlflow as mlflows
from tests.integration.test_mlflow_gate import refused

POLICY = """policy judged: "Judged"
  on promotion to production
metric correct: ratio, higher is better, on "dataset", recorded as "correct/mean"
require right: correct >= 70%
"""


@pytest.fixture(name="project", autouse=True)
def _project(gated: mlflows.Server) -> Path:
    return mlflows.configured(gated, POLICY)


def evaluated(gated: mlflows.Server, cases: int, broken: int = 0) -> tuple[Any, str]:
    """A new version that was evaluated in a process of its own, and the name of its model."""
    client, name = gated.client(), f"answers-{uuid.uuid4().hex[:8]}"
    made = mlflows.version(client, name, {"loss": 0.5})
    script = Path(__file__).parent / "evaluate_genai.py"
    environment = {**os.environ, "MLFLOW_TRACKING_URI": gated.uri, "MLFLOW_EXPERIMENT_NAME": name}
    command = [sys.executable, "-P", str(script), made.logged, str(cases), str(broken)]
    done = subprocess.run(
        command, env=environment, cwd=gated.folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return client, name


def record(gated: mlflows.Server, name: str) -> Record:
    return MlflowRegistry(f"mlflow+{gated.uri}", {}).find(f"{name}@1")


def metric(found: Record, name: str) -> Mapping[str, Any] | Element:
    (piece,) = found.measures["metrics", name]
    return piece


def test_a_judged_result_has_its_cases_and_its_judge(gated: mlflows.Server) -> None:
    """`at 95% confidence` and `corrected for its judge` ask for them, and MLflow's mean has neither."""
    client, name = evaluated(gated, 20)

    found = record(gated, name)
    right, long = metric(found, "correct/mean"), metric(found, "length/mean")

    assert (right["value"], right["samples"], right["successes"]) == (0.8, 20, 16)
    assert right["judge"]["model"] == "openai:/judge-1"
    assert right["data_set"] == "dataset"
    assert {"cases", "right"} <= right["outcomes"].keys()
    assert ("judge" in long, "successes" in long, long["samples"]) == (False, False, 20)
    client.set_registered_model_alias(name, "production", "1")


def test_cases_on_which_the_judge_broke_are_not_left_out(gated: mlflows.Server) -> None:
    """MLflow's mean is of those that are left: 14 of 16 are right, and 4 of 20 nobody knows."""
    client, name = evaluated(gated, 20, broken=4)

    piece = metric(record(gated, name), "correct/mean")

    assert "value" not in piece
    assert "of 16 of 20 cases" in piece["@bad"]["value"].written
    status, body = refused(lambda: client.set_registered_model_alias(name, "production", "1"))
    assert (status, "of 16 of 20 cases" in str(body)) == (403, True)
