"""`policy reconcile` over MLflow: its database, a plain server, and a gated one whose clients have no ledger of their own."""

from __future__ import annotations

import json
import shlex
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.cli import spoken
from tests.integration import mlflow as mlflows

# MLflow's own store warns of what it uses
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.once]

POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.5
"""


@pytest.fixture(name="ways", scope="module")
def _ways(mlflow: mlflows.Server) -> dict[str, tuple[str, Any]]:
    """A plain server, and its database asked without it: the registry's name, and MLflow's client."""
    return {
        "server": (f"mlflow+{mlflow.uri}", mlflow.client()),
        "database": (f"mlflow+sqlite:///{mlflow.database}", mlflow.client()),
    }


@pytest.fixture(name="client", params=["server", "database"])
def _client(ways: dict[str, tuple[str, Any]], elsewhere: Path, request: pytest.FixtureRequest) -> Any:
    """MLflow's client beside a project, which is the working directory."""
    registry, client = ways[request.param]
    (elsewhere / "policy.toml").write_text(f'registry = "{registry}"\n')
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    return client


@pytest.fixture(name="name")
def _name(client: Any, call: Any) -> str:
    """A model of three versions, the first in production by a decision."""
    name = f"fraud-{uuid.uuid4().hex[:8]}"
    for at in range(3):
        mlflows.version(client, name, {"accuracy": 0.9}, binary=f"bytes {at}".encode())
    code, out, err = call("promote", f"{name}@1", "--to", "production")
    assert (code, out[:7]) == (0, "ALLOWED"), (out, err)
    assert told(call, name) == []
    return name


def told(call: Any, *words: str) -> list[dict[str, Any]]:
    """The differences; the exit code agrees with them."""
    code, out, err = call("reconcile", *words, "-o", "json")
    assert out, err
    found = list(json.loads(out)["differences"])
    assert code == (1 if found else 0)
    return found


def seen(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(d["kind"], d.get("version", "")) for d in found]


def obey(call: Any, difference: dict[str, Any], which: int = 0) -> int:
    words = shlex.split(spoken.commands(difference["help"])[which].replace("TEXT", "mended"))
    return int(call(*words[1:])[0])


def test_an_alias_that_somebody_moved_is_told_both_ways(client: Any, name: str, call: Any) -> None:
    """One has it without a decision, and one by a decision has it no longer."""
    client.set_registered_model_alias(name, "production", "2")

    found = told(call, name)

    assert seen(found) == [("not-moved", "1"), ("moved", "2")]
    assert obey(call, found[1]) == 0
    assert obey(call, found[0]) == 0
    assert told(call, name) == []
    assert client.get_model_version_by_alias(name, "production").version == "1"


def test_mlflows_own_stage_counts_like_the_alias(client: Any, name: str, call: Any) -> None:
    """Two hold the stage then, and the second by no decision."""
    client.transition_model_version_stage(name, "3", "Production")

    found = told(call, name)

    assert seen(found) == [("several", ""), ("moved", "3")]
    assert obey(call, found[0]) == 0
    assert told(call, name) == []


def test_an_alias_that_was_deleted_is_told(client: Any, name: str, call: Any) -> None:
    """Leaving is free, and here nobody logged it."""
    client.delete_registered_model_alias(name, "production")

    (found,) = told(call, name)

    assert (found["kind"], found["version"]) == ("not-moved", "1")
    assert obey(call, found, 1) == 0
    assert told(call, name) == []


@pytest.mark.parametrize("anew", [False, True], ids=["gone", "another has its number"])
def test_a_model_that_was_deleted_is_told_whether_it_was_made_anew_or_not(
    client: Any, name: str, call: Any, *, anew: bool
) -> None:
    """The ledger had it in production; that it left can be logged, of the one that was meant."""
    client.delete_registered_model(name)
    if anew:
        mlflows.version(client, name, {"accuracy": 0.1}, binary=b"other bytes")
        client.set_registered_model_alias(name, "production", "1")

    found = told(call, name)

    kinds = {d["kind"]: d for d in found}
    assert kinds.keys() == ({"made-anew", "moved"} if anew else {"deleted"})
    assert obey(call, kinds["made-anew" if anew else "deleted"]) == 0
    assert [d["kind"] for d in told(call, name)] == (["moved"] if anew else [])
    if anew:
        assert obey(call, kinds["moved"]) == 0
        assert told(call, name) == []


# ---------------------------------------------------------------- a gated server


@pytest.fixture(name="kept")
def _kept(gated: mlflows.Server, elsewhere: Path) -> str:
    """A model of two versions behind the gate, the first in production; the working directory is a client's project."""
    project = mlflows.configured(gated, POLICY)
    (elsewhere / "policy.toml").write_text((project / "policy.toml").read_text())
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    name = f"fraud-{uuid.uuid4().hex[:8]}"
    for at in range(2):
        mlflows.version(gated.client(), name, {"accuracy": 0.9}, binary=f"bytes {at}".encode())
    gated.client().set_registered_model_alias(name, "production", "1")
    return name


def test_a_client_has_the_gated_server_compare_its_registry_with_its_ledger(
    gated: mlflows.Server, kept: str, elsewhere: Path, call: Any
) -> None:
    """Somebody wrote into the database behind it; the client has no ledger, and no tag is left by the question."""
    assert told(call, kept) == []
    with sqlite3.connect(gated.database) as database:
        database.execute("UPDATE registered_model_aliases SET version = 2 WHERE name = ?", (kept,))
    database.close()

    found = told(call, kept)

    assert seen(found) == [("not-moved", "1"), ("moved", "2")]
    assert f"moved: {kept}@2 (production)" in call("doctor")[1]
    code, _, err = call("review", kept)
    assert (code, f"differs: moved: {kept}@2 (production)" in err) == (1, True), err
    assert obey(call, found[1]) == 0
    assert obey(call, found[0]) == 0
    assert told(call, kept) == []
    assert not (elsewhere / ".letpass").exists()
    tags = [v.tags for v in gated.client().search_model_versions(f"name='{kept}'")]
    assert [t for t in tags if "letpass.reconcile" in t] == []


def test_a_model_that_the_gated_server_does_not_know_is_refused(kept: str, call: Any) -> None:
    """It is no agreement."""
    code, out, err = call("reconcile", f"{kept}-2")

    assert (code, out, f"the registry has no model `{kept}-2`" in err) == (4, "", True), err
