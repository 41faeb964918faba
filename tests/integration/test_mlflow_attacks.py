"""Ways into production past the gate in MLflow's server that were found by attack; each is a story with its end."""

from __future__ import annotations

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from tests.integration import mlflow as mlflows
from tests.integration.test_mlflow_gate import POLICY, held, post, refused

ALIAS = "/api/2.0/mlflow/registered-models/alias"


@pytest.fixture(name="project", autouse=True)
def _project(gated: mlflows.Server) -> Path:
    """The server's project, as each test begins."""
    return mlflows.configured(gated, POLICY, '[aliases]\nproduction = ["champion"]\n')


@pytest.fixture(name="client")
def _client(gated: mlflows.Server) -> Any:
    return gated.client()


@pytest.fixture(name="name")
def _name() -> str:
    return f"fraud-{uuid.uuid4().hex[:8]}"


def test_no_tag_says_where_the_bytes_are(client: Any, name: str, gated: mlflows.Server) -> None:
    """`artifact.uri` as a tag made the gate hash another model's files, or the server's own."""
    good = mlflows.version(client, f"{name}-good", {"accuracy": 0.95}, binary=b"good")
    mlflows.version(client, name, {"accuracy": 0.95}, binary=b"evil")
    other = client.get_logged_model(good.logged).artifact_location
    client.set_registered_model_alias(name, "champion", "1")
    proof = next(v for k, v in client.get_model_version(name, "1").tags.items() if k.endswith(".decision"))
    client.delete_registered_model_alias(name, "champion")

    for key, value in (
        ("artifact.uri", other),
        ("artifact", json.dumps({"uri": "/etc/hostname"})),
        ("artifact.digest", "x"),
    ):
        client.set_model_version_tag(name, "1", key, value)
    client.set_registered_model_alias(name, "champion", "1")

    tags = client.get_model_version(name, "1").tags
    proofs = {v for k, v in tags.items() if k.endswith(".decision")}
    assert {_digest(p) for p in proofs} == {_digest(proof)}


def _digest(proof: str) -> str:
    """The artifact that a decision is about."""
    from letpass.gate import verification
    from letpass.ledger import proofs

    return verification.decision_of(proofs.read_decision_file(proof.encode()).decision)[0].artifact


@pytest.mark.parametrize("spelt", ["1_0", "01", "１", "+1", " 1", "1 "])
def test_a_version_has_one_spelling(client: Any, gated: mlflows.Server, name: str, spelt: str) -> None:
    """`1_0` is an alias to one reader and version 10 to another."""
    mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "1_0", "1")

    assert post(gated, ALIAS, {"name": name, "alias": "production", "version": spelt})[0] in {400, 403}
    stage = {"name": name, "version": spelt, "stage": "Production", "archive_existing_versions": False}
    assert post(gated, "/api/2.0/mlflow/model-versions/transition-stage", stage)[0] in {400, 403}
    assert held(client, name) == {"1_0": "1"}


def test_a_model_that_is_called_a_prompt_is_gated(client: Any, gated: mlflows.Server, name: str) -> None:
    """Prompts share the calls; whoever sets the tag of one on a model passed by."""
    mlflows.version(client, name, {"accuracy": 0.5})
    tag = {"name": name, "key": "mlflow.prompt.is_prompt", "value": "true"}
    assert post(gated, "/api/2.0/mlflow/registered-models/set-tag", tag)[0] == 403

    status, body = post(gated, ALIAS, {"name": name, "alias": "champion", "version": "1"})

    assert (status, body["letpass"]["verdict"]) == (403, "deny")
    rename = {"name": name, "new_name": "letpass.gate.judgement"}
    assert post(gated, "/api/2.0/mlflow/registered-models/rename", rename)[0] == 403


def test_prompts_themselves_are_free(client: Any, name: str) -> None:
    """They have no files that could be served."""
    client.register_prompt(name, "Say {{what}}")
    client.set_prompt_alias(name, "production", 1)

    assert client.get_prompt_version_by_alias(name, "production").version == 1


def test_a_copy_is_judged_by_the_files_that_it_serves(client: Any, name: str) -> None:
    """What it was copied from may be another model by now."""
    mlflows.version(client, f"{name}-source", {"accuracy": 0.5}, binary=b"bad")
    client.copy_model_version(f"models:/{name}-source/1", name)
    client.delete_registered_model(f"{name}-source")
    mlflows.version(client, f"{name}-source", {"accuracy": 0.95}, binary=b"good")

    assert refused(lambda: client.set_registered_model_alias(name, "champion", "1"))[0] == 403
    assert held(client, name) == {}


def test_a_version_that_is_made_anew_while_it_is_judged_is_not_moved(
    client: Any, name: str, gated: mlflows.Server
) -> None:
    """Deleted and registered again under its name, with other files, between the decision and the move; or the move came first, and
    nothing was deleted."""
    mlflows.version(client, name, {"accuracy": 0.95}, binary=b"g" * 120_000_000)
    evil = mlflows.version(client, f"{name}-evil", {"accuracy": 0.95}, binary=b"evil")
    said: list[tuple[int, Any]] = []
    alias = {"name": name, "alias": "production", "version": "1"}
    moving = threading.Thread(target=lambda: said.append(post(gated, ALIAS, alias)))
    moving.start()
    time.sleep(0.1)
    try:
        client.delete_registered_model(name)
    except MlflowException:
        moving.join()
        assert (said[0][0], held(client, name)) == (200, {"production": "1"})
        return
    client.create_registered_model(name)
    client.create_model_version(name, f"models:/{evil.logged}", await_creation_for=0, model_id=evil.logged)
    moving.join()

    aliases = held(client, name)
    assert (said[0][0] == 200) == bool(aliases)
    assert aliases == {} or (said[0][0] == 200 and _judged(client, name) == "evil")


def _judged(client: Any, name: str) -> str:
    """Whose files a version has that was moved after all: it was judged after it was made anew."""
    tags = client.get_model_version(name, "1").tags
    return "evil" if any(k.endswith(".decision") for k in tags) else "nobody's"


@pytest.mark.parametrize("odd", ["o'x", 'say "x"', "100%", "x' or name like '%"])
def test_a_name_that_no_filter_holds_hides_no_version(client: Any, gated: mlflows.Server, odd: str) -> None:
    """Versions of such a model were not found, so nobody seemed to hold its stage."""
    name = f"{odd}-{uuid.uuid4().hex[:6]}"
    for _ in range(2):
        mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "champion", "1")

    for path, body, verb in (
        ("registered-models/delete", {"name": name}, "DELETE"),
        ("registered-models/rename", {"name": name, "new_name": f"{name}2"}, "POST"),
        ("model-versions/delete", {"name": name, "version": "1"}, "DELETE"),
    ):
        assert post(gated, f"/api/2.0/mlflow/{path}", body, verb)[0] == 403, path
    for version in ("1", "2"):
        stage = {"name": name, "version": version, "stage": "Production", "archive_existing_versions": False}
        assert post(gated, "/api/2.0/mlflow/model-versions/transition-stage", stage)[0] == 200
    assert [client.get_model_version(name, v).current_stage for v in ("1", "2")] == ["Archived", "Production"]


def test_what_tells_of_moves_is_written_by_moves(client: Any, name: str) -> None:
    """`deployments` and `stage` as tags claimed what nobody had decided."""
    mlflows.version(client, name, {"accuracy": 0.5})

    for key in ("deployments", "stage"):
        assert refused(lambda key=key: client.set_model_version_tag(name, "1", key, "[]"))[0] == 403  # type: ignore[misc]
        assert refused(lambda key=key: client.delete_model_version_tag(name, "1", key))[0] == 403  # type: ignore[misc]


def test_a_time_that_no_calendar_has_is_unreadable(
    client: Any, name: str, gated: mlflows.Server, call: Any, elsewhere: Path
) -> None:
    """It ended every command with a defect."""
    made = mlflows.version(client, name, {"accuracy": 0.95})
    client.log_metric(made.run_id, "zz", 1.0, timestamp=10**17)
    (elsewhere / "policy.toml").write_text(f'registry = "mlflow+{gated.uri}"\n')

    assert call("show", f"{name}@1")[0] == 0
    client.set_registered_model_alias(name, "champion", "1")
    assert held(client, name) == {"champion": "1"}


def test_the_probe_of_a_server_that_cannot_read_its_project_is_a_refusal(gated: mlflows.Server, project: Path) -> None:
    """It was an error of the server, which clients try again for minutes."""
    (project / "policy.toml").write_text("registry = [")

    status, body = post(gated, "/api/2.0/mlflow/registered-models/get?name=letpass.gate.judgement", {}, "GET")

    assert (status, "GATE013" in body["message"]) == (424, True)


def test_a_client_that_knows_other_aliases_is_told(
    elsewhere: Path, gated: mlflows.Server, client: Any, name: str, call: Any
) -> None:
    """It asked for an alias that the server does not protect, and said that the gate had let it."""
    mlflows.version(client, name, {"accuracy": 0.5})
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    (elsewhere / "policy.toml").write_text(f'registry = "mlflow+{gated.uri}"\n[aliases]\nproduction = ["live"]\n')

    assert call("promote", f"{name}@1", "--to", "production")[0] == 1
    assert held(client, name) == {}
    code, _, err = call("promote", f"{name}@1", "--to", "shadow")
    assert (code, "does not stand before `shadow`" in err) == (2, True)


def test_a_prompt_takes_no_models_place(client: Any, gated: mlflows.Server, name: str) -> None:
    """As a version of the same model it took the champion's alias away, unlogged."""
    mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "production", "1")
    prompt = {"name": name, "source": "dummy-source", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}
    tag = {"name": name, "version": "1", "key": "mlflow.prompt.is_prompt", "value": "true"}

    assert post(gated, "/api/2.0/mlflow/model-versions/create", prompt)[0] == 403
    assert post(gated, "/api/2.0/mlflow/model-versions/set-tag", tag)[0] == 403
    assert (
        post(gated, "/api/2.0/mlflow/registered-models/set-tag", {k: v for k, v in tag.items() if k != "version"})[0]
        == 403
    )
    assert refused(lambda: client.delete_registered_model(name))[0] == 403
    assert held(client, name) == {"production": "1"}


def test_a_free_alias_hides_no_gated_one(client: Any, project: Path, name: str) -> None:
    """A version was in one stage for the gate, and so the other one did not keep it from being deleted."""
    (project / "policies/uat.policy").write_text(
        'policy uat: "U"\n  on promotion to uat\nrequire k: model is recorded\n'
    )
    mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "uat", "1")
    client.set_registered_model_alias(name, "staging", "1")

    assert refused(lambda: client.rename_registered_model(name, f"{name}-2"))[0] == 403
    assert refused(lambda: client.delete_model_version(name, "1"))[0] == 403


def test_a_stage_that_mlflow_does_not_have_burns_no_sign_off(client: Any, gated: mlflows.Server, name: str) -> None:
    """It was decided and begun, and never ended."""
    mlflows.version(client, name, {"accuracy": 0.95})
    stage = {"name": name, "version": "1", "stage": "champion", "archive_existing_versions": False}

    assert post(gated, "/api/2.0/mlflow/model-versions/transition-stage", stage)[0] == 400
    client.set_registered_model_alias(name, "champion", "1")
    assert held(client, name) == {"champion": "1"}


def test_one_of_two_aliases_is_no_departure(client: Any, gated: mlflows.Server, name: str) -> None:
    """The version stays in the stage by the other one."""
    mlflows.version(client, name, {"accuracy": 0.95})
    for alias in ("production", "champion"):
        client.set_registered_model_alias(name, alias, "1")

    client.delete_registered_model_alias(name, "champion")

    assert "stage" not in client.get_model_version(name, "1").tags


def test_no_tag_beats_what_a_run_measured(client: Any, name: str) -> None:
    """A tag `metrics` with a later `measured_at` was the newest value, and 0.2 became 0.99 without a word."""
    good = mlflows.version(client, f"{name}-good", {"accuracy": 0.95})
    client.set_tag(good.run_id, "data", "the usual export")  # free text says nothing, and is told
    client.set_model_version_tag(f"{name}-good", "1", "metrics", json.dumps({"recall": 0.9}))
    client.set_registered_model_alias(f"{name}-good", "champion", "1")
    assert held(client, f"{name}-good") == {"champion": "1"}
    bad = mlflows.version(client, name, {"accuracy": 0.2})
    forged = {"value": 0.99, "data_set": "holdout-2026", "measured_at": "2026-12-24T00:00:00Z"}

    for said in (forged, [forged], {**forged, "data_set": "Holdout 2026"}):
        for tag in (
            lambda text: client.set_model_version_tag(name, "1", "metrics", text),
            lambda text: client.set_tag(bad.run_id, "metrics", text),
        ):
            tag(json.dumps({"accuracy": said}))
            status, told = refused(lambda: client.set_registered_model_alias(name, "champion", "1"))
            assert (status, "is 0.2" in told, "0.99" in told) == (403, True, False), told
    client.set_model_version_tag(name, "1", "environment.python", "3.13.0")
    assert refused(lambda: client.set_registered_model_alias(name, "champion", "1"))[0] == 403
    assert held(client, name) == {}


def test_what_was_refused_is_not_deployed_by_the_tag(
    client: Any, gated: mlflows.Server, project: Path, name: str
) -> None:
    """The policy on deployment does not ask for the stage; the gate does, and for that of the environment."""
    (project / "policies/serve.policy").write_text(
        'policy serve: "Serve"\n  on deployment\nrequire known: author is recorded\n'
    )
    (project / "policy.toml").write_text(
        (project / "policy.toml").read_text() + '[environments]\neu-west = "production"\ncanary = "staging"\n'
    )
    mlflows.version(client, name, {"accuracy": 0.2})
    assert refused(lambda: client.set_registered_model_alias(name, "champion", "1"))[0] == 403
    path = "/api/2.0/mlflow/model-versions/set-tag"

    def deploy(version: str, environment: str) -> tuple[int, str]:
        where = json.dumps({"endpoint": f"https://{name}.{environment}", "environment": environment})
        status, body = post(gated, path, {"name": name, "version": version, "key": "letpass.deploy", "value": where})
        return status, str(body.get("message", ""))

    status, told = deploy("1", "eu-west")
    assert (status, "needs " in told, "by an allowed move" in told) == (403, True, True), told
    mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "champion", "2")

    assert [deploy("2", e)[0] for e in ("canary", "eu-w\u0435st", "EU-West")] == [403, 403, 200]
    (served,) = json.loads(client.get_model_version(name, "2").tags["deployments"])
    assert served["environment"] == "eu-west"
