"""MLflow servers of the tests' own, on loopback, and versions made with its unmodified client."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "DO_NOT_TRACK": "1"}
MLMODEL = """flavors:
  python_function: {loader_module: none, python_version: 3.11.7}
  sklearn: {serialization_format: skops}
model_size_bytes: 5
"""


class Server:
    """`mlflow server` on a free port; `gated`: with the gate before its registry.

    `folder`: where it runs, with its database, and the policies of a gated one · `auth`: with MLflow's basic
    authentication · `store`: the database's address instead of a file · `options`, `environment`: more of the command's.
    """

    def __init__(
        self, folder: Path, *, gated: bool = False, auth: bool = False, database: Path | None = None, store: str = "",
        options: tuple[str, ...] = (), workers: int = 1, environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.folder = folder
        self.database = database or folder / "mlflow.db"
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        store = store or f"sqlite:///{self.database}"
        registry = ["--registry-store-uri", f"gate:{store}"] if gated else []
        more = ["--app-name", "basic-auth"] if auth else []
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("LETPASS_", "MLFLOW_"))}, **QUIET,
            "PYTHONWARNINGS": "ignore", **environment,
        }  # fmt: skip
        self.password = secrets.token_hex(12)
        if auth:
            config = folder / "auth.ini"
            config.write_text(
                "[mlflow]\ndefault_permission = MANAGE\n"
                f"database_uri = sqlite:///{folder}/auth.db\nadmin_username = admin\nadmin_password = {self.password}\n"
            )
            self.environment |= {"MLFLOW_AUTH_CONFIG_PATH": str(config), "MLFLOW_FLASK_SERVER_SECRET_KEY": "tests"}
        command = [
            sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, *registry,
            "--artifacts-destination", str(self.database.parent / "artifacts"), "--host", "127.0.0.1",
            "--port", str(self.port), "--workers", str(workers), *more, *options,
        ]  # fmt: skip
        self.log = folder / "server.log"
        self._command = command
        self.start()
        if auth:
            self.spare_passwords()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        for _ in range(1200):
            if self.process.poll() is not None:
                break
            try:
                with urlopen(f"{self.uri}/health", timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def spare_passwords(self) -> None:
        """Let what it keeps of every user's password be one round of hashing.

        It compares the password at each request, and with its own 32,768 rounds each takes a quarter of a second.
        """
        from werkzeug.security import generate_password_hash

        with closing(sqlite3.connect(self.folder / "auth.db", timeout=30)) as users, users:
            kept = generate_password_hash(self.password, method="pbkdf2:sha256:1")
            users.execute("UPDATE users SET password_hash = ?", (kept,))

    def stop(self) -> None:
        """End it and its workers."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(15)

    def client(self) -> Any:
        """MLflow's own client, which knows nothing of a gate."""
        return client(self.uri)


def configured(server: Server, policy: str, settings: str = "") -> Path:
    """The project of a gated server with one policy, whatever tests have left there; `settings`: more of policy.toml."""
    (server.folder / "policy.toml").write_text(f'registry = "mlflow+{server.uri}"\n{settings}')
    policies = server.folder / "policies"
    policies.mkdir(exist_ok=True)
    for path in policies.glob("*"):
        path.unlink()
    (policies / "gate.policy").write_text(policy)
    return server.folder


def client(uri: str) -> Any:
    """MLflow's own client."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def version(
    client: Any, name: str, metrics: Mapping[str, float], *, data_set: str = "holdout-2026", params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None, binary: bytes = b"bytes", finish: bool = True, experiment: str = "",
    ago: int = 0,
) -> Any:  # fmt: skip
    """A new version with a run, a logged model and files, made in the calls that training makes, measured `ago` seconds ago."""
    from mlflow.entities import Metric
    from mlflow.exceptions import MlflowException

    training = client.get_experiment_by_name(experiment).experiment_id if experiment else "0"
    run = client.create_run(training, tags={"mlflow.user": "anna", "mlflow.source.git.commit": "4f1c0de2"})
    run_id = run.info.run_id
    for key, value in (params or {"C": "1.0", "seed": "7"}).items():
        client.log_param(run_id, key, value)
    model = client.create_logged_model(training, name="model", source_run_id=run_id)
    folder = Path(tempfile.mkdtemp(prefix="letpass-model-"))
    (folder / "MLmodel").write_text(MLMODEL)
    (folder / "model.skops").write_bytes(binary)
    (folder / "requirements.txt").write_text("numpy==2.4.6\nscikit-learn==1.9.1\n")
    client.log_model_artifacts(model.model_id, str(folder))
    shutil.rmtree(folder)
    client.finalize_logged_model(model.model_id, "READY")
    at = int((time.time() - ago) * 1000)
    batch = [
        Metric(k, v, at, 0, model_id=model.model_id, dataset_name=data_set, dataset_digest="be1c2d72", run_id=run_id)
        for k, v in metrics.items()
    ]
    client.log_batch(run_id, metrics=batch)
    if finish:
        client.set_terminated(run_id)
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        assert error.error_code == "RESOURCE_ALREADY_EXISTS"  # noqa: PT017
    made = client.create_model_version(
        name, f"models:/{model.model_id}", run_id, tags=dict(tags or {}), await_creation_for=0, model_id=model.model_id
    )
    made.logged = model.model_id
    return made
