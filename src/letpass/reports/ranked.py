"""The first of many things by their rank, without keeping the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T")


class Ranked(Generic[T]):
    """At most `most` of many things: those of the first of `ranks`, then of the next, each in the order in which they came.

    total: how many there were.
    """

    def __init__(self, ranks: Iterable[Hashable], most: int) -> None:
        self.most, self.total = most, 0
        self._of: dict[Hashable, list[T]] = {rank: [] for rank in ranks}

    def add(self, rank: Hashable, one: T) -> None:
        """Keep another as long as it may be among them."""
        self.total += 1
        if len(self._of[rank]) < self.most:
            self._of[rank].append(one)

    def kept(self) -> list[T]:
        """Those that are kept."""
        return list(chain.from_iterable(self._of.values()))[: self.most]
