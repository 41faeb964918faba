"""One place, one move at a time: a stage of MLflow is held by its aliases and by its own stage together, and moves are serial."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from letpass.ledger import history
from letpass.ledger.history import BEGUN, Step
from letpass.lifecycle import reconciliation
from letpass.lifecycle.differences import Kind
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.project import Project
from tests.integration import mlflow as mlflows
from tests.integration.test_mlflow_gate import held, post, refused

pytestmark = [pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"), pytest.mark.once]
POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.9
require no-worse: accuracy on "holdout-2026" >= champion.accuracy - 1 point when there is a champion
require same: artifact.digest is computed
"""
SETTINGS = '[aliases]\nproduction = ["champion"]\n'


@pytest.fixture(name="project", autouse=True)
def _project(gated: mlflows.Server) -> Path:
    """The server's project, as each test begins."""
    return mlflows.configured(gated, POLICY, SETTINGS)


@pytest.fixture(name="client")
def _client(gated: mlflows.Server) -> Any:
    return gated.client()


@pytest.fixture(name="name")
def _name() -> str:
    return f"churn-{uuid.uuid4().hex[:8]}"


def _stages(client: Any, name: str) -> dict[str, str]:
    """MLflow's own stage of each version that has one."""
    found = client.search_model_versions(f"name='{name}'")
    return {str(v.version): v.current_stage for v in found if v.current_stage != "None"}


def _holding(folder: Path, name: str) -> list[str]:
    """Who is in production now, by the ledger."""
    past = Project(load(folder)).past(name)
    return [s.version for s in past.stays if s.stage == Stage("production") and s.until is None]


# ---------------------------------------------------------------- two ways to one place


def test_who_holds_the_stage_by_an_alias_is_the_champion_of_mlflows_own_stage(
    client: Any, name: str, project: Path
) -> None:
    """0.93 stood beside 0.97, which held the alias: two versions in production, and both verified."""
    for accuracy in (0.97, 0.93, 0.98):
        mlflows.version(client, name, {"accuracy": accuracy})
    client.set_registered_model_alias(name, "champion", "1")

    status, said = refused(lambda: client.transition_model_version_stage(name, "2", "Production"))
    assert (status, "no-worse" in said) == (403, True)
    assert (held(client, name), _stages(client, name)) == ({"champion": "1"}, {})

    client.transition_model_version_stage(name, "3", "Production")
    assert (held(client, name), _stages(client, name)) == ({}, {"3": "Production"})
    assert _holding(project, name) == ["3"]


def test_who_holds_mlflows_own_stage_is_the_champion_of_the_alias(client: Any, name: str, project: Path) -> None:
    """The same the other way round, and a version that holds it both ways leaves it when it has lost both."""
    for accuracy in (0.97, 0.93, 0.98):
        mlflows.version(client, name, {"accuracy": accuracy})
    client.transition_model_version_stage(name, "1", "Production")

    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "2"))
    assert (status, "no-worse" in said) == (403, True)

    client.set_registered_model_alias(name, "champion", "3")
    assert (held(client, name), _stages(client, name)) == ({"champion": "3"}, {"1": "Archived"})

    client.transition_model_version_stage(name, "3", "Production")
    client.delete_registered_model_alias(name, "champion")
    assert _holding(project, name) == ["3"]
    client.transition_model_version_stage(name, "3", "Archived")
    assert _holding(project, name) == []


# ---------------------------------------------------------------- one move at a time


def _begun(folder: Path, name: str, seconds: int) -> None:
    """Somebody on another machine has begun to move version 7 of a model."""
    now = int(time.time()) * 1_000_000
    step = Step(
        0, now, name, "7", "sha256:" + "0" * 64, BEGUN, "promotion", Stage("production"), uuid.uuid4().hex[:16],
        actor="bob", holder="elsewhere/1/77/77", until=now + seconds * 1_000_000,
    )  # fmt: skip
    Project(load(folder)).log([history.entry(step)], now)


def test_a_move_that_another_one_stands_in_the_way_of_is_a_conflict(
    gated: mlflows.Server, client: Any, name: str, project: Path
) -> None:
    """409, which MLflow's client does not repeat; 403 is for a no."""
    mlflows.version(client, name, {"accuracy": 0.97})
    _begun(project, name, 60)
    route = "/api/2.0/mlflow/registered-models/alias"

    status, said = post(gated, route, {"name": name, "alias": "champion", "version": "1"})
    assert (status, said["letpass"]["code"], f"{name}@7 is being moved by bob" in said["message"]) == (
        409, "GATE431", True,
    )  # fmt: skip
    assert refused(lambda: client.set_registered_model_alias(name, "champion", "1"))[0] == 409
    assert held(client, name) == {}


def test_a_move_whose_time_is_over_is_taken_over(client: Any, name: str, project: Path) -> None:
    """It is looked at: the registry has not moved, so it has failed."""
    mlflows.version(client, name, {"accuracy": 0.97})
    _begun(project, name, 1)
    time.sleep(2)

    client.set_registered_model_alias(name, "champion", "1")

    states = [(s.version, s.state) for s in Project(load(project)).past(name).steps]
    assert states == [("7", "begun"), ("7", "failed"), ("1", "begun"), ("1", "done")]


# ---------------------------------------------------------------- the ledger out of reach

NOWHERE = 'ledger = "postgresql://127.0.0.1:9/none"\n'


def test_a_stock_client_has_its_answer_in_time_when_the_ledger_is_out_of_reach(
    gated: mlflows.Server, client: Any, name: str, project: Path
) -> None:
    """503 with `Retry-After`, which MLflow's client obeys; it used to repeat a 5xx for minutes, with waits that double."""
    mlflows.version(client, name, {"accuracy": 0.97})
    mlflows.configured(gated, POLICY, NOWHERE + SETTINGS)
    body = b'{"name": "%s", "alias": "champion", "version": "1"}' % name.encode()
    asked = Request(
        f"{gated.uri}/api/2.0/mlflow/registered-models/alias", body, {"Content-Type": "application/json"}, method="POST"
    )

    with pytest.raises(HTTPError) as caught:
        urlopen(asked, timeout=30)
    with caught.value as answer:
        assert (answer.code, answer.headers["Retry-After"]) == (503, "1")

    begun = time.monotonic()
    with pytest.raises(Exception, match="503"):
        client.set_registered_model_alias(name, "champion", "1")
    assert time.monotonic() - begun < 30
    assert held(client, name) == {}


@pytest.mark.parametrize("way", ["alias", "stage"])
def test_leaving_goes_through_and_is_logged_first_when_the_ledger_is_back(
    gated: mlflows.Server, client: Any, name: str, project: Path, way: str
) -> None:
    """An emergency removal does not wait for a database, and the champion stays who it was."""
    for accuracy in (0.97, 0.93):
        mlflows.version(client, name, {"accuracy": accuracy})
    if way == "alias":
        client.set_registered_model_alias(name, "champion", "1")
    else:
        client.transition_model_version_stage(name, "1", "Production")
    mlflows.configured(gated, POLICY, NOWHERE + SETTINGS)

    if way == "alias":
        client.delete_registered_model_alias(name, "champion")
    else:
        client.transition_model_version_stage(name, "1", "Archived")
    assert (held(client, name), "Production" in _stages(client, name).values()) == ({}, False)

    mlflows.configured(gated, POLICY, SETTINGS)
    assert refused(lambda: client.set_registered_model_alias(name, "champion", "2"))[0] == 403
    past = Project(load(project)).past(name)
    said = [(e.entry.kind, str(e.entry.data.get("state", ""))) for e in past.own][-3:]
    assert [s.version for s in past.stays if s.stage == Stage("production") and s.until is None] == []
    assert said == [("move", "done"), ("decision", ""), ("refusal", "")]
    left = next(s for s in past.steps if s.kind == "retirement")
    assert "while the ledger was out of reach" in left.reason
    assert list((project / ".letpass/leaving").iterdir()) == []


# ---------------------------------------------------------------- names that are used twice


def test_a_model_that_was_deleted_and_made_anew_is_another_one(client: Any, name: str, project: Path) -> None:
    """Its numbers begin at 1 again: it is not the version of those bytes, and who held the stage before is not forgotten."""
    mlflows.version(client, name, {"accuracy": 0.97}, binary=b"old")
    client.set_registered_model_alias(name, "champion", "1")
    client.delete_registered_model_alias(name, "champion")
    client.delete_registered_model(name)
    mlflows.version(client, name, {"accuracy": 0.93}, binary=b"new!!")
    mlflows.version(client, name, {"accuracy": 0.98}, binary=b"newer")

    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "1"))
    assert (status, "no-worse" in said, "GATE404" in said) == (403, True, False)

    client.set_registered_model_alias(name, "champion", "2")
    past = Project(load(project), registry=None).past(name)
    assert [s.version.partition("~")[0] for s in past.stays if s.stage == Stage("production")] == ["1", "2"]


@pytest.fixture(name="shared", scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """A gated server with workspaces, and two of them."""
    server = mlflows.Server(
        tmp_path_factory.mktemp("workspaces"), gated=True, options=("--enable-workspaces",),
        environment={"MLFLOW_ENABLE_WORKSPACES": "true"},
    )  # fmt: skip
    for team in ("team-a", "team-b"):
        status, said = post(server, "/api/3.0/mlflow/workspaces", {"name": team})
        assert status in {200, 201}, said
    yield server
    server.stop()


def test_workspaces_do_not_meet_in_the_ledger(shared: mlflows.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of one team had blocked that of another, which had the same name and other bytes."""
    folder = mlflows.configured(shared, POLICY, SETTINGS)
    client = shared.client()

    for team, accuracy in (("team-a", 0.97), ("team-b", 0.93)):
        monkeypatch.setenv("MLFLOW_WORKSPACE", team)
        client.create_experiment("training")
        mlflows.version(client, "churn", {"accuracy": accuracy}, binary=team.encode(), experiment="training")
        client.set_registered_model_alias("churn", "champion", "1")
        assert held(client, "churn") == {"champion": "1"}
        past = Project(load(folder)).past("churn")
        assert past.registry.rpartition("/")[2] == team
        assert [s.version for s in past.stays] == ["1"]

    monkeypatch.setenv("MLFLOW_WORKSPACE", "team-a")
    mlflows.version(client, "churn", {"accuracy": 0.93}, experiment="training")
    assert refused(lambda: client.set_registered_model_alias("churn", "champion", "2"))[0] == 403
    assert os.environ["MLFLOW_WORKSPACE"] == "team-a"


def test_what_a_deleted_workspace_leaves_behind_was_let_in_by_no_decision(
    shared: mlflows.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow hands its models, aliases and all, to the default workspace, past every registry's store; they are named there."""
    folder = mlflows.configured(shared, POLICY, SETTINGS)
    client = shared.client()
    status, said = post(shared, "/api/3.0/mlflow/workspaces", {"name": "team-c"})
    assert status in {200, 201}, said
    monkeypatch.setenv("MLFLOW_WORKSPACE", "team-c")
    client.create_experiment("left")
    mlflows.version(client, "left", {"accuracy": 0.97}, experiment="left")
    client.set_registered_model_alias("left", "champion", "1")

    with urlopen(
        Request(f"{shared.uri}/api/3.0/mlflow/workspaces/team-c?mode=SET_DEFAULT", method="DELETE"), timeout=30
    ):
        monkeypatch.delenv("MLFLOW_WORKSPACE")

    assert held(client, "left") == {"champion": "1"}
    assert _holding(folder, "left") == []
    project = Project(load(folder))
    (found,) = [
        d
        for d in reconciliation.compare(project, own_policies(project.configuration), int(time.time()) * 1_000_000)
        if d.model == "left"
    ]
    assert (found.version, found.kind, found.stage) == ("1", Kind.UNREADABLE, Stage("production"))
    assert found.registry.startswith(
        "it holds `production`, and MLflow refuses it: 400 Client Error"
    )  # its bytes stay where they were
    client.create_experiment("after")
    mlflows.version(client, "left", {"accuracy": 0.98}, experiment="after")
    status, said = refused(lambda: client.set_registered_model_alias("left", "champion", "2"))
    assert (status, "no decision of the ledger brought it there" in said) == (403, True)
