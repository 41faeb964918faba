"""Door: MLflow's REST API.  Ways into a gated stage by requests that MLflow's own client would never send, and their ends."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from letpass.ledger import history
from letpass.ledger.history import BEGUN, Step
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.bypass.served import (  # noqa: F401 - fixtures
    POLICY,
    SETTINGS,
    configured,
    in_production,
    named,
    served,
    standing,
    unmodified,
)
from tests.integration import mlflow as mlflows

pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning")]
API = "/api/2.0/mlflow"
ALIAS = f"{API}/registered-models/alias"
STAGE = f"{API}/model-versions/transition-stage"
TAG = f"{API}/model-versions/set-tag"
JSON = {"Content-Type": "application/json"}


class _Stays(HTTPRedirectHandler):
    """Follows nothing: a redirection is an answer."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Door:
    """The REST API of a gated server, with a version that its policy denies, and where that stands."""

    def __init__(self, server: mlflows.Server) -> None:
        self.server, self.client = server, server.client()
        self.model = f"bad-{uuid.uuid4().hex[:8]}"
        mlflows.version(self.client, self.model, {"accuracy": 0.2})
        self.alias = {"name": self.model, "alias": "champion", "version": "1"}
        self.stage = {"name": self.model, "version": "1", "stage": "Production", "archive_existing_versions": True}

    def ask(
        self, path: str, said: Any, verb: str = "POST", headers: Mapping[str, str] = JSON
    ) -> tuple[int, dict[str, Any]]:
        """The status and body of an answer; `said`: bytes as they are, else JSON."""
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        asked = Request(f"{self.server.uri}{path}", data, dict(headers), method=verb)
        try:
            with build_opener(_Stays).open(asked, timeout=60) as answer:
                return answer.status, _read(answer.read())
        except HTTPError as error:
            with error:
                return error.code, _read(error.read())

    def still(self) -> bool:
        """Is the version in no stage, and has it no tag."""
        return standing(self.client, self.model) == ({}, {}) and not self.client.get_model_version(self.model, "1").tags


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@pytest.fixture(name="shared", scope="module")
def _shared(gated: mlflows.Server) -> Door:
    mlflows.configured(gated, POLICY, SETTINGS)
    return Door(gated)


@pytest.fixture(name="door")
def _door(shared: Door, project: Path) -> Door:
    return shared


# ---------------------------------------------------------------- addresses and verbs


def test_the_honest_way_works(door: Door) -> None:
    """What the policy allows moves by REST."""
    name = f"good-{uuid.uuid4().hex[:8]}"
    mlflows.version(door.client, name, {"accuracy": 0.95})
    assert door.ask(ALIAS, {"name": name, "alias": "champion", "version": "1"})[0] == 200
    assert standing(door.client, name) == ({"champion": "1"}, {})


def test_no_other_address_of_a_call_passes_by_the_gate(door: Door) -> None:
    """Another version of the API, the page's own, `//`, `%2F`, `/./`, capitals: judged, or there is no such address."""
    said = {
        path: door.ask(path, door.alias)[0]
        for path in (
            ALIAS, ALIAS.replace("/api/", "/ajax-api/"), ALIAS.replace("2.0", "3.0"), ALIAS.replace("2.0", "2.0/preview"),
            ALIAS.replace("/api/", "/ajax-api/").replace("2.0", "3.0"), f"{ALIAS}/", ALIAS.replace("/api/", "/api//"),
            ALIAS.replace("models/a", "models%2Fa"), ALIAS.replace("/mlflow/", "/./mlflow/"), ALIAS.replace("alias", "ALIAS"),
            f"{ALIAS};x=y", f"{ALIAS}?_method=POST", f"{ALIAS}#x",
        )
    }  # fmt: skip

    assert said[ALIAS] == said[ALIAS.replace("/api/", "/ajax-api/")] == 403
    assert set(said.values()) <= {403, 404, 308}, said
    assert door.still()


def test_no_other_verb_moves_and_a_header_makes_none_another(door: Door) -> None:
    """`X-HTTP-Method-Override` and its like mean nothing to the server."""
    heads = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Forwarded-Method")
    for verb in ("PUT", "PATCH", "GET"):
        assert door.ask(ALIAS, door.alias, verb, {**JSON, **dict.fromkeys(heads, "POST")})[0] in {400, 404, 405}
        assert door.ask(STAGE, door.stage, verb, {**JSON, **dict.fromkeys(heads, "POST")})[0] in {400, 404, 405}
    assert door.ask(ALIAS, door.alias, "POST", {**JSON, **dict.fromkeys(heads, "GET")})[0] == 403
    assert door.still()


def test_parameters_in_the_address_stand_in_for_no_body(door: Door) -> None:
    """And where both are there, the body is what is judged and what would move."""
    query = f"name={door.model}&alias=champion&version=1"

    assert door.ask(f"{ALIAS}?{query}", {})[0] == 400
    assert door.ask(f"{ALIAS}?{query.replace('champion', 'dev')}", door.alias)[0] == 403
    assert door.still()


# ---------------------------------------------------------------- bodies


def test_a_key_that_stands_twice_is_judged_as_it_would_move(door: Door) -> None:
    """The gate sees what MLflow has read: the last of them."""
    said = json.dumps(door.alias).encode()
    for first in (b'{"alias": "dev", ', b'{"version": "7", ', b'{"name": "nobody", "alias": "x", '):
        assert door.ask(ALIAS, said.replace(b"{", first, 1))[0] == 403
    assert door.ask(STAGE, json.dumps(door.stage).encode().replace(b"{", b'{"stage": "None", ', 1))[0] == 403
    assert door.still()


def test_a_version_that_is_no_plain_number_moves_nothing(door: Door) -> None:
    """Numbers, floats, signs, blanks, zeros, other digits, lists."""
    for version in (
        1,
        1.0,
        True,
        ["1"],
        None,
        "1.0",
        "1e0",
        "01",
        " 1",
        "1\n",
        "+1",
        "0x1",
        "1\u0000",
        "\u0661",
        "1_0",
        "",
    ):
        assert door.ask(ALIAS, {**door.alias, "version": version})[0] in {400, 403}, version
        assert door.ask(STAGE, {**door.stage, "version": version})[0] in {400, 403}, version
    assert door.ask(ALIAS, json.dumps(door.alias).replace('"1"', "1e0").encode())[0] == 400
    assert door.still()


def test_an_alias_that_looks_like_a_gated_one_is_refused_or_is_gated(door: Door) -> None:
    """Cyrillic, full width, zero width, soft hyphens, controls, escapes, blanks."""
    for alias in ("\u0441hampion", "\uff43hampion", "champion\u200b", "champi\u00adon", "champion\u0000", "champion ",
                  "champion/", "%63hampion", "@champion", "champion\u202e", "CHAMPION", "Production", ""):  # fmt: skip
        assert door.ask(ALIAS, {**door.alias, "alias": alias})[0] in {400, 403}, alias
    assert door.still()


def test_a_stage_in_another_spelling_is_none_or_is_gated(door: Door) -> None:
    """MLflow folds case and nothing else, and so does the gate."""
    for stage in (
        "Production",
        "production",
        "PRODUCTION",
        "Production ",
        "\uff30roduction",
        "Produ\u00adction",
        "",
        "champion",
    ):
        assert door.ask(STAGE, {**door.stage, "stage": stage})[0] in {400, 403}, stage
    assert door.still()


def test_no_content_type_and_no_encoding_is_read_past_the_gate(door: Door) -> None:
    """UTF-16, a byte order mark, forms, plain text: judged as JSON, or not read at all."""
    said, form = json.dumps(door.alias), f"name={door.model}&alias=champion&version=1"
    for data, kind in (
        (said.encode("utf-16"), "application/json; charset=utf-16"),
        (said.encode("utf-8-sig"), "application/json"),
        (said.encode(), "application/json; charset=utf-7"),
        (said.encode(), "text/plain"),
        (said.encode(), "application/x-protobuf"),
        (form.encode(), "application/x-www-form-urlencoded"),
        (said.encode(), "multipart/form-data; boundary=x"),
    ):
        assert door.ask(ALIAS, data, headers={"Content-Type": kind})[0] in {400, 403, 415}, kind
    assert door.still()


def test_a_body_of_many_megabytes_is_judged_like_a_small_one(door: Door) -> None:
    """What MLflow does not know in it is passed over by both."""
    assert door.ask(ALIAS, {"pad": "x" * 8_000_000, **door.alias})[0] == 403
    assert door.still()


def test_fields_that_only_answers_have_are_read_from_no_request(door: Door) -> None:
    """A version or model that is made or described with its own aliases, stage and tags has none of them."""
    forged: dict[str, Any] = {
        "aliases": [{"alias": "champion", "version": "1"}],
        "current_stage": "Production",
        "stage": "Production",
    }
    made = door.client.get_model_version(door.model, "1")
    name = f"{door.model}-forged"

    assert door.ask(f"{API}/registered-models/create", {"name": name, **forged})[0] in {200, 400}
    assert door.ask(f"{API}/registered-models/update", {"name": door.model, "description": "x", **forged}, "PATCH")[
        0
    ] in {200, 400}
    said = {
        "name": door.model,
        "version": "1",
        "description": "x",
        "tags": [{"key": "letpass.made-by", "value": "vera"}],
        **forged,
    }
    assert door.ask(f"{API}/model-versions/update", said, "PATCH")[0] in {200, 400}
    anew = {
        "name": name,
        "source": made.source,
        "model_id": made.source.removeprefix("models:/"),
        "version": "9",
        **forged,
    }
    status, body = door.ask(f"{API}/model-versions/create", anew)
    assert (status, body["model_version"]["version"], body["model_version"]["current_stage"]) == (200, "1", "None"), (
        body
    )
    assert standing(door.client, name) == ({}, {})
    assert door.still()


def test_flags_of_archiving_open_no_stage_and_empty_none(door: Door, name: str, project: Path) -> None:
    """In any spelling; with a free stage they archive who is in that one, and nobody in production."""
    for flags in (
        {"archiveExistingVersions": True},
        {"archive_existing_versions": "true"},
        {"archive_existing_versions": 1},
    ):
        plain = {k: v for k, v in door.stage.items() if k != "archive_existing_versions"}
        assert door.ask(STAGE, {**plain, **flags})[0] in {400, 403}, flags
    for accuracy in (0.95, 0.2):
        mlflows.version(door.client, name, {"accuracy": accuracy}, binary=f"{accuracy}".encode())
    assert door.ask(STAGE, {**door.stage, "name": name})[0] == 200

    assert door.ask(STAGE, {**door.stage, "name": name, "version": "2", "stage": "Staging"})[0] == 200
    assert door.ask(STAGE, {**door.stage, "name": name, "stage": "Archived"})[0] in {400, 500}  # MLflow's own answer

    assert standing(door.client, name) == ({}, {"1": "Production", "2": "Staging"})
    assert [s.state for s in Project(load(project)).past(name).steps] == ["begun", "done"]
    assert door.still()


def test_graphql_has_no_mutation_that_moves(door: Door) -> None:
    """Its mutations search; one that MLflow adds is found here."""
    status, body = door.ask("/graphql", {"query": "{__schema{mutationType{fields{name}}}}"})
    known = {f["name"] for f in body["data"]["__schema"]["mutationType"]["fields"]}
    assert (status, known) == (200, {"mlflowSearchDatasets", "mlflowSearchRuns", "testMutation"})

    wanted = f'mutation {{ mlflowSetRegisteredModelAlias(input: {{name: "{door.model}", alias: "champion", version: "1"}}) {{ apiError {{ code }} }} }}'
    assert "errors" in door.ask("/graphql", {"query": wanted})[1]
    assert door.still()


def test_the_header_of_a_workspace_leads_past_no_gate(door: Door) -> None:
    """The server has no workspaces, and refuses who names one."""
    for workspace in ("default", "elsewhere", "../x", ""):
        status, _ = door.ask(ALIAS, door.alias, headers={**JSON, "X-MLFLOW-WORKSPACE": workspace})
        assert status in {400, 403, 404, 500}, workspace
    assert door.still()


def test_a_model_whose_name_is_an_address_or_moves_a_cursor_is_judged_like_any_other(door: Door) -> None:
    """`@`, `?`, `#`, `%`, escapes, line ends, marks that turn: a no with the name written out, and nobody is in a stage."""
    key = uuid.uuid4().hex[:6]
    for odd in ("@1", "@1@2", "?x=y", "#x", "%2e", "\x1b[2J", "\n", "\u202e", "'\"", "\\", "{}", "\u200b"):
        name = f"{key}{odd}z"
        mlflows.version(door.client, name, {"accuracy": 0.2})
        for path, said in ((ALIAS, door.alias), (STAGE, door.stage)):
            status, body = door.ask(path, {**said, "name": name})
            assert (status, body["letpass"]["verdict"]) == (403, "deny"), (odd, body)
            assert body["message"].isprintable(), odd
        held = door.client.get_registered_model(name)
        assert (dict(held.aliases), door.client.get_model_version(name, "1").current_stage) == ({}, "None")


# ---------------------------------------------------------------- the gate's own tags


def test_no_verb_writes_a_tag_of_the_gate_or_takes_one_away(door: Door) -> None:
    """On the version and on the model, whatever is called so; in capitals it is anybody's tag, and says nothing."""
    one = {"name": door.model, "version": "1"}
    for key in ("letpass.made-by", "letpass.x", "letpass.", "letpass.0123456789abcdef", "letpass.0123456789abcdef.decision",
                "letpass.0123456789abcdef.standing", "letpass.0123456789abcdef.objection", "stage", "deployments"):  # fmt: skip
        assert door.ask(TAG, {**one, "key": key, "value": "{}"})[0] == 403, key
        assert door.ask(f"{API}/model-versions/delete-tag", {**one, "key": key}, "DELETE")[0] == 403, key
        assert (
            door.ask(f"{API}/registered-models/set-tag", {"name": door.model, "key": key, "value": "{}"})[0] == 403
        ), key
        assert door.ask(f"{API}/registered-models/delete-tag", {"name": door.model, "key": key}, "DELETE")[0] == 403, (
            key
        )
    assert door.still()

    assert door.ask(TAG, {**one, "key": "LETPASS.made-by", "value": "vera"})[0] == 200
    assert door.ask(f"{API}/model-versions/delete-tag", {**one, "key": "LETPASS.made-by"}, "DELETE")[0] == 200
    assert door.still()


def test_a_proof_of_another_version_is_no_tag_of_this_one(door: Door, name: str) -> None:
    """The decision and the standing that were left beside an allowed version, under their own names and under new ones."""
    mlflows.version(door.client, name, {"accuracy": 0.95})
    assert door.ask(ALIAS, {**door.alias, "name": name})[0] == 200
    proofs = {k: v for k, v in door.client.get_model_version(name, "1").tags.items() if k.startswith("letpass.")}
    assert {k.rpartition(".")[2] for k in proofs} == {"decision", "standing"}

    for key, value in proofs.items():
        for called in (key, key.rpartition(".")[0], "letpass.0123456789abcdef"):
            assert door.ask(TAG, {"name": door.model, "version": "1", "key": called, "value": value})[0] == 403, called
    assert door.still()


def test_a_statement_of_more_than_it_may_hold_is_refused_and_not_kept(door: Door) -> None:
    """70 kB and a megabyte of a tag: a no, or MLflow's own answer, and nothing of it stays."""
    for size in (70_000, 1_000_000):
        for value in (
            "x" * size,
            json.dumps({"payload": "x" * size, "payloadType": "x", "signatures": []}),
            "[" * size,
        ):
            said = {"name": door.model, "version": "1", "key": "letpass.0123456789abcdef", "value": value}
            assert door.ask(TAG, said)[0] in {400, 403}, (size, value[:9])
    assert door.still()


def test_what_does_not_read_as_a_deployment_is_a_no_and_nothing_is_served(door: Door) -> None:
    """403, not 424: the caller's text is wrong, and not the gate's project; the same for words against a version."""
    values = ("", "x", "[]", "null", "1", '{"endpoint": ""}', '{"endpoint": 1}', '{"endpoint": "x", "endpoint": "y"}',
              '{"endpoint": "x", "environment": "production", "stage": "y"}', '{"endpoint": "x", "environment": null}',
              "[" * 5000, "x" * 70_000, '{"endpoint": "\\ud800"}', '{"endpoint": "' + "x" * 600 + '"}')  # fmt: skip
    for key in ("letpass.deploy", "letpass.revocation", "letpass.lift"):
        for value in values:
            status, body = door.ask(TAG, {"name": door.model, "version": "1", "key": key, "value": value})
            assert (status, body["letpass"]["verdict"]) == (403, "deny"), (key, value[:40], body["message"])
    assert door.still()


# ---------------------------------------------------------------- what an answer says is what has happened


def test_a_conflict_an_outage_and_a_broken_project_leave_everything_as_it_was(
    door: Door, name: str, project: Path, gated: mlflows.Server
) -> None:
    """403, 409, 503 and 424: after each nobody is anywhere else, and what is allowed moves when the cause is gone."""
    for accuracy in (0.95, 0.955):
        mlflows.version(door.client, name, {"accuracy": accuracy}, binary=f"{accuracy}".encode())
    assert door.ask(ALIAS, {**door.alias, "name": name})[0] == 200
    alias, stage = {**door.alias, "name": name, "version": "2"}, {**door.stage, "name": name, "version": "2"}

    def both() -> set[int]:
        said = {door.ask(ALIAS, alias)[0], door.ask(STAGE, stage)[0]}
        assert standing(door.client, name) == ({"champion": "1"}, {})
        return said

    mlflows.configured(gated, "policy gate", SETTINGS)
    assert both() == {424}
    mlflows.configured(gated, POLICY, 'ledger = "postgresql://127.0.0.1:9/none"\n' + SETTINGS)
    assert both() == {503}
    mlflows.configured(gated, POLICY.replace("0.9", "0.99"), SETTINGS)
    time.sleep(3)  # while the gate asks nothing of a ledger that was out of reach
    assert both() == {403}
    mlflows.configured(gated, POLICY, SETTINGS)
    now = int(time.time()) * 1_000_000
    begun = Step(
        0, now, name, "7", "sha256:" + "0" * 64, BEGUN, "promotion", Stage("production"), uuid.uuid4().hex[:16],
        actor="bob", holder="elsewhere/1/77/77", until=now + 6_000_000,
    )  # fmt: skip
    Project(load(project)).log([history.entry(begun)], now)
    assert both() == {409}
    assert in_production(project, name) == ["1"]
    time.sleep(6)
    assert door.ask(ALIAS, alias)[0] == 200
    assert (standing(door.client, name), in_production(project, name)) == (({"champion": "2"}, {}), ["2"])
