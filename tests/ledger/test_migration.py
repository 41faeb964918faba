"""From one layout of the database to the next one: in place, whole or not at all, and no entry or checkpoint is another afterwards."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger import gatekey, migrating, place, schema
from letpass.ledger.gatekey import GateKey
from letpass.ledger.log import Ledger
from letpass.ledger.store import Store
from letpass.trust.verifiers import VerifierKey
from tests.ledger.conftest import NOW, Bench, entry


def as_before(path: Path, number: int = 2) -> None:
    """Make of a ledger one as the layout before had it: without what is derived of its entries."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in schema.DERIVED:
            connection.execute(f"DROP TABLE {table}")
        connection.execute(f"PRAGMA user_version = {number}")


def migrated(bench: Bench, *, anew: bool = False) -> tuple[int, int]:
    """Migrate the bench's ledger; the layouts before and after."""
    store = place.found(str(bench.path))
    assert store is not None
    with closing(store):
        return migrating.migrate(store, bench.key, (bench.key.public,), anew=anew)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_ledger_of_an_earlier_layout_is_brought_to_this_one_and_stays_what_it_is(bench: Bench, number: int) -> None:
    """Who reads it before is told the command; entries, checkpoint and proofs are the same to the byte."""
    ledger = bench.filled(300)
    before = [e.text for e in ledger.entries()], ledger.checkpoint(), ledger.prove(7), ledger.about("fraud")
    as_before(bench.path, number)

    for make in (False, True):
        with pytest.raises(UnreachableError, match=f"the ledger has the layout {max(number, 1)}, and this version") as caught:  # fmt: skip
            place.store(str(bench.path), make=make)
        assert (caught.value.diagnostics[0].help or "").startswith("`policy ledger migrate`")
    old = Ledger(place.found(str(bench.path)), (bench.key.public,))  # type: ignore[arg-type]
    audit = old.audit()
    assert (audit.faults, audit.notes) == (
        [],
        ["it has an earlier layout; `policy ledger migrate` brings it to this version's"],
    )

    assert migrated(bench) == (max(number, 1), 3)

    ledger = bench.ledger()
    assert ([e.text for e in ledger.entries()], ledger.checkpoint(), ledger.prove(7), ledger.about("fraud")) == before
    assert ledger.faults() == []
    assert ledger.append([entry(7000)], NOW + 10**10)[0].index == 300
    assert migrated(bench) == (3, 3)


def test_what_is_derived_anew_is_what_was_there(bench: Bench) -> None:
    """Whether a ledger has grown by appends or was migrated: the same nodes, lists and hashes."""
    ledger = bench.filled(600)

    def derived() -> tuple[object, ...]:
        store = bench.ledger().store
        return store.state(), [*store.all_nodes()], [*store.all_listed()], [*store.all_subtrees()]

    before = derived()
    assert migrated(bench, anew=True) == (3, 3)
    assert derived() == before

    bench.bend("DELETE FROM node", "DELETE FROM listed WHERE idx = 3")
    with pytest.raises(UnreachableError, match="the ledger is not to be trusted"):
        bench.ledger().about("fraud")
    migrated(bench, anew=True)
    assert len(bench.ledger().about("fraud")) == ledger.size()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE entry SET body = replace(body, '\"n\":4', '\"n\":5') WHERE idx = 4", "entry 4 was edited"),
        ("DELETE FROM entry WHERE idx = 4", "entry 5 was edited, or does not belong there"),
        ("DELETE FROM entry WHERE idx = 9", "its entries are not those that its checkpoint signs"),
        ("UPDATE head SET checkpoint = replace(checkpoint, char(10) || '10' || char(10), char(10) || '9' || char(10))", "does not fit"),
    ],
)  # fmt: skip
def test_a_bent_ledger_is_not_migrated(bench: Bench, statement: str, why: str) -> None:
    """What is signed anew is what was signed before."""
    bench.filled(10)
    bench.bend(statement)
    bench.ledger().store.close()
    as_before(bench.path)

    with pytest.raises(UnreachableError, match=why):
        migrated(bench)


def test_another_key_signs_no_state(bench: Bench, tmp_path: Path) -> None:
    """Only whoever signs the head."""
    bench.filled(10)
    as_before(bench.path)
    bench.key = gatekey.load_or_make(tmp_path / "other.key")

    with pytest.raises(UnreachableError, match="has not signed its head"):
        migrated(bench)


# ---------------------------------------------------------------- a layout that is to come


def _next(store: Store, signer: GateKey, keys: tuple[VerifierKey, ...]) -> None:
    """A made-up layout: a table more."""
    del signer, keys
    store.run("CREATE TABLE yet_another (n INTEGER PRIMARY KEY)", ())


def test_a_layout_that_is_to_come_is_a_step_more(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whichever layout, each step once; a version that knows less refuses what it leads to."""
    ledger = bench.filled(20)
    before = ledger.checkpoint()
    old = bench.path.with_name("old.db")
    ledger.store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
    shutil.copy(bench.path, old)
    as_before(old)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", 4)
        patch.setattr(migrating, "STEPS", {**migrating.STEPS, 3: _next})
        with pytest.raises(UnreachableError, match="the ledger has the layout 3, and this version of Letpass reads 4"):
            bench.ledger()
        for path, first in ((bench.path, 3), (old, 2)):
            bench.path = path
            assert migrated(bench) == (first, 4)
            assert bench.ledger().checkpoint() == before
            assert bench.ledger().faults() == []

    with pytest.raises(UnreachableError, match="its number is `4`, and this version of Letpass knows 1 to 3"):
        bench.ledger()


# ---------------------------------------------------------------- stopped, and begun again

CODE = """
import sys
from pathlib import Path
from letpass.ledger import gatekey, migrating, place
key = gatekey.load(Path(sys.argv[2]))
print("begins", flush=True)
print(migrating.migrate(place.found(sys.argv[1]), key, (key.public,)), flush=True)
"""


def test_a_migration_that_is_killed_is_begun_again(bench: Bench) -> None:
    """At any moment: what is there is the layout before or this one, whole."""
    ledger = bench.ledger()
    for n in range(3):
        ledger.append([entry(1000 * n + i, f"m{i % 7}") for i in range(1000)], NOW + n * 1_000_000)
    before = ledger.checkpoint()
    as_before(bench.path)
    command = [sys.executable, "-c", CODE, str(bench.path), str(bench.folder / "gate.key")]
    kills = 0
    for milliseconds in (0, 5, 20, 50, 100, 150, 200, 400, 800, 1600, 3200, 6400):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begins\n"
            time.sleep(milliseconds / 1000)
            process.send_signal(signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                break
        kills += 1
        store = place.found(str(bench.path))
        assert store is not None
        assert Ledger(store, (bench.key.public,)).faults() == []
        if store.number() == schema.VERSION:
            break
        assert store.number() == 2
        store.close()

    assert kills >= 3
    migrated(bench)
    assert bench.ledger().checkpoint() == before
    assert len(bench.ledger().about("m3")) == 429
    assert bench.ledger().faults() == []


def test_of_two_who_migrate_at_once_one_does_it(bench: Bench) -> None:
    """The other waits, and finds it done."""
    bench.filled(200)
    as_before(bench.path)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: migrated(bench), range(2)))
    assert {last for _, last in found} == {3}
    assert bench.ledger().faults() == []
