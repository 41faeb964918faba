"""Large texts are kept once and compressed, and come back to the byte; whatever is no text of the gate's is told to be another."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.canonical import canonical, digest_bytes
from letpass.diagnostics import LedgerError
from letpass.ledger import material
from letpass.ledger.entry import Entry
from letpass.ledger.packing import packed, unpacked
from tests.ledger.conftest import NOW, Bench

POLICY = canonical(
    {"policies": {"a.policy": "require good: accuracy >= 0.9\n" + "".join(f"# {n * n}\n" for n in range(2000))}}
)


@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_a_text_comes_back_to_the_byte(data: bytes, other: bytes) -> None:
    """Alone, beside another one, and as earlier versions have written it."""
    like = digest_bytes(other)
    rows = {like: packed(other)}
    assert unpacked(packed(data), rows.get) == data
    assert unpacked(packed(data, like, other), rows.get) == data
    if data[:1] not in {b"\x01", b"\x02"}:
        assert unpacked(data, rows.get) == data


@given(st.binary(max_size=300))
def test_what_is_no_text_of_the_gates_is_no_crash(row: bytes) -> None:
    """Whatever a database holds; its digest then fits nothing."""
    for start in (b"", b"\x01", b"\x02", b"\x02" + bytes(32)):
        unpacked(start + row, {"sha256:" + "00" * 32: row}.get)


def test_a_row_that_claims_to_be_enormous_is_not_unpacked() -> None:
    """A small row is no reason to take all memory."""
    bomb = b"\x01" + zlib.compress(bytes(300 << 20))
    assert len(bomb) < 1 << 20
    assert unpacked(bomb, lambda _: None) == bomb


def test_texts_that_repeat_another_one_take_little_room(bench: Bench) -> None:
    """As decisions by the same policies do; without that one they are not kept any more, and that is no fault."""
    ledger = bench.ledger()
    like = digest_bytes(POLICY)
    texts = [b'{"inputs":' + POLICY + b',"n":' + str(n).encode() + b"}" for n in range(20)]
    for n, text in enumerate(texts):
        entry = Entry("policies", data={"text": digest_bytes(text), "n": n})
        ledger.append([entry], NOW, [(like, POLICY), (digest_bytes(text), text)], like=like)

    assert dict(ledger.store.materials()) == {like: POLICY, **{digest_bytes(t): t for t in texts}}
    assert [material.text(ledger.store, e).encode() for e in ledger.entries()] == texts
    with closing(sqlite3.connect(bench.path)) as other, other:
        sizes = dict(other.execute("SELECT digest, length(data) FROM material"))
        assert sizes.pop(like) < len(POLICY) / 2
        assert max(sizes.values()) < len(POLICY) / 50
        other.execute("DELETE FROM material WHERE digest = ?", (like,))

    ledger = bench.ledger()
    with pytest.raises(LedgerError, match="is not kept any more"):
        material.text(ledger.store, ledger.entry(3))
    audit = ledger.audit()
    assert (audit.faults, audit.notes) == ([], ["20 texts of entries 0 to 19 are not kept any more"])


def test_a_text_in_place_of_the_one_that_is_repeated_is_told(bench: Bench) -> None:
    """It gives another text than the entry names."""
    ledger = bench.ledger()
    like, text = digest_bytes(POLICY), POLICY + b" and more"
    entry = Entry("policies", data={"text": digest_bytes(text)})
    ledger.append([entry], NOW, [(like, POLICY), (digest_bytes(text), text)], like=like)
    with closing(sqlite3.connect(bench.path)) as other, other:
        other.execute("UPDATE material SET data = ? WHERE digest = ?", (packed(POLICY.replace(b"0.9", b"0.1")), like))

    ledger = bench.ledger()
    with pytest.raises(LedgerError, match="the text of entry 0 was changed"):
        material.text(ledger.store, ledger.entry(0))
    assert len(ledger.faults()) == 2


def test_a_text_that_repeats_another_one_may_be_repeated_itself(bench: Bench) -> None:
    """Whatever stood in the store before it."""
    ledger = bench.ledger()
    texts = [POLICY + b"\n" * n for n in range(5)]
    digests = [digest_bytes(text) for text in texts]
    for n in range(1, 5):
        named = Entry("policies", data={"text": digests[n]})
        ledger.append([named], NOW, [(digests[n - 1], texts[n - 1]), (digests[n], texts[n])], like=digests[n - 1])

    assert dict(ledger.store.materials()) == dict(zip(digests, texts, strict=True))
    assert ledger.faults() == []


def test_texts_that_repeat_each_other_in_a_ring_are_no_texts() -> None:
    """As only somebody with the database writes them."""
    maker = zlib.compressobj(zdict=b"what nobody has")
    body = maker.compress(b"what nobody knows") + maker.flush()
    one, two = (b"\x02" + bytes([n]) * 32 + body for n in (2, 1))
    rows = {"sha256:" + "01" * 32: one, "sha256:" + "02" * 32: two}
    assert unpacked(one, rows.get) == one


def test_a_text_comes_back_when_the_one_that_it_repeated_is_gone(bench: Bench) -> None:
    """Logged once more it stands for itself."""
    ledger = bench.ledger()
    like, text = digest_bytes(POLICY), POLICY + b" and more"
    ledger.append([Entry("policies", data={"n": 1})], NOW, [(like, POLICY), (digest_bytes(text), text)], like=like)
    with closing(sqlite3.connect(bench.path)) as other, other:
        other.execute("DELETE FROM material WHERE digest = ?", (like,))

    ledger.append([Entry("policies", data={"n": 2})], NOW, [(digest_bytes(text), text)])

    assert dict(ledger.store.materials()) == {digest_bytes(text): text}
