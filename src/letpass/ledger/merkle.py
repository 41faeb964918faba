"""The Merkle tree of RFC 6962: hashes, proofs, and their verification as RFC 9162 writes it down."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from letpass.diagnostics import InvalidError

SIZE = 32  # bytes of a hash
TILE = 8  # levels of the tree that one level of tiles spans (c2sp.org/tlog-tiles)
Over = Callable[[int, int], bytes]
"""The root over the leaves from one index up to another, not included, of the subtrees that proofs are made of."""


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 section 2.1: a leaf's hash."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 section 2.1: an inner node's hash."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; that of no leaf is the hash of nothing."""
    frontier: list[bytes] = []
    for size, leaf in enumerate(leaves):
        push(frontier, size, leaf)
    return root_of(frontier)


def push(frontier: list[bytes], size: int, leaf: bytes) -> list[tuple[int, int, bytes]]:
    """Add a leaf's hash to the frontier of a tree that has `size` leaves: the roots of its full subtrees, left to right.

    Returns the subtrees of 256, 65,536, … leaves that are full with it: the level of the tiles in which their roots stand, how
    many of that level stand before it, and the root.
    """
    height, full = 0, list[tuple[int, int, bytes]]()
    while size & 1:
        leaf = node_hash(frontier.pop(), leaf)
        size >>= 1
        height += 1
        if height % TILE == 0:
            full.append((height // TILE, size, leaf))
    frontier.append(leaf)
    return full


def root_of(frontier: Sequence[bytes]) -> bytes:
    """The root of the tree that a frontier stands for."""
    if not frontier:
        return hashlib.sha256(b"").digest()
    found = frontier[-1]
    for node in reversed(frontier[:-1]):
        found = node_hash(node, found)
    return found


def _split(size: int) -> int:
    """The largest power of two that is smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion(size: int, index: int, over: Over) -> tuple[bytes, ...]:
    """The audit path of a leaf (RFC 6962 section 2.1.1); raises `InvalidError` for a leaf that is not there."""
    if not 0 <= index < size:
        raise InvalidError(f"there is no entry {index} among {size}")
    begin, end, path = 0, size, list[bytes]()
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(over(middle, end))
            end = middle
        else:
            path.append(over(begin, middle))
            begin = middle
    return tuple(reversed(path))


def consistency(size: int, first: int, over: Over) -> tuple[bytes, ...]:
    """The proof that a tree continues its first leaves (RFC 6962 section 2.1.2); raises `InvalidError` for a longer one."""
    if not 0 <= first <= size:
        raise InvalidError(f"a tree of {size} entries does not continue one of {first}")
    if first in {0, size}:
        return ()
    begin, end, whole, path = 0, size, True, list[bytes]()
    while first != end:
        middle = begin + _split(end - begin)
        if first <= middle:
            path.append(over(middle, end))
            end = middle
        else:
            path.append(over(begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(over(begin, end))
    return tuple(reversed(path))


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Does a proof show that a leaf's hash stands at `index` of the tree of `size` (RFC 9162 section 2.1.3.2)."""
    if not _hashes((leaf, root, *proof)) or not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            if not fn & 1:
                while fn and not fn & 1:
                    fn >>= 1
                    sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    return sn == 0 and r == root


def continues(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does a proof show that the second tree begins with the first (RFC 9162 section 2.1.4.2).

    A tree continues itself and the empty tree, each with an empty proof.
    """
    if not _hashes((first_root, second_root, *proof)) or not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        return not proof and first_root == root_of(())
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    return sn == 0 and fr == first_root and sr == second_root


def _hashes(values: Sequence[bytes]) -> bool:
    return all(len(v) == SIZE for v in values)
