"""Shards over MLflow: its database, a plain server, and a gated one, whose gate goes by its own clock."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from letpass.facts.record import Record
from letpass.project.configuration import load
from letpass.project.contents import registry_of
from letpass.registries import shards
from letpass.registries.mlflow_connection import Connection
from letpass.registries.mlflow_registry import MlflowRegistry
from letpass.registries.shards import Shard
from tests.integration import mlflow as mlflows

# MLflow's own store warns of what it uses
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.once]

AT = "2099-01-01T00:00:00Z"
POLICY = (
    'policy gate: "Gate"\n  on promotion to production\n  on review\nrequire good: accuracy on "holdout-2026" >= 0.5\n'
)


@pytest.fixture(name="fleet", scope="module")
def _fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """A plain server with five models, each with a version in production by nobody's decision, trained in three experiments."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    server = mlflows.Server(tmp_path_factory.mktemp("fleet"))
    client = server.client()
    for name in ("eu", "us"):
        client.create_experiment(name)
    for number in range(5):
        model = f"model-{number}"
        for experiment in ("", "eu", "us")[: 1 + number % 3]:
            mlflows.version(client, model, {"accuracy": 0.9 - number / 5}, binary=model.encode(), experiment=experiment)
        client.set_registered_model_alias(model, "production", "1")
    yield server
    server.stop()


@pytest.fixture(name="project", params=["server", "database"])
def _project(fleet: mlflows.Server, elsewhere: Path, request: pytest.FixtureRequest) -> Path:
    """A project over it, which is the working directory."""
    name = f"mlflow+{fleet.uri}" if request.param == "server" else f"mlflow+sqlite:///{fleet.database}"
    (elsewhere / "policy.toml").write_text(f'registry = "{name}"\n')
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    return elsewhere


def parts(call: Any, command: str, of: int) -> list[str]:
    """Make all shards of a run; their files."""
    names = [f"{command}-{number}.json" for number in range(1, of + 1)]
    for number, name in enumerate(names, 1):
        code, out, err = call(command, "--shard", f"{number}/{of}={name}", "--at", AT)
        assert (code, out) == (0, ""), err
    return names


def test_all_shards_give_what_a_listing_of_the_whole_gives(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its order; and a shard asks for no record of another one's models."""
    names = [f.name for f in registry_of(load()).versions() if isinstance(f, Record)]
    found = [each for n in range(1, 4) for each in shards.versions(registry_of(load()), Shard(n, 3))]
    read: list[str] = []
    real = MlflowRegistry.read

    def noted(self: Any, version: Any, **how: Any) -> Record:
        read.append(version.name)
        return real(self, version, **how)

    monkeypatch.setattr(MlflowRegistry, "read", noted)
    own = [
        each.text("model") for _, each in shards.versions(registry_of(load()), Shard(1, 3)) if isinstance(each, Record)
    ]

    assert [each.name for _, each in sorted(found, key=lambda f: f[0]) if isinstance(each, Record)] == names
    assert len(names) == 9
    assert (read, 0 < len(set(own)) < 5, all(shards.part_of(m, 3) == 1 for m in own)) == (own, True, True)


def test_merged_shards_are_the_whole(project: Path, call: Any) -> None:
    """A review in JSON, a comparison and a list of runs, byte for byte."""
    assert call("check", "model-0@1", "--to", "production", "--log")[0] == 0

    for command, words in (("review", ("-o", "json")), ("reconcile", ("-o", "json")), ("runs", ())):
        at = ("--at", AT) if command != "runs" else ()
        whole = call(command, *at, *words)
        assert call(command, "--merge", *parts(call, command, 4), *words) == whole
        assert (whole[0], len(whole[1]) > 500) == (0 if command == "runs" else 1, True)
    found = [json.loads(Path(f"runs-{n}.json").read_text())["counts"]["runs"] for n in (1, 2, 3, 4)]
    assert (sum(found), max(found) < 9) == (9, True)  # by their experiments


@pytest.mark.parametrize("command", ["review", "reconcile"])
def test_where_the_gate_in_the_server_compares_there_is_no_other_clock_than_its_own(
    gated: mlflows.Server, elsewhere: Path, call: Any, command: str
) -> None:
    """A shard would be of no one state: exit 2, and where it can be made instead."""
    mlflows.configured(gated, POLICY)
    mlflows.version(gated.client(), f"m-{uuid.uuid4().hex[:8]}", {"accuracy": 0.9})
    (elsewhere / "policy.toml").write_text(f'registry = "mlflow+{gated.uri}"\n')
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    assert call(command)[0] in {0, 1}

    for words in (("--at", AT), ("--shard", "1/2", "--at", AT)):
        code, out, err = call(command, *words)
        assert (code, out, "the gate in the registry's server goes by its own clock" in err) == (2, "", True), err


class Pages(list[Any]):
    """A page of MLflow's answers, and where the next one begins."""

    token: str | None = None


class Experiments:
    """A client of more experiments than MLflow gives on one page."""

    def search_experiments(self, *, view_type: Any, page_token: str | None) -> Pages:
        """A thousand at most."""
        begin = int(page_token or 0)
        page = Pages(SimpleNamespace(experiment_id=str(n)) for n in range(begin, min(begin + 1000, 2500)))
        page.token = str(begin + 1000) if begin + 1000 < 2500 else None
        return page

    def search_runs(self, experiments: list[str], **how: Any) -> Pages:
        """None; which were asked for is what is looked at."""
        self.asked = experiments
        return Pages()


def test_experiments_behind_the_first_page_are_asked_too(tmp_path: Path) -> None:
    """Of a whole list all, of shards each in one."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    client, answers = Connection("mlflow+sqlite:///nowhere.db", tmp_path), Experiments()
    client.__dict__["mlflow"] = answers
    every = [str(n) for n in range(2500)]

    assert (list(client.runs()), answers.asked) == ([], every)
    found: list[str] = []
    for number in (1, 2, 3):
        list(client.runs(Shard(number, 3).has))
        found += answers.asked
    assert sorted(found, key=int) == every
