"""Types, units, and the vocabulary: the names that a policy may speak of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from letpass.frozen import Frozen, part

Kind = Literal["ratio", "number", "count", "duration", "size", "text", "date", "flag", "choice", "order", "open"]

# What one unit is in the base unit of its dimension: seconds, bytes, and 1 for ratios.
UNITS: Mapping[str, Mapping[str, Decimal]] = {
    "duration": {
        "ns": Decimal("1e-9"),
        "us": Decimal("1e-6"),
        "ms": Decimal("1e-3"),
        "s": Decimal(1),
        "second": Decimal(1),
        "seconds": Decimal(1),
        "minute": Decimal(60),
        "minutes": Decimal(60),
        "hour": Decimal(3600),
        "hours": Decimal(3600),
        "day": Decimal(86400),
        "days": Decimal(86400),
        "week": Decimal(604800),
        "weeks": Decimal(604800),
    },
    "size": {
        "B": Decimal(1),
        "kB": Decimal(10) ** 3,
        "MB": Decimal(10) ** 6,
        "GB": Decimal(10) ** 9,
        "TB": Decimal(10) ** 12,
    },
    "ratio": {"": Decimal(1), "%": Decimal("0.01"), "point": Decimal("0.01"), "points": Decimal("0.01")},
}
RECORDED_UNITS = {
    unit: kind for kind, units in UNITS.items() for unit in units if unit and not unit.startswith("point")
}

NUMERIC = frozenset({"ratio", "number", "count", "duration", "size"})


def dimension(unit: str) -> str | None:
    """The dimension of a unit's word, or None for no unit."""
    return next((kind for kind, units in UNITS.items() if unit and unit in units), None)


class Type(Frozen):
    """What a name holds.  `symbols` for choice and order (from low to high); `unit` that of raw numbers."""

    kind: Kind
    symbols: tuple[str, ...] = ()
    unit: str | None = None

    def __str__(self) -> str:
        if self.kind == "choice":
            return "one of {" + ", ".join(self.symbols) + "}"
        if self.kind == "order":
            return "ordered {" + ", ".join(self.symbols) + "}"
        return {"open": "value", "flag": "flag"}.get(self.kind, self.kind) + (f" in {self.unit}" if self.unit else "")


class Field(Frozen):
    """A scalar of the record.  `least`: of a count, from where on it is readable."""

    type: Type
    doc: str = ""
    required: bool = False
    least: int = 0


class Group(Frozen):
    """A mapping with known fields.  `needs`: those without which it says nothing, so that `is recorded` asks for each."""

    fields: Mapping[str, Shape]
    doc: str = ""
    needs: tuple[str, ...] = ()


class Listing(Frozen):
    """A list of mappings with known fields.  As a mapping `{key: short}` it may be written short."""

    fields: Mapping[str, Shape]
    doc: str = ""
    key: str = ""
    short: str = ""


class OpenMap(Frozen):
    """A mapping from any name to a value; `type` None: any value at all, even a nested one."""

    type: Type | None = None
    doc: str = ""


class Measures(Frozen):
    """A mapping from a metric's name to a number, a record of it, or a list of such (several data sets)."""

    fields: Mapping[str, Shape]
    doc: str = ""
    several: bool = True


Shape = Field | Group | Listing | OpenMap | Measures


class Vocabulary(Frozen):
    """The record as the checker sees it: its top-level shapes and where metrics, observations and facts lie."""

    shapes: Mapping[str, Shape] = part(default_factory=dict)
    metrics: str = "metrics"
    observations: str = "observations"
    facts: str = "facts"

    def measure(self, section: str) -> Measures:
        """The shape of a section that holds measurements."""
        shape = self.shapes[section]
        assert isinstance(shape, Measures)
        return shape
