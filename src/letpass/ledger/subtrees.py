"""The hashes of a log's tree that are kept beside its entries: each is found to lead to the signed root before it is used."""

from __future__ import annotations

from collections.abc import Sequence

from letpass.ledger import merkle
from letpass.ledger.merkle import TILE
from letpass.ledger.store import Store

WIDTH = 1 << TILE
"""Hashes of one level that are read and checked together: the leaves of one block of entries, or the roots of as many blocks."""
_HELD = 64  # such groups that are held, 32 KB each
Groups = dict[tuple[int, int, int], list[list[bytes]]]
"""Such groups that were read and checked, by level, number and count, with the roots of the subtrees up to the next level."""


class Bent(Exception):  # noqa: N818 - it says what is wrong
    """Hashes that do not lead to the signed root.  begin, end: the entries that they are over."""

    def __init__(self, begin: int, end: int) -> None:
        super().__init__(begin, end)
        self.begin, self.end = begin, end


class Subtrees:
    """The roots of the subtrees of a tree of `size` leaves, whose frontier is known.

    The roots over 256, 65,536, … entries stand in the store; those over fewer are made of the leaves.  What is read is
    compared with the level above it, up to the frontier.  Raises `Bent` where it is not what was signed.
    """

    def __init__(self, store: Store, size: int, frontier: Sequence[bytes], groups: Groups) -> None:
        self.store, self.size, self._groups = store, size, groups
        bits = [b for b in reversed(range(size.bit_length())) if size >> b & 1]
        self._frontier = dict(zip(bits, frontier, strict=True))  # by the height of each

    def leaves(self, block: int) -> list[bytes]:
        """The leaf hashes of the entries from `256 * block` on, at most 256."""
        return self._group(0, block)[0]

    def over(self, begin: int, end: int) -> bytes:
        """The root over the entries from `begin` up to `end`, not included: a subtree as RFC 6962 divides the tree."""
        found: bytes | None = None
        for height, number in reversed(_parts(begin, end)):
            group, within = divmod(number, WIDTH >> height % TILE)
            part = self._group(height // TILE, group)[height % TILE][within]
            found = part if found is None else merkle.node_hash(part, found)
        assert found is not None
        return found

    def _group(self, level: int, number: int) -> list[list[bytes]]:
        """The hashes of a level of tiles, and above them those of the seven levels up to the next one."""
        begin = number * WIDTH
        count = min(WIDTH, (self.size >> TILE * level) - begin)
        known = self._groups.get((level, number, count))
        if known is not None:
            return known
        row = self.store.subtrees(level, begin, count) if level else self.store.leaves(begin, count)
        if len(row) != count:
            raise self._bent(level, begin, count)
        rows = [row]
        while len(row) > 1:
            row = [merkle.node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
            rows.append(row)
        if not self._fits(level, number, count, rows):
            raise self._bent(level, begin, count)
        while len(self._groups) >= _HELD:
            del self._groups[next(iter(self._groups))]
        self._groups[level, number, count] = rows
        return rows

    def _fits(self, level: int, number: int, count: int, rows: list[list[bytes]]) -> bool:
        """Do the hashes of a group lead to what is above them: the next level of tiles, or for the last group the frontier."""
        if count == WIDTH:
            group, within = divmod(number, WIDTH)
            return rows[TILE][0] == self._group(level + 1, group)[0][within]
        done = 0
        for height in reversed(range(TILE)):
            if count >> height & 1:
                if rows[height][done >> height] != self._frontier[TILE * level + height]:
                    return False
                done += 1 << height
        return True

    def _bent(self, level: int, begin: int, count: int) -> Bent:
        return Bent(begin << TILE * level, min(self.size, begin + count << TILE * level))


def _parts(begin: int, end: int) -> list[tuple[int, int]]:
    """The full subtrees between two indices, left to right: the height of each, and how many of that height stand before it."""
    found = list[tuple[int, int]]()
    while begin < end:
        height = (end - begin).bit_length() - 1
        if begin:
            height = min(height, (begin & -begin).bit_length() - 1)
        found.append((height, begin >> height))
        begin += 1 << height
    return found
