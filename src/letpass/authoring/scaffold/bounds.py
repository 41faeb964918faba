"""From a champion's value to the bound of a rule: a margin worse, a round number, and rounded so that it passes."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import isfinite

FEW, MANY = 3, 6
"""Significant digits of a bound; the more where the margin is so narrow that rounding would eat it up."""
NARROW = Decimal(1)  # percent


def bound(value: float, margin: Decimal, kind: str, unit: str, *, higher: bool) -> Decimal:
    """The bound in the unit of the value; `margin`: in percent of the value.

    It is rounded towards leniency, and stays within what the kind can hold.
    """
    exact = Decimal(repr(value))
    slack = abs(exact) * margin / 100
    worse = exact - slack if higher else exact + slack
    rounding = ROUND_FLOOR if higher else ROUND_CEILING
    found = Context(prec=MANY if margin < NARROW else FEW, rounding=rounding).plus(worse)
    if kind == "count":
        found = found.to_integral_value(rounding)
    if kind == "ratio":
        found = min(found, Decimal(100 if unit == "%" else 1))
    return plain(found)


def plain(value: Decimal) -> Decimal:
    """A number without zeros that say nothing, and without a negative nothing."""
    return value.normalize() if value else Decimal(0)


def beyond(found: Decimal, kind: str, unit: str, *, higher: bool) -> Decimal | None:
    """A value that misses a bound and that its kind can hold; None where there is none."""
    worse = _worse(found, kind, higher=higher)
    if kind == "ratio":
        top = Decimal(100 if unit == "%" else 1)
        worse = worse if worse <= top else (found + top) / 2
    if kind != "number" and worse < 0:
        return None
    number = float(worse)
    return worse if isfinite(number) and number != float(found) else None


def _worse(found: Decimal, kind: str, *, higher: bool) -> Decimal:
    step = Decimal(1) if kind == "count" else abs(found) / 10 if found else Decimal(1 if higher else "0.01")
    return found - step if higher else found + step


def literal(value: Decimal, kind: str, unit: str) -> str:
    """A number as a policy writes it."""
    text = f"{value:f}"
    if kind == "ratio":
        return f"{text}%" if unit == "%" else text
    return f"{text} {unit}" if kind in {"duration", "size"} else text
