"""Reading back what was written: an append is acknowledged when it is found again, not when nobody has complained."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from letpass.diagnostics import UnreachableError
from letpass.ledger.store import Head, Store, Written


class Batch:
    """What one append writes: rows, the head behind them, and large texts by their digests."""

    def __init__(self, rows: Sequence[Written], head: Head, material: Sequence[tuple[str, bytes]]) -> None:
        self.rows, self.head, self.material = list(rows), head, dict(material)

    def write(self, store: Store) -> None:
        """Write it in the open transaction, and read it back there; raises `UnreachableError`."""
        for digest, data in self.material.items():
            store.keep(digest, data)
        if self.rows:
            store.insert(self.rows)
            store.set_head(self.head)
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
        """1. the entries by their indices · 2. the same by their keys · 3. the head · 4. large texts.

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
            head = store.head()
            if alone or head.size <= self.head.size:
                what = f"its head is another {when} than the one that was written"
                self._same(head, self.head, what, store)  # (3)
        if self.material:
            what = f"a text beside the entries cannot be read back {when} as written"
            self._same(store.kept(list(self.material)), self.material, what, store)  # (4)

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
