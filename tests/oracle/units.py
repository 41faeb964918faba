"""Units: what they measure, and how much of the least one they are."""

from __future__ import annotations

from fractions import Fraction

TIME = {
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "ms": Fraction(1, 1000),
    "s": Fraction(1), "second": Fraction(1), "seconds": Fraction(1),
    "minute": Fraction(60), "minutes": Fraction(60), "hour": Fraction(3600), "hours": Fraction(3600),
    "day": Fraction(86400), "days": Fraction(86400), "week": Fraction(604800), "weeks": Fraction(604800),
}  # fmt: skip
SIZE = {"B": Fraction(1), "kB": Fraction(10**3), "MB": Fraction(10**6), "GB": Fraction(10**9), "TB": Fraction(10**12)}
SHARE = {"%": Fraction(1, 100), "": Fraction(1)}
POINTS = {"point": Fraction(1, 100), "points": Fraction(1, 100)}

OF_KIND = {"duration": TIME, "size": SIZE, "ratio": SHARE}
"""The units in which a value of a kind is recorded; of others none that the language knows."""


def measures(unit: str) -> str | None:
    """The kind of value that a unit is of, None for one that the language does not know."""
    if unit in TIME:
        return "duration"
    if unit in SIZE:
        return "size"
    return "ratio" if unit == "%" else None


def factor(unit: str) -> Fraction:
    """How much of the least unit one is; 1 for units that the language does not know."""
    for table in (TIME, SIZE, SHARE, POINTS):
        if unit in table:
            return table[unit]
    return Fraction(1)
