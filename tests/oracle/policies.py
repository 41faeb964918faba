"""A policy: what it declares, and its rules."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.conditions import Condition
from tests.oracle.terms import Term


@dataclass(frozen=True)
class Metric:
    """kind: `ratio`, `number`, `count`, `duration` or `size` · better: `higher` or `lower`."""

    name: str
    kind: str
    unit: str | None = None
    better: str | None = None
    on: str | None = None
    recorded_as: str | None = None


@dataclass(frozen=True)
class Fact:
    """kind: a type, or `one of` and `ordered` with words."""

    name: str
    kind: str
    unit: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Let:
    """A named number or truth."""

    name: str
    of: Condition | Term


@dataclass(frozen=True)
class Rule:
    """`require E when G`; advice: `advise` instead."""

    label: str
    test: Condition
    guard: Condition | None = None
    advice: bool = False


@dataclass(frozen=True)
class Policy:
    """All that a text says."""

    metrics: tuple[Metric, ...] = ()
    facts: tuple[Fact, ...] = ()
    lets: tuple[Let, ...] = ()
    rules: tuple[Rule, ...] = ()
    applies: Condition | None = None
