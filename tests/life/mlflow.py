"""The same life in MLflow: its store in this process, with the gate before one door of it, and a ledger in PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from tests.cli.conftest import write
from tests.integration import mlflow as servers
from tests.integration import postgres
from tests.life.project import Project

NAME = "fraud"
DATABASE = "mlflow.db"
_numbers = count()
_server: list[postgres.Server] = []
_empty: list[bytes] = []


def server() -> postgres.Server:
    """The PostgreSQL server of this process, started with its first use."""
    if not _server:
        _server.append(postgres.Server())
    return _server[0]


def end() -> None:
    """End what was started here."""
    while _server:
        _server.pop().end()


class Served(Project):
    """A project whose registry is MLflow's own database, and whose ledger is PostgreSQL."""

    registry = f"mlflow+sqlite:///{DATABASE}"
    files = False

    def __init__(self, owners: int, clock: Any) -> None:
        super().__init__(owners, clock)
        os.environ.update(servers.QUIET)
        self.database = f"life{os.getpid()}_{next(_numbers)}"
        self.kept = False

    @staticmethod
    def clocks(clock: Any) -> contextlib.AbstractContextManager[object]:
        return clock_of_the_gate(clock)

    def begin(self) -> None:
        self.settings = f'ledger = "{server().fresh(self.database)}"\n'
        if not _empty:  # to begin a database takes MLflow seconds
            self._client().create_registered_model(NAME)
            _empty.append((self.folder / DATABASE).read_bytes())
        write(self.folder / DATABASE, _empty[0])
        self.kept = True
        super().begin()

    def copied(self, of: Path) -> None:
        """Begin as a copy of a project that was begun, with a copy of its ledger."""
        import psycopg

        shutil.copytree(of, self.folder, dirs_exist_ok=True)
        text = (of / "policy.toml").read_text()
        original = text.partition("@/")[2].partition("?")[0]
        with psycopg.connect(server().address(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{original}"')  # type: ignore[arg-type]
        write(self.folder / "policy.toml", text.replace(f"@/{original}?", f"@/{self.database}?"))
        self.settings = f'ledger = "{server().address(self.database)}"\n'

    def close(self) -> None:
        import psycopg

        super().close()
        if not self.kept:
            with psycopg.connect(server().address(), autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')  # type: ignore[arg-type]

    def _client(self, scheme: str = "") -> Any:
        """MLflow's own client on the store; `gate:` with the gate before it."""
        from mlflow import MlflowClient

        inner = f"sqlite:///{self.folder / DATABASE}"
        return MlflowClient(tracking_uri=inner, registry_uri=scheme + inner)

    # ------------------------------------------------------------ the registry, by hand

    def create(self, number: int, accuracy: float, risk: str, author: str, bytes_: int) -> str:
        """A version that a training run has made; what registers it."""
        tags = {
            "author": author,
            "risk": risk,
            "hyperparameters": json.dumps({"depth": 3}),
            "metrics": json.dumps({"accuracy": {"value": accuracy, "data_set": "holdout"}}),
        }
        self._bytes(bytes_)
        made = self._client().create_model_version(NAME, str(self.folder / f"bytes-{bytes_}"), tags=tags)
        assert int(made.version) == number
        return f"{NAME}@{number}"

    def _bytes(self, number: int) -> bytes:
        data = f"bytes {number}".encode()
        write(self.folder / f"bytes-{number}/model.bin", data)
        return data

    def put(self, number: int, accuracy: float, risk: str, author: str, bytes_: int) -> None:
        self.create(number, accuracy, risk, author, bytes_)

    def copy(self, number: int, new: int) -> None:
        client = self._client()
        old = client.get_model_version(NAME, str(number))
        tags = {k: v for k, v in old.tags.items() if not k.startswith("letpass.")}
        tags = {k: v for k, v in tags.items() if k not in {"stage", "deployments", "observations"}}
        made = client.create_model_version(NAME, old.source, tags=tags)
        assert int(made.version) == new

    def edit(self, number: int, field: str, old: object, new: object) -> None:
        client, tag = self._client(), "metrics" if field == "value" else "hyperparameters"
        said = json.loads(client.get_model_version(NAME, str(number)).tags[tag])
        place = said["accuracy"] if field == "value" else said
        assert place[field] == old
        place[field] = new
        client.set_model_version_tag(NAME, str(number), tag, json.dumps(said))

    def artifact(self, bytes_: int) -> str:
        return f"bytes-{bytes_}/model.bin"

    def delete(self, number: int) -> None:
        self._client().delete_model_version(NAME, str(number))

    def take_away(self, number: int) -> None:
        client = self._client()
        for key in client.get_model_version(NAME, str(number)).tags:
            if key.startswith("letpass.") and not key.endswith((".decision", ".standing")):
                client.delete_model_version_tag(NAME, str(number), key)

    def stages(self) -> dict[int, str]:
        client = self._client()
        aliases = {int(v): a for a, v in client.get_registered_model(NAME).aliases.items()}
        tags = {int(v.version): v.tags.get("stage", "") for v in client.search_model_versions(f"name='{NAME}'")}
        return {n: found for n in tags if (found := aliases.get(n) or tags[n])}

    def hand_move(self, number: int, stage: str) -> None:
        """Somebody writes into MLflow's database, past its gate."""
        client = self._client()
        if stage == "production":
            client.set_registered_model_alias(NAME, "production", str(number))
            return
        if str(client.get_registered_model(NAME).aliases.get("production", "")) == str(number):
            client.delete_registered_model_alias(NAME, "production")
        client.set_model_version_tag(NAME, str(number), "stage", stage)

    def mover(self) -> tuple[Any, str]:
        from letpass.registries.mlflow_registry import MlflowRegistry

        return MlflowRegistry, "move"

    def statement(self, path: str, number: int) -> tuple[str, ...]:
        return f"{NAME}@{number}", "--to", "production"

    # ------------------------------------------------------------ the gate's own door

    def through_the_gate(self, number: int) -> int:
        """Set the alias as any client of a gated server does; the exit code that a command would have."""
        from mlflow.exceptions import MlflowException

        self.clock.pass_(seconds=30)
        try:
            self._client("gate:").set_registered_model_alias(NAME, "production", str(number))
            code, self.said = 0, "moved"
        except MlflowException as error:
            self.said = str(error)
            code = {"PERMISSION_DENIED": 1}.get(error.error_code, 4)
        self.asked = ("set alias", f"{NAME}@{number}")
        self.log.append(f"{code}  set_registered_model_alias production {NAME}@{number}")
        return code


@contextlib.contextmanager
def clock_of_the_gate(clock: Any) -> Iterator[None]:
    """The gate in MLflow's store goes by the project's clock, and the ledger's database has none of its own."""
    from letpass.enforcement import asked
    from letpass.ledger import postgres as ledgers
    from tests.life.project import patched

    class Shim:
        @staticmethod
        def time() -> float:
            return float(clock.at.timestamp())

    with patched(asked, "time", Shim), patched(ledgers.PostgresStore, "now", lambda _: None):
        yield
