"""What is logged counts once, where it was logged first: also where the database was bent so that it is logged again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from letpass.cli import processes
from letpass.ledger import auditing
from letpass.ledger.entry import Entry, Logged, same_in
from letpass.ledger.model_log import Past
from letpass.trust import dsse
from tests.ledger.conftest import NOW, Bench, entry

LATER = NOW + 10**9


def forget(bench: Bench, index: int) -> str:
    """Let the database find an entry by its key no more, with nothing else changed in it; returns the key."""
    with closing(sqlite3.connect(bench.path)) as one:
        (key,) = one.execute("SELECT key FROM entry WHERE idx = ?", (index,)).fetchone()
        triggers = one.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            one.execute(f"DROP TRIGGER {name}")
        one.execute("UPDATE entry SET key = 'hidden' WHERE idx = ?", (index,))
        for _, sql in triggers:
            one.execute(sql)
        one.commit()
        number = one.execute("PRAGMA user_version").fetchone()[0]
        (table,) = one.execute("SELECT sql FROM sqlite_master WHERE name = 'entry'").fetchone()
        own = one.execute("SELECT * FROM sqlite_master WHERE name = 'sqlite_autoindex_entry_1'").fetchone()
    with closing(sqlite3.connect(bench.path)) as two:
        two.execute("PRAGMA writable_schema = ON")
        two.execute("DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_entry_1'")
        loose = table.replace("key TEXT NOT NULL UNIQUE", "key TEXT NOT NULL")
        two.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'entry'", (loose,))
        two.commit()
    with closing(sqlite3.connect(bench.path)) as three:
        for name, _ in triggers:
            three.execute(f"DROP TRIGGER {name}")
        three.execute("UPDATE entry SET key = ? WHERE idx = ?", (key, index))  # the index still has the other
        for _, sql in triggers:
            three.execute(sql)
        three.commit()
        three.execute("PRAGMA writable_schema = ON")
        three.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'entry'", (table,))
        three.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", own)
        three.execute(f"PRAGMA user_version = {number}")
        three.commit()
    return str(key)


def test_a_word_that_is_logged_again_counts_where_it_was_first(bench: Bench) -> None:
    """The database hides the entry from who appends, and the same word is brought once more: it has no later time."""
    bench.filled(8)
    key = forget(bench, 3)

    (receipt,) = bench.ledger().append([entry(3)], LATER)

    ledger = bench.ledger()
    assert (receipt.index, entry(3).key) == (8, key)
    assert [e.index for e in ledger.about("fraud")] == [e.index for e in ledger.entries_of("move")] == list(range(8))
    assert [e.index for e in Past("fraud", ledger.entries()).own] == list(range(8))
    past = Past("fraud", ledger.entries()[:8])
    followed = past.followed(ledger.entries(8))
    assert followed is not None
    assert [e.index for e in followed.own] == list(range(8))


def test_verify_names_what_is_logged_twice_and_what_is_not_found(bench: Bench) -> None:
    """Rows and tree are right, and the database's index is not."""
    bench.filled(8)
    forget(bench, 3)
    assert bench.ledger().faults() == ["entry 3 is not found by its key"]

    bench.ledger().append([entry(3)], LATER)

    assert bench.ledger().faults() == ["entry 3 is entry 8 once more"]


def _said(signature: bytes, kind: str = "ungate") -> Logged:
    envelope = dsse.Envelope(dsse.STATEMENT, b"{}", (("", signature),))
    new = Entry(kind, envelope.text().decode())
    return Logged(1, NOW, new, new.text(NOW))


def test_a_word_is_the_same_by_what_it_says_however_its_signature_is_written() -> None:
    """ECDSA's r and n - s is a signature that nobody with the key has made; that of the gate or a service is not a person's."""
    assert same_in(_said(b"r, s")) == same_in(_said(b"r, n - s"))
    assert same_in(_said(b"r, s", "evidence")) != same_in(_said(b"r, n - s", "evidence"))
    assert same_in(_said(b"r, s", "lift")) != same_in(_said(b"r, s"))


def test_a_log_that_grows_while_it_is_verified_is_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes read pieces of it, each when it comes to that: they look at no more than there was."""
    bench.filled(40)
    monkeypatch.setattr(auditing, "CHUNK", 4)
    writer, count = bench.ledger(), iter(range(1000, 2000))

    def every(chunks: Sequence[Any], begin: Callable[[], Callable[[Any], Any]]) -> Iterator[Any]:
        for found in processes.each(chunks, begin, 2):
            writer.append([entry(next(count)), Entry("policies", data={"n": next(count)})], LATER)
            yield found

    audit = bench.ledger().audit(every=every)

    assert audit.faults == []
    assert audit.head.size == 40
    assert writer.size() > 60
    assert bench.ledger().faults() == []
