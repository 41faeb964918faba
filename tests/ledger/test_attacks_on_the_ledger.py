"""Attacks 21 to 24 and 29: entries changed, logs cut and split, proofs of something else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from letpass.diagnostics import InvalidError, UnreachableError
from letpass.frozen import replace
from letpass.ledger import gatekey, merkle, note, place, proofs, witness
from letpass.ledger.entry import Entry, read
from letpass.ledger.log import Ledger
from letpass.ledger.memory import Memory
from letpass.trust.verifiers import LOG, WITNESS
from tests.ledger.conftest import NOW, Bench, entry

LATER = NOW + 10**10


def edit(n: int, by: str, *, leaf: bool) -> str:
    """The statement that edits an entry's text, and its leaf hash with it where asked."""
    other = Entry("move", data={"n": by}, model="fraud").text(NOW + (n if n < 7 else 10) * 1_000_000)
    hashed = merkle.leaf_hash(other.encode()).hex()
    text = other.replace("'", "''")
    also = f", leaf = x'{hashed}', key = '{read(0, other).entry.key}'" if leaf else ""
    return f"UPDATE entry SET body = '{text}'{also} WHERE idx = {n}"


# ---------------------------------------------------------------- 21


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        ([edit(4, "x", leaf=False)], ["entry 4 was edited: its text has another hash than the one that was logged"]),
        ([edit(4, "x", leaf=True)], ["entry 4 is not what was logged there: edited, or put in another's place"]),
        ([edit(8, "x", leaf=True)], ["one of the entries 7 to 9 is not what was logged there: edited, or put in another's place"]),
        (["DELETE FROM entry WHERE idx = 4"], ["entry 4 is missing"]),
        (["DELETE FROM entry WHERE idx IN (4, 5)"], ["entries 4 to 5 are missing"]),
        (["DELETE FROM entry WHERE idx >= 6"], ["entries 6 to 9 are missing"]),
        (["DELETE FROM entry WHERE idx >= 6", "UPDATE head SET size = 6"], ["the head says 6 entries, and its checkpoint 10"]),
        (["UPDATE entry SET leaf = x'" + "00" * 32 + "' WHERE idx = 2"], ["entry 2 was edited: its text has another hash than the one that was logged"]),
        (["UPDATE entry SET key = 'other' WHERE idx = 2"], ["entry 2 is filed under another's key"]),
        (["UPDATE head SET frontier = x'" + "00" * 64 + "'"], ["the head's frontier is not that of the entries"]),
        (["UPDATE head SET checkpoint = replace(checkpoint, char(10) || '10' || char(10), char(10) || '11' || char(10))"], ["the head's checkpoint cannot be read"]),
        (["UPDATE entry SET checkpoint = 'forged' WHERE idx = 1"], ["the checkpoint behind entry 1 cannot be read"]),
        (["UPDATE entry SET checkpoint = (SELECT checkpoint FROM head) WHERE idx = 1"], ["the checkpoint behind entry 1 is not that of the entries up to there"]),
        (["UPDATE entry SET idx = 20 WHERE idx = 9"], ["entries 9 to 19 are missing", "entries 10 to 20 are behind the head"]),
    ],
)  # fmt: skip
def test_attack_21_an_edited_deleted_or_cut_entry_is_named(
    bench: Bench, statements: list[str], named: list[str]
) -> None:
    """With the triggers gone too."""
    ledger = bench.filled()
    assert ledger.faults() == []

    bench.bend(*statements)

    found = bench.ledger().faults()
    assert [f[: len(n)] for f, n in zip(found, named, strict=True)] == named


def test_attack_21_entries_in_another_order_are_named(bench: Bench) -> None:
    """Two entries that changed places, hashes and keys with them."""
    bench.filled()
    bench.bend(
        "UPDATE entry SET idx = -1 WHERE idx = 3",
        "UPDATE entry SET idx = 3 WHERE idx = 5",
        "UPDATE entry SET idx = 5 WHERE idx = -1",
    )

    assert bench.ledger().faults() == [
        "entry 4 is older than the one before it",
        "entry 5 is older than the one before it",
    ]


def test_attack_21_an_inserted_entry_is_named(bench: Bench) -> None:
    """Behind the head, where its writer cannot sign it."""
    bench.filled()
    text = entry(99).text(LATER)
    leaf = merkle.leaf_hash(text.encode()).hex()
    bench.bend(f"INSERT INTO entry (idx, body, leaf, key) VALUES (10, '{text}', x'{leaf}', '{entry(99).key}')")

    assert bench.ledger().faults() == ["entries 10 to 10 are behind the head"]
    with pytest.raises(UnreachableError, match="it has 11 entries, and its head says 10"):
        bench.ledger().append([entry(100)], LATER)


@pytest.mark.parametrize(
    "statement", [edit(4, "x", leaf=False), edit(4, "x", leaf=True), "DELETE FROM entry WHERE idx = 4"]
)
def test_attack_21_a_bent_ledger_decides_nothing(bench: Bench, statement: str) -> None:
    """What is read for a decision is checked before it is believed."""
    assert len(bench.filled().about("fraud")) == 10

    bench.bend(statement)

    with pytest.raises(UnreachableError, match="the ledger is not to be trusted"):
        bench.ledger().about("fraud")


def test_attack_21_a_head_with_another_frontier_is_not_built_upon(bench: Bench) -> None:
    """The next append would sign a tree that is none."""
    bench.filled()
    bench.bend("UPDATE head SET frontier = x'" + "11" * 64 + "'")

    with pytest.raises(UnreachableError, match="its head is not what its checkpoint says"):
        bench.ledger().append([entry(11)], LATER)


# ---------------------------------------------------------------- 22


def _read_by(ledger: Ledger) -> Memory:
    ledger.checkpoint()
    return ledger.memory


def test_attack_22_a_log_that_was_cut_or_restored_does_not_go_on_from_a_kept_checkpoint(
    bench: Bench, tmp_path: Path
) -> None:
    """An old copy is sound in itself, and shorter than what was seen; regrown, it is another."""
    ledger = bench.filled(8)
    ledger.store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
    copy = Path(shutil.copy(bench.path, tmp_path / "copy.db"))
    ledger.append([entry(n) for n in range(20, 25)], LATER)
    kept = ledger.checkpoint()
    assert len(ledger.continues(kept)) == 0

    restored = bench.ledger(path=copy)
    assert restored.faults() == []
    with pytest.raises(
        UnreachableError,
        match="it has 8 entries, and a checkpoint of 13 was kept: it was cut, or an old copy was brought back",
    ):
        restored.continues(kept)

    for grown, why in (
        (0, "it has 8 entries, and 13 of it were read before: it was cut"),
        (10, "its entries are not those"),
    ):
        before = bench.ledger(path=copy)
        before.append([entry(n) for n in range(30, 30 + grown)], LATER)
        before.memory = _read_by(ledger)  # a process that has read the longer log, and goes on
        with pytest.raises(UnreachableError, match=why) as error:
            before.entries()
        assert "where `policy ledger recover` has named what is missing since, start this process again" in str(
            error.value.diagnostics[0].help
        )

    restored = bench.ledger(path=copy)
    with pytest.raises(UnreachableError, match="its first 13 entries are not those of the checkpoint that was kept"):
        restored.continues(kept)


def _witness(folder: Path, name: str = "witness.example") -> gatekey.GateKey:
    return gatekey.load_or_make(folder / f"{name}.key", WITNESS, name)


def test_attack_22_a_witness_cosigns_only_what_goes_on(bench: Bench, tmp_path: Path) -> None:
    """The size that it saw is where the proof begins, and its state survives it."""
    own, state, logs = _witness(tmp_path), tmp_path / "state.json", (bench.key.public,)
    ledger = bench.filled(8)
    ledger.store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
    copy = Path(shutil.copy(bench.path, tmp_path / "copy.db"))
    first = ledger.checkpoint()
    line = witness.witness(proofs.offer(0, (), first), logs, own, state, 1_700_000_000)
    assert witness.quorum(note.add(first.note, line), (own.public,)) == 1
    ledger.append([entry(n) for n in range(20, 25)], LATER)
    grown = proofs.offer(8, ledger.continues(first), ledger.checkpoint())
    assert witness.witness(grown, logs, own, state, 1_700_000_001)

    restored = bench.ledger(path=copy)
    cases = {
        "this witness saw 13 entries": proofs.offer(8, (), restored.checkpoint()),
        "the log went back from 13 entries to 8": proofs.offer(13, (), restored.checkpoint()),
    }
    restored.append([entry(n) for n in range(30, 40)], LATER)
    cases["the head does not continue the 13 entries"] = proofs.offer(
        13, ledger.continues(first), restored.checkpoint()
    )
    other = gatekey.load_or_make(tmp_path / "other.key")
    cases["is not signed by a log that this witness knows"] = proofs.offer(
        13, (), replace(first, note=note.sign(other.private, other.public, note.body(other.public.name, 20, bytes(32))))
    )
    for why, offered in cases.items():
        with pytest.raises(InvalidError, match=why):
            witness.witness(offered, logs, own, state, 1_700_000_002)
    assert json.loads(state.read_text())[bench.key.public.name]["size"] == 13


def test_attack_22_a_witness_that_forgot_signs_nothing(bench: Bench, tmp_path: Path) -> None:
    """A state that cannot be read is no first meeting."""
    own, state = _witness(tmp_path), tmp_path / "state.json"
    offered = proofs.offer(0, (), bench.filled().checkpoint())
    assert witness.witness(offered, (bench.key.public,), own, state, 1)

    for text in ("", "{}x", '{"a": 1}', "[]"):
        state.write_text(text)
        with pytest.raises(InvalidError, match="cannot be read"):
            witness.witness(offered, (bench.key.public,), own, state, 1)


# ---------------------------------------------------------------- 23, 24


def test_attack_23_two_logs_of_one_size_are_an_alarm(tmp_path: Path) -> None:
    """The gate's key shows two parties different logs: their checkpoints do not meet."""
    bench = Bench(tmp_path)
    one, two = bench.ledger(), bench.ledger(path=tmp_path / "two.db")
    one.append([entry(1), entry(2)], NOW)
    two.append([entry(1), entry(3)], NOW)
    assert one.continues(one.checkpoint()) == ()

    with pytest.raises(UnreachableError, match="its first 2 entries are not those"):
        one.continues(two.checkpoint())


def test_attack_24_a_proof_shows_one_entry_at_one_place(bench: Bench) -> None:
    """Another entry, index, size or root."""
    ledger = bench.filled()
    proof = ledger.prove(3)
    assert proofs.shows(proof)

    head = proof.checkpoint
    for bent in (
        replace(proof, text=ledger.entry(4).text),
        replace(proof, index=4),
        replace(proof, path=proof.path[1:]),
        replace(proof, checkpoint=replace(head, size=3)),
        replace(proof, checkpoint=replace(head, root=bytes(32))),
    ):
        assert not proofs.shows(bent)


def test_attack_24_a_cosignature_of_another_checkpoint_counts_for_nothing(bench: Bench, tmp_path: Path) -> None:
    """And a log's key is no witness."""
    own = _witness(tmp_path)
    ledger = bench.filled()
    old = ledger.checkpoint()
    line = note.cosign(own.private, own.public, note.parse(old.note).text, 5)
    ledger.append([entry(60)], LATER)
    new = ledger.checkpoint()

    assert witness.quorum(note.add(old.note, line), (own.public,)) == 1
    with pytest.raises(ValueError, match="does not fit"):
        witness.quorum(note.add(new.note, line), (own.public,))
    assert witness.quorum(old.note, (bench.key.public,)) == 0
    as_log = replace(own.public, kind=LOG)
    assert note.signed_by(note.add(old.note, line), (as_log,)) == ()


# ---------------------------------------------------------------- 29


def test_attack_29_a_refusal_that_was_logged_stays_in_the_log(bench: Bench) -> None:
    """Both decisions are there, in their order, whoever shows only one."""
    ledger = bench.ledger()
    ledger.append([Entry("decision", "{}", {"verdict": "deny"}, "fraud", "4")], NOW)
    ledger.append([Entry("decision", "{}", {"verdict": "allow"}, "fraud", "4")], NOW)

    assert [e.entry.data["verdict"] for e in ledger.about("fraud")] == ["deny", "allow"]


def test_what_was_read_of_a_log_that_was_refused_says_nothing_of_the_one_that_is_back(
    bench: Bench, tmp_path: Path
) -> None:
    """Another continuation of an older copy, signed by the same key, is shown to a process for a moment."""
    ledger = bench.filled(8)
    ledger.store.run("PRAGMA wal_checkpoint(TRUNCATE)", ())
    copy = Path(shutil.copy(bench.path, tmp_path / "copy.db"))
    ledger.append([entry(n) for n in range(20, 23)], LATER)
    other = bench.ledger(path=copy)
    other.append([entry(n) for n in range(300, 400)], LATER)
    reader = bench.ledger()
    assert reader.entry(9).entry.data == {"n": 21}

    reader.store = place.store(str(copy), make=True)
    for _ in range(2):
        with pytest.raises(UnreachableError, match="its entries are not those that were read of it before"):
            reader.entry(9)
    ledger.append([entry(n) for n in range(400, 497)], LATER)
    assert ledger.size() == other.size()
    reader.store = place.store(str(bench.path), make=True)
    assert reader.entry(9).entry.data == {"n": 21}
    assert reader.prove(9) == bench.ledger().prove(9)
