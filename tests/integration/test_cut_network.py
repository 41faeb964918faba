"""A network that is cut between those who move and their ledger: nobody is told yes meanwhile, and nothing that was said is lost.

The cable is one between two networks of the kernel's, and is pulled; where the machine lets nobody lay one, a relay that
loses everything stands for it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from letpass.ledger.lease import LEASE
from letpass.lifecycle.differences import Kind
from tests.integration import postgres
from tests.integration.links import Cable, CannotError, Relay
from tests.integration.test_ledger_faults import WRITERS, Writers
from tests.integration.test_mlflow_gate import held
from tests.integration.test_two_servers import Pair, at_the_end, running, servers
from tests.integration.writer import acknowledged

pytestmark = [pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"), pytest.mark.once]
_numbers = count()


@contextmanager
def _linked(kind: str) -> Iterator[tuple[postgres.Server, Relay | Cable]]:
    """A PostgreSQL server, and a link to it; raises `CannotError` where no cable can be laid."""
    if postgres.programs() is None:
        pytest.skip("there is no PostgreSQL server: install Debian's package postgresql")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    cable = Cable() if kind == "cable" else None
    server = postgres.Server(cable)
    link = cable or Relay(server.socket)
    try:
        yield server, link
    finally:
        server.end()
        link.end()


@pytest.fixture(name="far", scope="module", params=["cable", "relay"])
def _far(request: pytest.FixtureRequest) -> Iterator[tuple[postgres.Server, Relay | Cable]]:
    try:
        with _linked(request.param) as found:
            yield found
    except CannotError as error:
        pytest.skip(f"no cable can be laid between two networks here, and the relay has to do: {error}")


def test_writers_that_are_cut_off_lose_no_acknowledged_entry(
    far: tuple[postgres.Server, Relay | Cable], tmp_path: Path
) -> None:
    """Nothing is acknowledged as long as the link is cut; then they go on by themselves, each entry once."""
    server, link = far
    name = f"cut{next(_numbers)}"
    server.fresh(name)
    writers = Writers(link.address(name), tmp_path)

    def done() -> list[int]:
        return [len(acknowledged(writers.acks(who))) for who in WRITERS]

    def past(before: list[int]) -> None:
        last = time.monotonic() + 60
        while not all(n > b for n, b in zip(done(), before, strict=True)):
            assert time.monotonic() < last
            time.sleep(0.1)

    try:
        past([0] * len(WRITERS))
        link.cut()
        try:
            time.sleep(0.5)
            before = done()
            time.sleep(3)
            assert done() == before
        finally:
            link.mend()
        past(before)
    finally:
        writers.end()

    assert writers.lost() == []


@pytest.fixture(name="pair", scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two servers, the second of which has its ledger at the far end of a cable, else of a relay."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    try:
        Cable().end()
        kind = "cable"
    except CannotError:
        kind = "relay"
    with _linked(kind) as (server, link), servers(tmp_path_factory.mktemp("cut"), server, link) as pair:
        yield pair


@pytest.mark.soak
def test_a_stock_client_of_a_server_that_is_cut_off_has_its_answer_in_time(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It repeats a 503 as `Retry-After` says, and gives up within thirty seconds; the bad version has no other answer."""
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_TIMEOUT")
    name, client = pair.model("stock"), pair.servers[1].client()
    client.set_registered_model_alias(name, "champion", "1")
    pair.link.cut()
    try:
        for version in ("2", "4"):
            begun = time.monotonic()
            with pytest.raises(Exception, match="503"):
                client.set_registered_model_alias(name, "champion", version)
            assert time.monotonic() - begun < 30
            assert held(client, name) == {"champion": "1"}
    finally:
        pair.link.mend()

    client.set_registered_model_alias(name, "champion", "2")
    assert pair.states(name) == [("1", "begun"), ("1", "done"), ("2", "begun"), ("2", "done")]
    assert pair.differences() == []


@pytest.mark.soak
def test_a_move_that_the_cut_has_halved_is_named_and_taken_over_when_its_time_is_over(pair: Pair) -> None:
    """The registry has moved, and the end could not be logged: 503, and nobody else moves the model before."""
    name, client = pair.model("halved"), pair.servers[0].client()
    try:
        with pair.begun(1, name, "1") as answer:
            begun = time.monotonic()
            pair.link.cut()
        assert time.monotonic() - begun < 30
        assert (answer[0][0], answer[0][1]["letpass"]["code"]) == (503, "GATE420")
        assert held(client, name) == {"champion": "1"}
        assert (pair.differences()[0].kind, pair.differences()[0].version) == (Kind.BEGUN, "1")
        assert pair.ask(0, name, "2")[0] == 409
    finally:
        pair.link.mend()

    last = time.monotonic() + LEASE / 1_000_000 + 10
    while (status := pair.ask(0, name, "2")[0]) == 409:
        assert time.monotonic() < last
        time.sleep(2)
    assert status == 200
    assert held(client, name) == {"champion": "2"}
    assert pair.states(name) == [("1", "begun"), ("1", "done"), ("2", "begun"), ("2", "done")]
    assert pair.differences() == []


@pytest.mark.soak
def test_nothing_that_was_told_is_lost_when_the_network_is_cut(pair: Pair) -> None:
    """Eight movers on both servers, and one of these is cut off the ledger for a moment, and for twenty seconds."""

    def disturb() -> None:
        for seconds in (2, 20):
            time.sleep(5)
            pair.link.cut()
            time.sleep(seconds)
            pair.link.mend()
        time.sleep(8)

    movers = running(pair, disturb)

    assert movers.told
    at_the_end(pair, movers)
