"""A version of MLflow stays who it was, as far as its record tells; a file that bears its name is none."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from letpass.project.configuration import load
from letpass.project.project import Project
from tests.cli.conftest import write
from tests.cli.test_policy_ref_sources import BROUGHT, opened
from tests.integration import mlflow as mlflows

POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better, on "holdout-2026"
require good: accuracy >= 0.9
require no-worse: accuracy >= champion.accuracy - 10 points
  when there is a champion
"""


@pytest.fixture(name="name")
def _name(elsewhere: Path, mlflow: mlflows.Server) -> str:
    """The name of a model with two good versions, the first of which is registered, decided upon and in production."""
    (elsewhere / "policy.toml").write_text(f'registry = "mlflow+{mlflow.uri}"\n[aliases]\nproduction = ["champion"]\n')
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    name = f"fraud-{uuid.uuid4().hex[:8]}"
    for _ in range(2):
        mlflows.version(mlflow.client(), name, {"accuracy": 0.95}, tags={"risk": "high", "team": "fraud"})
    return name


def held(call: Any, version: str) -> tuple[int, list[str], str]:
    """The code of a check, what differs, and how the champion is known."""
    code, out, _ = call("check", version, "--to", "production", "-o", "json")
    decision = json.loads(out)["decision"]
    return code, [h["what"] for h in decision.get("holds", []) if h["code"] == "GATE418"], decision["tenure"]["known"]


def test_a_version_of_mlflow_stays_who_it_was(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """Labels come and go, evidence is added; a field that was changed, and a parameter that was added, are differences."""
    client = mlflow.client()
    assert call("register", f"{name}@1")[0] == 0
    assert call("promote", f"{name}@1", "--to", "production")[0] == 0
    assert held(call, f"{name}@1")[:2] == (0, [])
    assert held(call, f"{name}@2") == (0, [], "holds")

    client.set_model_version_tag(name, "1", "team", "sales")
    client.set_model_version_tag(name, "1", "metrics", json.dumps({"recall": {"value": 0.8}}))
    client.set_model_version_tag(name, "1", "facts.domain", "credit")
    assert held(call, f"{name}@1")[:2] == (0, [])
    assert held(call, f"{name}@2") == (0, [], "holds")

    client.set_model_version_tag(name, "1", "risk", "low")
    code, what, _ = held(call, f"{name}@1")
    assert (code, "`risk` was `high` when entry " in what[0], what[0].endswith("and is `low`")) == (3, True, True)
    assert held(call, f"{name}@2")[::2] == (3, "unknown")
    client.set_model_version_tag(name, "1", "risk", "high")
    assert held(call, f"{name}@2") == (0, [], "holds")

    client.log_param(client.get_model_version(name, "1").run_id, "late", "1")
    code, what, _ = held(call, f"{name}@1")
    assert (code, "`hyperparameters.late` was nothing when entry " in what[0]) == (3, True)


def test_a_file_that_bears_the_name_of_a_version_of_mlflow_is_none(
    mlflow: mlflows.Server, name: str, call: Any
) -> None:
    """What the registry says is judged, whatever else is said under its name."""
    record = Project(load()).registry.find(f"{name}@1")
    assert record.document is not None
    data = record.document.data
    path = Path("copy.json")
    path.write_text(record.document.source.text)
    code, out, _ = call("check", "copy.json", "--to", "production", "-o", "json")
    assert (code, json.loads(out)["inputs"]["record"]["name"]) == (0, f"mlflow+{mlflow.uri}#{name}@1")

    for change, told in (
        ({"risk": "low"}, "`risk` is `low` here"),
        ({"stage": "production"}, "`stage` is `production` here, and nothing"),
    ):
        path.write_text(json.dumps({**data, **change}))
        code, out, err = call("check", "copy.json", "--to", "production")
        assert (code, out, told in err, "GATE309" in err) == (2, "", True, True)
    path.write_text(json.dumps({**data, "version": "9", "stage": "staging"}))
    code, out, _ = call("check", "copy.json", "--to", "production")
    assert "the record sets `stage` itself, and the registry has no" in " ".join(out.split())


def test_no_command_makes_another_version_of_one(name: str, call: Any, elsewhere: Path) -> None:
    """Evidence is added to the tags; what would say who the version is, is refused."""
    (elsewhere / "more.yaml").write_text("suites: [{name: smoke, passed: true, ran_at: 2026-11-01}]\n")
    assert call("check", f"{name}@1", "--to", "production", "--log")[0] == 0
    assert call("evidence", "add", f"{name}@1", "more.yaml", "--from", "record")[0] == 0
    assert held(call, f"{name}@1")[:2] == (0, [])
    (elsewhere / "more.yaml").write_text("data: [{name: other}]\n")
    code, _, err = call("evidence", "add", f"{name}@1", "more.yaml", "--from", "record")
    assert (code, "`data` says who" in err) == (2, True)


def test_the_libraries_that_reach_a_server_read_nothing_of_the_working_directory(
    mlflow: mlflows.Server, name: str, database: Callable[[], str], elsewhere: Path
) -> None:
    """Neither MLflow's client nor PostgreSQL's: no environment file, password, service or module that lies there."""
    brought = {n: t for what in ("environment files", "modules", "a plug-in") for n, t in BROUGHT[what].items()}
    for file, text in brought.items():
        write(elsewhere / file, text)
    there = {
        "LETPASS_LEDGER": database(),
        "HOME": str(elsewhere.parent),
        "LETPASS_GATE_KEY": str(elsewhere.parent / "key"),
    }

    code, seen = opened(elsewhere, "check", f"{name}@1", "--to", "production", "--log", "-q", **there)

    assert (code, seen) == (0, {"policy.toml", "policies/gate.policy"})
