"""What is wrong in one place of a log, of a proof or of a note is refused there, and appends that break off leave nothing."""

from __future__ import annotations

import base64
import os
import socket
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError, LedgerError, TrustError, UnreachableError
from letpass.frozen import replace
from letpass.ledger import (
    auditing,
    delivery,
    elsewhere,
    gatekey,
    history,
    lease,
    material,
    mending,
    merkle,
    note,
    place,
    proofs,
    recovery,
    rotation,
    searching,
    sqlite,
    state,
    writing,
)
from letpass.ledger.entry import Entry, Logged, read
from letpass.ledger.log import Ledger
from letpass.ledger.sqlite import SqliteStore
from letpass.trust import chain, statements
from letpass.trust.dsse import STATEMENT, Envelope
from letpass.trust.kinds import KEY
from letpass.trust.verifiers import WITNESS
from tests.ledger.conftest import NOW, Bench, entry
from tests.trust.world import ARTIFACT, FIRST, ROOTS, root_of, version

UNREAD = Logged(3, NOW, Entry("decision", "no statement", {}, "fraud", "4"), "")
TRUST = chain.load(chain.text((version(FIRST, *ROOTS),)), root_of(FIRST), "trust.json")

# ---------------------------------------------------------------- texts


@pytest.mark.parametrize("change", [lambda d: [d], lambda d: {**d, "type": "other"}, lambda d: {**d, "model": 7}])
def test_a_leaf_that_is_no_entry_is_refused(change: Callable[[Any], Any]) -> None:
    """Its twin reads."""
    import json

    text = entry(1).text(NOW)
    assert read(0, text).entry == entry(1)

    with pytest.raises(InvalidError, match=r"^no entry$"):
        read(0, canonical(change(json.loads(text))).decode("utf-8"))


def test_a_state_has_roots_of_hashes(bench: Bench) -> None:
    """Of 32 bytes each."""
    text = bench.filled().store.state()
    lists = base64.b64encode(state.read(text).lists).decode("ascii")

    with pytest.raises(InvalidError, match=r"a root has 32 bytes"):
        state.read(text.replace(lists, base64.b64encode(b"x" * 31).decode("ascii")))


def test_a_proof_holds_an_entry_in_utf_8(bench: Bench) -> None:
    """As every leaf is."""
    proof = bench.filled().prove(2)
    text = proofs.tlog_proof(proof)
    assert proofs.read_tlog_proof(text) == proof

    odd = text.replace(base64.b64encode(proof.text.encode()).decode(), base64.b64encode(b"\xff").decode())
    with pytest.raises(InvalidError, match=r"the entry in a proof is not UTF-8"):
        proofs.read_tlog_proof(odd)


def test_a_cosignature_has_its_time_and_its_64_bytes(bench: Bench, tmp_path: Path) -> None:
    """One of another length, or of a time before 1970, fits nothing."""
    witness = gatekey.load_or_make(tmp_path / "witness.key", WITNESS, "w")
    head = bench.filled().checkpoint()
    line = note.cosign(witness.private, witness.public, note.body(head.origin, head.size, head.root), NOW // 1_000_000)
    assert note.signed_by(note.add(head.note, line), (witness.public,)) == (witness.public,)
    name, _, blob = line.rstrip("\n").rpartition(" ")
    signed = base64.b64decode(blob)

    for other in (signed + b"\0", signed[:4] + b"\xff" + signed[5:]):
        with pytest.raises(InvalidError, match=r"the signature by `w` does not fit the checkpoint"):
            note.signed_by(
                note.add(head.note, f"{name} {base64.b64encode(other).decode('ascii')}\n"), (witness.public,)
            )


def test_a_proof_that_a_log_goes_on_has_hashes_for_each_step(bench: Bench) -> None:
    """Neither fewer nor more of them, nor a tree that shrinks."""
    leaves = [merkle.leaf_hash(e.text.encode()) for e in bench.filled().entries()]
    roots = {n: merkle.root(leaves[:n]) for n in (3, 4, 5, 10)}
    path = merkle.consistency(10, 3, lambda begin, end: merkle.root(leaves[begin:end]))
    assert merkle.continues(3, 10, roots[3], roots[10], path)

    for first, second, hashes in (
        (10, 3, path), (3, 10, ()), (3, 10, (*path, path[0])), (3, 10, (path[0][:31], *path[1:])), (4, 5, (path[0],) * 6),
    ):  # fmt: skip
        assert not merkle.continues(first, second, roots[first], roots[second], hashes)


# ---------------------------------------------------------------- what says nothing


def stated(type_: str, predicate: dict[str, Any], subject: str = "log") -> statements.Statement:
    payload = statements.build(type_, subject, ARTIFACT, predicate)
    return statements.from_envelope("", Envelope(STATEMENT, payload))


def test_a_statement_that_does_not_read_says_nothing() -> None:
    """Of whom it is, what it came to, which text it names: it is passed over, and never taken for an allow."""
    assert (list(searching.people(UNREAD)), searching.verdict(UNREAD)) == ([], "")
    assert (material.named(UNREAD.entry), history.decision_in(UNREAD)) == ("", None)
    assert elsewhere.read(Logged(0, NOW, Entry("revocation", "none"), "")) is None
    assert searching.verdict(Logged(0, NOW, entry(1), "")) == ""
    assert searching.Wanted(person="vera@corp.example").fits(UNREAD) is False


def test_a_statement_of_another_kind_mends_replaces_and_loses_nothing() -> None:
    """Nor does one count where no trust file tells who has signed it."""
    other = stated("https://example.com/scan/v1", {})
    text = Envelope(STATEMENT, other.envelope.payload, (("", b"x"),)).text().decode("utf-8")

    assert rotation.lacking(other, (), TRUST) == "a statement of the kind `evidence` names no key"
    for trust in (TRUST, None):
        assert mending.mend(Logged(1, NOW, Entry("clock", text), ""), (), trust) is None
        assert recovery.losses([Logged(1, NOW, Entry("recovery", text), "")], (), trust) == ()


def test_a_key_does_not_follow_itself(bench: Bench) -> None:
    """Nor does one follow a key that the log did not have."""
    key, name = str(bench.key.public), bench.key.public.name
    head = {"size": 1, "root": base64.b64encode(b"x" * 32).decode("ascii")}
    said = stated(
        KEY, {"old": key, "new": key, "head": head, "reason": "lost", "issuedAt": "2026-11-23T12:00:00Z"}, name
    )

    with pytest.raises(InvalidError, match=r"it names one key twice"):
        rotation.keys_of(said)
    assert rotation.lacking(said, (), None) == "it names one key twice"
    assert rotation.rotations([UNREAD], (), None) == ()


def test_an_entry_without_a_large_text_has_none(bench: Bench) -> None:
    """It is told, and nothing is looked for."""
    ledger = bench.filled()

    with pytest.raises(LedgerError, match=r"entry 2 has no large text beside it"):
        material.text(ledger.store, ledger.entry(2))


# ---------------------------------------------------------------- appending


def test_a_ledger_without_the_gates_key_appends_nothing(bench: Bench) -> None:
    """Whoever may only read it."""
    bench.filled()
    ledger = Ledger(place.store(str(bench.path), make=False), (bench.key.public,), None)

    with pytest.raises(UnreachableError, match=r"cannot be written without the gate's key"):
        ledger.append([entry(50)], NOW + 10**10)


def test_an_append_that_is_interrupted_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for it in another thread is told that it was broken off, and the next one is logged."""
    ledger = bench.filled()
    write = ledger._written

    def broken(appends: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger, "_written", broken)
    append = writing.Append(ledger, [entry(50)], NOW + 10**10, (), None, None, None, "")
    append.prepare()
    ledger.memory.waiting.append(append)
    with pytest.raises(KeyboardInterrupt):
        ledger._write([append])
    with pytest.raises(UnreachableError, match=r"the append was broken off: KeyboardInterrupt\(\)"):
        append.result()
    append.end(())
    with pytest.raises(UnreachableError):
        append.result()
    assert ledger._taken(append) is False
    monkeypatch.setattr(ledger, "_written", write)

    assert ledger.append([entry(50)], NOW + 10**10)[0].index == 10


def test_two_threads_are_written_together_or_one_after_the_other(bench: Bench) -> None:
    """Each gets the places of its own entries."""
    ledger = bench.filled()
    found: list[tuple[int, int]] = []

    def append(n: int) -> None:
        found.append((n, ledger.append([entry(n)], NOW + 10**10)[0].index))

    threads = [threading.Thread(target=append, args=(n,)) for n in range(60, 68)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(index for _, index in found) == list(range(10, 18))
    assert {index: n for n, index in found} == {e.index: e.entry.data["n"] for e in ledger.entries(10)}


# ---------------------------------------------------------------- the database


def test_a_write_ahead_log_that_cannot_be_turned_on_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it a reader would block the gate, and an error of another kind is not waited out."""
    store = bench.ledger().store
    assert isinstance(store, SqliteStore)
    monkeypatch.setattr(sqlite.time, "sleep", lambda _: None)

    class Taken:
        def __init__(self, code: int) -> None:
            self.code = code

        def execute(self, *_: object) -> object:
            error = sqlite3.OperationalError("no")
            error.sqlite_errorcode = self.code
            raise error

    for code, why in ((sqlite3.SQLITE_BUSY, "cannot be turned on"), (sqlite3.SQLITE_READONLY, "^no$")):
        monkeypatch.setattr(store, "connection", Taken(code))
        with pytest.raises(sqlite3.OperationalError, match=why):
            store._write_ahead()
    monkeypatch.undo()


def test_a_disk_without_room_is_told_as_such(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite says only that it cannot write its index; where there is room it is what SQLite says."""
    store = bench.ledger().store
    error = sqlite3.OperationalError("disk i/o error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    free = 0
    monkeypatch.setattr(sqlite.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))

    def failing() -> str:
        with pytest.raises(UnreachableError) as refused, store._translating_errors():
            raise error
        return str(refused.value)

    full = failing()
    free = 1 << 30
    assert "disk i/o error" not in full
    assert "the ledger cannot be used: disk i/o error" in failing()
    with (
        pytest.raises(UnreachableError, match=r"the ledger cannot be used: is a directory"),
        store._translating_errors(),
    ):
        raise IsADirectoryError(21, "Is a directory")


def test_a_ledger_in_a_folder_that_cannot_be_written_is_not_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is making its tables there."""
    bench.path.write_bytes(b"")
    waited: list[float] = []
    monkeypatch.setattr(sqlite.time, "sleep", waited.append)
    sqlite.settle(bench.path)
    assert len(waited) == 40

    monkeypatch.setattr(sqlite.os, "access", lambda *_: False)
    sqlite.settle(bench.path)
    assert len(waited) == 40


def test_a_key_is_written_whole_or_told(tmp_path: Path) -> None:
    """Where its folder is a file, for one."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(TrustError, match=r"cannot write the key: "):
        gatekey.make(tmp_path / "file" / "gate.key")


def test_an_event_that_is_let_go_may_be_sent_again_at_once(bench: Bench) -> None:
    """By another process too; one that has it in hand by now keeps it."""
    table = delivery.Table(bench.filled().store)
    table.make()
    table.begin("ci", "fraud", 0)
    assert table.claim("ci", "fraud", 0, "me", 10, 1000, 10)
    assert not table.claim("ci", "fraud", 0, "other", 10, 1000, 10)

    table.let_go("ci", "fraud", "other")
    assert not table.claim("ci", "fraud", 0, "other", 10, 1000, 10)
    table.let_go("ci", "fraud", "me")
    assert table.claim("ci", "fraud", 0, "other", 10, 1000, 10)


def test_a_machine_that_does_not_tell_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease then ends by its time, since nobody can tell whether its process lives."""

    def nothing(*_: object, **__: object) -> str:
        raise OSError

    lease._machine.cache_clear()
    monkeypatch.setattr(lease.Path, "read_text", nothing)
    try:
        assert lease.holder() == f"{socket.gethostname()}/{os.getpid()}/"
    finally:
        monkeypatch.undo()
        lease._machine.cache_clear()


# ---------------------------------------------------------------- a look at the whole


def other_state(bench: Bench, **changes: Any) -> str:
    """What somebody with the gate's key writes: another state beside the head."""
    ledger = bench.filled()
    made = replace(state.read(ledger.store.state()), **changes)
    text = note.sign(bench.key.private, bench.key.public, state.body(made)).replace("'", "''")
    return f"UPDATE state SET note = '{text}'"


BENT: dict[str, tuple[Callable[[Bench], str], str]] = {
    "of other entries": (lambda b: other_state(b, size=9), "the state beside the head is of another head"),
    "of another time": (lambda b: other_state(b, at=NOW), "the state beside the head has another time than the last entry"),
    "of other lists": (lambda b: other_state(b, lists=b"\0" * 32), "the lists of its entries are not those that its state signs"),
    "unsigned": (
        lambda b: b.filled() and "UPDATE state SET note = replace(note, char(8212), 'x')",
        "the state beside the head cannot be read",
    ),
    "a head that stands behind no entry": (
        lambda b: b.filled() and "UPDATE entry SET checkpoint = NULL WHERE idx = 9",
        "the head is not what stands behind the last entry",
    ),
    "an entry before the first": (
        lambda b: b.filled() and "UPDATE entry SET idx = -1 WHERE idx = 0",
        "entry -1 is before the first one",
    ),
    "a text that is no entry": (
        lambda b: b.filled() and f"UPDATE entry SET body = '[]', leaf = x'{merkle.leaf_hash(b'[]').hex()}' WHERE idx = 3",
        "entry 3 is no entry",
    ),
    "a list with more than there is": (
        lambda b: b.filled() and "INSERT INTO listed SELECT list, 50 FROM listed LIMIT 1",
        "up to entry 50",
    ),
    "the number of an earlier layout": (
        lambda b: b.filled() and "PRAGMA user_version = 2",
        "it says that its layout is 2, and it has tables of 3: somebody has set the number back",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BENT)
def test_a_look_at_the_whole_log_names_what_is_bent(bench: Bench, case: str) -> None:
    """Also what somebody with the gate's key has signed, and no reader would find."""
    bend, why = BENT[case]
    statement = bend(bench)
    bench.bend(statement)

    faults = auditing.Audit(SqliteStore(bench.path, make=False), (bench.key.public,)).faults

    assert [fault for fault in faults if why in fault] != [], faults


def test_a_head_by_a_key_that_is_not_believed_is_named(bench: Bench, tmp_path: Path) -> None:
    """Whatever the log says."""
    bench.filled()
    other = gatekey.load_or_make(tmp_path / "other.key")

    audit = auditing.Audit(SqliteStore(bench.path, make=False), (other.public,))

    assert audit.faults == ["the head is not signed by a key that is believed here"]


READ: dict[str, tuple[str, str]] = {
    "another size": ("UPDATE head SET size = 9; DELETE FROM entry WHERE idx = 9", "its head says 9 entries, and its checkpoint 10"),
    "no entries and a state": (
        "DELETE FROM entry; UPDATE head SET size = 0, frontier = x'', checkpoint = ''",
        "it is empty, and a state of it is signed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_a_reader_refuses_a_head_that_is_not_what_was_signed(bench: Bench, case: str) -> None:
    """Before anything below it is read."""
    statements_, why = READ[case]
    bench.filled()
    bench.bend(*statements_.split("; "))

    with pytest.raises(UnreachableError, match=why):
        bench.ledger().size()


def test_a_checkpoint_at_a_size_is_that_of_the_size(bench: Bench) -> None:
    """There is one behind each append, and none within one."""
    ledger = bench.filled()
    assert ledger.stored(7).size == 7

    for size in (0, 8, 50):
        with pytest.raises(InvalidError, match=rf"there is no checkpoint at size {size}"):
            ledger.stored(size)
    bench.bend("UPDATE entry SET checkpoint = (SELECT checkpoint FROM entry WHERE idx = 5) WHERE idx = 6")
    with pytest.raises(UnreachableError, match=r"the checkpoint behind entry 6 is of 6 entries"):
        bench.ledger().stored(7)
