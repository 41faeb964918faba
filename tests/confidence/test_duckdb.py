"""The comparison case by case comes to the same doubles in a database as in Python, bit by bit."""

from __future__ import annotations

import struct
from random import Random

import duckdb

from letpass.facts.contrasts import Pairs, pairs, tango
from letpass.semantics import values as v
from letpass.semantics.places import Itself
from letpass.semantics.tango import Tango
from letpass.semantics.values import Kind, Read, Value
from tests.properties.versions import outcomes

CASES = 20_000
COLUMNS = ("better", "worse", "cases", "margin")


def sql(node: Value) -> str:
    """A value as SQL, in the order in which it stands."""
    match node:
        case Read():
            return node.field
        case v.Literal():
            return f"CAST({node.value!r} AS DOUBLE)"
        case v.Sum():
            return f"({sql(node.left)} {'+' if node.sign > 0 else '-'} {sql(node.right)})"
        case v.Product():
            return f"({sql(node.left)} * {sql(node.right)})"
        case v.Quotient():
            return f"({sql(node.left)} / {sql(node.right)})"
        case v.Absolute():
            return f"abs({sql(node.operand)})"
        case v.Greatest():
            return f"greatest({', '.join(map(sql, node.values))})"
        case v.Root():
            return f"sqrt({sql(node.operand)})"
    raise TypeError(node)


def test_twenty_thousand_comparisons_are_the_same_in_duckdb() -> None:
    """Gain and error, with the margin as a column."""
    random, rows = Random(5), []
    for _ in range(CASES):
        cases = random.choice((20, 100, 300, 1319, 10_000, 1_000_000))
        better = random.randrange(cases // 2)
        worse = random.choice((0, better, random.randrange(cases // 2)))
        margin = random.choice((0.0, 0.01, -0.01, 0.03, random.uniform(-0.5, 0.5)))
        rows.append((float(better), float(worse), float(cases), margin))
    test = Tango(*[Read(Itself(), name, Kind.NUMBER) for name in COLUMNS])
    numbers = ", ".join(f"({n}, {', '.join(f'{x!r}::DOUBLE' for x in row)})" for n, row in enumerate(rows))

    found = (
        duckdb.connect()
        .sql(
            f"SELECT {sql(test.gain)}, {sql(test.error)} FROM (VALUES {numbers}) AS t(n, {', '.join(COLUMNS)}) ORDER BY n"
        )
        .fetchall()
    )

    ours = [tango(Pairs(b, c, n), m) for b, c, n, m in rows]
    apart = [(row, a, b) for row, a, b in zip(rows, ours, found, strict=True) if _bits(a) != _bits(b)]
    assert apart == []


def _bits(of: tuple[float, float]) -> bytes:
    return struct.pack("<2d", *of)


def test_outcomes_are_counted_the_same_in_duckdb() -> None:
    """Which cases only the one has right."""
    random = Random(6)
    count = "bit_count(from_base64(?)::BIT & ~from_base64(?)::BIT)"
    connection = duckdb.connect()
    for cases in (1, 8, 12, 1319, 10_000):
        ours, theirs = (outcomes([random.random() < 0.9 for _ in range(cases)]) for _ in range(2))
        (better,) = connection.execute(f"SELECT {count}", (ours, theirs)).fetchall()[0]
        (worse,) = connection.execute(f"SELECT {count}", (theirs, ours)).fetchall()[0]
        assert Pairs(float(better), float(worse), float(cases)) == pairs(ours, theirs, float(cases))
