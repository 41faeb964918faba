"""What a name stands for, where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle import schema
from tests.oracle.facts import Listed
from tests.oracle.places import Place
from tests.oracle.policies import Fact, Let, Metric, Policy
from tests.oracle.schema import FIELDS, Field
from tests.oracle.slots import Piece
from tests.oracle.terms import Name


@dataclass(frozen=True)
class Level:
    """An element of a list that is gone through. of: whose slices they are, where they are a metric's."""

    element: Piece
    listed: Listed
    fields: dict[str, Field]
    place: Place
    of: Measure | None = None


@dataclass(frozen=True)
class Measure:
    """A metric, or a field of its record. recorded: its name in the record."""

    who: str
    section: str
    recorded: str
    field: str
    on: str | None
    declared: Metric | None

    @property
    def kind(self) -> str:
        """`open` where nothing declares it."""
        return self.declared.kind if self.declared else "open"


@dataclass(frozen=True)
class Element:
    """A field of an element around."""

    level: Level
    field: str


@dataclass(frozen=True)
class Counterpart:
    """`champion.value`: of the group at hand."""

    level: Level


@dataclass(frozen=True)
class Entry:
    """An entry of `facts`, `tags`, `seeds` or `hyperparameters`."""

    who: str
    section: str
    key: str
    fact: Fact | None = None


@dataclass(frozen=True)
class Scalar:
    """A field of the record."""

    who: str
    path: str


@dataclass(frozen=True)
class Of:
    """A list of the record, or a field of each of its elements."""

    who: str
    list: str
    field: str | None = None


@dataclass(frozen=True)
class Group:
    """A mapping of the record as a whole."""

    who: str
    path: str


@dataclass(frozen=True)
class Now:
    """The clock."""


Target = Measure | Element | Counterpart | Entry | Scalar | Of | Group | Now | Let
Scope = tuple[Level, ...]


class Names:
    """The names of one policy."""

    def __init__(self, policy: Policy) -> None:
        self.metrics = {m.name: m for m in policy.metrics}
        self.facts = {f.name: f for f in policy.facts}
        self.lets = {x.name: x for x in policy.lets}

    def target(self, name: Name, scope: Scope) -> Target:
        """What it stands for; KeyError where it stands for nothing."""
        first, _, rest = name.path.partition(".")
        slices = [x for x in scope if x.of is not None]
        if name.path == "champion.value" and slices:
            return Counterpart(slices[-1])
        if first in {"champion", "candidate"}:
            return self._of(first, rest, name.on)
        for level in reversed(scope):
            if name.path in level.fields:
                return Element(level, name.path)
        if name.path in self.lets:
            return self.lets[name.path]
        if name.path == "now":
            return Now()
        return self._of("candidate", name.path, name.on)

    def _of(self, who: str, path: str, on: str | None) -> Target:
        first, _, rest = path.partition(".")
        if first in self.metrics:
            return self._measure(who, "metrics", path, on)
        if path in self.facts:
            return Entry(who, "facts", path, self.facts[path])
        if first in {"metrics", "observations"} and rest:
            return self._measure(who, first, rest, on)
        if first == "facts" and rest:
            return Entry(who, "facts", rest, self.facts.get(rest))
        if first in schema.MAPPINGS and rest:
            return Entry(who, first, rest)
        if path in FIELDS:
            holds = FIELDS[path].holds
            if holds == "list of mappings":
                return Of(who, path)
            return Group(who, path) if holds.startswith("mapping") else Scalar(who, path)
        plains = {list_.replace("[]", ""): list_ for list_ in schema.LISTS}
        if path in plains:
            return Of(who, path)
        for plain, list_ in plains.items():
            if path.startswith(f"{plain}.") and path.removeprefix(f"{plain}.") in schema.below(list_):
                return Of(who, plain, path.removeprefix(f"{plain}."))
        if self.metrics:
            raise KeyError(path)
        return self._measure(who, "metrics", path, on)

    def _measure(self, who: str, section: str, path: str, on: str | None) -> Measure:
        name, _, field = path.partition(".")
        declared = self.metrics.get(name)
        recorded = declared.recorded_as if declared and declared.recorded_as else name
        if on is None and declared is not None and section == "metrics":
            on = declared.on
        return Measure(who, section, recorded, field or "value", on, declared)
