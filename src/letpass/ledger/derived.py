"""What is derived from the entries of a log and kept beside them, worked out anew: lists, their tree, and roots of subtrees."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.ledger import index, merkle
from letpass.ledger.listing import Listed, Lists, Places
from letpass.ledger.store import Store

RANGES = [(bytes([n]) if n else b"", bytes([n + 16]) if n < 240 else b"") for n in range(0, 256, 16)]
"""Ranges of keys of lists, which are looked at one after another, or at once."""


class Derived:
    """What is derived of a log, taken in entry by entry from the first one on.

    frontier: the roots of the full subtrees of its tree · lists: in which the entries stand · subtrees: level, number and
    root of those that are kept.
    """

    def __init__(self) -> None:
        self.size, self.frontier = 0, list[bytes]()
        self.lists, self.leaves = Lists(), bytearray()
        self.subtrees: list[tuple[int, int, bytes]] = []

    def take(self, places: Places, leaf: bytes) -> None:
        """The next entry, by the lists that it stands in and its leaf hash."""
        self.subtrees += merkle.push(self.frontier, self.size, leaf)
        self.lists.add(places, self.size, leaf)
        self.leaves += leaf
        self.size += 1

    def tree(self) -> tuple[bytes, dict[int, bytes]]:
        """The tree of the lists: its root and its nodes."""
        return index.build(self.lists.now)

    def faults(self, store: Store, root: bytes) -> Iterator[str]:
        """What is wrong with the tree and the hashes that a store keeps, and with the root of the lists that the gate has signed."""
        own, nodes = self.tree()
        if own != root:
            yield "the lists of its entries are not those that its state signs"
        kept = dict(store.all_nodes())
        if kept != nodes:
            odd = sum(kept.get(place) != node for place, node in nodes.items()) + len(kept.keys() - nodes.keys())
            yield f"{odd} nodes of the tree of its lists were altered, or are missing"
        if (found := list(store.all_subtrees())) != sorted(self.subtrees):
            level, number, _ = min(set(found) ^ set(self.subtrees))
            first, last = number << merkle.TILE * level, (number + 1 << merkle.TILE * level) - 1
            yield f"the hash over the entries {first} to {last} was altered, or is missing"

    def bent(self, store: Store, between: tuple[bytes, bytes]) -> list[int]:
        """The last entry of each list in a range whose rows in the store are not those of the list, as far as the log goes here: what
        stands in it of later entries is appended meanwhile, or told by `Store.last_listed`.
        """
        begin, end = between
        found, leaves, size, none = dict[bytes, Listed](), bytes(self.leaves), self.size, Listed()
        for key, at in store.all_listed(begin, end):
            if at < size:
                leaf = leaves[32 * at : 32 * at + 32] if at >= 0 else b""
                found[key] = found.get(key, none).and_(max(at, 0), leaf)
        odd = {key for key in found if found[key] != self.lists.now.get(key)}
        there = {key for key in self.lists.now if begin <= key and (not end or key < end)}
        odd |= there - self.lists.counted - found.keys()
        return [(found.get(key) or self.lists.now[key]).last for key in odd]
