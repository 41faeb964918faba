"""What stands on a side of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.oracle.conditions import Condition


@dataclass(frozen=True)
class Literal:
    """A number as it is written, with its unit: ``, `%`, `points`, `ms`, …"""

    number: str
    unit: str = ""


@dataclass(frozen=True)
class Word:
    """A word of an ordered enumeration."""

    word: str


@dataclass(frozen=True)
class Day:
    """A date as it is written."""

    date: str


@dataclass(frozen=True)
class Name:
    """A dotted name as it is written, and the data set behind `on`."""

    path: str
    on: str | None = None


@dataclass(frozen=True)
class Sum:
    """Two sides with `+` or `-` between."""

    left: Term
    sign: str
    right: Term


@dataclass(frozen=True)
class Product:
    """A value by a constant."""

    term: Term
    by: Literal


@dataclass(frozen=True)
class Abs:
    """The absolute value."""

    term: Term


@dataclass(frozen=True)
class Extreme:
    """`min` or `max` of a field of a list's elements."""

    which: str
    list: Name
    field: str
    where: Condition | None = None


Term = Literal | Word | Day | Name | Sum | Product | Abs | Extreme
