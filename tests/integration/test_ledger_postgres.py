"""A ledger in PostgreSQL: foreign objects are refused by name, appends are read back, and nothing is waited for without end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger import gatekey, link, migrating, place
from letpass.ledger.delivery import Table
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from letpass.ledger.schema import Oddity
from letpass.trust import strict
from tests.integration import postgres

pytestmark = pytest.mark.once

NOW = 10**15
Run = Callable[..., Any]


def entry(n: int) -> Entry:
    return Entry("move", data={"n": n}, model="fraud")


class Bench:
    """A ledger in a database of its own, and a superuser beside it."""

    def __init__(self, address: str, folder: Path) -> None:
        import psycopg

        self.address, self.key = address, gatekey.load_or_make(folder / "gate.key")
        self.ledger = self.opened()
        self.ledger.append([entry(n) for n in range(5)], NOW)
        self.other = psycopg.connect(address, autocommit=True)

    def opened(self, address: str = "") -> Ledger:
        return Ledger(place.store(address or self.address, make=True), (), self.key)

    def run(self, sql: str) -> Any:
        return self.other.execute(sql)  # type: ignore[arg-type]

    def end(self) -> None:
        self.other.close()
        self.ledger.store.close()


@pytest.fixture(name="address", scope="module")
def _address(server: postgres.Server) -> str:
    """One database, which every test finds empty."""
    return server.fresh(f"bent{os.getpid()}")


@pytest.fixture(name="bench")
def _bench(address: str, tmp_path: Path) -> Iterator[Bench]:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS letpass CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    found = Bench(address, tmp_path)
    yield found
    found.end()


# ---------------------------------------------------------------- foreign objects

SWALLOW = "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
GUARD = "CREATE OR REPLACE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS"
FAR = "CREATE EXTENSION file_fdw; CREATE SERVER far FOREIGN DATA WRAPPER file_fdw; ALTER TABLE material RENAME TO kept;"
FOREIGN = [
    (
        SWALLOW + "CREATE TRIGGER a BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION swallow()",
        Oddity("the trigger `a` on `entry` is not the ledger's own", "DROP TRIGGER a ON entry"),
    ),
    (
        SWALLOW + 'CREATE TRIGGER "A b" AFTER DELETE ON material EXECUTE FUNCTION swallow()',
        Oddity("the trigger `A b` on `material` is not the ledger's own", 'DROP TRIGGER "A b" ON material'),
    ),
    (
        SWALLOW + "CREATE CONSTRAINT TRIGGER a AFTER INSERT ON head DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION swallow()",
        Oddity("the trigger `a` on `head` is not the ledger's own", "DROP TRIGGER a ON head"),
    ),
    (
        "ALTER TABLE entry DISABLE TRIGGER entry_stays",
        Oddity("the trigger `entry_stays` on `entry` is off", "ALTER TABLE entry ENABLE TRIGGER entry_stays"),
    ),
    (
        "ALTER TABLE head ENABLE REPLICA TRIGGER head_grows",
        Oddity("the trigger `head_grows` on `head` is off", "ALTER TABLE head ENABLE TRIGGER head_grows"),
    ),
    (
        GUARD + " $$ BEGIN RETURN NULL; END $$",
        Oddity("the trigger `entry_stays` on `entry` is not the ledger's own", "DROP TRIGGER entry_stays ON entry"),
    ),
    (
        "ALTER FUNCTION ledger_stays() SET session_replication_role = replica",
        Oddity("the trigger `head_grows` on `head` is not the ledger's own", "DROP TRIGGER head_grows ON head"),
    ),
    (
        "CREATE RULE r AS ON INSERT TO entry DO INSTEAD NOTHING",
        Oddity("the rule `r` on `entry` is not the ledger's own", "DROP RULE r ON entry"),
    ),
    (
        "CREATE RULE r AS ON UPDATE TO head DO ALSO SELECT 1",
        Oddity("the rule `r` on `head` is not the ledger's own", "DROP RULE r ON head"),
    ),
    (
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY",
        Oddity("row security is on for `entry`", "ALTER TABLE entry DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"),
    ),
    (
        "ALTER TABLE material FORCE ROW LEVEL SECURITY",
        Oddity("row security is on for `material`", "ALTER TABLE material DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"),
    ),
    (
        "CREATE POLICY p ON entry USING (idx < 3)",
        Oddity("the policy `p` on `entry` is not the ledger's own", "DROP POLICY p ON entry"),
    ),
    (
        "CREATE TABLE heir () INHERITS (entry)",
        Oddity("`entry` has the child `heir`, and shares its rows", "ALTER TABLE heir NO INHERIT entry"),
    ),
    (
        "CREATE TABLE elder (digest text NOT NULL, data bytea NOT NULL); ALTER TABLE material INHERIT elder",
        Oddity("`material` has the parent `elder`, and shares its rows", "ALTER TABLE material NO INHERIT elder"),
    ),
    (
        "ALTER TABLE entry ADD COLUMN model text",
        Oddity("the column `model` on `entry` is not the ledger's own", "ALTER TABLE entry DROP COLUMN model"),
    ),
    (
        "ALTER TABLE entry ADD COLUMN low text GENERATED ALWAYS AS (lower(body)) STORED",
        Oddity("the column `low` on `entry` is not the ledger's own", "ALTER TABLE entry DROP COLUMN low"),
    ),
    ("ALTER TABLE entry DROP COLUMN checkpoint", Oddity("the column `checkpoint` of `entry` is missing")),
    (
        "ALTER TABLE entry ALTER COLUMN key TYPE varchar(64)",
        Oddity("the column `key` of `entry` is character varying(64) not null, not text not null", "ALTER TABLE entry DROP COLUMN key"),
    ),
    (
        "ALTER TABLE entry ALTER COLUMN body DROP NOT NULL",
        Oddity("the column `body` of `entry` is text, not text not null", "ALTER TABLE entry DROP COLUMN body"),
    ),
    ("ALTER TABLE entry DROP CONSTRAINT entry_key_key", Oddity("the constraint `entry_key_key` of `entry` is missing")),
    (
        "ALTER TABLE head ADD CONSTRAINT small CHECK (size < 1000000)",
        Oddity("the constraint `small` on `head` is not the ledger's own", "ALTER TABLE head DROP CONSTRAINT small"),
    ),
    (
        "CREATE TABLE far (idx bigint REFERENCES entry ON DELETE CASCADE)",
        Oddity("the constraint `far_idx_fkey` on `entry` is not the ledger's own", "ALTER TABLE entry DROP CONSTRAINT far_idx_fkey"),
    ),
    (
        "CREATE INDEX i ON entry (lower(body))",
        Oddity("the index `i` on `entry` is not the ledger's own", "DROP INDEX i"),
    ),
    ("ALTER TABLE material SET UNLOGGED", Oddity("`material` is an unlogged table")),
    ("ALTER TABLE head RENAME TO kept; CREATE VIEW head AS SELECT * FROM kept", Oddity("`head` is a view")),
    (
        "ALTER TABLE material RENAME TO kept; CREATE MATERIALIZED VIEW material AS SELECT * FROM kept",
        Oddity("`material` is a materialized view"),
    ),
    (
        "ALTER TABLE material RENAME TO kept; CREATE TABLE material (digest text, data bytea) PARTITION BY HASH (digest)",
        Oddity("`material` is a partitioned table"),
    ),
    (
        FAR + "CREATE FOREIGN TABLE material (digest text, data bytea) SERVER far OPTIONS (filename '/dev/null')",
        Oddity("`material` is a foreign table"),
    ),
    ("DROP TABLE material", Oddity("its table `material` is missing")),
    (
        "CREATE SCHEMA letpass; CREATE TABLE letpass.material (LIKE public.material INCLUDING ALL)",
        Oddity("`material` is in the schema `public` too, and the search path leads to both", "SHOW search_path"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "odd"), FOREIGN, ids=[odd.what for _, odd in FOREIGN])
def test_a_foreign_object_in_postgresql_refuses_the_ledger_by_name(bench: Bench, statements: str, odd: Oddity) -> None:
    """For writing and for reading; the untouched twin opens, and what concerns no table of the ledger is let be."""
    bench.run(
        "CREATE TABLE notes (x int); CREATE VIEW report AS SELECT idx FROM entry; CREATE INDEX mine ON entry (idx)"
    )
    for make in (True, False):
        place.store(bench.address, make=make).close()

    bench.run(statements)

    for make in (True, False):
        with pytest.raises(UnreachableError) as caught:
            place.store(bench.address, make=make)
        assert caught.value.message.startswith("the ledger is not to be trusted: ")
        assert caught.value.diagnostics[0].code == "GATE421"
    seen = place.found(bench.address)
    assert seen is not None
    assert odd in seen.odd()
    seen.close()


def test_a_temporary_table_of_the_same_name_is_foreign(bench: Bench) -> None:
    """It stands before the ledger's own on its connection."""
    assert bench.ledger.store.odd() == ()

    bench.ledger.store.run("CREATE TEMP TABLE entry (LIKE public.entry)", ())

    found = [o.what for o in bench.ledger.store.odd()]
    assert "`entry` is in the schema `public` too, and the search path leads to both" in found
    assert "`entry` is a temporary table" in found


def test_the_table_of_deliveries_is_the_ledgers_own(bench: Bench) -> None:
    """It comes with the first target of events; what is bent in it is foreign too."""
    assert bench.ledger.store.odd() == ()
    Table(bench.ledger.store).make()
    assert bench.ledger.store.odd() == ()

    bench.run("ALTER TABLE delivery ADD COLUMN x int")

    assert [o.what for o in bench.ledger.store.odd()] == ["the column `x` on `delivery` is not the ledger's own"]


def test_a_safeguard_that_is_gone_is_told_and_put_back_by_the_next_writer_who_owns_the_tables(bench: Bench) -> None:
    """A role that may only read and write goes on without it: it hides nothing."""
    bench.run("CREATE ROLE scribe LOGIN")
    bench.run(
        "GRANT USAGE ON SCHEMA public TO scribe; GRANT SELECT, INSERT ON entry, listed, subtree, material TO scribe"
    )
    bench.run("GRANT SELECT, INSERT, UPDATE ON head, state, node TO scribe")
    bench.run("DROP TRIGGER head_grows ON head")
    gone = ["the trigger `head_grows` of `head` is missing"]
    try:
        scribe = bench.opened(bench.address.replace("letpass@", "scribe@"))
        assert scribe.append([entry(7)], NOW)[0].index == 5
        assert scribe.faults() == gone
        scribe.store.close()

        assert bench.opened().faults() == []
    finally:
        bench.run("DROP OWNED BY scribe; DROP ROLE scribe")


# ---------------------------------------------------------------- the schema's number


@pytest.mark.parametrize(
    ("comment", "said"), [("letpass ledger, schema 4", "4"), ("the audit log", "the audit log")]
)  # fmt: skip
def test_a_schema_of_an_unknown_number_is_refused_by_name(bench: Bench, comment: str, said: str) -> None:
    """For reading, writing and verifying."""
    assert _comment(bench) == "letpass ledger, schema 3"

    bench.run(f"COMMENT ON TABLE head IS '{comment}'")

    tries: list[Callable[[], object]] = [
        lambda: place.store(bench.address, make=True),
        lambda: place.store(bench.address, make=False),
        bench.ledger.faults,
    ]
    for attempt in tries:
        with pytest.raises(UnreachableError) as caught:
            attempt()
        assert caught.value.message == (
            f"the ledger's schema says that its number is `{said}`, and this version of Letpass knows 1 to 3"
        )


@pytest.mark.parametrize("comment", ["NULL", "'letpass ledger, schema 2'"])
def test_a_ledger_of_an_earlier_layout_is_migrated_in_place(bench: Bench, comment: str) -> None:
    """One that says no number is of the first; entries, checkpoint and proofs stay what they are."""
    before = bench.ledger.entries(), bench.ledger.checkpoint(), bench.ledger.prove(2)
    bench.run("DROP TABLE state, node, listed, subtree")
    bench.run(f"COMMENT ON TABLE head IS {comment}")
    for make in (True, False):
        with pytest.raises(UnreachableError, match="the ledger has the layout"):
            place.store(bench.address, make=make)

    store = place.found(bench.address)
    assert store is not None
    assert migrating.migrate(store, bench.key, (bench.key.public,)) == (1 if comment == "NULL" else 2, 3)
    store.close()

    ledger = bench.opened()
    assert (ledger.entries(), ledger.checkpoint(), ledger.prove(2)) == before
    assert (_comment(bench), ledger.faults()) == ("letpass ledger, schema 3", [])
    assert ledger.append([entry(50)], NOW)[0].index == 5
    assert [e.index for e in ledger.about("fraud")] == [0, 1, 2, 3, 4, 5]
    ledger.store.close()


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM listed WHERE idx = 4", "DELETE FROM node", "UPDATE node SET body = '\\x00'", "DELETE FROM state"],
)
def test_a_list_that_leaves_an_entry_out_decides_nothing(bench: Bench, statement: str) -> None:
    """Whoever may write the database cannot hide an entry."""
    assert len(bench.opened().about("fraud")) == 5
    bench.run("DROP TRIGGER listed_stays ON listed")
    bench.run(statement)

    with pytest.raises(UnreachableError, match="the ledger is not to be trusted"):
        bench.opened().about("fraud")
    assert bench.opened().faults()


def _comment(bench: Bench) -> str | None:
    found: str | None = bench.run("SELECT obj_description('head'::regclass, 'pg_class')").fetchone()[0]
    return found


# ---------------------------------------------------------------- reading back

MADE = "CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;"
BENT = [
    (
        SWALLOW + "CREATE TRIGGER a BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION swallow()",
        "entry 6 cannot be read back in its transaction as written: the trigger `a` on `entry` is not the ledger's own",
    ),
    (
        MADE.format(body="new.body := replace(new.body, 'deny', 'allow'); RETURN new;")
        + "CREATE TRIGGER a BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION bend()",
        "entry 6 cannot be read back in its transaction as written: the trigger `a` on `entry` is not the ledger's own",
    ),
    (
        "CREATE RULE r AS ON INSERT TO entry DO INSTEAD NOTHING",
        "entry 6 cannot be read back in its transaction as written: the rule `r` on `entry` is not the ledger's own",
    ),
    (
        SWALLOW + "CREATE TRIGGER a BEFORE INSERT OR UPDATE ON head FOR EACH ROW EXECUTE FUNCTION swallow()",
        "its head is another in its transaction than the one that was written: the trigger `a` on `head` is not the ledger's own",
    ),
    (
        MADE.format(body="SET LOCAL session_replication_role = replica; DELETE FROM entry WHERE idx = new.idx; RETURN NULL;")
        + "CREATE CONSTRAINT TRIGGER a AFTER INSERT ON entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bend()",
        "entry 6 cannot be read back behind its transaction as written: the trigger `a` on `entry` is not the ledger's own",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "why"), BENT, ids=["swallowed", "edited", "rule", "head", "at the commit"])
def test_what_is_swallowed_or_changed_is_not_acknowledged(bench: Bench, statements: str, why: str) -> None:
    """By what came while the ledger was open; the untouched twin is logged."""
    assert bench.ledger.append([entry(5)], NOW)[0].index == 5
    bench.run(statements)

    with pytest.raises(UnreachableError) as caught:
        bench.ledger.append([Entry("decision", "{}", {"verdict": "deny"}, "fraud", "4")], NOW)

    assert why in caught.value.message
    assert caught.value.diagnostics[0].code == "GATE421"


# ---------------------------------------------------------------- time limits


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A process of the server that stands still."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def took(attempt: Callable[[], object]) -> tuple[str, float]:
    """What is said of an attempt that is refused, and after how many seconds."""
    begin = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        attempt()
    return caught.value.message, time.monotonic() - begin


def test_a_server_that_stands_still_is_told_when_somebody_connects(server: postgres.Server, bench: Bench) -> None:
    """Three seconds, and not for ever."""
    while link._kept:
        link._kept.pop()[3].close()
    with frozen(int((server.data / "postmaster.pid").read_text().split()[0])):
        said, seconds = took(lambda: place.store(bench.address, make=False))

    assert said.startswith("the ledger cannot be used: connection timeout expired")
    assert 2 < seconds < 8
    place.store(bench.address, make=False).close()


def test_a_statement_without_an_answer_ends_and_so_does_its_transaction(bench: Bench) -> None:
    """The connection's own process of the server stands still, with which neither it nor TCP can tell the time."""
    bench.ledger.append([entry(5)], NOW)
    pid = bench.ledger.store.run("SELECT pg_backend_pid()", ()).fetchone()[0]

    with frozen(pid):
        said, seconds = took(lambda: bench.ledger.append([entry(6)], NOW))

    assert said == "the ledger cannot be used: no answer within 12 seconds"
    assert 11 < seconds < 20
    assert bench.opened().append([entry(6)], NOW)[0].index == 6


def test_another_writers_lock_is_waited_for_five_seconds_and_a_writer_that_stops_loses_it(bench: Bench) -> None:
    """Nobody holds up all others for ever."""
    second = bench.opened()
    with bench.ledger.store.second.transaction():
        bench.ledger.store.second.head(lock=True)
        said, seconds = took(lambda: second.append([entry(5)], NOW))
        assert said == "the ledger cannot be used: canceling statement due to lock timeout"
        assert 4 < seconds < 8
        time.sleep(7)
        assert second.append([entry(5)], NOW)[0].index == 5
        said, _ = took(lambda: bench.ledger.store.second.head())
        assert "idle-in-transaction" in said


def test_a_statement_takes_ten_seconds_at_most(bench: Bench) -> None:
    """However long the database would work at it."""
    assert bench.ledger.store.run("SELECT 1", ()).fetchone() == (1,)

    said, seconds = took(lambda: bench.ledger.store.run("SELECT pg_sleep(30)", ()))

    assert said == "the ledger cannot be used: canceling statement due to statement timeout"
    assert 9 < seconds < 12


# ---------------------------------------------------------------- the database's clock


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_writer_whose_clock_is_not_the_databases_logs_nothing(bench: Bench, minutes: int) -> None:
    """Both times are told, and what to look at; four minutes between them are forgiven."""
    real = time.time_ns() // 1000

    def at(minute: int) -> Ledger:
        store = place.store(bench.address, make=True)
        return Ledger(store, (), bench.key, clock=lambda: real + minute * 60_000_000)

    near = minutes // 6 * 4
    assert at(near).append([entry(5)], real + near * 60_000_000)[0].index == 5
    wrong = at(minutes)
    with pytest.raises(UnreachableError) as caught:
        wrong.append([entry(6)], real + minutes * 60_000_000)

    here = strict.written(real + minutes * 60_000_000)
    assert caught.value.message.startswith(f"it is {here} on this machine, and ")
    assert caught.value.message.endswith(" in the ledger's database")
    assert "`date -u` here or `SELECT now()` there" in caught.value.diagnostics[0].help
    assert bench.ledger.size() == 6


def test_what_a_long_run_has_found_out_is_logged(bench: Bench) -> None:
    """The time at which it began is long ago, and no clock is wrong."""
    assert bench.ledger.append([entry(5)], time.time_ns() // 1000 - 3600 * 1_000_000)[0].index == 5


# ---------------------------------------------------------------- many writers


def test_writers_who_know_nothing_of_each_other_wait_and_all_write(bench: Bench) -> None:
    """None is told that the ledger is bent, since the head that it waited for has moved on meanwhile."""

    def write(worker: int) -> list[int]:
        ledger = bench.opened()
        return [ledger.append([entry(100 * worker + n)], NOW)[0].index for n in range(12)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(1, 9)))

    assert sorted(i for some in found for i in some) == list(range(5, 101))
    assert bench.opened().faults() == []


# ---------------------------------------------------------------- connections that are kept


def _connections(bench: Bench) -> int:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return int(bench.run(sql).fetchone()[0])


def test_a_connection_that_is_given_back_is_taken_by_the_next_one(bench: Bench) -> None:
    """Opening the ledger again and again connects once, whether it is closed or forgotten."""
    first = bench.opened()
    first.append([entry(20)], NOW)
    pids = {store.run("SELECT pg_backend_pid()", ()).fetchone()[0] for store in (first.store, first.store.second)}
    first.store.close()
    before = _connections(bench)
    for n in range(21, 30):
        ledger = bench.opened()
        ledger.append([entry(n)], NOW)
        assert {s.run("SELECT pg_backend_pid()", ()).fetchone()[0] for s in (ledger.store, ledger.store.second)} == pids
        if n % 2:
            ledger.store.close()
        del ledger
    assert _connections(bench) <= before


def test_a_connection_that_the_server_has_closed_is_not_taken(bench: Bench) -> None:
    """Whoever asks next connects anew, and notices nothing."""
    ledger = bench.opened()
    pid = ledger.store.run("SELECT pg_backend_pid()", ()).fetchone()[0]
    ledger.store.close()
    bench.run(f"SELECT pg_terminate_backend({pid})")
    time.sleep(0.3)

    assert bench.opened().append([entry(31)], NOW)[0].fresh


def test_a_connection_in_the_middle_of_something_is_not_kept(bench: Bench) -> None:
    """Whoever let it go did not end what was begun."""
    ledger = bench.opened()
    pid = ledger.store.run("SELECT pg_backend_pid()", ()).fetchone()[0]
    ledger.store.run("BEGIN", ())
    ledger.store.close()

    again = bench.opened()
    assert again.store.run("SELECT pg_backend_pid()", ()).fetchone()[0] != pid
    again.store.close()
