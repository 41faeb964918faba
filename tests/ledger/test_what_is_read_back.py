"""An append is acknowledged when it is found again; what a database swallows or changes was not logged."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from letpass.diagnostics import UnreachableError
from tests.ledger.conftest import NOW, Bench, entry

LATER = NOW + 10**10


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END",
            "entry 10 cannot be read back in its transaction as written: the trigger `swallow` on `entry` is not the ledger's own",
        ),
        (
            "CREATE TRIGGER swallow BEFORE UPDATE ON head BEGIN SELECT RAISE(IGNORE); END",
            "its head is another in its transaction than the one that was written: the trigger `swallow` on `head` is not the ledger's own",
        ),
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON material BEGIN SELECT RAISE(IGNORE); END",
            "a text beside the entries cannot be read back in its transaction as written: the trigger `swallow` on `material` is not",
        ),
        (
            "CREATE TRIGGER more AFTER INSERT ON entry BEGIN INSERT INTO entry SELECT 11, new.body, new.leaf, 'x', NULL; END",
            "an entry stands behind entry 10 in its transaction: the trigger `more` on `entry` is not the ledger's own",
        ),
        (
            "DROP TRIGGER entry_stays; CREATE TRIGGER other AFTER INSERT ON entry BEGIN UPDATE entry SET key = 'x' WHERE idx = new.idx; END",
            "entry 10 cannot be read back in its transaction as written: the trigger `other` on `entry` is not the ledger's own",
        ),
    ],
)  # fmt: skip
def test_what_a_trigger_swallows_or_changes_is_not_acknowledged(bench: Bench, statement: str, why: str) -> None:
    """One that came while the ledger was open; nothing of the append stays, and without it the log goes on."""
    ledger = bench.filled()
    before = ledger.checkpoint()
    with closing(sqlite3.connect(bench.path)) as other:
        other.executescript(statement)

    with pytest.raises(UnreachableError) as caught:
        ledger.append([entry(50)], LATER, [("sha256:aa", b"large")])

    assert why in caught.value.message
    assert caught.value.diagnostics[0].code == "GATE421"
    assert ledger.checkpoint() == before
    name = next(word for word in ("swallow", "more", "other") if f"TRIGGER {word}" in statement)
    with closing(sqlite3.connect(bench.path)) as other:
        other.execute(f"DROP TRIGGER {name}")
    assert ledger.append([entry(50)], LATER, [("sha256:aa", b"large")])[0].index == 10
    assert ledger.store.material("sha256:aa") == b"large"


def test_an_append_is_found_on_another_connection(bench: Bench) -> None:
    """It is opened once, and anew where it is broken; what others append meanwhile is no fault."""
    ledger = bench.filled()
    second = ledger.store.second
    bench.ledger().append([entry(60)], LATER)

    ledger.append([entry(61)], LATER)
    assert ledger.store.second is second
    second.close()
    second.connection = sqlite3.connect(":memory:")  # type: ignore[attr-defined]
    ledger.append([entry(62)], LATER)

    assert ledger.store.second is not second
    assert ledger.size() == 13
    assert ledger.faults() == []
