"""MLflow as a registry: everything that it knows of a version, and what is odd about it, from a real server."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from letpass.facts.record import Holder, Record
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.cli.conftest import environ
from tests.integration import mlflow as mlflows

POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.9
require same: artifact.digest is computed
"""


@pytest.fixture(name="name")
def _name(elsewhere: Path, mlflow: mlflows.Server) -> str:
    """The name of a new model, in a project whose registry is the server."""
    (elsewhere / "policy.toml").write_text(f'registry = "mlflow+{mlflow.uri}"\n[aliases]\nproduction = ["champion"]\n')
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    return f"fraud-{uuid.uuid4().hex[:8]}"


def _data(reference: str) -> dict[str, Any]:
    """The record of a version, as plain data."""
    record = Project(load()).registry.find(reference)
    assert record.document is not None
    return record.document.data


def _notices(reference: str) -> list[str]:
    return [n["kind"] for n in _data(reference)["notices"]]


def test_everything_that_mlflow_knows_of_a_version_is_in_its_record(mlflow: mlflows.Server, name: str) -> None:
    """Run, parameters, metrics with their data set, the artifact's own files, aliases and tags."""
    client = mlflow.client()
    made = mlflows.version(
        client, name, {"accuracy": 0.95}, tags={"risk": "high", "team": "fraud", "facts.domain": "credit"}
    )
    client.set_registered_model_alias(name, "champion", made.version)
    run = f"run {made.run_id}"

    data = _data(f"{name}@1")

    assert data.pop("registered_at") >= "2026"
    assert data["metrics"]["accuracy"][0].pop("measured_at") >= "2026"
    assert data["artifact"].pop("uri").startswith("mlflow-artifacts:/0/models/m-")
    assert data == {
        "model": name,
        "version": "1",
        "stage": "production",
        "author": "anna",
        "code": {"commit": "4f1c0de2"},
        "hyperparameters": {"C": "1.0", "seed": "7"},
        "artifact": {"format": "skops", "size": 173},
        "environment": {"python": "3.11.7", "packages": {"numpy": "2.4.6", "scikit-learn": "1.9.1"}},
        "seeds": {"seed": 7},
        "risk": "high",
        "facts": {"domain": "credit"},
        "metrics": {
            "accuracy": [
                {"value": 0.95, "data_set": "holdout-2026", "data_digest": "mlflow:be1c2d72", "source": run}
            ]
        },
        "tags": {"team": "fraud"},
        "notices": [],
    }  # fmt: skip


def test_the_artifact_is_hashed_as_the_server_hands_it_out(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """The digest of the files, which a folder of the same files has too."""
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95})
    folder = Path("same")
    folder.mkdir()
    (folder / "MLmodel").write_text(mlflows.MLMODEL)
    (folder / "model.skops").write_bytes(b"bytes")
    (folder / "requirements.txt").write_text("numpy==2.4.6\nscikit-learn==1.9.1\n")

    code, out, _ = call("check", f"{name}@1", "--to", "production", "-v")
    again = call("check", f"{name}@1", "--to", "production", "-v", "--artifact", str(folder))

    assert (code, "PASS  gate/same" in out) == (0, True)
    assert again[1].split(" in ")[0] == out.split(" in ")[0]


# ---------------------------------------------------------------- attacks that succeed against a gate that only reads


def test_a_metric_that_was_added_after_its_run_ended_is_no_evidence(
    mlflow: mlflows.Server, name: str, call: Any
) -> None:
    """The attack: the highest step wins, whenever it is logged.  It is seen, said, and unreadable."""
    client = mlflow.client()
    made = mlflows.version(client, name, {"accuracy": 0.5})
    assert call("check", f"{name}@1", "--to", "production")[0] == 1
    later = int(time.time() * 1000) + 3_600_000
    client.log_metric(made.run_id, "accuracy", 0.95, timestamp=later, step=99, model_id=made.logged)

    code, out, _ = call("check", f"{name}@1", "--to", "production")

    assert code == 1
    assert "noticed: late-metric: `accuracy` was logged at " in out
    assert _notices(f"{name}@1") == ["late-metric"]
    (late,) = [p for p in _data(f"{name}@1")["metrics"]["accuracy"] if "data_set" not in p]
    assert late["value"].startswith("0.95, logged at ")


def test_a_version_that_borrows_the_run_of_another_model_has_none_of_its_facts(
    mlflow: mlflows.Server, name: str
) -> None:
    """The attack: a bad model registered with the run of a good one."""
    client = mlflow.client()
    good, bad = mlflows.version(client, name, {"accuracy": 0.95}), mlflows.version(client, name, {"recall": 0.1})
    client.create_model_version(name, f"models:/{bad.logged}", good.run_id, await_creation_for=0, model_id=bad.logged)

    data = _data(f"{name}@3")

    assert [n["kind"] for n in data["notices"]] == ["borrowed-run"]
    assert good.run_id in data["notices"][0]["what"]
    assert (list(data["metrics"]), "code" in data, "author" in data) == (["recall"], False, False)


def test_files_that_were_replaced_after_registration_are_other_bytes(
    mlflow: mlflows.Server, name: str, call: Any
) -> None:
    """The attack: PUT over HTTP.  What was allowed once is not allowed with other bytes."""
    made = mlflows.version(mlflow.client(), name, {"accuracy": 0.95})
    assert call("promote", f"{name}@1", "--to", "production")[0] == 0
    assert call("verify", f"{name}@1", "--to", "production")[0] == 0
    path = f"0/models/{made.logged}/artifacts/model.skops"
    put = Request(f"{mlflow.uri}/api/2.0/mlflow-artifacts/artifacts/{path}", b"other bytes", method="PUT")
    with urlopen(put, timeout=30) as answer:
        assert answer.status == 200

    code, out, _ = call("check", f"{name}@1", "--to", "production")

    assert (code, "HELD[GATE404]" in out) == (3, True)
    assert "noticed: replaced-files: the model's files have 11 bytes, and had 5 when they were logged" in out
    assert call("verify", f"{name}@1", "--to", "production")[0] == 1


def test_approvals_that_a_copy_takes_along_are_no_approvals(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """The attack: `copy_model_version` copies tags, statements too."""
    client = mlflow.client()
    mlflows.version(client, name, {"accuracy": 0.95})
    assert call("promote", f"{name}@1", "--to", "production")[0] == 0

    client.copy_model_version(f"models:/{name}/1", f"{name}-copy")

    assert set(_notices(f"{name}-copy@1")) == {"copied-approval"}
    assert call("verify", f"{name}-copy@1", "--to", "production")[0] == 1


@pytest.mark.parametrize("state", ["running", "failed", "deleted", "lost"])
def test_a_run_that_has_not_ended_well_measures_nothing(
    mlflow: mlflows.Server, name: str, call: Any, state: str
) -> None:
    """While it runs its numbers still change; when it is gone nobody can look."""
    client = mlflow.client()
    made = mlflows.version(client, name, {"accuracy": 0.95}, finish=state not in {"running", "failed"})
    if state == "failed":
        client.set_terminated(made.run_id, "FAILED")
    if state in {"deleted", "lost"}:
        client.delete_run(made.run_id)

    code, out, _ = call("check", f"{name}@1", "--to", "production")

    assert code == 3
    assert f"noticed: {'deleted' if state in {'deleted', 'lost'} else 'unfinished'}-run: the run {made.run_id}" in out
    assert "UNKNOWN[GATE311]  gate/good" in out


@pytest.mark.parametrize(("value", "written"), [(float("nan"), "NaN"), (float("inf"), "Infinity")])
def test_what_is_no_number_stays_none(mlflow: mlflows.Server, name: str, call: Any, value: float, written: str) -> None:
    """MLflow stores an infinity as the largest double, and gives NaN as 0 where it is tied to a model."""
    mlflows.version(mlflow.client(), name, {"accuracy": value})

    assert _data(f"{name}@1")["metrics"]["accuracy"][0]["value"] == written
    assert call("check", f"{name}@1", "--to", "production")[0] == 3


# ---------------------------------------------------------------- tags


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("suites", "[{"),
        ("suites", "{}"),
        ("metrics", "[1]"),
    ],
)
def test_a_tag_in_which_evidence_was_begun_and_does_not_read_is_an_error(
    mlflow: mlflows.Server, name: str, call: Any, key: str, value: str
) -> None:
    """The tag is named; nothing is judged."""
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95}, tags={key: value})

    code, out, err = call("check", f"{name}@1", "--to", "production")

    assert (code, out, key.partition(".")[0] in err) == (2, "", True)


def test_everyday_tags_leave_a_version_judgeable(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """Free text, and JSON of another shape; each is told once, and nothing is read of it."""
    everyday = {"data": "the usual export", "environment": '{"cluster": "a100"}', "code": "see the wiki", "metrics": "good",
                "stage": "prod", "scans": "clean", "code.dirty": "perhaps"}  # fmt: skip
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95}, tags=everyday)

    assert call("check", f"{name}@1", "--to", "production")[0] == 0
    data = _data(f"{name}@1")
    assert [n["kind"] for n in data["notices"]] == ["no-field"] * 6
    assert (data.get("scans"), data["code"], list(data["metrics"])) == (None, {"commit": "4f1c0de2"}, ["accuracy"])


def test_a_tag_does_not_say_who_a_version_is_or_where_it_stands(mlflow: mlflows.Server, name: str) -> None:
    """Identity, stage and notices are not for a tag to say."""
    tags = {"model": "x", "version": "9", "stage": "production", "registered_at": "2020-01-01", "notices": "[]"}
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95}, tags=tags)

    data = _data(f"{name}@1")

    labels = {k: v for k, v in tags.items() if k != "stage"}  # by that the gate says who has left its stage
    assert (data["model"], data["version"], "stage" in data, data["tags"]) == (name, "1", False, labels)


def test_evidence_goes_into_tags_and_is_read_from_there(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """`evidence add`, `observe` and `deploy` write what the record has no other place for."""
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95})
    Path("found.yaml").write_text(
        "suites: [{name: Fairness Check, passed: true, cases: 3, ran_at: 2026-11-20T10:00:00Z}]\n"
        "metrics: {accuracy: {value: 0.7, data_set: other, measured_at: 2026-11-20T10:00:00Z}}\n"
    )
    Path("seen.yaml").write_text("observations: {latency_p99: {value: 31, unit: ms}}\n")

    assert call("evidence", "add", f"{name}@1", "found.yaml")[0] == 0
    assert call("observe", f"{name}@1", "seen.yaml")[0] == 0

    data = _data(f"{name}@1")
    assert [s["name"] for s in data["suites"]] == ["Fairness Check"]
    assert {p["data_set"]: p["value"] for p in data["metrics"]["accuracy"]} == {"holdout-2026": 0.95, "other": 0.7}
    assert data["observations"] == {"latency_p99": {"value": 31, "unit": "ms"}}


def test_evidence_that_counts_for_nothing_is_told_when_it_is_added(
    mlflow: mlflows.Server, name: str, call: Any
) -> None:
    """What was measured after the run had ended is a run's or a service's to say."""
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95})
    Path("more.yaml").write_text("metrics: {accuracy: {value: 0.99, data_set: other}}\n")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    code, out, _ = call("evidence", "add", f"{name}@1", "more.yaml", "--ran-at", now)
    assert (code, "note: the version tag `metrics` says `accuracy` 0.99" in out, "after its run had ended" in out) == (
        0, True, True,
    )  # fmt: skip


def test_a_claim_is_taken_back_in_a_tag(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """Of several one after the other; the claim stays in its own tag, and what a run measured is unknown, never better."""
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95})
    suite = "{name: Fairness Check, passed: false, cases: 3, ran_at: 2026-11-20T10:00:00Z}"
    Path("found.yaml").write_text(f"suites: [{suite}]\nlicense: [MIT, GPL-3.0]\n")
    assert call("evidence", "add", f"{name}@1", "found.yaml")[0] == 0
    assert _data(f"{name}@1")["license"] == ["MIT", "GPL-3.0"]
    why = ("--reason", "the wrong file")

    for option in (
        ("--suite", "Fairness Check"),
        ("--field", "license"),
        ("--metric", "accuracy", "--data-set", "holdout-2026"),
    ):
        assert call("evidence", "remove", f"{name}@1", *option, *why)[0] == 0

    Path("more.yaml").write_text("metrics: {accuracy: {value: 0.99, data_set: holdout-2026}}\n")
    code, out, err = call("evidence", "add", f"{name}@1", "more.yaml", "--ran-at", "2026-11-20")
    assert (code, "was taken back by" in err) == (2, True)

    data = _data(f"{name}@1")
    assert [m["section"] for m in data["taken_back"]] == ["suites", "license", "metrics"]
    assert [s["passed"] for s in data["suites"]] == [False]
    code, out, _ = call("show", f"{name}@1")
    assert (code, out.count("taken back by") > 2, "0.95" in out.partition("passed over")[0]) == (0, True, False)
    mlflow.client().set_model_version_tag(
        name,
        "1",
        "metrics",
        json.dumps({"accuracy": {"value": 0.99, "data_set": "holdout-2026", "measured_at": "2099-01-01"}}),
    )
    assert "0.99" not in call("show", f"{name}@1")[1].partition("passed over")[0].partition("notices")[0]


# ---------------------------------------------------------------- moves


def test_a_promotion_moves_the_alias_and_archives_the_champion(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """Nobody holds the stage twice, whatever the spelling of its aliases."""
    client = mlflow.client()
    for _ in range(2):
        mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "Production", "1")

    code, out, err = call("promote", f"{name}@2", "--to", "production", "--as", "ops@corp.example")

    assert (code, f"against {name}@1" in out) == (0, True)
    assert f"moved: {name}@2 is in production, {name}@1 is archived" in err
    assert client.get_registered_model(name).aliases == {"champion": "2"}
    assert [_data(f"{name}@{v}")["stage"] for v in (1, 2)] == ["archived", "production"]
    assert call("promote", f"{name}@champion", "--to", "production")[0] == 0
    assert call("retire", f"{name}@2", "--reason", "it is over")[0] == 0
    assert client.get_registered_model(name).aliases == {}


def test_mlflows_own_stages_are_moved_where_the_project_says_so(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """They are deprecated, and in use."""
    Path("policy.toml").write_text(f'registry = "mlflow+{mlflow.uri}"\n[mlflow]\nstages = true\n')
    client = mlflow.client()
    for _ in range(2):
        mlflows.version(client, name, {"accuracy": 0.95})

    assert [call("promote", f"{name}@{v}", "--to", "production")[0] for v in (1, 2)] == [0, 0]

    assert [client.get_model_version(name, v).current_stage for v in ("1", "2")] == ["Archived", "Production"]
    assert call("promote", f"{name}@2", "--to", "shadow")[0] == 2


def test_the_champion_is_the_other_version_that_holds_the_target(mlflow: mlflows.Server, name: str) -> None:
    """None where nobody does; unknown where several do."""
    client = mlflow.client()
    for _ in range(3):
        mlflows.version(client, name, {"accuracy": 0.95})
    registry = Project(load()).registry
    record = registry.find(f"{name}@1")

    assert registry.holder(record, Stage("production")) is Holder.NOBODY
    client.set_registered_model_alias(name, "champion", "2")
    found = registry.holder(record, Stage("production"))
    assert isinstance(found, Record)
    assert found.name == f"{name}@2"
    client.set_registered_model_alias(name, "PRODUCTION", "3")
    assert registry.holder(record, Stage("production")) is Holder.UNASKED


def test_a_database_is_read_without_a_server(mlflow: mlflows.Server, name: str) -> None:
    """`mlflow+sqlite:///FILE`, relative to the project; in a program of its own, as MLflow's database layer warns a lot."""
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95})
    Path("db").symlink_to(mlflow.folder)
    Path("policy.toml").write_text('registry = "mlflow+sqlite:///db/mlflow.db"\n')

    command = [sys.executable, "-m", "letpass", "show", f"{name}@1"]
    done = subprocess.run(command, env=environ(**mlflows.QUIET), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "accuracy 0.95 on holdout-2026" in done.stdout


def test_a_server_that_is_not_there_moves_nothing_and_is_told_soon(elsewhere: Path, call: Any) -> None:
    """Exit 4 within seconds, not after minutes of retries."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    (elsewhere / "policies").mkdir()
    (elsewhere / "policies/gate.policy").write_text(POLICY)
    (elsewhere / "policy.toml").write_text('registry = "mlflow+http://127.0.0.1:9"\n')
    begun = time.monotonic()

    code, _, err = call("promote", "fraud@1", "--to", "production")

    assert (code, "GATE430" in err, time.monotonic() - begun < 60) == (4, True, True)


def test_runs_with_the_same_code_data_and_settings_are_found(mlflow: mlflows.Server, name: str, call: Any) -> None:
    """So that nobody repeats a failure."""
    client = mlflow.client()
    first = mlflows.version(client, name, {"accuracy": 0.5}, params={"C": name}, finish=False)
    client.set_terminated(first.run_id, "FAILED")
    again = mlflows.version(client, name, {"accuracy": 0.95}, params={"C": name})
    mlflows.version(client, name, {"accuracy": 0.95}, params={"C": f"{name}-2"})

    code, out, _ = call("runs", "--same-as", again.run_id)
    failed = call("runs", "--same-as", again.run_id, "--failed")[1]

    assert code == 0
    assert [(line.split()[0], line.split()[1]) for line in out.splitlines()] == [
        ("FINISHED", again.run_id),
        ("FAILED", first.run_id),
    ]
    assert [line.split()[1] for line in failed.splitlines()] == [first.run_id]


def test_a_record_of_mlflow_replays_offline(mlflow: mlflows.Server, name: str, call: Any, monkeypatch: Any) -> None:
    """Everything that was read stands in the decision's inputs."""
    mlflows.version(mlflow.client(), name, {"accuracy": 0.95})
    code, out, _ = call("check", f"{name}@1", "--to", "production", "-o", "json")
    Path("policy.toml").unlink()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(out.encode())))

    assert (code, json.loads(out)["decision"]["verdict"]) == (0, "allow")
    assert call("replay", "-")[0] == 0
