"""The gate inside MLflow's server: what an unmodified client, and whoever speaks REST, can and cannot do."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from letpass.enforcement.guard import DOWN
from tests.integration import mlflow as mlflows

pytestmark = pytest.mark.filterwarnings("ignore:.*transition_model_version_stage.*:FutureWarning")
POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.9
require same: artifact.digest is computed
"""


@pytest.fixture(name="project", autouse=True)
def _project(gated: mlflows.Server) -> Path:
    """The server's own project, as each test begins: what tests changed is put back."""
    return mlflows.configured(gated, POLICY, '[aliases]\nproduction = ["champion"]\n')


@pytest.fixture(name="client")
def _client(gated: mlflows.Server) -> Any:
    return gated.client()


@pytest.fixture(name="good")
def _good(client: Any) -> str:
    """A model with a version that its policy allows."""
    name = f"good-{uuid.uuid4().hex[:8]}"
    mlflows.version(client, name, {"accuracy": 0.95})
    return name


@pytest.fixture(name="bad")
def _bad(client: Any) -> str:
    """A model with a version that its policy denies."""
    name = f"bad-{uuid.uuid4().hex[:8]}"
    mlflows.version(client, name, {"accuracy": 0.5})
    return name


def refused(ask: Callable[[], object]) -> tuple[int, str]:
    """The status and text of a refusal, as MLflow's client tells it; fails where nothing is refused."""
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as caught:
        ask()
    return caught.value.get_http_status_code(), str(caught.value)


def post(server: mlflows.Server, path: str, body: dict[str, Any], method: str = "POST") -> tuple[int, dict[str, Any]]:
    """A call of the REST API by hand."""
    data = json.dumps(body).encode()
    request = Request(f"{server.uri}{path}", data, {"Content-Type": "application/json"}, method=method)
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except HTTPError as error:
        return error.code, json.loads(error.read())


def held(client: Any, name: str) -> dict[str, str]:
    """Who holds which alias."""
    return dict(client.get_registered_model(name).aliases)


# ---------------------------------------------------------------- moves


@pytest.mark.parametrize("alias", ["production", "Production", "PRODUCTION", "champion", "Champion"])
def test_a_protected_alias_is_refused_in_every_spelling(client: Any, bad: str, alias: str) -> None:
    """403, with what blocks in the text."""
    status, said = refused(lambda: client.set_registered_model_alias(bad, alias, "1"))

    assert (status, held(client, bad)) == (403, {})
    assert f"gate: {bad}@1 -> production refused: 1 rule does not hold: gate/good" in said


def test_mlflows_own_stage_is_refused(client: Any, bad: str) -> None:
    """Deprecated, and still a way into production."""
    for stage in ("Production", "production"):
        assert refused(lambda s=stage: client.transition_model_version_stage(bad, "1", s))[0] == 403  # type: ignore[misc]

    assert client.get_model_version(bad, "1").current_stage == "None"


def test_what_is_allowed_moves_and_leaves_its_proof(client: Any, good: str) -> None:
    """The alias is set, and tags of the version hold the decision and its standing."""
    client.set_registered_model_alias(good, "champion", "1")

    tags = client.get_model_version(good, "1").tags
    assert held(client, good) == {"champion": "1"}
    # that it is allowed, and that it was made
    assert sorted(k.rpartition(".")[2] for k in tags) == ["decision", "decision", "standing"]
    client.transition_model_version_stage(good, "1", "Production")
    assert client.get_model_version(good, "1").current_stage == "Production"


def test_the_champion_is_archived_in_the_same_move(client: Any, good: str) -> None:
    """Also where it held another spelling of the alias."""
    mlflows.version(client, good, {"accuracy": 0.96})
    client.set_registered_model_alias(good, "Production", "1")

    client.set_registered_model_alias(good, "champion", "2")

    assert held(client, good) == {"champion": "2"}
    assert client.get_model_version(good, "1").tags["stage"] == "archived"


def test_other_aliases_stages_and_tags_are_free(client: Any, bad: str) -> None:
    """The gate stands before what is protected, and nowhere else."""
    client.set_registered_model_alias(bad, "dev", "1")
    client.transition_model_version_stage(bad, "1", "Staging")
    client.set_model_version_tag(bad, "1", "team", "fraud")
    client.set_registered_model_tag(bad, "team", "fraud")
    client.update_model_version(bad, "1", "a description")
    client.delete_registered_model_alias(bad, "dev")

    assert client.get_model_version(bad, "1").tags == {"team": "fraud"}
    assert client.get_model_version(bad, "1").current_stage == "Staging"


@pytest.mark.parametrize("route", ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow"])
def test_rest_by_hand_is_refused_with_the_decision_in_the_body(gated: mlflows.Server, bad: str, route: str) -> None:
    """The way of the web page too."""
    alias = {"name": bad, "alias": "production", "version": "1"}
    status, body = post(gated, f"{route}/registered-models/alias", alias)

    assert (status, body["error_code"]) == (403, "PERMISSION_DENIED")
    assert (body["letpass"]["verdict"], body["letpass"]["actor"]) == ("deny", "unauthenticated")
    assert body["letpass"]["reports"]["text"].startswith(f"DENIED  {bad}@1 → promotion to production\n")
    assert body["letpass"]["decision"]["schema"].startswith("letpass.decision/")
    stage = {"name": bad, "version": "1", "stage": "Production", "archive_existing_versions": True}
    assert post(gated, f"{route}/model-versions/transition-stage", stage)[0] == 403


def test_leaving_is_never_gated_and_is_logged(
    client: Any, good: str, call: Any, project: Path, monkeypatch: Any
) -> None:
    """Whoever takes the alias away takes the version out."""
    client.set_registered_model_alias(good, "champion", "1")
    client.delete_registered_model_alias(good, "champion")

    monkeypatch.chdir(project)
    out = call("history", good)[1]
    assert [line.split()[0] for line in out.splitlines() if "@1" in line] == ["production", "archived"]


def test_metrics_that_were_added_later_do_not_open_the_gate(client: Any, bad: str) -> None:
    """The attack on a gate that believes the highest step."""
    run = client.get_model_version(bad, "1").run_id
    client.log_metric(run, "accuracy", 0.99, step=99)

    assert refused(lambda: client.set_registered_model_alias(bad, "production", "1"))[0] == 403


# ---------------------------------------------------------------- ways around


def test_what_holds_a_protected_stage_is_not_deleted_or_renamed(client: Any, good: str) -> None:
    """Its record would be gone, or its approval stand under another name."""
    client.set_registered_model_alias(good, "champion", "1")

    for ask in (
        lambda: client.delete_model_version(good, "1"),
        lambda: client.delete_registered_model(good),
        lambda: client.rename_registered_model(good, f"{good}-2"),
    ):
        status, said = refused(ask)
        assert (status, "let it leave first: `policy retire`" in said) == (403, True)
    client.delete_registered_model_alias(good, "champion")
    client.rename_registered_model(good, f"{good}-2")
    assert held(client, f"{good}-2") == {}
    assert refused(lambda: client.rename_registered_model(f"{good}-2", "letpass.gate.judgement"))[0] == 403


def test_tags_of_the_gate_are_written_by_nobody_else(client: Any, good: str) -> None:
    """No tag under `letpass.` that is no statement about this version; none is taken away."""
    client.set_registered_model_alias(good, "champion", "1")
    tags = client.get_model_version(good, "1").tags
    decision = next(k for k in tags if k.endswith(".decision"))
    logged = client.get_model_version(good, "1").source.rpartition("/")[2]

    for ask in (
        lambda: client.set_model_version_tag(good, "1", "letpass.0123456789abcdef", "x"),
        lambda: client.set_model_version_tag(good, "1", decision, "{}"),
        lambda: client.set_model_version_tag(good, "1", decision, tags[decision]),
        lambda: client.delete_model_version_tag(good, "1", decision),
        lambda: client.set_registered_model_tag(good, "letpass.x", "y"),
        lambda: client.delete_registered_model_tag(good, "letpass.x"),
        lambda: client.create_registered_model(f"{good}-x", tags={"letpass.x": "y"}),
        lambda: client.create_registered_model("letpass.gate.judgement"),
        lambda: client.create_model_version(
            good, f"models:/{logged}", tags={"letpass.x": "y"}, await_creation_for=0, model_id=logged
        ),
    ):  # fmt: skip
        status, said = refused(ask)
        assert status == 403, said
    assert client.get_model_version(good, "1").tags == tags


def test_a_copy_takes_no_approval_along(client: Any, good: str) -> None:
    """The copy is made, without what is the gate's; its promotion is decided anew."""
    client.set_registered_model_alias(good, "champion", "1")
    client.set_model_version_tag(good, "1", "team", "fraud")

    client.copy_model_version(f"models:/{good}/1", f"{good}-copy")

    assert client.get_model_version(f"{good}-copy", "1").tags == {"team": "fraud"}


def test_replaced_files_close_the_gate(gated: mlflows.Server, client: Any, good: str) -> None:
    """Bytes that were allowed once are the version's bytes."""
    client.set_registered_model_alias(good, "champion", "1")
    client.delete_registered_model_alias(good, "champion")
    model = client.get_model_version(good, "1").source.rpartition("/")[2]
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/models/{model}/artifacts/model.skops"
    with urlopen(Request(f"{gated.uri}{path}", b"other", method="PUT"), timeout=30) as answer:
        assert answer.status == 200

    status, said = refused(lambda: client.set_registered_model_alias(good, "champion", "1"))

    assert (status, "the bytes of" in said) == (403, True)


def test_a_version_that_names_its_run_is_judged_by_what_the_server_hands_out(client: Any, good: str) -> None:
    """A client may leave `runs:/…` as the source: the server asked itself for it by its database, and no move was possible."""
    run = client.get_model_version(good, "1").run_id
    client.log_text(run, "bytes", "model/weights.txt")
    client.create_model_version(good, f"runs:/{run}/model", run, await_creation_for=0)

    status, said = refused(lambda: client.set_registered_model_alias(good, "champion", "2"))

    assert (status, "is not recorded" in said) == (403, True)


def test_an_unregistered_version_is_registered_or_refused_on_its_way(
    client: Any, good: str, project: Path, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where registration is gated its policies are asked first, and what they deny is not promoted; nor is anything when
    they have gone, until the owners sign it off."""
    entry = project / "policies/entry.policy"
    entry.write_text('policy entry: "Entry"\n  on registration\nrequire risk: risk is recorded\n')

    status, said = refused(lambda: client.set_registered_model_alias(good, "champion", "1"))
    assert (status, "is not registered" in said) == (403, True)
    status, said = refused(lambda: client.set_model_version_tag(good, "1", "letpass.register", ""))
    assert (status, f"registration of {good}@1 refused" in said) == (403, True)

    client.set_model_version_tag(good, "1", "risk", "low")
    client.set_model_version_tag(good, "1", "letpass.register", "")
    client.set_registered_model_alias(good, "champion", "1")

    assert held(client, good) == {"champion": "1"}
    assert "letpass.register" not in client.get_model_version(good, "1").tags
    entry.unlink()
    mlflows.version(client, good, {"accuracy": 0.95})
    status, said = refused(lambda: client.set_registered_model_alias(good, "champion", "2"))
    assert (status, "is not registered" in said) == (403, True)
    monkeypatch.chdir(project)
    assert call("ungate", "registration", "--reason", "versions come in by themselves")[0] == 0
    client.set_registered_model_alias(good, "champion", "2")


# ---------------------------------------------------------------- what goes wrong is a refusal


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("policies/gate.policy", "policy gate", "GATE"),
        ("policies/gate.policy", None, "GATE011"),
        ("policy.toml", "registry = [", "GATE013"),
        ("policy.toml", 'ledger = "/proc/nowhere/ledger.db"\n', "GATE42"),
        ("policy.toml", '[trust]\nroot = "sha256:00"\n', "GATE411"),
        ("trust.json", "{", "GATE411"),
        ("policy.toml", 'ledger = "postgresql://127.0.0.1:9/none"\n', "GATE42"),
    ],
)
def test_what_cannot_be_read_refuses_every_protected_move_and_nothing_else(
    gated: mlflows.Server, client: Any, good: str, project: Path, file: str, text: str | None, code: str
) -> None:
    """It is no no: 503 for a ledger that is out of reach, with when to ask again, and 424 for a project that is broken, which no
    client tries again for minutes.  Reading goes on."""
    path = project / file
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    try:
        for route, body in (
            ("registered-models/alias", {"alias": "production", "version": "1"}),
            ("model-versions/transition-stage", {"version": "1", "stage": "Production"}),
            ("model-versions/set-tag", {"version": "1", "key": "letpass.register", "value": ""}),
        ):
            status, said = post(gated, f"/api/2.0/mlflow/{route}", {"name": good, **body})
            assert (status, code in said["message"]) == (503 if "GATE420" in said["message"] else 424, True), said
        if code != "GATE42":  # MLflow's own client tells why, at once
            assert code in refused(lambda: client.set_registered_model_alias(good, "production", "1"))[1]
        assert client.get_model_version(good, "1").version == "1"
        client.set_model_version_tag(good, "1", "team", "fraud")
    finally:
        (project / "trust.json").unlink(missing_ok=True)
        time.sleep(DOWN * (code == "GATE42"))  # a ledger that was out of reach is not asked again at once


def test_a_name_that_means_nothing_is_mlflows_own_answer(client: Any, good: str) -> None:
    """Not everything that fails is a refusal of the gate."""
    assert refused(lambda: client.set_registered_model_alias("no-such-model", "champion", "1"))[0] == 404
    assert refused(lambda: client.set_registered_model_alias(good, "champion", "77"))[0] in {403, 404}


# ---------------------------------------------------------------- our own commands against it


@pytest.fixture(name="outside")
def _outside(elsewhere: Path, gated: mlflows.Server) -> Path:
    """The project of a client: the same registry, and nothing of the server's ledger."""
    (elsewhere / "policy.toml").write_text(f'registry = "mlflow+{gated.uri}"\n[aliases]\nproduction = ["champion"]\n')
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    return elsewhere


def test_promote_asks_the_server_and_shows_its_decision(
    outside: Path, client: Any, good: str, bad: str, call: Any
) -> None:
    """The exit code is the server's verdict; the client decides and logs nothing itself."""
    code, out, err = call("promote", f"{bad}@1", "--to", "production")
    assert (code, out.startswith(f"DENIED  {bad}@1 → promotion to production\n")) == (1, True)
    assert "refused it (entry " in err

    code, out, err = call("promote", f"{good}@1", "--to", "production")
    assert (code, out.startswith(f"ALLOWED  {good}@1 → promotion to production  (entry ")) == (0, True)
    assert held(client, good) == {"champion": "1"}
    assert call("retire", f"{good}@1", "--reason", "it is over")[0] == 0
    assert (held(client, good), (outside / ".letpass").exists()) == ({}, False)


def test_a_denial_of_the_server_is_written_in_every_format(outside: Path, bad: str, call: Any) -> None:
    """The reports are the server's."""
    formats = [f"-o{name}={name}.out" for name in ("text", "concise", "markdown", "json")]

    assert call("promote", f"{bad}@1", "--to", "production", "-q", *formats)[0] == 1

    assert json.loads((outside / "json.out").read_text())["decision"]["verdict"] == "deny"
    assert all("gate/good" in (outside / f"{name}.out").read_text() for name in ("text", "concise", "markdown", "json"))


@pytest.mark.parametrize("wanted", [("-o", "html"), ("-o", "junit=x.xml"), ("--ci", "github")])
def test_a_format_that_only_the_server_could_write_is_refused_before_anything_is_asked(
    outside: Path, client: Any, good: str, call: Any, wanted: tuple[str, ...]
) -> None:
    """Nothing is moved, and it is said what writes it."""
    code, out, err = call("promote", f"{good}@1", "--to", "production", *wanted)

    assert (code, out) == (2, "")
    assert "run `policy check` with it before" in err
    assert held(client, good) == {}


def test_deployment_is_asked_of_the_server_too(outside: Path, project: Path, client: Any, good: str, call: Any) -> None:
    """Its policies on deployment decide, and its ledger has it."""
    (project / "policies/serve.policy").write_text(
        'policy serve: "Serve"\n  on deployment\nrequire promoted: stage is production\n'
    )
    deploy = ("deploy", f"{good}@1", "--endpoint", "https://fraud.corp.example")
    assert call(*deploy)[0] == 3
    client.set_registered_model_alias(good, "champion", "1")

    assert call(*deploy)[0] == 0

    (served,) = json.loads(client.get_model_version(good, "1").tags["deployments"])
    assert (served["endpoint"], served["digest"][:9]) == ("https://fraud.corp.example", "dirHash1:")


def test_the_doctor_finds_the_gate_in_the_way(outside: Path, client: Any, call: Any) -> None:
    """A probe is made, refused, and gone again."""
    before = {m.name for m in client.search_registered_models()}

    code, out, err = call("doctor")

    assert (code in {0, 1}, err) == (True, "")
    # other tests have written into the database behind the gate
    assert [line for line in out.splitlines() if line.startswith("NO") and "the registry: " not in line] == []
    assert [line for line in out.splitlines() if "is refused: " in line and line.startswith("ok")] != []
    assert {m.name for m in client.search_registered_models()} == before


def test_the_doctor_finds_another_name_of_the_registry(outside: Path, gated: mlflows.Server, call: Any) -> None:
    """Requests bind the registry's name, so both sides must say the same."""
    (outside / "policy.toml").write_text(f'registry = "mlflow+{gated.uri.replace("127.0.0.1", "localhost")}"\n')

    code, out, _ = call("doctor")

    assert (code, "NO   the gate knows the registry as" in out) == (1, True)


def test_the_doctor_finds_a_server_without_a_gate(elsewhere: Path, mlflow: mlflows.Server, call: Any) -> None:
    """Any client moves what it likes there; the probe is taken away again."""
    (elsewhere / "policy.toml").write_text(f'registry = "mlflow+{mlflow.uri}"\n')
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)

    code, out, _ = call("doctor")

    assert code == 1
    assert f"NO   no gate answers at `mlflow+{mlflow.uri}`: any client moves what it likes" in out
    assert "NO   `production` of a probe was moved without a decision" in out
    assert not [m for m in mlflow.client().search_registered_models() if m.name.startswith("letpass-doctor")]


def test_moves_in_the_server_trigger_pipelines(project: Path, client: Any, good: str, tmp_path: Path) -> None:
    """What the server logs is an event; who hangs does not hold a move up."""
    said = tmp_path / "said.jsonl"
    script = tmp_path / "tell.sh"
    script.write_text(f"#!/bin/sh\ncat >> {said}; echo >> {said}\n")
    script.chmod(0o755)
    with (project / "policy.toml").open("a") as file:
        file.write(f'[[events]]\nname = "ci-{good}"\ncommand = ["{script}"]\n')
        file.write(f'[[events]]\nname = "hangs-{good}"\ncommand = ["sleep", "60"]\ntimeout = "20 s"\n')
    begun = time.monotonic()

    client.set_registered_model_alias(good, "champion", "1")

    assert time.monotonic() - begun < 15
    for _ in range(200):
        if said.exists() and "letpass.promotion" in said.read_text():
            break
        time.sleep(0.1)
    events = [json.loads(line) for line in said.read_text().splitlines() if line]
    assert [(e["type"], e["subject"]) for e in events] == [("letpass.promotion.v1", f"{good}@1")]
