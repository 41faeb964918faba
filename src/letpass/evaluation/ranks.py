"""In which order the loops of a program are walked: one begins when those have ended that its parts ask for."""

from __future__ import annotations

from collections.abc import Iterable

from letpass.semantics.formula import Loop
from letpass.semantics.nodes import Node


def collected(nodes: Iterable[Node]) -> dict[Node, None]:
    """Each node at or below some, once."""
    found, waiting = dict[Node, None](), list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += node.parts
    return found


class Ranks:
    """How many loops must have ended before one begins, of those that begin in the same block."""

    def __init__(self) -> None:
        self._known: dict[tuple[Node, int], int] = {}

    def key(self, loop: Loop) -> tuple[Node, int, int]:
        """Loops of one key are walked together."""
        home = max(loop.levels, default=-1)
        return loop.list, loop.level, self._below(loop, home)

    def _below(self, node: Node, home: int) -> int:
        key = (node, home)
        if key not in self._known:
            self._known[key] = max([self._rank(part, home) for part in node.parts], default=0)
        return self._known[key]

    def _rank(self, node: Node, home: int) -> int:
        if home >= 0 and home not in node.levels:
            return 0
        own = isinstance(node, Loop) and max(node.levels, default=-1) == home
        return self._below(node, home) + own
