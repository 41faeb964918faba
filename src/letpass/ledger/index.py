"""The lists of a log by their keys, in a tree of hashes whose root the gate signs: nothing can be left out of it.

A node holds up to sixteen lists, or the hashes of sixteen nodes, one for each next hexadecimal digit of the keys below it.
So the tree of the same lists is always the same one, whatever the order in which they came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping

from letpass.ledger.listing import Listed
from letpass.ledger.store import Store

MOST = 16
"""Lists of one node."""
_NODE = b"\x03"  # stands before what is hashed for a node, so that it is no hash of the tree over the entries
_LISTS, _NODES = b"\x00", b"\x01"
_ROW = 80  # bytes of a list: its key, count, last index and digest
_NONE = bytes(32)
_AHEAD = 6  # levels that are asked for at once
_TOP = 1  # where the first node lies; that of sixteen digits would need more than 64 bits, and no seventeen keys share so many
_HELD = 2_000  # nodes that are held, about a kilobyte each


class BentIndexError(Exception):
    """A node is not the one whose hash was signed, or is gone."""


class Index:
    """The lists of a log, as the root of their tree says; `root` is empty where there are none."""

    def __init__(self, store: Store, root: bytes, nodes: dict[int, bytes]) -> None:
        """nodes: what was read before, by its place: what has the hash that is expected is not read again."""
        self.store, self.root, self.nodes = store, root, nodes

    def find(self, keys: Collection[bytes]) -> dict[bytes, Listed]:
        """The lists with these keys, empty ones for those that are not there; raises `BentIndexError`."""
        if len(self.nodes) > _HELD:
            self.nodes.clear()
        return {key: self._find(key, keys) if self.root else Listed() for key in keys}

    def put(self, lists: Mapping[bytes, Listed]) -> dict[int, bytes]:
        """The nodes that change with these lists; `root` is the new one afterwards.  Raises `BentIndexError`."""
        new = dict[int, bytes]()
        rows = {key: _packed(key, listed) for key, listed in lists.items()}
        self.root = self._put(_TOP, 0, self.root or _NONE, rows, new)
        self.nodes.update(new)
        return new

    def _find(self, key: bytes, keys: Collection[bytes]) -> Listed:
        place, depth, expected = _TOP, 0, self.root
        while expected != _NONE:
            node = self._node(place, depth, expected, keys)
            if node[:1] == _LISTS:
                return next((_unpacked(row) for row in _rows(node) if row[:32] == key), Listed())
            digit = _digit(key, depth)
            place, depth, expected = 16 * place + digit, depth + 1, node[1 + 32 * digit : 33 + 32 * digit]
        return Listed()

    def _node(self, place: int, depth: int, expected: bytes, keys: Collection[bytes]) -> bytes:
        node = self.nodes.get(place)
        if node is None or _hash(node) != expected:
            ahead = range(depth, depth + _AHEAD)
            self.nodes.update(self.store.nodes(sorted({_place(key, further) for key in keys for further in ahead})))
            node = self.nodes.get(place)
            if node is None or _hash(node) != expected:
                raise BentIndexError
        return node

    def _put(
        self, place: int, depth: int, expected: bytes, rows: Mapping[bytes, bytes], new: dict[int, bytes]
    ) -> bytes:  # fmt: skip
        """The hash of a node with these lists in it, or below it; `expected`: that of the node without them."""
        node = self._node(place, depth, expected, rows) if expected != _NONE else _LISTS
        if node[:1] == _LISTS:
            return _build(place, depth, {**{row[:32]: row for row in _rows(node)}, **rows}, new)
        below = [node[i : i + 32] for i in range(1, 513, 32)]
        for digit, some in _by_digit(rows, depth).items():
            below[digit] = self._put(16 * place + digit, depth + 1, below[digit], some, new)
        return _kept(place, _NODES + b"".join(below), new)


def build(lists: Mapping[bytes, Listed]) -> tuple[bytes, dict[int, bytes]]:
    """The tree of some lists: its root and all its nodes."""
    nodes = dict[int, bytes]()
    return _build(_TOP, 0, {key: _packed(key, listed) for key, listed in lists.items()}, nodes), nodes


def _build(place: int, depth: int, rows: Mapping[bytes, bytes], new: dict[int, bytes]) -> bytes:
    if len(rows) <= MOST:
        return _kept(place, _LISTS + b"".join(row for _, row in sorted(rows.items())), new)
    below = [_NONE] * 16
    for digit, some in _by_digit(rows, depth).items():
        below[digit] = _build(16 * place + digit, depth + 1, some, new)
    return _kept(place, _NODES + b"".join(below), new)


def _kept(place: int, node: bytes, new: dict[int, bytes]) -> bytes:
    new[place] = node
    return _hash(node)


def _by_digit(rows: Mapping[bytes, bytes], depth: int) -> dict[int, dict[bytes, bytes]]:
    found: dict[int, dict[bytes, bytes]] = {}
    for key, row in rows.items():
        found.setdefault(_digit(key, depth), {})[key] = row
    return found


def _digit(key: bytes, depth: int) -> int:
    """A hexadecimal digit of a key."""
    byte = key[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def _place(key: bytes, depth: int) -> int:
    """Where the node of so many digits of a key lies: the digits behind a 1, as a number."""
    return _TOP << 4 * depth | int.from_bytes(key, "big") >> 4 * (64 - depth)


def _hash(node: bytes) -> bytes:
    return hashlib.sha256(_NODE + node).digest()


def _rows(node: bytes) -> Iterator[bytes]:
    return (node[i : i + _ROW] for i in range(1, len(node), _ROW))


def _packed(key: bytes, listed: Listed) -> bytes:
    return key + listed.size.to_bytes(8, "big") + listed.last.to_bytes(8, "big") + listed.digest


def _unpacked(row: bytes) -> Listed:
    return Listed(int.from_bytes(row[32:40], "big"), int.from_bytes(row[40:48], "big"), row[48:])
