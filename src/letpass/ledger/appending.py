"""Reading back what was written: an append is acknowledged only after its entries were found in the store again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from letpass.diagnostics import UnreachableError
from letpass.ledger.store import Head, Store, Written


class Batch:
    """What one append writes: rows, the head and the signed state behind them, what is derived of them (nodes of the tree of
    lists, rows of lists, roots of subtrees), and large texts by their digests; `like`: for those that repeat
    much of another one of them, its digest."""

    def __init__(
        self, head: Head, rows: Sequence[Written] = (), state: str = "", nodes: Mapping[int, bytes] = MappingProxyType({}),
        listed: Sequence[tuple[bytes, int]] = (), subtrees: Sequence[tuple[int, int, bytes]] = (),
        material: Mapping[str, bytes] = MappingProxyType({}), like: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.head, self.rows, self.state, self.nodes = head, list(rows), state, dict(nodes)
        self.listed, self.subtrees, self.material = sorted(listed), sorted(subtrees), dict(material)
        self.like = dict(like)

    def write(self, store: Store) -> None:
        """Write it in the open transaction, and read it back there; raises `UnreachableError`."""
        with store.together():
            for digest, data in self.material.items():
                if (like := self.like.get(digest)) is not None:
                    store.keep(digest, data, like, self.material[like])
                else:
                    store.keep(digest, data)
            if self.rows:
                store.insert(self.rows)
                store.add_listed(self.listed)
                store.add_subtrees(self.subtrees)
                store.set_nodes(self.nodes)
                store.set_head(self.head)
                store.set_state(self.state)
        self._there(store, "in its transaction", alone=True)

    def confirm(self, store: Store) -> None:
        """Find it once more on the store's second connection, which is opened anew where it is broken.

        Raises `UnreachableError` where it cannot be found as it was written.
        """
        try:
            self._there(store.second, "behind its transaction", alone=False)
        except UnreachableError as error:
            if error.diagnostics[0].code == "GATE421":
                raise
            store.drop_second()
            self._there(store.second, "behind its transaction", alone=False)

    def _there(self, store: Store, when: str, *, alone: bool) -> None:
        """1. the entries by their indices · 2. the same by their keys · 3. the head, the state and the tree of lists · 4. the
        rows of lists and the roots of subtrees · 5. large texts.

        alone: nobody can have appended since.
        """
        if self.rows:
            first, number = self.rows[0][0], len(self.rows)
            which = f"entry {first}" if number == 1 else f"the entries {first} to {first + number - 1}"
            found = list(islice(store.rows(first), number + 1))
            what = f"{which} cannot be read back {when} as written"
            self._same(found[:number], self.rows, what, store)  # (1)
            if alone:
                self._same(found[number:], [], f"an entry stands behind {which} {when}", store)
            by_key = {key: (index, text) for index, text, _, key, _ in self.rows}
            self._same(store.found(list(by_key)), by_key, f"{which} cannot be found {when} by its key", store)  # (2)
            with store.reading():
                head, state = store.newest()
                if alone or head.size <= self.head.size:
                    what = f"its head is another {when} than the one that was written"
                    self._same((head, state), (self.head, self.state), what, store)  # (3)
                    what = f"the tree of its lists is another {when} than the one that was written"
                    self._same(store.nodes(list(self.nodes)), self.nodes, what, store)
            what = f"{which} cannot be found {when} in its lists"
            self._same(
                store.listed_of([key for key, _ in self.listed], first, first + number), self.listed, what, store
            )  # (4)
            what = f"the hashes over {which} cannot be read back {when} as written"
            hashes = [(level, i, found) for level, i, _ in self.subtrees for found in store.subtrees(level, i, 1)]
            self._same(hashes, self.subtrees, what, store)
        if self.material:
            what = f"a text beside the entries cannot be read back {when} as written"
            found_texts = store.kept(list(self.material))
            if alone and (gone := [digest for digest, data in found_texts.items() if data is None]):
                # the text that it repeats is not kept any more: from here on it stands for itself
                store.keep_anew({digest: self.material[digest] for digest in gone})
                found_texts = store.kept(list(self.material))
            self._same(found_texts, self.material, what, store)  # (5)

    @staticmethod
    def _same(found: object, written: object, what: str, store: Store) -> None:
        if found != written:
            odd = "; ".join(o.what for o in store.odd())
            raise UnreachableError.of(
                "GATE421",
                f"the ledger is not to be trusted: {what}" + (f": {odd}" if odd else ""),
                store.name,
                "something in the database changes or swallows what is written: `policy ledger verify` names it",
            )
