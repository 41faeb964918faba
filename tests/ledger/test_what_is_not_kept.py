"""Large texts may be deleted; who verifies the log is told how many are gone, and which entries named them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from letpass.canonical import digest_bytes
from letpass.ledger.entry import Entry
from tests.ledger.conftest import NOW, Bench


def text(n: int) -> tuple[str, bytes]:
    data = f"text {n}".encode()
    return digest_bytes(data), data


@pytest.mark.parametrize(
    ("gone", "note"),
    [
        ((), []),
        ((3,), ["1 text of entry 3 is not kept any more"]),
        ((0, 2, 3, 4, 6), ["5 texts of entries 0, 2 to 4, 6 are not kept any more"]),
        (range(60, 160, 2), ["50 texts of entries " + ", ".join(str(n) for n in range(60, 100, 2)) + " and 30 more ranges are not kept any more"]),
    ],
)  # fmt: skip
def test_texts_that_are_not_kept_are_counted_and_are_no_fault(
    bench: Bench, gone: tuple[int, ...], note: list[str]
) -> None:
    """With the entries that named them first; what was changed is one."""
    ledger = bench.ledger()
    made = [Entry("policies", data={"text": text(n)[0], "n": n}) for n in range(200)]
    ledger.append(made, NOW, [text(n) for n in range(200)])
    ledger.append([Entry("policies", data={"text": text(3)[0], "again": True})], NOW)
    with closing(sqlite3.connect(bench.path)) as other, other:
        other.executemany("DELETE FROM material WHERE digest = ?", [(text(n)[0],) for n in gone])

    audit = bench.ledger().audit()
    assert (audit.faults, audit.notes) == ([], note)

    with closing(sqlite3.connect(bench.path)) as other, other:
        other.execute("UPDATE material SET data = x'00' WHERE digest = ?", (text(9)[0],))
    assert bench.ledger().faults() == [f"the text {text(9)[0]} beside the entries was changed"]
