"""What an append adds to a log, worked out from the state before it: rows, lists, and roots of subtrees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from letpass.ledger import merkle, note, state
from letpass.ledger.appending import Batch
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.gatekey import GateKey
from letpass.ledger.listing import Lists, Places
from letpass.ledger.state import State
from letpass.ledger.store import Head, Written
from letpass.ledger.view import View
from letpass.ledger.writing import Append


def keys_of(found: Iterable[Places]) -> list[bytes]:
    """The keys of all lists that entries may stand in, which stand in these places."""
    return list(dict.fromkeys([k for p in found for k in (*p.kept, *(k for pair in p.counted for k in pair))]))


class Growth:
    """A log that grows from a state, by entries one after another, in some of the places `new`."""

    def __init__(self, view: View, new: Iterable[Places]) -> None:
        self.view, self.size, self.frontier = view, view.size, list(view.frontier)
        self.lists = Lists(view.lists(keys_of(new)))
        self.rows: list[Written] = []
        self.subtrees: list[tuple[int, int, bytes]] = []
        self.logged: list[Logged] = []

    def add(self, entry: Entry, key: str, text: str, at: int, places: Places) -> int:
        """Add an entry with its key, its text, its time and the lists that it stands in; returns its index."""
        index, leaf = self.size, merkle.leaf_hash(text.encode("utf-8"))
        self.rows.append((index, text, leaf, key, None))
        self.subtrees += merkle.push(self.frontier, index, leaf)
        self.lists.add(places, index, leaf)
        self.logged.append(Logged(index, at, entry, text))
        self.size += 1
        return index

    def batch(self, by: GateKey, at: int, appends: Sequence[Append]) -> Batch:
        """What is to be written for some appends, the head and the state signed by a key; `at`: the time of the last entry."""
        material = {digest: data for each in appends for digest, data in each.material}
        like = {digest: each.like for each in appends for digest, _ in each.material if each.like not in {"", digest}}
        if not self.rows:
            return Batch(self.view.head, material=material, like=like)
        root, origin = merkle.root_of(self.frontier), by.public.name
        signed = note.sign(by.private, by.public, note.body(origin, self.size, root))
        # what was looked up for an append that was refused has no list yet
        nodes = self.view.index.put({key: listed for key, listed in self.lists.now.items() if listed.size})
        now = state.body(State(origin, self.size, root, self.view.index.root, at))
        self.rows[-1] = (*self.rows[-1][:4], signed)
        return Batch(
            Head(self.size, b"".join(self.frontier), signed), self.rows, note.sign(by.private, by.public, now), nodes,
            self.lists.rows, self.subtrees, material, like,
        )  # fmt: skip
