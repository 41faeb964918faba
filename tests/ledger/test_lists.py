"""Lists of entries: whatever somebody does to them or to the tree over them is found before anything is decided by it."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.diagnostics import UnreachableError
from letpass.ledger import index, listing
from letpass.ledger.entry import Entry
from letpass.ledger.index import Index
from letpass.ledger.listing import Listed
from letpass.ledger.log import Ledger
from tests.ledger.conftest import NOW, Bench, entry

MODELS = ("fraud", "credit", "churn")


def _mixed(bench: Bench, count: int = 60) -> Ledger:
    """A ledger of several models, of words about none, and of bytes that two models share."""
    ledger, chance = bench.ledger(), random.Random(5)
    for n in range(count):
        model = chance.choice((*MODELS, ""))
        kind = "policies" if not model else chance.choice(("move", "decision", "evidence"))
        new = Entry(
            kind, "", {"n": n}, model, "1" if model else "", chance.choice(("", "sha256:aa", "sha256:bb")), "home"
        )
        ledger.append([new], NOW + n * 1_000_000)
    return ledger


def test_a_model_has_its_own_entries_those_of_its_bytes_and_those_about_no_model(bench: Bench) -> None:
    """As a look at all entries finds them."""
    ledger = _mixed(bench)
    for model in MODELS:
        wanted = [
            e.index
            for e in ledger.entries()
            if not e.entry.model or e.entry.model == model or e.entry.artifact == "sha256:aa"
        ]
        assert [e.index for e in ledger.about(model, "sha256:aa", registry="home")] == wanted
    assert [e.index for e in ledger.about("fraud", registry="away")] == [
        e.index for e in ledger.entries() if not e.entry.model
    ]


def test_a_list_is_read_on_from_where_it_was_read_before(bench: Bench) -> None:
    """What was read is not read again, and what comes behind continues it."""
    ledger = bench.filled(20)
    keys = [listing.of_model("", "fraud")]
    found, until = ledger.listed(keys)
    assert len(found) == 20
    assert ledger.listed(keys, until) == ([], until)

    ledger.append([entry(50), entry(51, "credit")], NOW + 10**9)

    again, later = ledger.listed(keys, until)
    assert [e.entry.data["n"] for e in again] == [50]
    assert later[keys[0]].size == 21


LIST = listing.of_model("", "fraud").hex()
BENT = {
    "an entry is left out of a list": [f"DELETE FROM listed WHERE list = x'{LIST}' AND idx = 4"],
    "the last entry is left out": [f"DELETE FROM listed WHERE list = x'{LIST}' AND idx = 9"],
    "a whole list is left out": [f"DELETE FROM listed WHERE list = x'{LIST}'"],
    "an entry of another list is put in": [f"INSERT INTO listed VALUES (x'{LIST}', 10)"],
    "an entry is in a list in place of another": [f"UPDATE listed SET idx = 10 WHERE list = x'{LIST}' AND idx = 9"],
    "an entry of the list was edited": ["UPDATE entry SET body = replace(body, '\"n\":4', '\"n\":5') WHERE idx = 4"],
    "a node of the tree is gone": ["DELETE FROM node"],
    "a node of the tree is empty": ["UPDATE node SET body = x'00'"],
    "a node of the tree has another count": ["UPDATE node SET body = CAST(substr(body, 1, 40) || x'05' || substr(body, 42) AS BLOB)"],
    "the state is gone": ["DELETE FROM state"],
    "the state has no signature": ["UPDATE state SET note = substr(note, 1, instr(note, char(10) || char(10)) + 1)"],
    "the state is the checkpoint": ["UPDATE state SET note = (SELECT checkpoint FROM head)"],
    "the state is of other entries": ["UPDATE state SET note = replace(note, char(10) || '11' || char(10), char(10) || '10' || char(10))"],
}  # fmt: skip


@pytest.mark.parametrize("statements", BENT.values(), ids=BENT)
def test_a_bent_list_decides_nothing(bench: Bench, statements: list[str]) -> None:
    """An omission is found as surely as an edited entry, by who reads the list, by who appends to it, and by `verify`."""
    ledger = bench.filled(10)
    ledger.append([entry(10, "credit")], NOW + 10**8)
    assert [len(bench.ledger().about(model)) for model in ("fraud", "credit")] == [10, 1]

    bench.bend(*statements)

    tries: list[Callable[[], object]] = [lambda: bench.ledger().about("fraud")]
    if "node" in statements[0] or "state" in statements[0]:
        tries.append(lambda: bench.ledger().append([entry(11)], NOW + 10**9))
    for attempt in tries:
        with pytest.raises(UnreachableError, match="the ledger is not to be trusted"):
            attempt()
    assert bench.ledger().faults()


def test_a_list_that_was_read_before_is_not_believed_again_when_it_is_cut(bench: Bench) -> None:
    """A process that goes on reading finds what was taken away behind its back."""
    ledger = bench.filled(10)
    keys = [listing.of_model("", "fraud")]
    _, until = ledger.listed(keys)
    ledger.append([entry(11)], NOW + 10**9)

    bench.bend(f"DELETE FROM listed WHERE list = x'{LIST}' AND idx = 10")

    with pytest.raises(UnreachableError, match="leaves out, adds or alters an entry"):
        ledger.listed(keys, until)


def test_the_state_and_the_tree_of_another_ledger_are_not_believed(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:  # fmt: skip
    """A frontier, a state or lists that the same key has signed for another log, or for this one before."""
    ledger = bench.filled(10)
    other = Bench(tmp_path_factory.mktemp("other"))
    other.key = bench.key
    theirs = other.ledger()
    theirs.append([entry(n, "credit") for n in range(10)], NOW)
    before = _copied(ledger)
    ledger.append([entry(77)], NOW + 10**9)

    for head, state, nodes in (
        (None, _copied(theirs)[1], _copied(theirs)[2]),
        (None, before[1], before[2]),
        (None, _copied(ledger)[1], before[2]),
    ):
        del head
        bench.ledger().about("fraud")
        kept = _copied(ledger)
        _put(bench, state, nodes)
        with pytest.raises(UnreachableError, match="the ledger is not to be trusted"):
            bench.ledger().about("fraud")
        _put(bench, kept[1], kept[2])


def _copied(ledger: Ledger) -> tuple[object, str, dict[int, bytes]]:
    return ledger.store.head(), ledger.store.state(), dict(ledger.store.all_nodes())


def _put(bench: Bench, state: str, nodes: dict[int, bytes]) -> None:
    with sqlite3.connect(bench.path) as connection:
        connection.execute("UPDATE state SET note = ?", (state,))
        connection.execute("DELETE FROM node")
        connection.executemany("INSERT INTO node VALUES (?, ?)", nodes.items())
    connection.close()


# ---------------------------------------------------------------- the tree


class _Nodes:
    """A store of nodes in memory."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}

    def nodes(self, places: list[int]) -> dict[int, bytes]:
        return {place: self.kept[place] for place in places if place in self.kept}


KEYS = [listing.key_of("test", str(n)) for n in range(400)]


@given(
    st.lists(st.lists(st.integers(0, 399), min_size=1, max_size=60), min_size=1, max_size=12), st.booleans(), st.booleans()
)  # fmt: skip
def test_the_tree_of_the_same_lists_is_always_the_same(rounds: list[list[int]], fresh: bool, forgets: bool) -> None:
    """Whatever the order in which they came, in how many steps, and whoever had read it before, or has forgotten it since: what
    was not at hand any more had been taken for empty, and the tree of a long log was lost.
    """
    store, root, lists, held = _Nodes(), b"", dict[bytes, Listed](), dict[int, bytes]()
    for number, round_ in enumerate(rounds):
        tree = Index(store, root, {} if fresh else held)  # type: ignore[arg-type]
        keys = [KEYS[n] for n in round_]
        found = tree.find(keys)
        assert found == {key: lists.get(key, Listed()) for key in keys}
        changed = {key: listed.and_(number, bytes(32)) for key, listed in found.items()}
        lists |= changed
        if forgets:
            tree.nodes.clear()
        store.kept |= tree.put(changed)
        root = tree.root

    assert (root, store.kept) == index.build(lists)
    every = Index(store, root, {})  # type: ignore[arg-type]
    assert every.find(KEYS) == {key: lists.get(key, Listed()) for key in KEYS}


def test_keys_that_share_many_digits_have_nodes_of_their_own() -> None:
    """More than a node holds, apart in the last digits alone."""
    keys = [bytes(6) + bytes([n]) + bytes(25) for n in range(40)]
    lists = {key: Listed(1, n, bytes(32)) for n, key in enumerate(keys)}
    store = _Nodes()
    root, store.kept = index.build(lists)

    assert Index(store, root, {}).find([*keys, bytes(31) + b"x"]) == {**lists, bytes(31) + b"x": Listed()}  # type: ignore[arg-type]


def test_a_batch_of_more_lists_than_are_held_leaves_a_ledger_that_is_whole(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of artifacts in one append, and in the next one."""
    monkeypatch.setattr(index, "_HELD", 20)
    ledger = bench.ledger()
    for begin in range(0, 1200, 400):
        new = [Entry("move", "", {}, "fraud", str(n), f"sha256:{n:064x}") for n in range(begin, begin + 400)]
        ledger.append(new, NOW)
    ledger.append([entry(1, "credit")], NOW)

    assert ledger.faults() == []
    assert [len(bench.ledger().about(m)) for m in ("fraud", "credit")] == [1200, 1]
