"""People at a gated MLflow: statements in tags of the version, logged by the server, with MLflow's basic authentication."""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from letpass.project.configuration import load
from letpass.project.project import Project
from letpass.registries.mlflow_connection import Connection, GateRefusedError
from letpass.registries.mlflow_record import MADE_BY
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
    _known_here_as(folder, "anna@corp.example", "admin")
    (folder / "policies/gate.policy").write_text(POLICY)
    (folder / "policies/deployment.policy").unlink()
    server = mlflows.Server(folder, gated=True, auth=True)
    text = (folder / "policy.toml").read_text()
    (folder / "policy.toml").write_text(f'registry = "mlflow+{server.uri}"\n{text}')
    yield server
    server.stop()


def _known_here_as(folder: Path, person: str, user: str) -> None:
    """Say in the trust file which person a user of MLflow's is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        office.policy("trust", "add", "person", person, "--alias", user)
        office.policy("trust", "sign", "--key", KEY)


@pytest.fixture(name="desk", autouse=True)
def _desk(server: mlflows.Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where people sign: the office's files without the server's ledger and key."""
    for name in ("policies", "policy.toml", "trust.json", "home", "vera", "vera.pub", "vito", "vito.pub", "bob", "bob.pub",
                 "ci.pem", "ci.pub", "results.xml"):  # fmt: skip
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
        ledger = Project(load()).ledger.reader()
        assert ledger is not None
        return [e.entry.kind for e in ledger.entries() if e.entry.model == name]


def test_from_a_refusal_to_production_with_two_signatures(
    server: mlflows.Server, name: str, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, begun, attested, asked for, signed, promoted: every statement lies at the version and in the server's ledger."""
    _signed_policies(call, server)
    model = f"{name}@1"
    code, out, _ = call("promote", model, "--to", "production")
    assert (code, "UNKNOWN[GATE401]  gate/signed" in out) == (3, True)

    assert call("evidence", "begin", model, "--suite", "Fairness Check", "--key", "ci.pem")[0] == 0
    assert _entries(server, monkeypatch, name)[-1] == "begin"  # the gate logs it at once, where nobody has its key
    assert call("attest", model, "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")[0] == 0
    assert call("request", model, "--to", "production", "--key", "bob")[0] == 0
    assert f"policy sign {model} --to production --role ROLE" in call("pending", model)[1]
    for key in ("vera", "vito"):
        assert call("sign", model, "--role", "validator", "--key", key)[0] == 0
    code, out, _ = call("promote", model, "--to", "production")

    assert (code, out.startswith(f"ALLOWED  {model} → promotion to production")) == (0, True)
    assert dict(server.client().get_registered_model(name).aliases) == {"production": "1"}
    kinds = _entries(server, monkeypatch, name)
    assert (
        kinds.index("begin")
        < kinds.index("evidence")
        < kinds.index("request")
        < kinds.index("sign-off")
        < kinds.index("move")
    )
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
    asked = call("request", model, "--to", "production", "--key", "bob")
    assert asked[0] == 0, asked
    tags = dict(client.get_model_version(name, "1").tags)
    said = {k: v for k, v in tags.items() if k != MADE_BY}
    (request,) = [k for k, v in said.items() if statements.read(k, v.encode()).kind == "request"]
    mlflows.version(client, name, {"accuracy": 0.95})

    assert call("sign", model, "--role", "validator", "--key", str(stranger))[0] == 2
    for key, value in ((request, tags[request].replace("eyJ", "eyK", 1)), ("letpass.0000000000000000", tags[request])):
        code = _status(lambda key=key, value=value: client.set_model_version_tag(name, "1", key, value))  # type: ignore[misc]
        assert code == 403, (key, value)
    assert _status(lambda: client.set_model_version_tag(name, "2", request, tags[request])) == 403
    assert client.get_model_version(name, "1").tags == tags
    with pytest.raises(GateRefusedError) as told:
        Connection(f"mlflow+{server.uri}").set_tag(name, "1", "letpass.0000000000000000", "x")
    assert [d.code for d in told.value.diagnostics] == ["GATE408"]


def test_the_author_is_who_mlflow_had_authenticated(server: mlflows.Server, name: str, call: Any) -> None:
    """Whatever a tag says, and whoever copies it; nobody writes down another one, and nobody takes it away."""

    def author(model: str) -> str:
        return json.loads(call("check", model, "--to", "production", "-o", "json")[1])["inputs"]["record"]["text"]

    client = server.client()
    client.set_model_version_tag(name, "1", "author", "bob@corp.example")
    assert '"author": "admin"' in author(f"{name}@1")

    forged = {MADE_BY: "bob"}
    assert _status(lambda: client.set_model_version_tag(name, "1", MADE_BY, "bob")) == 403
    assert _status(lambda: client.delete_model_version_tag(name, "1", MADE_BY)) == 403
    assert _status(lambda: mlflows.version(client, name, {"accuracy": 0.95}, tags=forged)) == 403
    with _as(server, "carl"):
        copied = mlflows.client(server.uri).copy_model_version(f"models:/{name}/1", f"{name}-copy")
        odd = mlflows.client(server.uri).create_model_version(name, f"MODELS:/{name}/1")
    makers = [client.get_model_version(v.name, v.version).tags[MADE_BY] for v in (copied, odd)]
    assert makers == ["admin", "admin"]


def test_a_version_by_a_user_whom_nobody_knows_has_no_author(server: mlflows.Server, call: Any) -> None:
    """The refusal says how they become known; a service is no author, and says in the tag for whom it made the version."""
    _signed_policies(call, server)
    name = f"fraud-{uuid.uuid4().hex[:8]}"
    with _as(server, "carl"):
        mlflows.version(mlflows.client(server.uri), name, {"accuracy": 0.95})
    with _as(server, "ci"):
        mlflows.version(mlflows.client(server.uri), name, {"accuracy": 0.95}, tags={"author": "anna@corp.example"})
    for version in ("1", "2"):
        model = f"{name}@{version}"
        assert call("attest", model, "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")[0] == 0
        assert call("request", model, "--to", "production", "--key", "bob")[0] == 0
        for key in ("vera", "vito"):
            assert call("sign", model, "--role", "validator", "--key", key)[0] == 0

    code, out, _ = call("promote", f"{name}@1", "--to", "production")
    assert (code, "author: `carl` is no name of a person of the trust file" in out) == (3, True)
    assert "policy trust add person PERSON --alias carl" in out
    assert call("promote", f"{name}@2", "--to", "production")[0] == 0


@contextmanager
def _as(server: mlflows.Server, user: str) -> Iterator[None]:
    """Be another user of MLflow's for a while, whom its admin makes where there is none yet."""
    made = json.dumps({"username": user, "password": server.password}).encode()
    basic = b64encode(f"admin:{server.password}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {basic}"}
    with suppress(HTTPError), urlopen(Request(f"{server.uri}/api/2.0/mlflow/users/create", made, headers)):
        server.spare_passwords()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_USERNAME", user)
        yield


def _status(ask: Any) -> int:
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as caught:
        ask()
    return int(caught.value.get_http_status_code())
