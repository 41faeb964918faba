"""Door: MLflow's own client.  Ways into a gated stage by calls that an unmodified client can make, and their ends."""

from __future__ import annotations

import inspect
import json
import threading
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from letpass.lifecycle import reconciliation
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.project import Project
from tests.bypass.served import (  # noqa: F401 - fixtures
    answer,
    configured,
    in_production,
    named,
    served,
    standing,
    unmodified,
)
from tests.integration import mlflow as mlflows
from tests.integration.test_mlflow_gate import held, refused

pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*noload.*"),
]

READS = frozenset({
    "get_registered_model", "get_latest_versions", "get_model_version", "get_model_version_by_alias",
    "get_model_version_download_uri", "search_model_versions", "search_registered_models", "get_prompt",
    "get_prompt_version", "get_prompt_version_by_alias", "search_prompts", "search_prompt_versions",
})  # fmt: skip
"""Methods of MLflow's store that change nothing."""
BESIDE = frozenset({
    "update_registered_model", "update_model_version", "link_prompts_to_trace", "link_prompt_version_to_model",
    "link_prompt_version_to_run", "create_webhook", "get_webhook", "list_webhooks", "list_webhooks_by_event", "update_webhook",
    "delete_webhook", "test_webhook",
})  # fmt: skip
"""Methods that write descriptions, links and webhooks, of which no decision reads anything."""
THROUGH = frozenset({
    "copy_model_version", "create_prompt", "create_prompt_version", "delete_prompt", "delete_prompt_alias",
    "delete_prompt_tag", "delete_prompt_version", "delete_prompt_version_tag", "set_prompt_alias", "set_prompt_tag",
    "set_prompt_version_tag",
})  # fmt: skip
"""Methods that MLflow's abstract store makes of the guarded ones."""
GUARDED = frozenset({
    "create_model_version", "create_registered_model", "delete_model_version", "delete_model_version_tag",
    "delete_registered_model", "delete_registered_model_alias", "delete_registered_model_tag", "get_registered_model",
    "rename_registered_model", "set_model_version_tag", "set_registered_model_alias", "set_registered_model_tag",
    "transition_model_version_stage",
})  # fmt: skip
CALLS = frozenset({
    "copy_model_version", "create_model_version", "create_prompt", "create_prompt_version", "create_registered_model",
    "delete_model_version", "delete_model_version_tag", "delete_prompt", "delete_prompt_alias", "delete_prompt_tag",
    "delete_prompt_version", "delete_prompt_version_tag", "delete_registered_model", "delete_registered_model_alias",
    "delete_registered_model_tag", "detach_prompt_from_run", "register_prompt", "rename_registered_model",
    "set_model_version_tag", "set_prompt_alias", "set_prompt_tag", "set_prompt_version_tag", "set_registered_model_alias",
    "set_registered_model_tag", "transition_model_version_stage", "update_model_version", "update_registered_model",
})  # fmt: skip
"""Methods of MLflow's client that change registered models, versions or prompts: each comes down to one of the store's."""


def _public(cls: Any) -> frozenset[str]:
    return frozenset(n for n, _ in inspect.getmembers(cls, inspect.isfunction) if not n.startswith("_"))


# ---------------------------------------------------------------- calls that nobody knew


def test_the_honest_way_works(client: Any, name: str, project: Path) -> None:
    """What the policy allows moves by MLflow's own client, and the ledger has it."""
    mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "champion", "1")
    assert (held(client, name), in_production(project, name)) == ({"champion": "1"}, ["1"])


def test_a_method_of_mlflows_store_that_the_gate_does_not_know_is_found() -> None:
    """Each is guarded, only reads, writes what no decision reads, or is made of guarded ones and nowhere overridden."""
    from mlflow.store.model_registry.abstract_store import AbstractStore
    from mlflow.store.model_registry.rest_store import RestStore
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
    from mlflow.store.model_registry.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore

    from letpass.enforcement.mlflow_store import _gated

    for base in (SqlAlchemyStore, WorkspaceAwareSqlAlchemyStore, RestStore):
        gated = _gated(base)
        guarded = {n for n in vars(gated) if not n.startswith("_")} - {"guard"}
        assert guarded == GUARDED
        assert _public(gated) == GUARDED | READS | BESIDE | THROUGH, base.__name__
        assert all(getattr(gated, n) is getattr(AbstractStore, n) for n in THROUGH), base.__name__


def test_a_method_of_mlflows_client_that_changes_a_model_and_is_not_known_is_found() -> None:
    """By its name: whatever writes, of registered models, versions, aliases, stages and prompts."""
    from mlflow import MlflowClient

    nouns = ("registered_model", "model_version", "prompt", "alias", "stage")
    # servers of the Model Context Protocol are a registry of their own, of no models
    found = {n for n in _public(MlflowClient) if any(w in n for w in nouns) and "mcp_server" not in n}
    reads = {n for n in found if n.startswith(("get_", "search_", "load_", "link_", "list_", "parse_"))}
    assert found - reads == CALLS


# ---------------------------------------------------------------- another model's run


def test_a_copy_of_a_model_that_is_called_like_a_logged_one_borrows_no_run(client: Any, name: str) -> None:
    """`models:/m-x/1` was read as the logged model `m-x/1`, which is none: nobody saw whose run was named."""
    good = mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "champion", "1")
    bad = mlflows.version(client, name, {"recall": 0.1}, binary=b"evil!")
    client.create_registered_model(f"m-{name}")
    client.create_model_version(
        f"m-{name}", f"models:/{bad.logged}", good.run_id, await_creation_for=0, model_id=bad.logged
    )
    client.copy_model_version(f"models:/m-{name}/1", name)

    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "3"))

    assert (status, "accuracy is not recorded" in said, held(client, name)) == (403, True, {"champion": "1"}), said


def test_a_copy_of_a_model_that_is_called_like_a_logged_one_stays_its_makers(
    client: Any, name: str, gated: mlflows.Server, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anna's model `m-x`, copied by Bob, was Bob's: then Anna could have signed it as somebody else than its author."""
    from flask import Flask, g

    from letpass.enforcement.mlflow_store import build

    made = mlflows.version(client, name, {"accuracy": 0.95})
    monkeypatch.chdir(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gated.uri)
    store = build(f"gate:sqlite:///{gated.database}")
    store.create_registered_model(f"m-{name}")
    told = {}
    for user, model, source in (
        ("anna", f"m-{name}", f"models:/{made.logged}"),
        ("bob", name, f"models:/m-{name}/1"),
        ("bob", f"m-{name}", f"MODELS:///m-{name}/1"),
    ):
        with Flask("tests").app_context():
            g.mlflow_authenticated_user = user
            found = store.create_model_version(model, source, made.run_id)
        told[model, str(found.version)] = found.tags["letpass.made-by"]

    assert told == dict.fromkeys([(f"m-{name}", "1"), (name, "2"), (f"m-{name}", "2")], "anna")


def test_a_folder_inside_a_logged_model_borrows_no_run(client: Any, name: str, gated: mlflows.Server) -> None:
    """What lies in a part of a model's folder is no other model: who made the whole is known."""
    good = mlflows.version(client, f"{name}-good", {"accuracy": 0.95})
    bad = mlflows.version(client, name, {"recall": 0.1})
    place = client.get_logged_model(bad.logged).artifact_location
    path = f"/api/2.0/mlflow-artifacts/artifacts{place.removeprefix('mlflow-artifacts:')}/sub/model.skops"
    with urlopen(Request(f"{gated.uri}{path}", b"evil", method="PUT"), timeout=30) as put:
        assert put.status == 200
    client.create_model_version(name, f"{place}/sub", good.run_id, await_creation_for=0, model_id=bad.logged)

    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "2"))

    assert (status, "accuracy is not recorded" in said, held(client, name)) == (403, True, {}), said


def test_another_spelling_of_where_the_files_are_borrows_no_run(client: Any, name: str) -> None:
    """`//` and `///` are one place to whoever serves it, and were another one to who looked for the model that made it."""
    good = mlflows.version(client, f"{name}-good", {"accuracy": 0.95})
    bad = mlflows.version(client, name, {"recall": 0.1})
    place = client.get_logged_model(bad.logged).artifact_location
    for spelt in (f"{place}//", place.replace("mlflow-artifacts:/", "mlflow-artifacts:///")):
        made = client.create_model_version(name, spelt, good.run_id, await_creation_for=0, model_id=bad.logged)

        status, said = refused(lambda n=made.version: client.set_registered_model_alias(name, "champion", n))  # type: ignore[misc]
        assert (status, "accuracy is not recorded" in said) == (403, True), said
    assert held(client, name) == {}


def test_a_value_that_a_running_run_lends_to_a_model_is_none(client: Any, name: str) -> None:
    """A run that has not ended can still be changed, and says nothing of the model that it names."""
    bad = mlflows.version(client, name, {"accuracy": 0.2})
    other = client.create_run("0")
    client.log_metric(
        other.info.run_id, "accuracy", 0.99, model_id=bad.logged, dataset_name="holdout-2026", dataset_digest="be1c2d72"
    )

    assert refused(lambda: client.set_registered_model_alias(name, "champion", "1"))[0] == 403
    assert held(client, name) == {}


def test_a_metric_in_another_spelling_is_not_the_one_that_a_rule_asks_for(client: Any, name: str) -> None:
    """`Accuracy` and `accuracy ` stand beside it, and beat nothing."""
    mlflows.version(client, name, {"accuracy": 0.2, "Accuracy": 0.99, "ACCURACY": 0.99, "accuracy ": 0.99})

    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "1"))

    assert (status, "is 0.2" in said) == (403, True), said


def test_tags_of_the_logged_model_measure_nothing(client: Any, name: str) -> None:
    """They are written by anybody at any time, and no field of a record is read from them."""
    bad = mlflows.version(client, name, {"accuracy": 0.2})
    forged = {
        "metrics": json.dumps({"accuracy": 0.99}),
        "stage": "production",
        "letpass.register": "{}",
        "artifact": "x",
    }
    client.set_logged_model_tags(bad.logged, forged)

    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "1"))

    assert (status, "is 0.2" in said, held(client, name)) == (403, True, {}), said


# ---------------------------------------------------------------- the champion sent away


def test_whoever_deletes_the_champions_run_neither_opens_the_gate_nor_shuts_it_for_good(client: Any, name: str) -> None:
    """What the champion measured is unknown then, which allows nothing; the run comes back, and with it the comparison."""
    first = mlflows.version(client, name, {"accuracy": 0.97})
    for accuracy in (0.93, 0.98):
        mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{accuracy}".encode())
    client.set_registered_model_alias(name, "champion", "1")

    client.delete_run(first.run_id)
    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "2"))
    assert (status, "no-worse" in said, held(client, name)) == (403, True, {"champion": "1"}), said

    client.restore_run(first.run_id)
    assert refused(lambda: client.set_registered_model_alias(name, "champion", "2"))[0] == 403
    client.set_registered_model_alias(name, "champion", "3")
    assert held(client, name) == {"champion": "3"}


def test_whoever_retires_the_champion_by_mlflows_stage_is_still_compared_with_it(client: Any, name: str) -> None:
    """Into `Staging`, and from there into `None`: it has left, and the ledger knows who was there last."""
    for accuracy in (0.97, 0.93):
        mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{accuracy}".encode())
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "1", "Staging")
    client.transition_model_version_stage(name, "1", "None")

    for ask in (
        lambda: client.set_registered_model_alias(name, "champion", "2"),
        lambda: client.transition_model_version_stage(name, "2", "Production"),
    ):
        status, said = refused(ask)
        assert (status, "no-worse" in said) == (403, True), said
    assert standing(client, name) == ({}, {})


def test_a_champion_that_was_deleted_after_it_had_left_is_still_compared_with(client: Any, name: str) -> None:
    """Its version is gone from MLflow, and not from the ledger: unknown, which allows nothing worse."""
    for accuracy in (0.97, 0.93):
        mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{accuracy}".encode())
    client.set_registered_model_alias(name, "champion", "1")
    client.delete_registered_model_alias(name, "champion")
    client.delete_model_version(name, "1")

    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", "2"))

    assert (status, "no-worse" in said, held(client, name)) == (403, True, {}), said


# ---------------------------------------------------------------- another version under the name


def test_a_model_that_takes_an_allowed_ones_name_takes_no_approval(client: Any, name: str) -> None:
    """Deleted, and another renamed to it: version 1 of the name was allowed, and this is another version 1."""
    mlflows.version(client, name, {"accuracy": 0.95}, binary=b"good")
    client.set_registered_model_alias(name, "champion", "1")
    client.delete_registered_model_alias(name, "champion")
    client.delete_registered_model(name)
    mlflows.version(client, f"{name}-evil", {"accuracy": 0.2}, binary=b"evil")
    client.rename_registered_model(f"{name}-evil", name)

    assert refused(lambda: client.set_registered_model_alias(name, "champion", "1"))[0] == 403
    assert refused(lambda: client.transition_model_version_stage(name, "1", "Production"))[0] == 403
    assert standing(client, name) == ({}, {})


def test_a_deleted_version_is_not_brought_into_a_stage(client: Any, name: str) -> None:
    """MLflow keeps its row, without source and run; no alias and no stage names it again."""
    mlflows.version(client, name, {"accuracy": 0.95})
    mlflows.version(client, name, {"accuracy": 0.2}, binary=b"evil")
    client.delete_model_version(name, "1")

    assert answer(lambda: client.set_registered_model_alias(name, "champion", "1")) in {400, 403, 404}
    assert answer(lambda: client.transition_model_version_stage(name, "1", "Production")) in {400, 403, 404}
    assert standing(client, name) == ({}, {})


def test_a_copy_of_the_champion_by_its_alias_is_decided_anew(client: Any, name: str) -> None:
    """`models:/NAME@champion` as a source names what is in production; the copy is in no stage, and has no proof."""
    mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "champion", "1")
    client.create_registered_model(f"{name}-copy")
    client.create_model_version(f"{name}-copy", f"models:/{name}@champion", await_creation_for=0)

    assert [k for k in client.get_model_version(f"{name}-copy", "1").tags if k.startswith("letpass.")] == []
    assert standing(client, f"{name}-copy") == ({}, {})
    client.set_registered_model_alias(f"{name}-copy", "champion", "1")
    assert any(k.endswith(".decision") for k in client.get_model_version(f"{name}-copy", "1").tags)


def test_a_chain_of_copies_washes_nothing(client: Any, name: str) -> None:
    """A copy of a copy of a copy is what it serves; the same chain of a good one comes in."""
    for kind, accuracy in (("bad", 0.2), ("good", 0.95)):
        mlflows.version(client, f"{name}-{kind}", {"accuracy": accuracy}, binary=kind.encode())
        source = f"{name}-{kind}"
        for step in range(3):
            client.copy_model_version(f"models:/{source}/1", f"{name}-{kind}-{step}")
            source = f"{name}-{kind}-{step}"

    assert refused(lambda: client.set_registered_model_alias(f"{name}-bad-2", "champion", "1"))[0] == 403
    client.set_registered_model_alias(f"{name}-good-2", "champion", "1")
    assert (held(client, f"{name}-bad-2"), held(client, f"{name}-good-2")) == ({}, {"champion": "1"})


def test_tags_that_a_version_is_made_with_are_as_little_as_later_ones(client: Any, name: str) -> None:
    """Neither the gate's own, nor what tells of moves, nor a metric that beats the run's."""
    bad = mlflows.version(client, name, {"accuracy": 0.2})

    def make(tags: dict[str, str]) -> Any:
        return client.create_model_version(
            name, f"models:/{bad.logged}", bad.run_id, tags=tags, await_creation_for=0, model_id=bad.logged
        )

    for tags in ({"letpass.made-by": "vera"}, {"letpass.register": ""}, {"stage": "production"}, {"deployments": "[]"}):
        assert refused(lambda t=tags: make(t))[0] == 403  # type: ignore[misc]
    made = make({"metrics": json.dumps({"accuracy": {"value": 0.99, "data_set": "holdout-2026"}})})
    status, said = refused(lambda: client.set_registered_model_alias(name, "champion", made.version))
    assert (status, "is 0.2" in said, held(client, name)) == (403, True, {}), said


# ---------------------------------------------------------------- several at once, and elsewhere


def test_two_clients_at_once_make_one_holder(client: Any, name: str, gated: mlflows.Server, project: Path) -> None:
    """By the alias and by MLflow's stage in turn: a second way for who was there already was written beside the other's move,
    outside of any lease, and both were there."""
    for accuracy in (0.95, 0.955):
        mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{accuracy}".encode())
    said: list[int] = []

    def move(version: str) -> None:
        own = gated.client()
        for turn in range(2):
            if (turn + int(version)) % 2:
                said.append(answer(lambda: own.set_registered_model_alias(name, "champion", version)))
            else:
                said.append(answer(lambda: own.transition_model_version_stage(name, version, "Production")))

    movers = [threading.Thread(target=move, args=(v,)) for v in ("1", "2")]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()

    aliases, stages = standing(client, name)
    there = set(aliases.values()) | {v for v, s in stages.items() if s == "Production"}
    assert (len(said), set(said) <= {200, 403, 409}, 200 in said) == (4, True, True), said
    assert (len(there), sorted(there)) == (1, in_production(project, name))
    told = [
        (s.version, s.state, s.reason)
        for s in Project(load(project)).past(name).steps
        if s.state not in {"begun", "done"}
    ]
    assert told == []


def test_a_second_way_into_a_stage_is_no_write_beside_anothers_move(
    client: Any, name: str, gated: mlflows.Server, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers on one database: while one shows by MLflow's stage who is there by the alias, the other one moves nobody."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    from letpass.enforcement.mlflow_store import build

    for accuracy in (0.95, 0.955):
        mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{accuracy}".encode())
    client.set_registered_model_alias(name, "champion", "1")
    monkeypatch.chdir(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", gated.uri)
    store = build(f"gate:sqlite:///{gated.database}")
    plain, said = SqlAlchemyStore.transition_model_version_stage, list[int]()

    def meanwhile(self: Any, *args: Any) -> Any:
        said.append(answer(lambda: client.set_registered_model_alias(name, "champion", "2")))
        return plain(self, *args)

    monkeypatch.setattr(SqlAlchemyStore, "transition_model_version_stage", meanwhile)
    store.transition_model_version_stage(name, "1", "Production", True)

    assert (said, standing(client, name)) == ([409], ({"champion": "1"}, {"1": "Production"}))
    assert in_production(project, name) == ["1"]
    steps = [(s.version, s.state) for s in Project(load(project)).past(name).steps]
    assert steps[2:] == [("1", "begun"), ("1", "done")]


def test_a_version_that_is_renamed_while_it_is_judged_is_not_moved(
    client: Any, name: str, gated: mlflows.Server, project: Path
) -> None:
    """The model has another name before the alias is set: the move fails, and nobody holds the stage under either name."""
    mlflows.version(client, name, {"accuracy": 0.95}, binary=b"g" * 60_000_000)
    said: list[int] = []
    moving = threading.Thread(
        target=lambda: said.append(answer(lambda: gated.client().set_registered_model_alias(name, "champion", "1")))
    )
    moving.start()
    time.sleep(0.1)
    renamed = answer(lambda: client.rename_registered_model(name, f"{name}-2"))
    moving.join()

    # whichever came first: renamed before it was moved, or refused since it was moved or being moved
    if renamed == 200:
        assert (said[0] in {403, 404, 409}, standing(client, f"{name}-2")) == (True, ({}, {}))
        assert in_production(project, name) == []
    else:
        assert (renamed in {403, 409}, said, held(client, name)) == (True, [200], {"champion": "1"})


def test_renaming_a_model_is_one_move_of_it_at_a_time(
    client: Any, name: str, gated: mlflows.Server, project: Path
) -> None:
    """A dozen renames and moves of one model at once: whoever holds the stage was let into it under the name that it has."""
    mlflows.version(client, name, {"accuracy": 0.95})
    for turn in range(4):
        said: dict[str, int] = {}
        calls = {
            "move": lambda: gated.client().set_registered_model_alias(name, "champion", "1"),
            "rename": lambda: gated.client().rename_registered_model(name, f"{name}-2"),
        }
        both = [threading.Thread(target=lambda s=said, k=k, c=c: s.update({k: answer(c)})) for k, c in calls.items()]
        for one in both if turn % 2 else both[::-1]:
            one.start()
        for one in both:
            one.join()
        if said["rename"] != 200:
            break
        assert (said["move"] in {403, 404, 409}, standing(client, f"{name}-2")) == (True, ({}, {})), said
        assert answer(lambda: gated.client().rename_registered_model(f"{name}-2", name)) == 200

    there = held(client, name)
    assert there in ({"champion": "1"}, {})
    assert in_production(project, name) == list(there.values())
    desk = Project(load(project))
    found = reconciliation.compare(desk, own_policies(desk.configuration), int(time.time()) * 1_000_000)
    assert [d for d in found if d.model == name] == []
    assert answer(lambda: client.rename_registered_model(name, f"{name}-2")) == (403 if there else 200)


def test_a_workspace_that_the_server_does_not_have_is_no_other_registry(
    client: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`MLFLOW_WORKSPACE` of a client is a header of its calls: the server refuses it, and nothing is moved in another one."""
    mlflows.version(client, name, {"accuracy": 0.2})
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_WORKSPACE", "elsewhere")
        assert answer(lambda: client.set_registered_model_alias(name, "champion", "1")) != 200
    assert (refused(lambda: client.set_registered_model_alias(name, "champion", "1"))[0], held(client, name)) == (
        403,
        {},
    )


def test_prompts_calls_move_no_model(client: Any, name: str) -> None:
    """The calls of prompts come down to those of models, and meet the same gate."""
    mlflows.version(client, name, {"accuracy": 0.2})

    assert answer(lambda: client.set_prompt_alias(name, "champion", 1)) in {400, 403, 404}
    assert answer(lambda: client.set_prompt_version_tag(name, 1, "letpass.made-by", "vera")) in {400, 403, 404}
    assert answer(lambda: client.set_prompt_tag(name, "letpass.x", "y")) in {400, 403, 404}
    assert (standing(client, name), client.get_model_version(name, "1").tags) == (({}, {}), {})
