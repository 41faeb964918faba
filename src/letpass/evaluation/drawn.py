"""What pictures and tables of a decision are drawn from: numbers in one unit, and how the engine judged each.

They stand in the decision: whoever shows them reads no record and judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import cached_property
from typing import Any, Generic, TypeVar

from letpass.evaluation.reasons import Reason
from letpass.frozen import Frozen
from letpass.language.truth import Truth3, word

T = TypeVar("T")
MOST_GROUPS, MOST_BESIDE = 40, 200
"""Rows that a decision holds of one table; how many more there are, it says."""

LEVEL = 0.95
"""Of an interval that is drawn where no confidence is asked."""
SIDES = {">=": "higher", ">": "higher", "<=": "lower", "<": "lower"}
"""On which side of its bound a value should be, by the operator; of the others on none."""


class Standing(Enum):
    """How one group came out of a rule; the value is its word in JSON and on the page."""

    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"
    NOT_ASKED = "not asked"
    """The rule's own condition leaves the group out."""
    SHOWN = ""
    """The rule asks for the least or the most of all groups, and nothing of each."""


class Comparing(Enum):
    """How the candidate's measure stands to the champion's; the value is its word in JSON and on the page."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "the same"
    CHANGED = ""
    """No rule says which way it is better."""
    NOT_COMPARABLE = "not comparable"
    """One of the two is no number."""
    OTHER_UNIT = "in another unit"
    OTHER_DATA = "measured on other data"
    UNNAMED_DATA = "on data without a name"


class Sketch(Frozen, Generic[T]):
    """Something to draw: made by `draw` of what was judged when it is first asked for, since most decisions are never shown."""

    draw: Callable[..., T]
    of: tuple[Any, ...] = ()

    @cached_property
    def drawn(self) -> T:
        """What is drawn, the same each time."""
        return self.draw(*self.of)


class Gauge(Frozen):
    """One number and the bound that it is held to, all in `unit`.

    operator: how the value has to stand to the bound for the rule to hold · truth: of the rule · margin: how far the value that
    was compared is on the right side, negative where it missed · champion: the champion's value on the same data · low, high:
    the interval, at 95% unless `level` says another · percent: the bound was written as a percentage or in points ·
    difference: the value is a difference from the champion's, and the bound what that is held to.
    """

    name: str
    value: float
    bound: float
    unit: str = ""
    percent: bool = False
    operator: str = ""
    truth: Truth3 = None
    margin: float | None = None
    champion: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    difference: bool = False

    @property
    def side(self) -> str:
        """On which side of the bound the value should be: `higher`, `lower`, or nothing for an equality."""
        return SIDES.get(self.operator, "")

    def as_json(self) -> dict[str, Any]:
        """The gauge as plain data; what does not apply is left out."""
        numbers = {"margin": self.margin, "champion": self.champion, "low": self.low, "high": self.high}
        numbers |= {"level": self.level}
        texts = {"unit": self.unit, "operator": self.operator}
        return {
            "name": self.name,
            "value": self.value,
            "bound": self.bound,
            "truth": word(self.truth),
            **{k: v for k, v in texts.items() if v},
            **({"percent": True} if self.percent else {}),
            **({"difference": True} if self.difference else {}),
            **{k: v for k, v in numbers.items() if v is not None},
        }


class Group(Frozen):
    """One group of a metric: its name as recorded, and its numbers in the table's unit.

    value: None where it is none that can be read · why: why it is unknown, where that is about this group alone.
    """

    name: str
    value: float | None
    standing: Standing
    samples: float | None = None
    bound: float | None = None
    margin: float | None = None
    champion: float | None = None
    low: float | None = None
    high: float | None = None
    why: tuple[Reason, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The group as plain data; what does not apply is left out."""
        names = ("value", "samples", "bound", "margin", "champion", "low", "high")
        return {
            "group": self.name,
            **({"standing": self.standing.value} if self.standing.value else {}),
            **{name: found for name in names if (found := getattr(self, name)) is not None},
            **({"why": [w.as_json() for w in self.why]} if self.why else {}),
        }


class Groups(Frozen):
    """One metric by group, what was missed first and the worst first; of more than `MOST_GROUPS` the rest is counted.

    asked: what is asked of every group, in the author's words; empty where only the least or the most is asked · operator:
    how a value has to stand to its bound, where values are asked · why: why nothing of the groups counts.
    """

    name: str
    asked: str
    rows: tuple[Group, ...]
    unit: str = ""
    percent: bool = False
    operator: str = ""
    left_out: int = 0
    why: tuple[Reason, ...] = ()

    @property
    def side(self) -> str:
        """As of a gauge."""
        return SIDES.get(self.operator, "")

    def as_json(self) -> dict[str, Any]:
        """The table as plain data; what does not apply is left out."""
        texts = {"asked": self.asked, "unit": self.unit, "operator": self.operator}
        return {
            "metric": self.name,
            **{k: v for k, v in texts.items() if v},
            **({"percent": True} if self.percent else {}),
            "rows": [r.as_json() for r in self.rows],
            **({"left_out": self.left_out} if self.left_out else {}),
            **({"why": [w.as_json() for w in self.why]} if self.why else {}),
        }


class Beside(Frozen):
    """One measure of the candidate and of the champion, each in its own unit; None: no number that can be read.

    their_unit: in JSON where it is another · data_set: named where there are several · change: what the candidate's is more, where both can be compared.
    """

    name: str
    ours: float | None
    theirs: float | None
    comparing: Comparing
    unit: str = ""
    their_unit: str = ""
    data_set: str = ""
    change: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The pair as plain data; what does not apply is left out."""
        texts = {"unit": self.unit, "data_set": self.data_set}
        numbers = {"ours": self.ours, "theirs": self.theirs, "change": self.change}
        return {
            "name": self.name,
            **{k: v for k, v in numbers.items() if v is not None},
            **{k: v for k, v in texts.items() if v},
            **({"their_unit": self.their_unit} if self.their_unit != self.unit else {}),
            **({"comparing": self.comparing.value} if self.comparing.value else {}),
        }
