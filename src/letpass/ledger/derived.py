"""What is derived from the entries of a log and kept beside them, worked out anew: lists, their tree, and roots of subtrees."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.ledger import index, merkle
from letpass.ledger.entry import Entry
from letpass.ledger.listing import Listed, Lists
from letpass.ledger.store import Store


class Derived:
    """What is derived of a log, taken in entry by entry from the first one on.

    frontier: the roots of the full subtrees of its tree · lists: in which the entries stand · subtrees: level, number and
    root of those that are kept.
    """

    def __init__(self) -> None:
        self.size, self.frontier = 0, list[bytes]()
        self.lists, self.leaves = Lists(), bytearray()
        self.subtrees: list[tuple[int, int, bytes]] = []

    def take(self, entry: Entry, leaf: bytes) -> None:
        """The next entry, by its leaf hash."""
        self.subtrees += merkle.push(self.frontier, self.size, leaf)
        self.lists.add(entry, self.size, leaf)
        self.leaves += leaf
        self.size += 1

    def tree(self) -> tuple[bytes, dict[int, bytes]]:
        """The tree of the lists: its root and its nodes."""
        return index.build(self.lists.now)

    def faults(self, store: Store, root: bytes) -> Iterator[str]:
        """What is wrong with what a store keeps, and with the root of the lists that the gate has signed."""
        own, nodes = self.tree()
        if own != root:
            yield "the lists of its entries are not those that its state signs"
        kept = dict(store.all_nodes())
        if kept != nodes:
            odd = sum(kept.get(place) != node for place, node in nodes.items()) + len(kept.keys() - nodes.keys())
            yield f"{odd} nodes of the tree of its lists were altered, or are missing"
        yield from self._listed(store)
        if (found := list(store.all_subtrees())) != sorted(self.subtrees):
            other = next(iter(sorted(set(found) ^ set(self.subtrees))))
            first, last = other[1] << 8 * other[0], (other[1] + 1 << 8 * other[0]) - 1
            yield f"the hash over the entries {first} to {last} was altered, or is missing"

    def _listed(self, store: Store) -> Iterator[str]:
        found: dict[bytes, Listed] = {}
        for key, at in store.all_listed():
            leaf = bytes(self.leaves[32 * at : 32 * at + 32]) if at >= 0 else b""
            found[key] = found.get(key, Listed()).and_(max(at, 0), leaf)
        odd = {key for key in found if found[key] != self.lists.now.get(key)}
        odd |= self.lists.now.keys() - self.lists.counted - found.keys()
        if odd:
            last = max((found.get(key) or self.lists.now[key]).last for key in odd)
            lists = (
                "1 list leaves out, adds or alters entries"
                if len(odd) == 1
                else f"{len(odd)} lists leave out, add or alter entries"
            )
            yield f"{lists}, up to entry {last}"
