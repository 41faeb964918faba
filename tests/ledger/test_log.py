"""Appending: all or none, once, in the order of time, and durable before it is acknowledged."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.diagnostics import InvalidError, TrustError, UnreachableError
from letpass.ledger import gatekey, merkle, note
from letpass.ledger.entry import KINDS, LARGEST, Entry, key_in, read
from letpass.ledger.log import SKEW, Receipt
from tests.ledger.conftest import NOW, Bench, entry


def test_an_entry_has_the_next_place_and_the_gates_time(bench: Bench) -> None:
    """The leaf is the entry's text, to the byte; the head is signed over all of them."""
    ledger = bench.ledger()
    first, second = ledger.append([entry(1), entry(2)], NOW + 999_999)

    assert (first, second) == (Receipt(0, NOW, fresh=True), Receipt(1, NOW, fresh=True))
    assert (
        ledger.entry(0).text
        == '{"at":"2026-11-23T12:00:00Z","data":{"n":1},"kind":"move","model":"fraud","type":"letpass.entry/v1"}'
    )
    leaves = [merkle.leaf_hash(e.text.encode()) for e in ledger.entries()]
    assert (ledger.checkpoint().size, ledger.checkpoint().root) == (2, merkle.root(leaves))
    assert note.signed_by(ledger.checkpoint().note, (bench.key.public,)) == (bench.key.public,)


def test_the_same_entry_again_keeps_its_place_and_time(bench: Bench) -> None:
    """A retry after a lost answer logs nothing twice, alone or in one batch."""
    ledger = bench.ledger()
    ledger.append([entry(1)], NOW)

    again = ledger.append([entry(1), entry(2), entry(2)], NOW + 60_000_000)

    assert [(r.index, r.fresh) for r in again] == [(0, False), (1, True), (1, False)]
    assert again[0].at == NOW
    assert ledger.checkpoint().size == 2


def test_a_clock_that_runs_backwards_is_refused(bench: Bench) -> None:
    """Order is time: five minutes between two machines are forgiven, and the later time stands."""
    ledger = bench.ledger()
    ledger.append([entry(1)], NOW)
    assert ledger.append([entry(2)], NOW - SKEW)[0].at == NOW

    with pytest.raises(UnreachableError, match="the clock runs behind the ledger's last entry"):
        ledger.append([entry(3)], NOW - SKEW - 1_000_000)
    assert ledger.checkpoint().size == 2


def test_a_batch_is_logged_whole_or_not_at_all(bench: Bench) -> None:
    """One entry that fits no leaf refuses its batch, and nothing of it stays."""
    ledger = bench.filled()
    before = ledger.checkpoint()

    with pytest.raises(ValueError, match="bytes are too many for an entry"):
        ledger.append([entry(50), Entry("move", data={"x": "y" * LARGEST})], NOW + 10**9)
    with pytest.raises(ValueError, match="`gossip` is no kind of entry"):
        ledger.append([Entry("gossip")], NOW + 10**9)

    assert ledger.checkpoint() == before
    assert ledger.faults() == []
    ledger.append([entry(50)], NOW + 10**9)


def test_a_ledger_that_is_opened_twice_keeps_what_others_must_not_delete(bench: Bench) -> None:
    """A server opens it for each call; a command on the same machine that closes it takes nothing away from either.

    A descriptor of its own for the same file, closed, had dropped the locks by which SQLite knows that it is in use: the
    command then deleted the write-ahead log, and what was appended to it after that was lost.
    """
    code = f"import sqlite3; c = sqlite3.connect({str(bench.path)!r}); print(c.execute('select count(*) from entry').fetchone()[0]); c.close()"

    def another_process() -> int:
        return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    first = bench.ledger()
    first.append([entry(0)], NOW)
    assert another_process() == 1
    second = bench.ledger()
    second.append([entry(1)], NOW)
    assert another_process() == 2

    first.append([entry(2)], NOW)

    assert (first.size(), second.size(), another_process()) == (3, 3, 3)


def test_an_entry_of_an_unknown_kind_is_not_passed_over() -> None:
    """A later version may log what speaks against a model in a kind of its own; the twin of a known kind reads."""
    text = Entry("lift", model="fraud").text(NOW)

    assert read(0, text).entry == Entry("lift", model="fraud")
    with pytest.raises(InvalidError, match="`recall` is no kind of entry that this version knows"):
        read(0, text.replace('"lift"', '"recall"'))


def test_entries_are_found_by_their_model(bench: Bench) -> None:
    """With those that concern every model."""
    ledger = bench.ledger()
    ledger.append([entry(1), entry(2, "credit"), Entry("policies", data={"digest": "x"})], NOW)

    assert [(e.index, e.entry.kind) for e in ledger.about("credit")] == [(1, "move"), (2, "policies")]
    assert ledger.about("") == [ledger.entry(2)]


def test_an_entry_reads_back_as_it_was_written() -> None:
    """Its key does not depend on when it came."""
    made = Entry("sign-off", "{}", {}, "fraud", "4", "sha256:" + "0" * 64)
    back = read(3, made.text(NOW))

    assert (back.index, back.at, back.entry) == (3, NOW, made)
    assert read(0, made.text(NOW + 10**9)).entry.key == made.key


def test_the_database_refuses_updates_and_deletions(bench: Bench) -> None:
    """Triggers stop the honest mistake; the tree finds the rest."""
    bench.filled()
    with sqlite3.connect(bench.path) as connection:
        for statement in (
            "UPDATE entry SET body = '{}'",
            "DELETE FROM entry",
            "DELETE FROM head",
            "UPDATE head SET size = 1",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="the ledger is append-only"):
                connection.execute(statement)
    connection.close()


def test_the_key_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    """0700 and 0600; a key that others may read is refused, and so is what is no key."""
    path = tmp_path / "deep" / "gate.key"
    made = gatekey.load_or_make(path)
    assert gatekey.load_or_make(path) == made
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path.parent, path)] == [0o700, 0o600]
    assert [p.name for p in path.parent.iterdir()] == ["gate.key"]

    path.chmod(0o644)
    with pytest.raises(TrustError, match="others may read this key"):
        gatekey.load(path)
    path.chmod(0o600)
    path.write_text("nonsense", encoding="utf-8")
    with pytest.raises(TrustError, match="no ed25519 private key"):
        gatekey.load(path)
    with pytest.raises(TrustError, match="cannot read the key: no such file"):
        gatekey.load(tmp_path / "none")


def test_another_gates_key_appends_nothing(bench: Bench) -> None:
    """A ledger has one signer from its begin on."""
    bench.filled()
    other = gatekey.load_or_make(bench.folder / "other.key")

    with pytest.raises(UnreachableError, match="is not signed by a key that is believed here"):
        bench.ledger(other).append([entry(99)], NOW + 10**9)


def test_a_ledger_that_cannot_be_opened_is_out_of_reach(tmp_path: Path) -> None:
    """A folder, a text, a path that does not exist: each is an error that says so, and none is an empty ledger."""
    from letpass.ledger.sqlite import SqliteStore

    text = tmp_path / "text.db"
    text.write_text("this is no database at all, but long enough to look at" * 50, encoding="utf-8")
    for path in (tmp_path, text, tmp_path / "none.db"):
        with pytest.raises(UnreachableError, match="the ledger cannot be used"):
            SqliteStore(path, make=False)


TEXTS = st.text(max_size=12) | st.sampled_from(['"at":"', ',"type":"letpass.entry/v1"', '\\"at\\":\\"', "\u2028"])
DATA = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | TEXTS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["at", "type"]), v, max_size=3), max_leaves=8)  # fmt: skip


@given(st.builds(Entry, st.sampled_from(KINDS), TEXTS, st.dictionaries(TEXTS | st.sampled_from(["at", "type"]), DATA, max_size=4), TEXTS, TEXTS, TEXTS, TEXTS, TEXTS))  # fmt: skip
def test_an_entrys_key_is_found_in_its_text(new: Entry) -> None:
    """Whatever it says, and however much that looks like its time or its type."""
    text = new.text(NOW)
    assert key_in(text) == new.key
    assert read(0, text).entry.key == new.key
    assert key_in(text.replace('"at":', '"at" :', 1)) != new.key


@pytest.mark.parametrize(
    ("begin", "why"), [(0, "file is not a database"), (4096, "database disk image is malformed")]
)  # fmt: skip
def test_a_file_that_is_broken_is_told_with_what_mends_it(bench: Bench, begin: int, why: str) -> None:
    """A copy is brought back; there is none that can be made of it."""
    bench.filled(50).store.close()
    assert bench.ledger().faults() == []
    data = bench.path.read_bytes()
    bench.path.write_bytes(data[:begin] + b"x" * 65536 + data[begin + 65536 :])

    with pytest.raises(UnreachableError) as caught:
        bench.ledger().faults()

    found = caught.value.diagnostics[0]
    assert (found.code, found.message) == ("GATE420", f"the ledger cannot be used: {why}")
    assert found.help == "stop whoever writes, and bring the newest copy back, as docs/operations.md says"
