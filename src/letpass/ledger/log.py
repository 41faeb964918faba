"""The ledger: it appends entries and gives receipts.  Every head that it writes is signed, and what it reads is checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from letpass.diagnostics import LetpassError, UnreachableError
from letpass.frozen import replace
from letpass.ledger import note
from letpass.ledger import state as states
from letpass.ledger.appending import Batch
from letpass.ledger.entry import Entry
from letpass.ledger.gatekey import GateKey
from letpass.ledger.growing import Growth
from letpass.ledger.listing import Places
from letpass.ledger.memory import Memory
from letpass.ledger.reading import Reader, about
from letpass.ledger.store import Store
from letpass.ledger.view import View
from letpass.ledger.writing import Append, Receipt, Unless
from letpass.trust import strict
from letpass.trust.chain import Trust
from letpass.trust.verifiers import VerifierKey

__all__ = ["SKEW", "Ledger", "Receipt", "Unless", "about"]
SKEW = 5 * 60 * 1_000_000  # microseconds by which a clock may be behind another's, or ahead of the database's
TOGETHER = 64
"""Appends that are written together at most."""


class Ledger(Reader):
    """An append-only log over a store.

    `signer`: the gate's key, without which nothing can be appended; `clock`: this machine's, in microseconds; the others are
    those of a `Reader`.
    """

    def __init__(
        self, store: Store, keys: tuple[VerifierKey, ...], signer: GateKey | None = None, memory: Memory | None = None,
        trust: Trust | None = None, clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:  # fmt: skip
        super().__init__(
            store, keys if signer is None or signer.public in keys else (*keys, signer.public), memory, trust
        )
        self.signer, self.clock = signer, clock
        self._signed_here = ""  # the newest head that the gate's key has signed by an append of this one

    def append(
        self, new: Sequence[Entry], now: int, material: Sequence[tuple[str, bytes]] = (), unless: Unless | None = None,
        mends: Mapping[int, int] | None = None, key: GateKey | None = None, like: str = "",
    ) -> tuple[Receipt, ...]:  # fmt: skip
        """Log entries, all or none; what is there already is not logged twice.  Durable when it returns.

        unless: entries that must not have been logged since the caller looked · mends: the times of entries as one of the new
        ones mends them, by their indices · key: that signs from here on, by one of the new entries · like: the digest of one of
        the large texts, which the others repeat in great part.

        Of those who append at once in one process one writes for all: one head, one signature, one wait for the disk.
        Raises `UnreachableError` where the log cannot be written, ValueError for an entry that does not fit a leaf.
        """
        if self.signer is None:
            raise UnreachableError.of("GATE412", "the ledger cannot be written without the gate's key", self.store.name)
        by = self.keys, self.signer.public, id(self.trust)
        append, queue = Append(by, new, now, material, unless, mends, key, like), self.memory.waiting
        append.prepare()
        queue.append(append)
        try:
            with self.memory.leading:
                if not append.ended:
                    # appends of others with the same keys are written with it, in the order in which they came
                    alike = [a for a in list(queue) if a is append or (a.by == by and not (a.alone or append.alone))]
                    first = max(0, alike.index(append) - TOGETHER + 1)
                    self._write(alike[first : first + TOGETHER])
        finally:
            # an append whose caller is interrupted while another one writes is not written any more
            with suppress(ValueError):
                queue.remove(append)
        return append.result()

    def _write(self, appends: Sequence[Append]) -> None:
        """Write appends together; each ends with its receipts, or with its own error, or with that of all.

        One that is not waited for any more is not written.
        """
        appends = [each for each in appends if self._taken(each)]
        try:
            self._written(appends)
        except LetpassError as failed:
            for each in appends:
                each.end(error=type(failed)(failed.diagnostics))
        except BaseException as failed:
            for each in appends:
                each.end(
                    error=UnreachableError.of("GATE420", f"the append was broken off: {failed!r}", self.store.name)
                )
            raise

    def _taken(self, append: Append) -> bool:
        """Take an append out of those that wait; was it still there."""
        try:
            self.memory.waiting.remove(append)
        except ValueError:
            return False
        return True

    def _written(self, appends: Sequence[Append]) -> None:
        """1. the end of the log is locked, and is what its checkpoint says · 2. the clock does not run backwards, and is that
        of the database · 3. known entries keep their place, new ones get the next · 4. the new head is signed · 5. what was
        written is read back before it holds · 6. and afterwards on another connection.
        """
        assert self.signer is not None
        self.store.second  # noqa: B018 - opened before anything is written, so that it is not what fails behind it
        key = appends[0].key  # of one that is alone
        with self.store.transaction(), self.memory.lock:
            view = self._view(lock=True)  # (1)
            self._writable(view, self.signer, own=key is None)
            growth = Growth(view, [p for each in appends for p in each.places])
            at = self._last(view, appends[0].mends)
            found: dict[str, Receipt] = {}
            taken = list[tuple[Append, tuple[Receipt, ...]]]()
            for each in appends:
                try:
                    receipts = self._added(growth, each, at, found)
                except Exception as error:  # noqa: BLE001 - whatever is wrong with one is not wrong with the others
                    each.end(error=error)
                else:
                    taken.append((each, receipts))
                    at = max(at, *(r.at for r in receipts if r.fresh), 0)
            batch = growth.batch(key or self.signer, at, [a for a, _ in taken])  # (4)
            batch.write(self.store)  # (5)
        batch.confirm(self.store)  # (6)
        self._know(view, batch, key or self.signer)
        for each, receipts in taken:
            each.end(receipts)

    def _added(self, growth: Growth, append: Append, last: int, found: dict[str, Receipt]) -> tuple[Receipt, ...]:
        """Where the entries of one append stand, all added to a log that grows, or none: then it raises why.

        last: the time of the entry before them · found: where entries stand that were asked for before, by their keys.
        """
        if append.unless is not None:
            self._nothing(growth, append.unless)
        self._on_time(append.now, growth.size - 1, last)  # (2)
        at = max(append.now, last)
        at -= at % 1_000_000
        new = dict[str, tuple[Entry, str, Places]]()
        for name, each, places in zip(append.keys, append.new, append.places, strict=True):  # (3)
            if name not in found and (receipt := self._known(growth.view, name)) is not None:
                found[name] = receipt
            if name not in found:
                new.setdefault(name, (each, each.text(at), places))
        fresh = {
            name: Receipt(growth.add(entry, name, text, at, places), at, fresh=True)
            for name, (entry, text, places) in new.items()
        }
        found.update({name: replace(receipt, fresh=False) for name, receipt in fresh.items()})
        return tuple(fresh.pop(name) if name in fresh else found[name] for name in append.keys)

    def appendable(self, signer: GateKey, now: int, patience: int) -> int:
        """How many entries there are, where one could be appended now with a key; nothing is written.

        patience: milliseconds for which another writer is waited for.  Raises as `append` does.
        """
        with self.store.trying(patience), self.memory.lock:
            view = self._view(lock=True)
            self._writable(view, signer, own=True)
            self._on_time(now, view.size - 1, self._last(view, {}))
            return view.size

    def _know(self, view: View, batch: Batch, by: GateKey) -> None:
        """Remember the head that was written and signed by a key, where it goes on from the one that this process saw last."""
        with self.memory.lock:
            if batch.rows and self.memory.head == view.head:
                checkpoint, state = note.read(batch.head.checkpoint), states.read(batch.state)
                self.memory.take(batch.head, checkpoint, state, self.keys, self.trust, (by.public,))
                self._signed_here = batch.head.checkpoint if by is self.signer else ""

    def _last(self, view: View, mends: Mapping[int, int]) -> int:
        """The time of the last entry."""
        if view.state is None:
            return 0
        end = view.size - 1
        return mends[end] if end in mends else self._mended(view).get(end, view.state.at)

    def _on_time(self, now: int, end: int, last: int) -> None:
        """Raise `UnreachableError` where the clock is not that of the database, or is behind the last entry.

        A long run logs its results although `now`, the time when it began, is long past.
        """
        theirs, here = self.store.now(), max(now, self.clock())
        if theirs is not None and abs(here - theirs) > SKEW:
            raise UnreachableError.of(
                "GATE421",
                f"it is {strict.written(here)} on this machine, and {strict.written(theirs)} in the ledger's database",
                self.store.name,
                f"set the clock that is wrong, `date -u` here or `SELECT now()` there; {SKEW // 60_000_000} minutes between them are forgiven",
            )
        if now < last - SKEW:
            raise UnreachableError.of(
                "GATE421",
                f"the clock runs behind the ledger's last entry: it is {strict.written(now)}, and entry {end} is of {strict.written(last)}",
                self.store.name,
                "set this machine's clock, since order in the ledger is time; where that entry's time is wrong, "
                f"`policy ledger mend-clock {end} --reason TEXT` mends it",
            )

    def time(self, now: int) -> int:
        """The database's clock, which is the same for all who write, in microseconds and to the second; `now` where it has none
        of its own.  Raises `UnreachableError`.
        """
        theirs = self.store.now()
        return now if theirs is None else theirs - theirs % 1_000_000

    def _nothing(self, growth: Growth, unless: Unless) -> None:
        """Raise `UnreachableError` where an entry stands in the way that was logged since the caller looked."""
        logged = self._timed(growth.view, growth.view.each(unless.since))
        for each in (*logged, *(e for e in growth.logged if e.index >= unless.since)):
            if why := unless.stands(each):
                raise UnreachableError.of("GATE431", why, self.store.name, "look again, and try again")

    def _known(self, view: View, key: str) -> Receipt | None:
        found = self.store.find(key)
        if found is None:
            return None
        logged = view.entry(found)
        if logged.entry.key != key:
            raise self._torn(f"entry {found} is filed under another's key")
        return Receipt(found, self._mended(view).get(found, logged.at), fresh=False)

    def _writable(self, view: View, signer: GateKey, *, own: bool) -> None:
        """Raise `UnreachableError` where the log does not end with its head, or is not this key's; `own`: it has signed the head."""
        head = view.head
        self._no_more(head)
        if view.checkpoint is None:
            return
        if view.checkpoint.origin != signer.public.name:
            raise self._torn(
                f"it was begun with the key `{view.checkpoint.origin}`, and this gate's is `{signer.public.name}`"
            )
        if own and head.checkpoint != self._signed_here and not note.signed_by(head.checkpoint, (signer.public,)):
            raise UnreachableError.of(
                "GATE421",
                f"the gate's key is another by now: this one, `{signer.public}`, has not signed the ledger's head",
                self.store.name,
                "bring the new key; `policy ledger list --kind key` shows which it is",
            )
