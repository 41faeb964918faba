"""A gated server that is watched: lines of its decisions, metrics over all of its workers, and whether its ledger could be written."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from letpass.diagnostics import InvalidError
from letpass.enforcement import counts
from letpass.enforcement.mlflow_endpoints import METRICS, READY, STORE
from letpass.enforcement.shared import Shared
from letpass.enforcement.watching import FRESH
from letpass.registries.mlflow_connection import PROBE
from tests.integration import mlflow as mlflows
from tests.integration import postgres

pytestmark = [pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"), pytest.mark.once]
POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.9
"""
SETTINGS = '[aliases]\nproduction = ["champion"]\n'
ALIAS = "/api/2.0/mlflow/registered-models/alias"


def page(
    server: mlflows.Server, path: str, body: Mapping[str, Any] | None = None, **headers: str
) -> tuple[int, dict[str, str], str]:
    """What a server answers: the status, the headers by their small names, and the text."""
    data = json.dumps(body).encode() if body is not None else None
    given = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    try:
        with urlopen(Request(f"{server.uri}{path}", data, given), timeout=60) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode()
    except HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode()


def lines(server: mlflows.Server, request: str = "") -> list[dict[str, Any]]:
    """The lines that the server has written, or those of one request."""
    found = [json.loads(x) for x in server.log.read_text().splitlines() if x.startswith("{")]
    return [line for line in found if request in {"", line.get("request_id")}]


def metrics(server: mlflows.Server, **headers: str) -> dict[str, float]:
    """The samples of a scrape, by name and labels."""
    status, _, said = page(server, METRICS, **headers)
    assert status == 200, said
    samples = [line.rpartition(" ") for line in said.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


def ready(server: mlflows.Server) -> tuple[int, str]:
    """What a probe is told, when no earlier answer stands any more."""
    time.sleep(FRESH + 0.2)
    status, _, said = page(server, READY)
    return status, said


def workers(server: mlflows.Server) -> dict[int, dict[str, str]]:
    """The processes that answer for a server, with their environments."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            group = os.getpgid(int(path.parent.name))
            values = dict(x.split("=", 1) for x in path.read_text().split("\0") if "=" in x)
            spawned = b"spawn_main" in (path.parent / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if group == server.process.pid and STORE in values and spawned:
            found[int(path.parent.name)] = values
    return found


def numbers(server: mlflows.Server) -> Shared:
    """What the workers of a server share."""
    found = next(x for x in workers(server).values() if counts._BOOT in x)
    where = found.get("TMPDIR", "/tmp")
    return Shared(Path(where, f"letpass-{found[counts._BOOT]}.numbers"), counts._NAMES)


def compared(server: mlflows.Server, **headers: str) -> dict[str, float]:
    """The kinds of differences that are told once registry and ledger have been compared anew."""
    before = time.time()
    with numbers(server).changed() as shared:
        shared[counts.DUE] = 0.0
    for _ in range(100):
        found = metrics(server, **headers)
        assert not found.get("letpass_drift_failed"), server.log.read_text()
        if found.get("letpass_drift_compared_timestamp_seconds", 0) > before:
            kinds = {k[len("letpass_drift{kind=") : -1].strip('"'): v for k, v in found.items() if "drift{" in k}
            return {kind: value for kind, value in kinds.items() if value}
        time.sleep(0.1)
    raise AssertionError(server.log.read_text())


@pytest.fixture(name="watched", scope="module")
def _watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """A gated server of two workers, with its ledger in a file, whose lines are JSON."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    server = mlflows.Server(
        tmp_path_factory.mktemp("watched"), gated=True, workers=2, environment={"LETPASS_LOG": "json"}
    )
    mlflows.configured(server, POLICY, SETTINGS)
    yield server
    server.stop()


@pytest.fixture(name="bad")
def _bad(watched: mlflows.Server) -> str:
    """A model whose version is denied."""
    name = f"bad-{uuid.uuid4().hex[:8]}"
    mlflows.version(watched.client(), name, {"accuracy": 0.5})
    return name


def alias(name: str) -> dict[str, str]:
    return {"name": name, "alias": "champion", "version": "1"}


# ---------------------------------------------------------------- lines


def test_a_refusal_is_one_line_that_bears_the_id_of_the_answer(watched: mlflows.Server, bad: str) -> None:
    """The caller's own id, where it hands one in; the entry and the decision are those of the body."""
    status, headers, body = page(watched, ALIAS, alias(bad), X_Request_Id="deploy-7/a.b")

    said = json.loads(body)["letpass"]
    (line,) = lines(watched, "deploy-7/a.b")
    assert (status, headers["x-request-id"], said["request_id"]) == (403, "deploy-7/a.b", "deploy-7/a.b")
    assert 0 < line.pop("ms") < 60_000
    assert line.pop("at").endswith("Z")
    assert line.pop("decision_id").startswith("sha256:")
    assert line == {
        "level": "info", "door": "mlflow", "verdict": "deny", "who": "unauthenticated", "what": f"{bad}@1",
        "move": "promotion to production", "entry": said["entry"], "code": 403, "request_id": "deploy-7/a.b",
    }  # fmt: skip


@pytest.mark.parametrize("handed_in", ["", "a b", '{"verdict":"allow"}', "x" * 129, "-a", "a\xe9"])
def test_an_id_that_is_not_plain_is_replaced_and_stands_nowhere(
    watched: mlflows.Server, bad: str, handed_in: str
) -> None:
    _, headers, _ = page(watched, ALIAS, alias(bad), X_Request_Id=handed_in)

    given = headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", given)
    assert [line["verdict"] for line in lines(watched, given)] == ["deny"]
    assert handed_in == "" or f'"{handed_in}"' not in watched.log.read_text()


def test_what_a_caller_brings_stands_in_no_line(watched: mlflows.Server, bad: str) -> None:
    """Nothing secret: no header, no body, no address."""
    secret = f"hunter2{uuid.uuid4().hex}"
    tag = {"name": bad, "version": "1", "key": "letpass.0123456789abcdef", "value": secret}
    status, headers, _ = page(
        watched, f"/api/2.0/mlflow/model-versions/set-tag?token={secret}x", tag, Authorization=f"Bearer {secret}y",
        Cookie=f"session={secret}z",
    )  # fmt: skip

    (line,) = lines(watched, headers["x-request-id"])
    assert (status, line["verdict"], line["what"], line["move"]) == (
        403, "refused", f"{bad}@1", "tag letpass.0123456789abcdef",
    )  # fmt: skip
    assert secret not in json.dumps(line)


def test_every_decision_refusal_and_departure_has_its_line_and_what_is_free_or_asked_has_none(
    watched: mlflows.Server,
) -> None:
    client = watched.client()
    name = f"good-{uuid.uuid4().hex[:8]}"
    mlflows.version(client, name, {"accuracy": 0.95})
    client.set_registered_model_alias(name, "dev", "1")
    client.set_registered_model_alias(name, "champion", "1")
    for call in (
        lambda: client.set_model_version_tag(name, "1", "stage", "archived"),
        lambda: client.delete_registered_model(name),
        lambda: client.set_registered_model_alias(name, "champion", "99"),
        lambda: client.set_model_version_tag(name, "1", "letpass.reconcile", name),
        lambda: client.get_registered_model(PROBE),
    ):
        with pytest.raises(Exception, match=r"refused|not found|gated|RESOURCE_DOES_NOT_EXIST"):
            call()
    client.delete_registered_model_alias(name, "champion")

    said = [(x["verdict"], x["what"], x["move"], x["code"]) for x in lines(watched) if name in x["what"]]
    assert said == [
        ("allow", f"{name}@1", "promotion to production", 200),
        ("refused", f"{name}@1", "tag stage", 403),
        ("refused", name, "deletion", 403),
        ("refused", f"{name}@99", "alias champion", 403),
        ("free", f"{name}@1", "retirement", 200),
    ]


def test_a_server_whose_lines_are_to_be_of_no_known_form_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be silent, and nobody would know."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    from letpass.enforcement.mlflow_store import build

    monkeypatch.setenv("LETPASS_LOG", "yaml")
    with pytest.raises(InvalidError, match="`LETPASS_LOG` is text or json, and not `yaml`"):
        build(f"gate:sqlite:///{tmp_path}/mlflow.db")


def test_the_variable_by_which_a_gated_server_is_known_is_mlflows_own() -> None:
    """Without it neither page would be there."""
    constants = pytest.importorskip("mlflow.server.constants", reason="the extra `mlflow` is not installed")

    assert constants.REGISTRY_STORE_URI_ENV_VAR == STORE


# ---------------------------------------------------------------- metrics


def test_a_scrape_has_the_sums_of_all_workers_whichever_answers(watched: mlflows.Server, bad: str) -> None:
    """Also of workers that were killed since."""

    def total(verdict: str) -> float:
        return metrics(watched)[f'letpass_decisions_total{{verdict="{verdict}"}}']

    before = total("deny")
    for _ in range(6):
        assert page(watched, ALIAS, alias(bad))[0] == 403
    assert {total("deny") for _ in range(8)} == {before + 6}

    there = workers(watched)
    assert len(there) == 2
    for pid in there:
        os.kill(pid, signal.SIGKILL)
    for _ in range(200):
        if len(set(workers(watched)) - set(there)) == 2:
            break
        time.sleep(0.1)
    time.sleep(3)  # they listen when MLflow is loaded
    assert page(watched, ALIAS, alias(bad))[0] == 403
    assert total("deny") == before + 7


def test_prometheus_own_tool_reads_it_and_no_name_of_a_model_is_in_it(watched: mlflows.Server, bad: str) -> None:
    """Whoever may scrape need not be somebody who may see the models."""
    assert page(watched, ALIAS, alias(bad))[0] == 403
    status, headers, said = page(watched, METRICS)

    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert bad not in said
    assert "unauthenticated" not in said
    found = metrics(watched)
    assert found["letpass_ready"] == 1
    assert found["letpass_ledger_entries"] > 0
    assert found['letpass_ledger_checkpoint_entries{checkpoint="kept"}'] == found["letpass_ledger_entries"]
    assert 0 <= found['letpass_ledger_checkpoint_age_seconds{checkpoint="signed"}'] < 60
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("there is no promtool: install Debian's package prometheus")
    done = subprocess.run([program, "check", "metrics"], input=said.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_drift_is_what_reconcile_finds_and_is_not_reckoned_at_each_scrape(watched: mlflows.Server) -> None:
    """Somebody moves a version past the gate, in the database."""
    client = watched.client()
    name = f"moved-{uuid.uuid4().hex[:8]}"
    mlflows.version(client, name, {"accuracy": 0.5})
    assert compared(watched) == {}

    with sqlite3.connect(watched.database) as connection:
        connection.execute(
            "INSERT INTO registered_model_aliases (workspace, alias, version, name) VALUES ('default', 'champion', 1, ?)",
            (name,),
        )
    connection.close()

    for _ in range(3):
        assert metrics(watched)['letpass_drift{kind="moved"}'] == 0, "it was compared a moment ago"
    assert compared(watched) == {"moved": 1}
    client.delete_registered_model_alias(name, "champion")


# ---------------------------------------------------------------- readiness


def test_a_server_without_its_key_is_not_ready_and_tells_a_stranger_no_more_than_that(
    watched: mlflows.Server,
) -> None:
    """The log has the reason; MLflow itself goes on, and the key is not made anew."""
    key = watched.folder / ".letpass/gate.key"
    assert ready(watched) == (200, "ready\n")
    entries = metrics(watched)["letpass_ledger_entries"]

    key.rename(key.with_suffix(".away"))
    status, said = ready(watched)
    assert (status, said) == (503, "not ready: GATE412: the gate's key cannot be used\n")
    assert (page(watched, "/health")[2], key.exists()) == ("OK", False)
    time.sleep(FRESH + 0.2)
    assert metrics(watched)["letpass_ready"] == 0
    told = [x["message"] for x in lines(watched) if "message" in x]
    assert told[-1] == "not ready: GATE412: cannot read the key: no such file or directory"

    key.with_suffix(".away").rename(key)
    assert ready(watched) == (200, "ready\n")
    assert metrics(watched)["letpass_ledger_entries"] == entries


def test_probes_that_come_often_take_the_lock_seldom(watched: mlflows.Server) -> None:
    """Anybody may send them."""
    begun = time.monotonic()
    for _ in range(100):
        assert page(watched, READY)[0] == 200
    assert time.monotonic() - begun < 20


@pytest.fixture(name="far", scope="module")
def _far(
    tmp_path_factory: pytest.TempPathFactory, server: postgres.Server
) -> Iterator[tuple[mlflows.Server, postgres.Server, str]]:
    """A gated server with its ledger in PostgreSQL, which was begun."""
    address = server.fresh(f"watched{os.getpid()}")
    found = mlflows.Server(
        tmp_path_factory.mktemp("far"), gated=True, environment={"LETPASS_LEDGER": address, "LETPASS_LOG": "text"}
    )
    mlflows.configured(found, POLICY, SETTINGS)
    name = "begun"
    mlflows.version(found.client(), name, {"accuracy": 0.5})
    assert page(found, ALIAS, alias(name))[0] == 403
    yield found, server, address
    found.stop()


def test_a_database_that_is_down_or_takes_no_writes_or_is_locked_is_not_ready(
    far: tuple[mlflows.Server, postgres.Server, str],
) -> None:
    """And no address is told."""
    import psycopg

    gated, database, address = far
    unable = (503, "not ready: GATE420: the ledger cannot be written\n")
    assert ready(gated) == (200, "ready\n")

    database.crash()
    try:
        assert ready(gated) == unable
        assert not [name for name in metrics(gated) if name.startswith("letpass_ledger")]
        assert page(gated, ALIAS, alias("begun"))[0] == 503
        assert metrics(gated)['letpass_decisions_total{verdict="error"}'] == 1
    finally:
        database.start()
    assert ready(gated) == (200, "ready\n")

    with psycopg.connect(address, autocommit=True) as connection:
        name = connection.execute("SELECT current_database()").fetchone()
        assert name is not None
        for value, expected in (("on", unable), ("off", (200, "ready\n"))):
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f'ALTER DATABASE "{name[0]}" SET default_transaction_read_only = {value}')  # type: ignore[arg-type]
            connection.execute(  # connections that are there go on as they are
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            time.sleep(0.5)
            assert ready(gated) == expected

    with psycopg.connect(address) as connection:
        connection.execute("SELECT 1 FROM head FOR UPDATE")
        begun = time.monotonic()
        assert ready(gated) == unable
        assert time.monotonic() - begun < FRESH + 5
        connection.rollback()
    assert ready(gated) == (200, "ready\n")
    assert metrics(gated)["letpass_ledger_entries"] == 2
    told = gated.log.read_text()
    assert " letpass warning not ready: GATE420: the ledger cannot be used: " in told
    assert " letpass info ready again\n" in told


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four mebibytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_not_ready_before_a_decision_finds_out(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[..., tuple[int, str, str]]
) -> None:
    """And with room it is ready again."""
    project = tmp_path / "project"
    (project / "policies").mkdir(parents=True)
    (project / "policies/gate.policy").write_text(POLICY.replace(' on "holdout-2026"', ""))
    (project / "models/fraud").mkdir(parents=True)
    (project / "models/fraud/1.yaml").write_text("model: fraud\nversion: '1'\nmetrics: {accuracy: 0.5}\n")
    monkeypatch.chdir(project)
    monkeypatch.setenv("LETPASS_LEDGER", str(small_disk / "ledger.db"))
    assert call("check", "fraud@1", "--to", "production", "--log")[0] == 1
    assert call("ledger", "ready", "-q")[0] == 0

    with pytest.raises(OSError, match="No space left"):
        (small_disk / "filler").write_bytes(bytes(1 << 23))
    code, out, err = call("ledger", "ready")
    assert (code, out) == (4, "")
    assert err.startswith("error[GATE420]: the ledger cannot be written: no space left on device in ")
    assert call("check", "fraud@1", "--to", "production", "--log")[0] == 4, "so it is"

    (small_disk / "filler").unlink()
    assert call("ledger", "ready", "-q")[0] == 0


# ---------------------------------------------------------------- who may ask


@pytest.fixture(name="office", scope="module")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflows.Server]:
    """A gated server with basic authentication and workspaces."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    server = mlflows.Server(
        tmp_path_factory.mktemp("office"), gated=True, auth=True, options=("--enable-workspaces",), workers=2,
        environment={"MLFLOW_ENABLE_WORKSPACES": "true", "LETPASS_LOG": "json"},
    )  # fmt: skip
    mlflows.configured(server, POLICY, SETTINGS)
    yield server
    server.stop()


def by(server: mlflows.Server) -> str:
    """The header of the administrator."""
    return "Basic " + base64.b64encode(f"admin:{server.password}".encode()).decode()


def test_metrics_ask_for_credentials_as_every_page_does_and_readiness_does_not(office: mlflows.Server) -> None:
    """Whoever probes a server has no password."""
    assert page(office, METRICS)[0] == 401
    assert page(office, METRICS, Authorization="Basic " + base64.b64encode(b"admin:wrong").decode())[0] == 401
    assert page(office, READY)[::2] == (200, "ready\n")

    assert page(office, METRICS, Authorization=by(office))[0] == 200


def test_drift_is_that_of_all_workspaces_and_a_line_says_who_asked(
    office: mlflows.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version was moved past the gate in one of them."""
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", office.password)
    for team in ("team-a", "team-b"):
        status, _, said = page(office, "/api/3.0/mlflow/workspaces", {"name": team}, Authorization=by(office))
        assert status in {200, 201}, said
        monkeypatch.setenv("MLFLOW_WORKSPACE", team)
        client = office.client()
        client.create_experiment("training")
        mlflows.version(client, "churn", {"accuracy": 0.5}, experiment="training")
    with sqlite3.connect(office.database) as connection:
        connection.executemany(
            "INSERT INTO registered_model_aliases (workspace, alias, version, name) VALUES (?, 'champion', 1, 'churn')",
            [("team-a",), ("team-b",)],
        )
    connection.close()

    assert compared(office, Authorization=by(office)) == {"moved": 2}
    status, headers, _ = page(
        office, ALIAS, {"name": "churn", "alias": "production", "version": "1"}, Authorization=by(office),
        X_MLFLOW_WORKSPACE="team-a",
    )  # fmt: skip
    (line,) = lines(office, headers["x-request-id"])
    assert (status, line["who"], line["what"], line["verdict"]) == (403, "admin", "churn@1", "deny")
