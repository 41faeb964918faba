"""Verifying a whole log: everything that is wrong with it, each with the entry that it concerns, and what is not kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from letpass.canonical import digest_bytes
from letpass.diagnostics import InvalidError, UnreachableError
from letpass.ledger import entry as entries
from letpass.ledger import material, mending, merkle, note, recovery, rotation, schema
from letpass.ledger import state as states
from letpass.ledger.derived import RANGES, Derived
from letpass.ledger.entry import Logged
from letpass.ledger.listing import Places, places
from letpass.ledger.note import Checkpoint
from letpass.ledger.recovery import Loss
from letpass.ledger.schema import Oddity
from letpass.ledger.store import EMPTY, Head, Store
from letpass.ledger.view import goes_on
from letpass.trust.chain import Trust
from letpass.trust.signers import Learned
from letpass.trust.verifiers import VerifierKey

CHUNK = 2_048
"""Rows that are looked at together."""
SAYING = frozenset({"trust", mending.KIND, rotation.KIND, recovery.KIND})
"""The kinds of entries that say something of the log itself."""
NOWHERE = Places((), ())
Every = Callable[[Sequence[Any], Callable[[], Callable[[Any], Any]]], Iterator[Any]]
_SHOWN = 20  # ranges of entries in one line


def in_turn(chunks: Sequence[Any], begin: Callable[[], Callable[[Any], Any]]) -> Iterator[Any]:
    """What comes of each piece of work, in this process."""
    return map(begin(), chunks)


class Looked(NamedTuple):
    """What is known of one row of a log: the index of its entry, the hash of its text, its time, the lists that it stands in, the digest of the
    large text that it names, the checkpoint behind it, what is wrong with it in itself, and the entry where that says
    something of the log itself.  A plain tuple, since there are as many as rows, and they come from other processes.
    """

    entry: int
    leaf: bytes
    at: int = 0
    places: Places = NOWHERE
    named: str = ""
    stored: str | None = None
    fault: str = ""
    says: Logged | None = None


def looked(store: Store, between: tuple[int | None, int]) -> list[Looked]:
    """Look at the rows from an index, None for the first one, up to another, not included."""
    found, keys, (begin, end) = list[Looked](), list[str](), between
    for index, text, leaf, key, stored in store.rows(begin):
        if index >= end:
            break
        found.append(_looked(index, text, leaf, key, stored))
        keys.append(key)
    filed = store.filed(keys)
    return [_filed(row, filed.get(key)) for row, key in zip(found, keys, strict=True)]


def _filed(row: Looked, first: int | None) -> Looked:
    """A row, and what is wrong with it where the first entry that is found by its key is not this one."""
    if row.fault or first == row.entry:
        return row
    fault = (
        f"entry {row.entry} is not found by its key"
        if first is None
        else f"entry {row.entry} is entry {first} once more"
    )
    return row._replace(fault=fault)


def _looked(index: int, text: str, leaf: bytes, key: str, stored: str | None) -> Looked:
    hashed = merkle.leaf_hash(text.encode("utf-8"))
    if hashed != leaf:
        return Looked(
            index, leaf, fault=f"entry {index} was edited: its text has another hash than the one that was logged"
        )
    try:
        read = entries.read(index, text)
    except InvalidError:
        return Looked(index, leaf, fault=f"entry {index} is no entry")
    fault = "" if entries.key_in(text) == key else f"entry {index} is filed under another's key"
    says = read if read.entry.kind in SAYING else None
    return Looked(index, leaf, read.at, places(read.entry), material.named(read.entry), stored, fault, says)


class Audit:
    """A look at a whole log: `faults` is what is wrong with it, `notes` what is gone and may be, `losses` what was lost, `odd`
    what its database has beside it, `beside` what is wrong with what is derived of its entries, which are all right then; each
    of the last two is a fault too · head: of the log that was looked at, whatever is appended meanwhile.

    keys: whose checkpoints are believed · trust: whose root may say that a time was wrong · roots: those over the first
    entries, for the `sizes` that were asked for; None where there are not so many that are right · every: how results of
    many pieces of work are had, in order, which may be from several processes.

    1. every entry is there, and each thing was logged once · 2. its text has the leaf hash and the key that were logged, and is found by that key · 3. the tree over all
    is the one that the head signs; where it is not, the stored checkpoints tell from which entry on · 4. what is kept
    beside them, to find them by, is what follows from them · 5. nothing else is in the database that could change what is
    written or read.
    """

    def __init__(
        self, store: Store, keys: tuple[VerifierKey, ...], trust: Trust | None = None, sizes: Collection[int] = (),
        every: Every | None = None,
    ) -> None:  # fmt: skip
        self.store, self.keys, self.trust, self._every = store, keys, trust, every or in_turn
        self.roots: dict[int, bytes | None] = {0: merkle.root_of(()), **dict.fromkeys(sizes)}
        self._at: dict[int, int] = {}
        self._derived = Derived()
        self._says: dict[str, list[Logged]] = {kind: [] for kind in SAYING}
        self.notes, self.odd, self.losses = list[str](), tuple[Oddity, ...](), tuple[Loss, ...]()
        self.beside = list[str]()
        self.head = EMPTY
        self._named: dict[str, int] = {}  # the large texts that entries name, and the first entry that does
        try:
            with store.reading():
                self.odd, self.head = store.odd(), store.head()  # (5)
                self.faults = [*self._faults(), *(o.what for o in self.odd)]
        except UnreachableError as error:
            if error.diagnostics[0].code != "GATE421":
                raise
            self.faults = [error.message]

    def goes_on(self, old: Checkpoint) -> None:
        """Raise `UnreachableError` where the log does not continue an earlier head of it, whose size was asked for."""
        goes_on(self.store, self.head, old, same=self.roots.get(old.size) == old.root)

    def _rows(self, end: int) -> Iterator[Looked]:
        """All rows up to an index, not included, looked at; what is appended meanwhile is not of this log."""
        store, own = self.store, os.getpid()

        def begin() -> Callable[[tuple[int | None, int]], list[Looked]]:
            here = store if os.getpid() == own else store.again()
            return lambda between: looked(here, between)

        ends = [*range(CHUNK, end, CHUNK), end]
        for found in self._every(list(zip([None, *ends[:-1]], ends, strict=True)), begin):
            yield from found

    def _faults(self) -> list[str]:
        found, bent = list[str](), list[str]()
        expected, newest = 0, None
        head, derived = self.head, self._derived
        for row in self._rows(max(self.store.last() + 1, head.size)):
            if row.entry > expected:  # (1)
                found.append(_missing(expected, row.entry - 1))
            elif row.entry < expected:
                found.append(f"entry {row.entry} is before the first one")
            if row.fault:  # (2)
                found.append(row.fault)
            else:
                self._take(row)
            if not found:  # a tree with a gap is none
                derived.take(row.places, row.leaf)
                derived.lists.rows.clear()
                bent += _misplaced(row.entry, row.stored, derived.frontier)
                if row.entry + 1 in self.roots:
                    self.roots[row.entry + 1] = merkle.root_of(derived.frontier)
            expected, newest = max(expected, row.entry + 1), row.stored
        found += self._older()
        if expected < head.size:
            found.append(_missing(expected, head.size - 1))
        elif expected > head.size:
            found.append(f"entries {head.size} to {expected - 1} are behind the head")
        if head.size:
            found += self._head(head, derived.frontier, whole=not found)
            if not found and newest != head.checkpoint:
                found.append("the head is not what stands behind the last entry")
        found = found or bent
        if not found and head.size:
            found = self.beside = self._beside(head)
        kept = set[str]()
        for digest, data in self.store.materials():
            if data is None:
                continue
            kept.add(digest)
            if digest_bytes(data) != digest:
                found.append(f"the text {digest} beside the entries was changed")
        gone = [index for digest, index in self._named.items() if digest not in kept]
        self.losses = recovery.losses(self._says[recovery.KIND], self._learned, self.trust)
        self.notes += [*([_gone(gone)] if gone else []), *(loss.words for loss in self.losses)]
        return found

    def _take(self, row: Looked) -> None:
        """What an entry says that is right in itself."""
        self._at[row.entry] = row.at
        if row.says is not None:
            self._says[row.says.entry.kind].append(row.says)
        if row.named:
            self._named.setdefault(row.named, row.entry)

    @property
    def _learned(self) -> Learned:
        return mending.learned(self._says["trust"])

    def _older(self) -> list[str]:
        """The entries that are older than the one before them, by their times as they were mended."""
        try:
            mended = mending.times(
                self._says[mending.KIND], self._learned, self._at.__getitem__, self._text, self.trust
            )
        except KeyError:
            mended = {}  # an entry is missing, which is told
        last, older = 0, list[str]()
        for index, written in self._at.items():
            at = mended.get(index, written)
            older += [f"entry {index} is older than the one before it"] if at < last else []
            last = max(last, at)
        return older

    def _text(self, index: int) -> str:
        return next(self.store.rows(index))[1]

    def _head(self, head: Head, frontier: list[bytes], *, whole: bool) -> list[str]:  # (3)
        try:
            checkpoint = note.read(head.checkpoint)
            if not note.signed_by(head.checkpoint, self.keys):
                return ["the head is not signed by a key that is believed here"]
            changes = rotation.rotations(self._says[rotation.KIND], self._learned, self.trust)
            if changes:
                last = changes[-1]
                if last.new not in self.keys or not note.signed_by(head.checkpoint, (last.new,)):
                    return [f"the head is not signed by the key that entry {last.entry} names"]
                self.keys = (*self.keys, *(c.old for c in changes))
        except InvalidError as error:
            return [f"the head's checkpoint cannot be read: {error}"]
        if checkpoint.size != head.size:
            return [f"the head says {head.size} entries, and its checkpoint {checkpoint.size}"]
        if not whole:
            return []
        if merkle.root_of(frontier) != checkpoint.root:
            return [self._first_other()]
        return [] if b"".join(frontier) == head.frontier else ["the head's frontier is not that of the entries"]

    def _beside(self, head: Head) -> list[str]:  # (4)
        """What is wrong with what is derived of the entries, and with the state that the gate signs beside its head."""
        if (number := self.store.number()) < schema.DERIVES:
            if any(self.store.has(table) for table in schema.DERIVED):
                return [
                    f"it says that its layout is {number}, and it has tables of {schema.DERIVES}: somebody has set the number back"
                ]
            self.notes.append("it has an earlier layout; `policy ledger migrate` brings it to this version's")
            return []
        try:
            state = states.read(text := self.store.state())
            signed = note.signed_by(text, self.keys)
            of_head = note.signed_by(head.checkpoint, self.keys)
        except InvalidError as error:
            return [f"the state beside the head cannot be read: {error}"]
        if not signed or signed != of_head:
            return ["the state beside the head is not signed by the key that has signed the head"]
        checkpoint = note.read(head.checkpoint)
        if (state.origin, state.size, state.root) != (checkpoint.origin, checkpoint.size, checkpoint.root):
            return ["the state beside the head is of another head"]
        if state.at != self._at[head.size - 1]:
            return ["the state beside the head has another time than the last entry"]
        return [*self._derived.faults(self.store, state.lists), *self._bent()]

    def _bent(self) -> list[str]:
        """What is wrong with the rows of the lists."""
        store, derived, own = self.store, self._derived, os.getpid()

        def begin() -> Callable[[tuple[bytes, bytes]], list[int]]:
            here = store if os.getpid() == own else store.again()
            return lambda between: derived.bent(here, between)

        last = [index for found in self._every(RANGES, begin) for index in found]
        if (listed := store.last_listed()) >= derived.size:
            last.append(listed)
        if not last:
            return []
        which = (
            "1 list leaves out, adds or alters entries"
            if len(last) == 1
            else f"{len(last)} lists leave out, add or alter entries"
        )
        return [f"{which}, up to entry {max(last)}"]

    def _first_other(self) -> str:
        """The first entries that differ from those which were signed, by the checkpoint stored behind each append."""
        frontier, begin = list[bytes](), 0
        for index, _, leaf, _, stored in self.store.rows():
            merkle.push(frontier, index, leaf)
            if stored is None:
                continue
            try:
                checkpoint = note.read(stored)
                signed = bool(note.signed_by(stored, self.keys))
            except InvalidError:
                signed = False
            if not signed or (checkpoint.size, checkpoint.root) != (index + 1, merkle.root_of(frontier)):
                where = f"entry {index} is" if begin == index else f"one of the entries {begin} to {index} is"
                return f"{where} not what was logged there: edited, or put in another's place"
            begin = index + 1
        return f"an entry from {begin} on is not what was logged there"


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"


def _misplaced(index: int, stored: str | None, frontier: list[bytes]) -> list[str]:
    """What is wrong with the checkpoint behind an entry; its signature is looked at where it is used."""
    if stored is None:
        return []
    try:
        checkpoint = note.read(stored)
    except InvalidError as error:
        return [f"the checkpoint behind entry {index} cannot be read: {error}"]
    same = (checkpoint.size, checkpoint.root) == (index + 1, merkle.root_of(frontier))
    return [] if same else [f"the checkpoint behind entry {index} is not that of the entries up to there"]


def _gone(found: Iterable[int]) -> str:
    """How many large texts are not kept any more, and those of which entries."""
    indices = sorted(found)
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    words = [f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs]
    more = f" and {len(words) - _SHOWN} more ranges" if len(words) > _SHOWN else ""
    which = ", ".join(words[:_SHOWN]) + more
    texts, of = ("1 text", "entry") if len(indices) == 1 else (f"{len(indices)} texts", "entries")
    return f"{texts} of {of} {which} {'is' if len(indices) == 1 else 'are'} not kept any more"
