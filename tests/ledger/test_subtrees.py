"""Hashes that are kept beside the entries: proofs made of them are those of the whole tree, and an altered one is found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from letpass.diagnostics import UnreachableError
from letpass.ledger import merkle, migrating, place
from letpass.ledger.log import Ledger
from letpass.ledger.subtrees import Bent, Subtrees
from tests.ledger.conftest import NOW, Bench, entry, over

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
    whole, found = over(LEAVES[:size]), kept.of(size)
    places = sorted({0, size // 3, size // 2, size - 1, *(n for n in (255, 256, 65_535, 65_536) if n < size)})

    for at in places:
        kept.asked = 0
        assert merkle.inclusion(size, at, found.over) == merkle.inclusion(size, at, whole)
        assert kept.asked <= 6
        assert merkle.consistency(size, at, found.over) == merkle.consistency(size, at, whole)
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


# ---------------------------------------------------------------- beside the entries of a ledger

ALTERED = {
    "altered": "UPDATE subtree SET hash = x'" + "11" * 32 + "' WHERE idx = 1",
    "gone": "DELETE FROM subtree WHERE idx = 1",
    "another's": "UPDATE subtree SET hash = (SELECT hash FROM subtree WHERE idx = 0) WHERE idx = 1",
    "its leaf with its text": "UPDATE entry SET leaf = x'" + "22" * 32 + "' WHERE idx = 300",
}


@pytest.mark.parametrize("statement", ALTERED.values(), ids=ALTERED)
def test_a_ledger_with_an_altered_hash_proves_and_lists_nothing_by_it(bench: Bench, statement: str) -> None:
    """Whatever needs it refuses, and names where it is; what does not goes on, and what is derived is derived anew."""
    ledger = bench.ledger()
    ledger.append([entry(n, f"m{n % 7}") for n in range(700)], NOW)
    old = ledger.checkpoint()
    ledger.append([entry(1000)], NOW)
    proof = ledger.prove(300)

    bench.bend(statement)

    asked: list[Callable[[Ledger], object]] = [
        lambda own: own.prove(300),
        lambda own: own.entry(300),
        lambda own: list(own.each()),
        lambda own: list(own.each(400, backwards=True)),
    ]
    for ask in asked[:3] if "leaf" in statement else asked:
        with pytest.raises(UnreachableError, match="the ledger is not to be trusted"):
            ask(bench.ledger())
    assert bench.ledger().faults()
    assert len(bench.ledger().about("m3")) == 100
    if "leaf" in statement:
        return
    with pytest.raises(UnreachableError, match="one of the entries 0 to 511 is missing, or its hash"):
        bench.ledger().continues(old)
    store = place.found(str(bench.path))
    assert store is not None
    migrating.migrate(store, bench.key, (bench.key.public,), anew=True)
    assert (bench.ledger().prove(300), bench.ledger().faults()) == (proof, [])
