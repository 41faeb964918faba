"""A project that begins beside MLflow: its database or server is found, its aliases, and a champion in it."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from letpass.authoring.scaffold import around, tracking
from letpass.project.configuration import Configuration, load
from tests.cli.conftest import environ
from tests.integration import mlflow as mlflows

pytestmark = pytest.mark.once

NEITHER = dict.fromkeys(("LETPASS_CONFIG", "MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_URI"), "")


def policy(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run the program in a folder; MLflow's database layer warns a lot, so in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "letpass", *arguments]
    env = {k: v for k, v in environ(**environment).items() if v}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(name="name")
def _name(elsewhere: Path, mlflow: mlflows.Server) -> str:
    """The name of a new model with two versions, the first of which is the champion."""
    client, name = mlflow.client(), f"fraud-{uuid.uuid4().hex[:8]}"
    for accuracy in (0.95, 0.96):
        mlflows.version(client, name, {"accuracy": accuracy, "auc": 0.9})
    client.set_registered_model_alias(name, "champion", "1")
    return name


def test_a_server_that_the_environment_names_is_the_registry(
    elsewhere: Path, mlflow: mlflows.Server, name: str
) -> None:
    """Its alias `champion` means production, and the champion's policy is written and passes there."""
    environment = {**NEITHER, "MLFLOW_TRACKING_URI": mlflow.uri}

    code, out, err = policy(elsewhere, "init", "--from-champion", f"{name}@champion", **environment)

    found = load(elsewhere)
    assert (code, err) == (0, "")
    assert (found.registry, found.aliases["production"][0]) == (f"mlflow+{mlflow.uri}", "champion")
    (written,) = (elsewhere / "policies").glob("*.policy")
    assert 'metric accuracy: ratio, higher is better, on "holdout-2026"' in written.read_text()
    assert "accuracy >= 0.931" in written.read_text()
    assert out.splitlines()[-1] == f"  policy check {name}@1 --to production"
    assert policy(elsewhere, *out.splitlines()[-1].split()[1:], **environment)[0] == 0


def test_a_server_in_use_is_taken_over_in_two_commands(elsewhere: Path, mlflow: mlflows.Server, name: str) -> None:
    """Its champion is in the list, with the digest of its bytes, and is one that the ledger vouches for afterwards."""
    environment = {**NEITHER, "MLFLOW_TRACKING_URI": mlflow.uri}
    code, out, err = policy(elsewhere, "init", **environment)
    held = json.loads((elsewhere / "holders.json").read_text())["holders"]
    (ours,) = [h for h in held if h["model"] == name]

    assert (code, err, "wrote     holders.json" in out) == (0, "", True)
    assert (ours["version"], ours["stage"], ours["artifact"].partition(":")[0]) == ("1", "production", "dirHash1")

    reason = ("--reason", "served before the gate was there")
    code, out, err = policy(elsewhere, "adopt", "--from", "holders.json", *reason, **environment)
    assert (code, "logged as entry 0" in out) == (0, True), (out, err)
    _, out, _ = policy(elsewhere, "check", f"{name}@2", "--to", "production", **environment)
    assert f"against {name}@1: since " in out


def test_a_database_beside_it_is_the_registry(elsewhere: Path, mlflow: mlflows.Server, name: str) -> None:
    """Relative to the project, whether it is found or named."""
    for suffix in ("", "-wal", "-shm"):
        file = Path(f"{mlflow.database}{suffix}")
        if file.exists():
            (elsewhere / f"mlflow.db{suffix}").write_bytes(file.read_bytes())

    code, out, _ = policy(elsewhere, "init", **NEITHER)

    assert (code, load(elsewhere).registry) == (0, "mlflow+sqlite:///mlflow.db")
    assert policy(elsewhere, "test", **NEITHER)[0] == 0
    (elsewhere / "sub").mkdir()
    code, out, _ = policy(
        elsewhere / "sub", "init", ".", **{**NEITHER, "MLFLOW_TRACKING_URI": "sqlite:///../mlflow.db"}
    )
    assert (code, load(elsewhere / "sub").registry) == (0, f"mlflow+sqlite:///{elsewhere / 'mlflow.db'}")
    assert out.splitlines()[-1].startswith(("  policy check ", "  policy test"))


def test_a_server_that_does_not_answer_is_told_and_the_project_begins(elsewhere: Path) -> None:
    """Without its password, anywhere."""
    environment = {**NEITHER, "MLFLOW_TRACKING_URI": "http://anna:s3cret@127.0.0.1:9/ml/?token=t0ken"}

    code, out, err = policy(elsewhere, "init", **environment)

    assert (code, load(elsewhere).registry, out.splitlines()[-1]) == (
        0,
        "mlflow+http://127.0.0.1:9/ml",
        "  policy test",
    )
    assert "does not answer" in out
    written = out + err + "".join(p.read_text() for p in elsewhere.rglob("*") if p.is_file())
    assert [s for s in ("s3cret", "anna", "t0ken") if s in written] == []


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("mlflow+http://h:5000", "mlflow+http://h:5000"),
        ("https://h/x/", "mlflow+https://h/x"),
        ("http://[::1]:5000", "mlflow+http://[::1]:5000"),
        ("postgresql://u:p@h/db", ""),
        ("databricks", ""),
        ("file:./mlruns", ""),
        ("./mlruns", ""),
        ("sqlite:///gone.db", ""),
        ("http://", ""),
        ("http://[", ""),
        ("  ", ""),
    ],
)
def test_an_address_is_taken_as_the_gate_has_it(elsewhere: Path, uri: str, name: str) -> None:
    """What it does not read from here is said, without what it may hold of secrets."""
    found = tracking.find(elsewhere, {"MLFLOW_TRACKING_URI": uri})

    assert (found.name, bool(found.said), "u:p" in str(found.said)) == (name, bool(uri.strip()), False)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 of somebody else", b"text"])
def test_a_database_of_something_else_is_left_alone(elsewhere: Path, content: bytes) -> None:
    """MLflow itself would make its tables in it."""
    (elsewhere / "mlflow.db").write_bytes(content)

    found = around.look(elsewhere, Configuration(elsewhere), {})

    assert (found.configuration.registry, (elsewhere / "mlflow.db").read_bytes()) == ("models", content)


def test_runs_in_files_are_told_of(elsewhere: Path) -> None:
    """They have no registry that could be asked."""
    (elsewhere / "mlruns").mkdir()

    found = around.look(elsewhere, Configuration(elsewhere), {})

    assert (found.configuration.registry, any("mlruns" in s for s in found.said)) == ("models", True)
