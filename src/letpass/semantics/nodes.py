"""What the nodes of formulas have in common: what is below them, and of which elements they speak."""

from __future__ import annotations

from letpass.frozen import Frozen, part


class Node(Frozen):
    """What every node has.  It is compared and looked up often, so what that needs is worked out when it is made.

    parts: the nodes directly below, in their order · levels: those of the elements that it speaks of, and does not go through
    itself.
    """

    parts: tuple[Node, ...] = part(init=False, compare=False, repr=False)
    levels: frozenset[int] = part(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        own = self.__dict__
        key = tuple([own[name] for name in self._compared])
        below = [p for v in key for p in (v if type(v) is tuple else (v,)) if isinstance(p, Node)]
        own["_known"] = key, hash((type(self).__name__, key))
        own["parts"] = tuple(below)
        own["levels"] = self._levels()

    def _levels(self) -> frozenset[int]:
        found = NO_LEVELS
        for below in self.parts:
            if below.levels:
                found = found | below.levels
        return found

    def __hash__(self) -> int:
        known: int = self.__dict__["_known"][1]
        return known

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return type(self) is type(other) and self.__dict__["_known"] == other.__dict__["_known"]


NO_LEVELS = frozenset[int]()
