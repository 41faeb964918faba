"""What is in a ledger's database and not of its making refuses it by name, and `verify` tells what mends it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger import place
from letpass.ledger.delivery import Table
from letpass.ledger.log import Ledger
from letpass.ledger.schema import Oddity
from tests.ledger.conftest import Bench

TRIGGER = "CREATE TRIGGER {name} BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END"
VIEW = "DROP TRIGGER head_grows; DROP TRIGGER head_remains; ALTER TABLE head RENAME TO kept; CREATE VIEW head AS SELECT * FROM kept"


def bend(bench: Bench, statements: str) -> None:
    with closing(sqlite3.connect(bench.path)) as other:
        other.executescript(statements)


@pytest.mark.parametrize("make", [True, False])
@pytest.mark.parametrize(
    ("statements", "what", "mend"),
    [
        (TRIGGER.format(name="a", table="entry"), "the trigger `a` on `entry` is not the ledger's own", "DROP TRIGGER a"),
        (TRIGGER.format(name="a", table="head"), "the trigger `a` on `head` is not the ledger's own", "DROP TRIGGER a"),
        (TRIGGER.format(name='"a b"', table="MATERIAL"), "the trigger `a b` on `MATERIAL` is not the ledger's own", 'DROP TRIGGER "a b"'),
        (
            "DROP TRIGGER entry_stays; CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT 1; END",
            "the trigger `entry_stays` on `entry` is not the ledger's own", "DROP TRIGGER entry_stays",
        ),
        (
            "CREATE TABLE other (x); DROP TRIGGER head_remains; CREATE TRIGGER head_remains BEFORE DELETE ON other BEGIN SELECT 1; END",
            "the trigger `head_remains` on `other` is not the ledger's own", "DROP TRIGGER head_remains",
        ),
        (VIEW, "the view `head` is not the ledger's own", ""),
        (
            "DROP TABLE material; CREATE VIRTUAL TABLE material USING fts5(digest, data)",
            "the table `material` (it has the column `material`, it has the column `rank`) is not the ledger's own", "",
        ),
        ("ALTER TABLE entry ADD COLUMN model TEXT", "the table `entry` (it has the column `model`) is not the ledger's own", ""),
        (
            "ALTER TABLE material DROP COLUMN data",
            "the table `material` (it has no column `data`) is not the ledger's own", "",
        ),
        ("DROP TABLE material", "its table `material` is missing", ""),
    ],
)  # fmt: skip
def test_a_foreign_object_in_sqlite_refuses_the_ledger_by_name(
    bench: Bench, statements: str, what: str, mend: str, make: bool
) -> None:
    """For writing and for reading; the untouched twin opens, and what concerns no table of the ledger is let be."""
    ledger = bench.filled()
    bend(bench, "CREATE TABLE notes (x); CREATE VIEW report AS SELECT idx FROM entry; CREATE INDEX mine ON entry (idx)")
    place.store(str(bench.path), make=make).close()
    ledger.store.close()

    bend(bench, statements)

    with pytest.raises(UnreachableError) as caught:
        place.store(str(bench.path), make=make)
    assert caught.value.message == f"the ledger is not to be trusted: {what}"
    named = Oddity(what, mend)
    assert caught.value.diagnostics[0].help.startswith(f"`{mend}` in" if mend else "`policy ledger verify`")
    seen = place.found(str(bench.path))
    assert seen is not None
    assert named in seen.odd()


def test_a_temporary_table_of_the_same_name_is_foreign(bench: Bench) -> None:
    """It is in no file, and stands before the ledger's own on its connection."""
    ledger = bench.filled()
    assert ledger.store.odd() == ()

    ledger.store.run("CREATE TEMP TABLE entry (idx)", ())

    assert [o.what for o in ledger.store.odd()] == ["the table `entry` (it has no column `body`, it has no column `checkpoint`, it has no column `key`, it has no column `leaf`) is not the ledger's own"]  # fmt: skip


def test_the_table_of_deliveries_is_the_ledgers_own(bench: Bench) -> None:
    """It comes with the first target of events; what is bent in it is foreign too."""
    ledger = bench.filled()
    Table(ledger.store).make()
    assert ledger.store.odd() == ()

    bend(bench, TRIGGER.format(name="a", table="delivery"))

    assert [o.what for o in ledger.store.odd()] == ["the trigger `a` on `delivery` is not the ledger's own"]


def test_a_safeguard_that_is_gone_is_told_and_put_back_by_the_next_writer(bench: Bench) -> None:
    """It stops honest mistakes and hides nothing, so that readers go on."""
    bench.filled()
    bend(bench, "DROP TRIGGER entry_stays; DROP TRIGGER head_grows")
    reader = Ledger(place.store(str(bench.path), make=False), (bench.key.public,))

    assert reader.faults() == ["its trigger `entry_stays` is missing", "its trigger `head_grows` is missing"]
    bench.ledger()
    assert reader.faults() == []


# ---------------------------------------------------------------- the schema's number


def test_a_schema_of_an_unknown_number_is_refused_by_name(bench: Bench) -> None:
    """For reading, writing and verifying; with the remedy."""
    bench.filled()
    tries: list[Callable[[], object]] = [
        lambda: place.store(str(bench.path), make=True),
        lambda: place.store(str(bench.path), make=False),
        lambda: place.found(str(bench.path)).odd(),  # type: ignore[union-attr]
    ]
    for attempt in tries:
        attempt()

    bend(bench, "PRAGMA user_version = 4")

    for attempt in tries:
        with pytest.raises(UnreachableError) as caught:
            attempt()
        assert caught.value.message == (
            "the ledger's schema says that its number is `4`, and this version of Letpass knows 1 to 3"
        )
        assert caught.value.diagnostics[0].help.startswith("use the version of Letpass that wrote it, or a later one")


def _number(bench: Bench) -> int:
    with closing(sqlite3.connect(bench.path)) as other:
        return int(other.execute("PRAGMA user_version").fetchone()[0])
