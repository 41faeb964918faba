"""Two gated servers with several workers, MLflow and the ledger in PostgreSQL: movers, kills and stops, and at the end one holder.

What a client was told was done is in the ledger, registry and ledger say the same, and no version holds a stage that was not
allowed there.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from letpass.configuration import load
from letpass.gathering import Desk
from letpass.move import Stage
from letpass.past import Past
from tests.integration import mlflow as mlflows
from tests.integration import postgres
from tests.integration.test_mlflow_gate import post, refused

pytestmark = [pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"), pytest.mark.once]
POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy on "holdout-2026" >= 0.9
require same: artifact.digest is computed
"""
SETTINGS = '[aliases]\nproduction = ["champion"]\n'
GOOD = (0.95, 0.96, 0.97)
BAD = 0.5
PRODUCTION = Stage("production")
MOVERS = 8


class Pair:
    """Two servers over one database of MLflow and one ledger, and the versions that clients move about."""

    def __init__(self, folder: Path, database: postgres.Server, models: int) -> None:
        self.database, self.folder = database, folder
        store, self.ledger = database.fresh("mlflow"), database.fresh("moves")
        self.servers = [
            mlflows.Server(folder, gated=True, store=store, workers=2),
            mlflows.Server(folder, gated=True, store=store, workers=2),
        ]
        mlflows.configured(self.servers[0], POLICY, f'ledger = "{self.ledger}"\n{SETTINGS}')
        self.models = [f"churn-{n}" for n in range(models)]
        client = self.servers[0].client()
        for name in self.models:
            for n, accuracy in enumerate((*GOOD, BAD)):
                mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{name}{n}".encode())

    def end(self) -> None:
        for server in self.servers:
            server.stop()

    def workers(self, number: int) -> list[int]:
        """The processes of a server that serve requests."""
        parent, found = self.servers[number].process.pid, []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
                words = (path.parent / "cmdline").read_bytes()
            except OSError:
                continue
            if int(fields[2]) == parent and b"spawn_main" in words:  # of the server's group
                found.append(int(path.parent.name))
        return found

    def past(self, name: str) -> Past:
        """What the ledger has about a model, read anew."""
        return Desk(load(self.folder)).past(name)


class Movers:
    """Clients that move versions about as fast as they are answered; `told`: what each was told had been done."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.told: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self._stop = threading.Event()
        self._running = [threading.Thread(target=self._move, args=(n,)) for n in range(MOVERS)]
        for thread in self._running:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._running:
            thread.join(120)
        assert not any(t.is_alive() for t in self._running)

    def _move(self, number: int) -> None:
        from mlflow.exceptions import MlflowException

        chance = random.Random(number)
        client = self.pair.servers[number % 2].client()
        while not self._stop.is_set():
            name, version = chance.choice(self.pair.models), str(chance.randint(1, len(GOOD) + 1))
            way = chance.choice(("alias", "alias", "stage", "leave"))
            try:
                if way == "alias":
                    client.set_registered_model_alias(name, "champion", version)
                elif way == "stage":
                    client.transition_model_version_stage(name, version, "Production")
                else:
                    client.delete_registered_model_alias(name, "champion")
                    continue
            except MlflowException:
                continue  # refused, overtaken, or the server is gone
            if version == str(len(GOOD) + 1):
                self.wrong.append(f"{name}@{version} by {way}")
            self.told.append((name, version))


@pytest.fixture(name="database", scope="module")
def _database() -> Iterator[postgres.Server]:
    """A PostgreSQL server of this module's own: it is stopped and crashed."""
    if postgres.programs() is None:
        pytest.skip("there is no PostgreSQL server: install Debian's package postgresql")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    server = postgres.Server()
    yield server
    server.end()


@pytest.fixture(name="pair", scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory, database: postgres.Server) -> Iterator[Pair]:
    """The servers, answering at once or not at all: MLflow's client repeats nothing here."""
    before = dict(os.environ)
    os.environ |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "40"}
    pair = Pair(tmp_path_factory.mktemp("pair"), database, models=3)
    yield pair
    pair.end()
    os.environ.clear()
    os.environ.update(before)


def _at_the_end(pair: Pair, movers: Movers) -> None:
    """One holder at most, who is the ledger's and was allowed; every move that a client was told of is logged."""
    from mlflow.exceptions import MlflowException

    assert movers.wrong == []
    client = pair.servers[0].client()
    for name in pair.models:
        # whoever was killed in the middle is taken over by the next move
        for _ in range(80):
            past = pair.past(name)
            if past.under_way is None:
                break
            with suppress(MlflowException):
                client.set_registered_model_alias(name, "champion", "1")
            time.sleep(1)
        assert past.under_way is None
        aliases = {str(v) for a, v in client.get_registered_model(name).aliases.items() if a == "champion"}
        stages = {
            str(v.version) for v in client.search_model_versions(f"name='{name}'") if v.current_stage == "Production"
        }
        held = aliases | stages
        logged = {s.version for s in past.stays if s.stage == PRODUCTION and s.until is None}
        assert len(held) <= 1
        assert held == logged
        done = {s.version for s in past.steps if s.state == "done" and s.stage == PRODUCTION}
        assert {v for n, v in movers.told if n == name} <= done
        assert done <= {"1", "2", "3"}
        for step in past.steps:
            if step.state == "done" and step.stage == PRODUCTION:
                assert step.decision is not None
                assert past.decisions[step.decision].passed
    ledger = Desk(load(pair.folder)).books.reader()
    assert ledger is not None
    assert ledger.faults() == []


def _running(pair: Pair, disturb: Callable[[], None]) -> Movers:
    movers = Movers(pair)
    try:
        disturb()
    finally:
        movers.stop()
    return movers


def test_psycopg_3_moves_stages_over_a_holder(pair: Pair) -> None:
    """MLflow's own query compares an integer with a text, which every stage change over a holder had failed at."""
    client, name = pair.servers[1].client(), pair.models[0]
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production")

    found = {str(v.version): v.current_stage for v in client.search_model_versions(f"name='{name}'")}
    assert found == {"1": "Archived", "2": "Production", "3": "None", "4": "None"}
    assert refused(lambda: client.transition_model_version_stage(name, "4", "Production"))[0] == 403


def test_a_killed_worker_leaves_one_holder(pair: Pair) -> None:
    """Eight movers on two servers, and one worker of each is killed at work."""

    def kill() -> None:
        for number in (0, 1):
            time.sleep(3)
            os.kill(pair.workers(number)[0], signal.SIGKILL)
        time.sleep(3)

    movers = _running(pair, kill)

    assert movers.told
    _at_the_end(pair, movers)


@pytest.mark.soak
def test_nothing_that_was_told_is_lost_whatever_stops(pair: Pair) -> None:
    """A worker, a server and PostgreSQL killed; PostgreSQL standing still for twenty seconds; and all of it goes on."""

    def disturb() -> None:
        time.sleep(5)
        os.kill(pair.workers(0)[0], signal.SIGKILL)
        time.sleep(5)
        os.killpg(pair.servers[1].process.pid, signal.SIGKILL)
        pair.servers[1].process.wait(15)
        time.sleep(3)
        pair.servers[1].start()
        time.sleep(5)
        pair.database.crash()
        time.sleep(2)
        pair.database.start()
        time.sleep(5)
        pids = [int(line) for line in _of(pair.database)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(20)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        time.sleep(5)

    movers = _running(pair, disturb)

    assert movers.told
    _at_the_end(pair, movers)


def _of(database: postgres.Server) -> list[str]:
    """The processes of a PostgreSQL server."""
    first = (database.data / "postmaster.pid").read_text().split("\n")[0]
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *children]


def test_an_older_copy_of_the_ledger_moves_nothing(pair: Pair, tmp_path: Path) -> None:
    """A dump that was brought back has forgotten what was said since: the head that was kept says so."""
    client, name = pair.servers[0].client(), pair.models[1]
    client.set_registered_model_alias(name, "champion", "1")
    dump = tmp_path / "dump.sql"
    pair.database.tool("pg_dump", "--clean", "--if-exists", "-f", str(dump), pair.ledger)
    client.set_registered_model_alias(name, "champion", "2")

    newer = tmp_path / "newer.sql"
    pair.database.tool("pg_dump", "--clean", "--if-exists", "-f", str(newer), pair.ledger)
    pair.database.tool("psql", "-q", "-f", str(dump), pair.ledger)
    try:
        body = {"name": name, "alias": "champion", "version": "3"}
        status, said = post(pair.servers[1], "/api/2.0/mlflow/registered-models/alias", body)
        assert (status, said["letpass"]["code"]) == (424, "GATE421")
        assert dict(client.get_registered_model(name).aliases)["champion"] == "2"
    finally:
        pair.database.tool("psql", "-q", "-f", str(newer), pair.ledger)
    client.set_registered_model_alias(name, "champion", "3")
    shutil.rmtree(pair.folder / ".letpass/leaving", ignore_errors=True)
