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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from letpass.cli.main import run
from letpass.enforcement.guard import DOWN
from letpass.ledger.model_log import Past
from letpass.lifecycle import reconciliation
from letpass.lifecycle.differences import Difference, Kind
from letpass.move import Stage
from letpass.project.configuration import load
from letpass.project.contents import own_policies
from letpass.project.project import Project
from tests.integration import mlflow as mlflows
from tests.integration import postgres
from tests.integration.links import Cable, Relay
from tests.integration.test_mlflow_gate import held, post, refused

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
MOVERS = 16
ALIAS = "/api/2.0/mlflow/registered-models/alias"
CLOCK = """import pathlib, time

def ahead(clock, unit):
    def now():
        return clock() + unit * int(pathlib.Path(__file__).with_name("ahead").read_text())
    return now

time.time, time.time_ns = ahead(time.time, 1), ahead(time.time_ns, 10**9)
"""


class Pair:
    """Two servers over one database of MLflow and one ledger, and the versions that clients move about.

    `link`: the second one's only way to the ledger.  That one has a clock of its own, too.
    """

    def __init__(self, folder: Path, database: postgres.Server, link: Relay | Cable, models: int) -> None:
        self.database, self.folder, self.link = database, folder, link
        self.store, self.ledger = database.fresh("mlflow"), database.fresh("moves")
        self.clock = folder / "clock"
        self.clock.mkdir()
        self.jump(0)
        (self.clock / "sitecustomize.py").write_text(CLOCK)
        path = os.pathsep.join(p for p in (str(self.clock), os.environ.get("PYTHONPATH")) if p)
        apart = {"LETPASS_LEDGER": link.address("moves"), "PYTHONPATH": path}
        self.servers = [
            mlflows.Server(folder, gated=True, store=self.store, workers=2),
            mlflows.Server(folder, gated=True, store=self.store, workers=2, environment=apart),
        ]
        mlflows.configured(self.servers[0], POLICY, f'ledger = "{self.ledger}"\n{SETTINGS}')
        self.models = [f"churn-{n}" for n in range(models)]
        for name in self.models:
            self.model(name)

    def model(self, name: str) -> str:
        """A model of three good versions and a bad one, in no stage; what is measured in the future by a clock counts for nothing."""
        client = self.servers[0].client()
        for n, accuracy in enumerate((*GOOD, BAD)):
            mlflows.version(client, name, {"accuracy": accuracy}, binary=f"{name}{n}".encode(), ago=3600)
        return name

    def jump(self, seconds: int) -> None:
        """Put the second server's clock so many seconds ahead."""
        new = self.clock / "new"
        new.write_text(str(seconds))
        new.replace(self.clock / "ahead")

    def ask(self, number: int, name: str, version: str) -> tuple[int, dict[str, Any]]:
        """Ask a server to move a version to production, once."""
        return post(self.servers[number], ALIAS, {"name": name, "alias": "champion", "version": version})

    def move(self, number: int, name: str, version: str) -> None:
        """Move a version to production by a server, once."""
        status, said = self.ask(number, name, version)
        assert status == 200, said

    def states(self, name: str) -> list[tuple[str, str]]:
        """The steps of a model: version and state."""
        return [(s.version, s.state) for s in self.past(name).steps]

    def differences(self) -> list[Difference]:
        """Where registry and ledger differ, as `policy reconcile` compares them."""
        desk = Project(load(self.folder))
        return reconciliation.compare(desk, own_policies(desk.configuration), int(time.time()) * 1_000_000)

    @contextmanager
    def begun(self, number: int, name: str, version: str) -> Iterator[list[tuple[int, dict[str, Any]]]]:
        """A move that a server has begun, and that waits in the registry for as long; its answer is in the list then."""
        import psycopg

        answer: list[tuple[int, dict[str, Any]]] = []
        thread = threading.Thread(target=lambda: answer.append(self.ask(number, name, version)))
        with psycopg.connect(self.store, autocommit=True) as other:
            with other.transaction():
                other.execute("LOCK TABLE registered_model_aliases IN EXCLUSIVE MODE")
                thread.start()
                for _ in range(200):
                    if self.past(name).under_way is not None:
                        break
                    time.sleep(0.1)
                assert self.past(name).under_way is not None
                yield answer
            thread.join(60)
        assert answer

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
        return Project(load(self.folder)).past(name)


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


@contextmanager
def servers(folder: Path, database: postgres.Server, link: Relay | Cable) -> Iterator[Pair]:
    """The servers, answering at once or not at all: MLflow's client repeats nothing here."""
    before = dict(os.environ)
    os.environ |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "40"}
    pair = Pair(folder, database, link, models=3)
    yield pair
    pair.end()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(name="pair", scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory, database: postgres.Server) -> Iterator[Pair]:
    link = Relay(database.socket)
    with servers(tmp_path_factory.mktemp("pair"), database, link) as pair:
        yield pair
    link.end()


def at_the_end(pair: Pair, movers: Movers) -> None:
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
    ledger = Project(load(pair.folder)).ledger.reader()
    assert ledger is not None
    assert ledger.faults() == []
    assert pair.differences() == []


def running(pair: Pair, disturb: Callable[[], None]) -> Movers:
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
    """Sixteen movers on two servers, and one worker of each is killed at work."""

    def kill() -> None:
        for number in (0, 1):
            time.sleep(3)
            os.kill(pair.workers(number)[0], signal.SIGKILL)
        time.sleep(3)

    movers = running(pair, kill)

    assert movers.told
    at_the_end(pair, movers)


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

    movers = running(pair, disturb)

    assert movers.told
    at_the_end(pair, movers)


@pytest.fixture(name="quiet", scope="module")
def _quiet(pair: Pair) -> str:
    """A model that no mover moves."""
    return pair.model("quiet")


@pytest.fixture(name="right")
def _right(pair: Pair) -> Iterator[None]:
    """The second server's clock is right again afterwards."""
    yield
    pair.jump(0)


def test_a_server_that_is_cut_off_the_ledger_says_yes_to_nobody_and_goes_on_when_it_is_mended(
    pair: Pair, quiet: str
) -> None:
    """503 with the reason, also for what would be refused; the other server moves on meanwhile."""
    client, before = pair.servers[0].client(), len(pair.states(quiet))
    pair.move(1, quiet, "1")
    pair.link.cut()
    try:
        for version in ("3", "4"):
            begun = time.monotonic()
            status, said = pair.ask(1, quiet, version)
            assert (status, said["letpass"]["code"]) == (503, "GATE420")
            assert time.monotonic() - begun < 30
        assert held(client, quiet) == {"champion": "1"}
        pair.move(0, quiet, "2")
    finally:
        pair.link.mend()

    time.sleep(DOWN)
    assert pair.ask(1, quiet, "4")[0] == 403
    pair.move(1, quiet, "3")
    assert held(client, quiet) == {"champion": "3"}
    assert pair.states(quiet)[before:] == [(v, s) for v in ("1", "2", "3") for s in ("begun", "done")]
    assert pair.differences() == []


@pytest.mark.usefixtures("right")
def test_a_server_whose_clock_jumps_moves_nothing_until_it_is_right_again(pair: Pair, quiet: str) -> None:
    """424 with both times; the other server moves on, nothing has to be mended, and two minutes are forgiven either way."""
    client = pair.servers[0].client()
    pair.move(1, quiet, "1")
    before = len(pair.states(quiet))

    for seconds in (600, -600):
        pair.jump(seconds)
        status, said = pair.ask(1, quiet, "2")
        assert (status, said["letpass"]["code"]) == (424, "GATE421")
        assert " on this machine, and " in said["message"]
    assert held(client, quiet) == {"champion": "1"}
    pair.move(0, quiet, "2")

    for number, version, ahead in ((1, "3", 120), (0, "1", 120), (1, "2", -120), (1, "3", 0)):
        pair.jump(ahead)
        pair.move(number, quiet, version)
    assert held(client, quiet) == {"champion": "3"}
    assert pair.states(quiet)[before:] == [(v, s) for v in ("2", "3", "1", "2", "3") for s in ("begun", "done")]
    ledger = Project(load(pair.folder)).ledger.reader()
    assert ledger is not None
    times = [e.at for e in ledger.entries()]
    assert (times, ledger.faults()) == (sorted(times), [])
    assert pair.differences() == []


@pytest.mark.usefixtures("right")
@pytest.mark.parametrize("ahead", [120, -120])
def test_a_clock_that_is_not_right_takes_over_no_move_that_is_under_way(pair: Pair, quiet: str, ahead: int) -> None:
    """Until when a move may take is said and read by the database's clock; a twin whose clock is right is told the same."""
    client = pair.servers[0].client()
    pair.move(0, quiet, "3")
    before = len(pair.states(quiet))
    mover, other = (0, 1) if ahead > 0 else (1, 0)
    pair.jump(min(ahead, 0))
    with pair.begun(mover, quiet, "1") as answer:
        for seconds in (0, ahead) if ahead > 0 else (ahead,):
            pair.jump(seconds)
            status, said = pair.ask(other, quiet, "2")
            assert (status, said["letpass"]["code"]) == (409, "GATE431")

    assert answer[0][0] == 200
    assert held(client, quiet) == {"champion": "1"}
    assert pair.states(quiet)[before:] == [("1", "begun"), ("1", "done")]


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


@pytest.mark.soak
def test_a_tail_that_is_lost_for_good_is_named_and_so_is_who_was_moved_meanwhile(
    pair: Pair, quiet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both servers stand still until it is said what is missing, and they are started again; whom no entry brought to its stage any more is decided anew."""
    client, dump = pair.servers[0].client(), tmp_path / "dump.sql"
    pair.move(0, quiet, "1")
    pair.database.tool("pg_dump", "--clean", "--if-exists", "-f", str(dump), pair.ledger)
    pair.move(1, quiet, "2")
    pair.database.tool("psql", "-q", "-f", str(dump), pair.ledger)
    for number in (0, 1):
        status, said = pair.ask(number, quiet, "3")
        assert (status, said["letpass"]["code"]) == (424, "GATE421")
    assert held(client, quiet) == {"champion": "2"}

    monkeypatch.chdir(pair.folder)
    assert run(["ledger", "recover", "--reason", "the disk failed"]) == 0
    assert run(["ledger", "verify"]) == 0
    assert "an older copy of it was brought back" in capsys.readouterr().out
    found = [(d.kind, d.version) for d in pair.differences()]
    assert found == [(Kind.LEFT, "1"), (Kind.MOVED, "2")]

    for server in pair.servers:  # who had read what is lost goes on refusing
        server.stop()
        server.start()
    assert pair.ask(1, quiet, "4")[0] == 403
    pair.move(1, quiet, "3")
    pair.move(0, quiet, "2")
    assert held(client, quiet) == {"champion": "2"}
    assert pair.differences() == []
