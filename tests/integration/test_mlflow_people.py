"""People at a gated MLflow: statements in tags of the version, logged by the server, with MLflow's basic authentication."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from letpass.configuration import load
from letpass.gathering import Desk
from letpass.registries.mlflow_client import Client, GateRefusedError
from letpass.trust import statements
from tests.cli import office
from tests.integration import mlflow as mlflows

pytestmark = pytest.mark.once

POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.9
require checked: passed "Fairness Check" attested by "ci"
require signed: signed by 2 in role "validator" other than author
"""
KEY = "home/.ssh/id_ed25519"


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory, openssh: str) -> Iterator[mlflows.Server]:
    """A gated server with basic authentication, in the project of an office."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    folder = office.build(tmp_path_factory.mktemp("people") / "office")
    (folder / "policies/gate.policy").write_text(POLICY)
    (folder / "policies/deployment.policy").unlink()
    server = mlflows.Server(folder, gated=True, auth=True)
    text = (folder / "policy.toml").read_text()
    (folder / "policy.toml").write_text(f'registry = "mlflow+{server.uri}"\n{text}')
    yield server
    server.stop()


@pytest.fixture(name="desk", autouse=True)
def _desk(server: mlflows.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where people sign: the office's files without the server's ledger and key."""
    for name in ("policies", "policy.toml", "trust.json", "home", "vera", "vera.pub", "vito", "vito.pub", "ci.pem",
                 "ci.pub", "results.xml"):  # fmt: skip
        (tmp_path / name).symlink_to(server.folder / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(server.folder / "home"))
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", server.password)
    return tmp_path


@pytest.fixture(name="name")
def _name(server: mlflows.Server, desk: Path) -> str:
    name = f"fraud-{uuid.uuid4().hex[:8]}"
    mlflows.version(server.client(), name, {"accuracy": 0.95})
    return name


def _signed_policies(call: Any, server: mlflows.Server) -> None:
    """The owner signs the policies in force, once for the server."""
    if not (server.folder / "policies/signatures").exists():
        assert call("sign", "policies", "--role", "policy-owner", "--key", KEY)[0] == 0


def _entries(server: mlflows.Server, monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """The kinds of entries about a model in the server's ledger."""
    with monkeypatch.context() as patch:
        patch.chdir(server.folder)
        ledger = Desk(load()).books.reader()
        assert ledger is not None
        return [e.entry.kind for e in ledger.about(name) if e.entry.model == name]


def test_from_a_refusal_to_production_with_two_signatures(
    server: mlflows.Server, name: str, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, attested, asked for, signed, promoted: every statement lies at the version and in the server's ledger."""
    _signed_policies(call, server)
    model = f"{name}@1"
    code, out, _ = call("promote", model, "--to", "production")
    assert (code, "UNKNOWN[GATE401]  gate/signed" in out) == (3, True)

    assert call("attest", model, "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")[0] == 0
    assert call("request", model, "--to", "production", "--requester", "bob@corp.example")[0] == 0
    assert f"policy sign {model} --role ROLE" in call("pending", model)[1]
    for key in ("vera", "vito"):
        assert call("sign", model, "--role", "validator", "--key", key)[0] == 0
    code, out, _ = call("promote", model, "--to", "production")

    assert (code, out.startswith(f"ALLOWED  {model} → promotion to production")) == (0, True)
    assert dict(server.client().get_registered_model(name).aliases) == {"production": "1"}
    kinds = _entries(server, monkeypatch, name)
    assert kinds.index("evidence") < kinds.index("request") < kinds.index("sign-off") < kinds.index("move")
    assert kinds.count("sign-off") == 2
    assert call("verify", model, "--to", "production", "--offline")[0] == 0


def test_the_actor_is_who_mlflow_has_authenticated(
    server: mlflows.Server, name: str, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow's admin is judged like everybody, and named in the log."""
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as caught:
        server.client().set_registered_model_alias(name, "production", "1")

    assert (caught.value.get_http_status_code(), caught.value.json["letpass"]["actor"]) == (403, "admin")
    monkeypatch.chdir(server.folder)
    assert "asked by admin" in call("history", name)[1]


def test_a_statement_that_nobody_known_has_signed_is_not_stored(
    server: mlflows.Server, name: str, call: Any, tmp_path: Path
) -> None:
    """Neither in a tag nor in the ledger; so is one about another version, and one with a bent byte."""
    model, client = f"{name}@1", server.client()
    stranger = office.key(tmp_path / "stranger")
    asked = call("request", model, "--to", "production", "--requester", "bob@corp.example")
    assert asked[0] == 0, asked
    tags = dict(client.get_model_version(name, "1").tags)
    (request,) = [k for k, v in tags.items() if statements.read(k, v.encode()).kind == "request"]
    mlflows.version(client, name, {"accuracy": 0.95})

    assert call("sign", model, "--role", "validator", "--key", str(stranger))[0] == 2
    for key, value in ((request, tags[request].replace("eyJ", "eyK", 1)), ("letpass.0000000000000000", tags[request])):
        code = _status(lambda key=key, value=value: client.set_model_version_tag(name, "1", key, value))  # type: ignore[misc]
        assert code == 403, (key, value)
    assert _status(lambda: client.set_model_version_tag(name, "2", request, tags[request])) == 403
    assert client.get_model_version(name, "1").tags == tags
    with pytest.raises(GateRefusedError) as told:
        Client(f"mlflow+{server.uri}").set_tag(name, "1", "letpass.0000000000000000", "x")
    assert [d.code for d in told.value.diagnostics] == ["GATE408"]


def _status(ask: Any) -> int:
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as caught:
        ask()
    return int(caught.value.get_http_status_code())
