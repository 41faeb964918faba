"""Hashes that are kept beside the entries: proofs made of them are those of the whole tree, and an altered one is found."""

from __future__ import annotations

import hashlib

import pytest

from letpass.ledger import merkle
from letpass.ledger.subtrees import Bent, Subtrees

MOST = 70_000
LEAVES = [hashlib.sha256(n.to_bytes(4, "big")).digest() for n in range(MOST)]
SIZES = (1, 2, 3, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 65_792, MOST)


class _Kept:
    """Leaves, and the roots of full subtrees, as a store keeps them."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], bytes] = {}
        self.frontiers: dict[int, tuple[bytes, ...]] = {}
        self.asked = 0
        frontier: list[bytes] = []
        for index, leaf in enumerate(LEAVES):
            self.rows |= {(level, n): root for level, n, root in merkle.push(frontier, index, leaf)}
            if index + 1 in SIZES:
                self.frontiers[index + 1] = tuple(frontier)

    def leaves(self, begin: int, count: int) -> list[bytes]:
        self.asked += 1
        return LEAVES[begin : begin + count]

    def subtrees(self, level: int, begin: int, count: int) -> list[bytes]:
        self.asked += 1
        return [self.rows[level, n] for n in range(begin, begin + count) if (level, n) in self.rows]

    def of(self, size: int) -> Subtrees:
        return Subtrees(self, size, self.frontiers[size], {})  # type: ignore[arg-type]


@pytest.fixture(name="kept", scope="module")
def _kept() -> _Kept:
    return _Kept()


@pytest.mark.parametrize("size", SIZES)
def test_proofs_made_of_kept_hashes_are_those_of_the_whole_tree(kept: _Kept, size: int) -> None:
    """At the edges of blocks, of groups of blocks, and of the tree, each with a handful of reads."""
    whole, found = merkle.over(LEAVES[:size]), kept.of(size)
    places = sorted({0, size // 3, size // 2, size - 1, *(n for n in (255, 256, 65_535, 65_536) if n < size)})

    for place in places:
        kept.asked = 0
        assert merkle.inclusion(size, place, found.over) == merkle.inclusion(size, place, whole)
        assert kept.asked <= 6
        assert merkle.consistency(size, place, found.over) == merkle.consistency(size, place, whole)
    assert found.over(0, size) == whole(0, size)
    assert found.leaves(0) == LEAVES[: min(256, size)]


@pytest.mark.parametrize(("level", "number"), [(1, 0), (1, 255), (1, 256), (1, 272), (2, 0)])
@pytest.mark.parametrize("how", ["altered", "gone", "another's"])
def test_an_altered_hash_is_found_where_it_is_used(kept: _Kept, level: int, number: int, how: str) -> None:
    """Not one that does not lead to the signed root is believed."""
    right = kept.rows[level, number]
    try:
        if how == "gone":
            del kept.rows[level, number]
        else:
            kept.rows[level, number] = kept.rows[1, 3] if how == "another's" else bytes([right[0] ^ 1]) + right[1:]
        begin = number << 8 * level
        with pytest.raises(Bent) as caught:
            kept.of(MOST).leaves(begin >> 8)
        assert caught.value.begin <= begin < caught.value.end
    finally:
        kept.rows[level, number] = right


def test_an_altered_leaf_is_found_where_it_is_used(kept: _Kept) -> None:
    """In a full block, and in the last one."""
    for index in (300, MOST - 1):
        right = LEAVES[index]
        LEAVES[index] = bytes(32)
        try:
            with pytest.raises(Bent):
                kept.of(MOST).leaves(index // 256)
        finally:
            LEAVES[index] = right
