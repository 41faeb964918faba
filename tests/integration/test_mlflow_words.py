"""Champions, and words against versions, at a gated MLflow whose clients have neither its ledger nor its key."""

from __future__ import annotations

import json
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.integration import mlflow as mlflows
from tests.integration.test_mlflow_gate import refused

POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.5
require better: accuracy on "holdout-2026" >= champion.accuracy when there is a champion
"""


@pytest.fixture(name="project", autouse=True)
def _project(gated: mlflows.Server) -> Path:
    """The server's own project."""
    return mlflows.configured(gated, POLICY)


@pytest.fixture(name="client")
def _client(gated: mlflows.Server) -> Any:
    return gated.client()


@pytest.fixture(name="name")
def _name(client: Any) -> str:
    """A model with three versions, each better than the one before."""
    name = f"fraud-{uuid.uuid4().hex[:8]}"
    for at, accuracy in enumerate((0.7, 0.8, 0.9)):
        mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{name} {at}".encode())
    return name


@pytest.fixture(name="desk")
def _desk(elsewhere: Path, project: Path) -> Path:
    """A client's copy of the project, which is the working directory."""
    (elsewhere / "policy.toml").write_text((project / "policy.toml").read_text())
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    return elsewhere


def held_before(gated: mlflows.Server, name: str, version: int) -> None:
    """Write an alias into MLflow's database, as it was before the gate stood there."""
    with sqlite3.connect(gated.database) as database:
        database.execute(
            "INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, 'production', ?)", (name, version)
        )
    database.close()


def test_whoever_deletes_an_alias_is_not_rid_of_the_champion(client: Any, name: str) -> None:
    """The better one that was taken away is still compared with; a better one comes in."""
    client.set_registered_model_alias(name, "production", "2")
    client.delete_registered_model_alias(name, "production")

    status, said = refused(lambda: client.set_registered_model_alias(name, "production", "1"))

    assert (status, "gate/better" in said) == (403, True)
    client.set_registered_model_alias(name, "production", "3")
    assert client.get_model_version_by_alias(name, "production").version == "3"


def test_a_holder_that_was_there_before_the_gate_is_adopted_at_the_server(
    client: Any, name: str, gated: mlflows.Server, project: Path, desk: Path, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown until then, for everybody; a client without the ledger is sent to the server's project."""
    held_before(gated, name, 1)
    # a gated move of another model, so that there is a ledger
    other = f"other-{uuid.uuid4().hex[:8]}"
    mlflows.version(client, other, {"accuracy": 0.9})
    client.set_registered_model_alias(other, "production", "1")

    status, said = refused(lambda: client.set_registered_model_alias(name, "production", "2"))
    adopt = ("adopt", f"{name}@1", "--to", "production", "--reason", "served before the gate was there")
    code, _, err = call(*adopt)

    assert (status, "gate/better" in said) == (403, True)
    assert (code, "keeps the ledger, and its key is not here" in err) == (2, True), err
    assert not (desk / ".letpass").exists()

    monkeypatch.chdir(project)
    code, out, err = call("doctor", "--holders", str(desk / "holders.json"))
    held = json.loads((desk / "holders.json").read_text())["holders"]
    assert [h["version"] for h in held if h["model"] == name] == ["1"], (code, out, err)
    (desk / "mine.json").write_text(json.dumps({"holders": [h for h in held if h["model"] == name]}))
    code, out, err = call("adopt", "--from", str(desk / "mine.json"), "--reason", "served before the gate was there")
    assert (code, "logged as entry" in out) == (0, True), (out, err)
    client.set_registered_model_alias(name, "production", "2")
    assert client.get_model_version_by_alias(name, "production").version == "2"


def test_a_client_revokes_and_lifts_by_the_servers_log(client: Any, name: str, desk: Path, call: Any) -> None:
    """Nothing is logged at the client; the version is kept out, and is no champion, until it is lifted."""
    client.set_registered_model_alias(name, "production", "2")
    client.set_registered_model_alias(name, "production", "3")

    code, out, err = call("revoke", f"{name}@3", "--reason", "trained on leaked labels")
    assert (code, "logged by the gate of" in out) == (0, True), (out, err)
    assert not (desk / ".letpass").exists()
    client.delete_registered_model_alias(name, "production")
    status, said = refused(lambda: client.set_registered_model_alias(name, "production", "3"))
    assert (status, "trained on leaked labels" in said) == (403, True), said
    client.set_registered_model_alias(name, "production", "2")  # worse than the revoked one, which no longer counts

    assert call("lift", f"{name}@2", "--reason", "nothing is there")[0] != 0
    code, out, err = call("lift", f"{name}@3", "--reason", "they were not")
    assert (code, "logged by the gate of" in out) == (0, True), (out, err)
    client.set_registered_model_alias(name, "production", "3")
    assert client.get_model_version_by_alias(name, "production").version == "3"


def test_a_client_has_a_decision_made_anew_by_the_server(
    client: Any, name: str, project: Path, desk: Path, call: Any
) -> None:
    """The server's decision is shown; what holds no stage is not renewed, and a rule that fails now is a refusal."""
    client.set_registered_model_alias(name, "production", "2")

    code, out, err = call("renew", f"{name}@2")
    assert (code, out.startswith(f"ALLOWED  {name}@2 → promotion to production")) == (0, True), (out, err)
    assert call("renew", f"{name}@1")[0] == 2

    (project / "policies/gate.policy").write_text(POLICY.replace("0.5", "0.85"))
    code, out, err = call("renew", f"{name}@2")
    assert (code, "DENIED" in out, "refused it (entry" in err) == (1, True, True), (out, err)
    assert not (desk / ".letpass").exists()


def test_what_was_revoked_where_it_is_gets_no_yes(client: Any, name: str, desk: Path, call: Any) -> None:
    """Neither by `policy promote`, nor by MLflow's client, nor by another alias of the stage: nothing would move."""
    client.set_registered_model_alias(name, "production", "2")
    assert call("promote", f"{name}@2", "--to", "production")[0] == 0
    assert call("revoke", f"{name}@2", "--reason", "trained on leaked labels")[0] == 0

    code, out, err = call("promote", f"{name}@2", "--to", "production")

    assert (code, "ALLOWED" in out, "its approval has ended: revocation" in err) == (1, False, True), (out, err)
    for alias in ("production", "Production"):
        status, said = refused(lambda a=alias: client.set_registered_model_alias(name, a, "2"))  # type: ignore[misc]
        assert (status, "its approval has ended: revocation" in said) == (403, True)


def test_a_client_has_the_server_look_at_what_serves(
    client: Any, name: str, gated: mlflows.Server, project: Path, desk: Path, call: Any
) -> None:
    """A daily job without the ledger: fresh standings, and a denial on review that the server logs and that ends the proof."""
    client.set_registered_model_alias(name, "production", "2")

    code, out, err = call("standing", f"{name}@2")
    assert (code, out) == (0, f"standing: {name}@2, left by the gate of mlflow+{gated.uri}\n"), err
    code, out, err = call("standing", f"{name}@1")
    assert (code, f"no standing: {name}@1: no move of it was made by a decision" in out) == (1, True), (out, err)
    assert call("review", name)[0] == 0  # no policy is on review: standings are left all the same

    for folder in (project, desk):
        (folder / "policies/watch.policy").write_text(
            'policy watch: "Watch"\n  on review\nrequire calm: observations.error_rate <= 1%\n'
        )
    observed = [{"name": "error_rate", "value": 0.03, "since": "2026-11-20", "until": "2026-11-21"}]
    client.set_model_version_tag(name, "2", "observations", json.dumps({o.pop("name"): o for o in observed}))
    code, out, err = call("review", name)
    assert (code, "1 due, and their proofs have ended" in err) == (1, True), (out, err)
    code, out, err = call("standing", f"{name}@2")
    assert (code, "denied on review" in out) == (1, True), (out, err)
    assert not (desk / ".letpass").exists()
