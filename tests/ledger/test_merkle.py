"""The tree: RFC 6962's hashes, proofs of every shape, and the published vectors."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.ledger import merkle
from tests.ledger.conftest import over

VECTORS = Path(os.environ.get("LETPASS_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "vectors" / "merkle"
here = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the published vectors are not here: {VECTORS.name}")
LEAVES = [merkle.leaf_hash(str(n).encode()) for n in range(70)]


def _hash(text: str | None) -> bytes:
    return base64.b64decode(text) if text else b""


def _recursive(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(_recursive(leaves[:k]), _recursive(leaves[k:]))


def test_the_root_is_that_of_the_definition() -> None:
    """Pushed leaf by leaf, it is what the recursive definition gives."""
    assert [merkle.root(LEAVES[:n]) for n in range(70)] == [_recursive(LEAVES[:n]) for n in range(70)]


def test_every_inclusion_proof_shows_its_leaf_at_its_place_and_no_other() -> None:
    """All leaves of all trees up to 33."""
    for size in range(1, 34):
        root = merkle.root(LEAVES[:size])
        for index in range(size):
            proof = merkle.inclusion(size, index, over(LEAVES[:size]))
            assert merkle.included(LEAVES[index], index, size, proof, root)
            assert not merkle.included(LEAVES[index], (index + 1) % (size + 1), size, proof, root)
            assert not merkle.included(LEAVES[index + 1], index, size, proof, root)


def test_every_consistency_proof_shows_that_a_tree_continues_another() -> None:
    """All pairs up to 33; and none for another root."""
    for size in range(34):
        for first in range(size + 1):
            proof = merkle.consistency(size, first, over(LEAVES[:size]))
            roots = merkle.root(LEAVES[:first]), merkle.root(LEAVES[:size])
            assert merkle.continues(first, size, *roots, proof)
            if first:
                assert not merkle.continues(first, size, LEAVES[-1], roots[1], proof)
                assert not merkle.continues(first, size, roots[0], LEAVES[-1], proof)


@given(st.integers(1, 70), st.data())
def test_no_changed_proof_shows_anything(size: int, data: st.DataObject) -> None:
    """A dropped, added or bent hash, or one of another length."""
    index = data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion(size, index, over(LEAVES[:size])), merkle.root(LEAVES[:size])
    bent = list(proof)
    change = data.draw(st.sampled_from(["drop", "add", "bend", "short"]))
    at = data.draw(st.integers(0, max(0, len(bent) - 1)))
    if change == "add" or not bent:
        bent.insert(at, LEAVES[69])
    elif change == "drop":
        del bent[at]
    else:
        bent[at] = bytes([bent[at][0] ^ 1]) + bent[at][1:] if change == "bend" else bent[at][:31]

    assert not merkle.included(LEAVES[index], index, size, tuple(bent), root)


@pytest.mark.parametrize(
    ("call", "at"), [(merkle.inclusion, 5), (merkle.inclusion, -1), (merkle.consistency, 6), (merkle.consistency, -1)]
)
def test_there_is_no_proof_of_what_is_not_there(call: object, at: int) -> None:
    """An index or size beyond the tree."""
    with pytest.raises(ValueError, match=r"there is no entry|does not continue"):
        call(5, at, over(LEAVES[:5]))  # type: ignore[operator]


def _cases(kind: str) -> list[Path]:
    return sorted((VECTORS / kind).rglob("*.json")) if VECTORS.is_dir() else []


@here
def test_the_published_inclusion_proofs() -> None:
    """All of transparency-dev's, most of which must fail."""
    wrong = []
    for path in _cases("inclusion"):
        case = json.loads(path.read_text("utf-8"))
        proof = tuple(_hash(h) for h in case["proof"] or ())
        shown = merkle.included(_hash(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, _hash(case["root"]))
        if shown == case["wantErr"]:
            wrong.append(str(path.relative_to(VECTORS)))

    assert (len(_cases("inclusion")), wrong) == (98, [])


@here
def test_the_published_consistency_proofs() -> None:
    """All but one agree: a case of two equal roots of twelve bytes is accepted there, and a root has 32 here."""
    wrong = []
    for path in _cases("consistency"):
        case = json.loads(path.read_text("utf-8"))
        proof = tuple(_hash(h) for h in case["proof"] or ())
        shown = merkle.continues(case["size1"], case["size2"], _hash(case["root1"]), _hash(case["root2"]), proof)
        if shown == case["wantErr"]:
            wrong.append(case)

    assert len(_cases("consistency")) == 98
    assert [(len(_hash(c["root1"])), c["size1"] == c["size2"], c["wantErr"]) for c in wrong] == [(12, True, False)]
