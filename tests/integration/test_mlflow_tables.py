"""MLflow's tables read directly say what MLflow's own store says, in whatever state the registry is."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from letpass.enforcement.mlflow_tables import Tables
from letpass.registries.mlflow_connection import Connection
from tests.integration import postgres

pytestmark = pytest.mark.once
MODELS = ("fraud", "credit", "a model_with%signs")
FIELDS = ("name", "version", "creation_timestamp", "last_updated_timestamp", "description", "user_id", "current_stage",
          "source", "run_id", "status", "status_message", "tags", "run_link", "model_id", "workspace")  # fmt: skip


def _store(address: str) -> Any:
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    return SqlAlchemyStore(address)


@pytest.fixture(name="store", params=["sqlite", "postgresql"])
def _each_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "sqlite":
        found = _store(f"sqlite:///{tmp_path}/mlflow.db")
    else:
        server: postgres.Server = request.getfixturevalue("server")
        found = _store(server.fresh(f"tables{os.getpid()}").replace("postgresql://", "postgresql+psycopg://"))
    yield found
    found.engine.dispose()


class _Asked(Connection):
    """MLflow's own answers, through the calls that the gate's client makes of it."""

    def __init__(self, store: Any) -> None:
        super().__init__("mlflow+store")
        self._store = store

    @property
    def mlflow(self) -> Any:
        return self

    @property
    def registry(self) -> Any:
        return self

    def search_model_versions(self, wanted: str, max_results: int, page_token: str | None) -> Any:
        return self._store.search_model_versions(wanted or None, max_results, None, page_token)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def _said(version: Any) -> dict[str, Any]:
    return {**{field: getattr(version, field) for field in FIELDS}, "aliases": sorted(version.aliases)}


def _same(store: Any, *models: str) -> None:
    tables = Tables.of(store, type(store))
    assert tables is not None
    asked = _Asked(store)
    for model in models or (*MODELS, "nobody's"):
        held, theirs = tables.held(model), asked.model(model)
        assert (held is not None) == (asked.registered(model))
        assert tables.marked(model) == asked.marked(model)
        assert (
            (sorted(held.aliases), sorted(held.stages)) == (sorted(theirs.aliases), sorted(theirs.stages))
            if held
            else True
        )
        for number in range(1, 8):
            version, there = tables.version(model, str(number)), asked.version(model, str(number))
            assert (version is None) == (there is None)
            assert version is None or _said(version) == _said(there)
        assert list(tables.tags(model, ".objection")) == sorted(asked.tags(model, ".objection"))


def test_a_read_of_the_tables_is_what_the_store_says(store: Any) -> None:
    """After every one of many changes: versions made and deleted, aliases, stages, tags, models renamed and deleted."""
    from mlflow.entities.model_registry import ModelVersionTag

    chance = random.Random(11)
    _same(store)
    for model in MODELS[:2]:
        store.create_registered_model(model)
    for _ in range(80):
        model, number = chance.choice(MODELS[:2]), str(chance.randint(1, 6))
        there = {str(v.version) for v in store.search_model_versions(f"name='{model}'", 100, None, None)}
        change = chance.choice(
            ("make", "make", "delete", "alias", "alias", "unalias", "stage", "tag", "tag", "describe")
        )
        if change == "make" and len(there) < 6:
            store.create_model_version(model, f"/files/{len(there)}", None, [ModelVersionTag("a", "b")])
        elif change == "unalias":
            store.delete_registered_model_alias(model, chance.choice(("champion", "Champion", "next")))
        elif number in there:
            {
                "delete": lambda m=model, n=number: store.delete_model_version(m, n),
                "alias": lambda m=model, n=number: store.set_registered_model_alias(
                    m, chance.choice(("champion", "Champion", "next")), n
                ),
                "stage": lambda m=model, n=number: store.transition_model_version_stage(
                    m, int(n), chance.choice(("Production", "Staging", "Archived", "None")), False
                ),
                "tag": lambda m=model, n=number: store.set_model_version_tag(
                    m,
                    n,
                    ModelVersionTag(
                        chance.choice(("letpass.1.objection", "letpass.2.objectionX", "x_objection")), "said"
                    ),
                ),
                "describe": lambda m=model, n=number: store.update_model_version(m, n, "better"),
            }.get(change, lambda: None)()
        _same(store, model)
    store.create_registered_model("old")
    store.create_model_version("old", "/files/x", None)
    store.rename_registered_model("old", MODELS[2])
    _same(store)
    store.delete_registered_model(MODELS[0])
    _same(store)


def test_another_servers_registry_and_somebodys_own_store_are_asked_themselves(tmp_path: Path) -> None:
    """Only of MLflow's own store are the tables known."""
    from mlflow.store.model_registry.rest_store import RestStore
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    class Own(SqlAlchemyStore):  # type: ignore[misc]
        """A store with another meaning."""

    assert Tables.of(object(), RestStore) is None
    assert Tables.of(Own(f"sqlite:///{tmp_path}/own.db"), Own) is None


def test_what_was_asked_once_is_asked_again_before_it_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else moves the version between the question and the move: that is seen, and nothing is taken out of any stage."""
    from mlflow.exceptions import MlflowException

    from letpass.enforcement import guard
    from letpass.enforcement.mlflow_store import build

    (tmp_path / "policies").mkdir()
    policy = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
    (tmp_path / "policies/gate.policy").write_text(policy)
    address = f"sqlite:///{tmp_path}/mlflow.db"
    (tmp_path / "policy.toml").write_text(f'registry = "mlflow+{address}"\n')
    monkeypatch.chdir(tmp_path)
    plain = _store(address)
    plain.create_registered_model("fraud")
    plain.create_model_version("fraud", "/files/1", None)
    plain.transition_model_version_stage("fraud", 1, "Production", False)
    gated, real, stages = build(f"gate:{address}", address), guard.moves.leave, ["Staging"]

    def between(*given: Any, **more: Any) -> Any:
        for stage in stages:
            plain.transition_model_version_stage("fraud", 1, stage, False)
        return real(*given, **more)

    monkeypatch.setattr(guard.moves, "leave", between)
    with pytest.raises(MlflowException, match="what fraud v1 is called has changed meanwhile"):
        gated.transition_model_version_stage("fraud", 1, "None", False)
    assert plain.get_model_version("fraud", 1).current_stage == "Staging"

    stages.clear()
    plain.transition_model_version_stage("fraud", 1, "Production", False)
    gated.transition_model_version_stage("fraud", 1, "None", False)
    assert plain.get_model_version("fraud", 1).current_stage == "None"
    plain.engine.dispose()
