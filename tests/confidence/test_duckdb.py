"""The comparison case by case, and what is corrected for a judge, come to the same doubles in a database as in Python, bit by bit."""

from __future__ import annotations

import struct
from random import Random

import duckdb

from letpass.facts import judges
from letpass.facts.contrasts import Pairs, pairs, tango
from letpass.semantics import values as v
from letpass.semantics.formula import And, Compare
from letpass.semantics.intervals import Estimate
from letpass.semantics.judged import corrected
from letpass.semantics.places import Itself
from letpass.semantics.tango import Tango
from letpass.semantics.terms import Term
from letpass.semantics.values import Kind, Read, Value
from tests.properties.versions import outcomes

CASES = 20_000
COLUMNS = ("better", "worse", "cases", "margin")


def sql(node: Value) -> str:
    """A value as SQL, in the order in which it stands."""
    match node:
        case Read():
            return f'"{node.field}"'
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


def test_twenty_thousand_judged_shares_are_the_same_in_duckdb() -> None:
    """Both ends of the interval, and whether the judge's rates can be those on the cases."""
    random, z, rows = Random(8), 1.959963984540054, []
    for _ in range(CASES):
        samples, right, wrong = (random.choice((30, 100, 1319, 10_000)) for _ in range(3))
        agreed, refused = random.randint(right * 2 // 3, right), random.randint(wrong * 2 // 3, wrong)
        rows.append((random.randint(0, samples), samples, right, agreed, wrong, refused))
    of = Estimate(Itself(), Term(v.Literal(1.0)), share=True)
    low, high = (corrected(of, z, lower=lower).value for lower in (True, False))
    assert isinstance(low, v.Given)
    assert isinstance(high, v.Given)
    assert isinstance(low.condition, And)
    fitting = [c for c in low.condition.operands if isinstance(c, Compare) and isinstance(c.right, v.Product)]
    asked = [low.value, high.value, *[side for c in fitting for side in (c.left, c.right)]]
    names = ", ".join(f'"{x}"' for x in ("n", "successes", "samples", *[f"judge.{name}" for name in judges.COUNTS]))
    numbers = ", ".join(f"({n}, {', '.join(f'{x}::DOUBLE' for x in row)})" for n, row in enumerate(rows))

    found = (
        duckdb.connect()
        .sql(f"SELECT {', '.join(map(sql, asked))} FROM (VALUES {numbers}) AS t({names}) ORDER BY n")
        .fetchall()
    )

    refuted = 0
    for row, (lower, upper, gap, room, other_gap, other_room) in zip(rows, found, strict=True):
        k, n, *counts = map(float, row)
        ours = judges.corrected({"judge": dict(zip(judges.COUNTS, counts, strict=True))}, k, n, z)
        fits = gap <= room and other_gap <= other_room
        assert fits is isinstance(ours, judges.Corrected), row
        if isinstance(ours, judges.Corrected):
            assert _bits((ours.low, ours.high)) == _bits((lower, upper)), row
        refuted += not fits
    assert 1000 < refuted < CASES - 1000


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
