"""The ledger: entries in, receipts and proofs out.  What it says is signed; what it reads is checked."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError, UnreachableError
from letpass.frozen import Frozen, replace
from letpass.ledger import entry as entries
from letpass.ledger import mending, merkle, note, recovery, rotation
from letpass.ledger.appending import Batch
from letpass.ledger.auditing import Audit
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.gatekey import GateKey
from letpass.ledger.memory import Memory
from letpass.ledger.note import Checkpoint
from letpass.ledger.recovery import Loss
from letpass.ledger.rotation import Rotation
from letpass.ledger.store import Head, Store, Written
from letpass.trust import strict
from letpass.trust.chain import Trust
from letpass.trust.signers import Learned
from letpass.trust.verifiers import LOG, VerifierKey

SKEW = 5 * 60 * 1_000_000  # microseconds by which a clock may be behind another's, or ahead of the database's


class Receipt(Frozen):
    """Where an entry stands, when it was logged, and whether this append did it."""

    index: int
    at: int
    fresh: bool


class Proof(Frozen):
    """That an entry stands in the log of a checkpoint."""

    text: str
    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


class Unless(Frozen):
    """Entries from the index `since` on that must not be there: `stands` says why one stands in the way, or nothing."""

    since: int
    stands: Callable[[Logged], str]


_READ_BEFORE = (
    "`policy ledger verify` compares it with what was kept; where `policy ledger recover` has named what is missing since, start"
    " this process again"
)
"""What helps a process that has read entries which the log has no more."""


class Ledger:
    """An append-only log over a store.

    `keys`: whose checkpoints are believed; `signer`: the gate's key, without which nothing can be appended; `memory`: what
    was read of this log before; `trust`: whose root may say that a time was wrong; `clock`: this machine's, in microseconds.
    """

    def __init__(
        self, store: Store, keys: tuple[VerifierKey, ...], signer: GateKey | None = None, memory: Memory | None = None,
        trust: Trust | None = None, clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:  # fmt: skip
        self.trust, self.clock = trust, clock
        self._said: dict[str, tuple[int, Any]] = {}
        self.store, self.signer = store, signer
        self.keys = keys if signer is None or signer.public in keys else (*keys, signer.public)
        self.memory = memory or Memory()

    # ------------------------------------------------------------ writing

    def append(
        self, new: Sequence[Entry], now: int, material: Sequence[tuple[str, bytes]] = (), unless: Unless | None = None,
        mends: Mapping[int, int] | None = None, key: GateKey | None = None,
    ) -> tuple[Receipt, ...]:  # fmt: skip
        """Log entries, all or none; what is there already is not logged twice.  Durable when it returns.

        unless: what was logged since somebody looked, and must not have been · mends: the times of entries as one of the new
        ones mends them, by their indices · key: that signs from here on, by one of the new entries.

        1. the end of the log is locked, and is what its checkpoint says · 2. the clock does not run backwards, and is that
        of the database · 3. known entries keep their place, new ones get the next · 4. the new head is signed · 5. what was
        written is read back before it holds · 6. and afterwards on another connection.
        Raises `UnreachableError` where the log cannot be written, ValueError for an entry that does not fit a leaf.
        """
        if self.signer is None:
            raise UnreachableError.of("GATE412", "the ledger cannot be written without the gate's key", self.store.name)
        self.store.second  # noqa: B018 - opened before anything is written, so that it is not what fails behind it
        with self.store.transaction():
            head = self.store.head(lock=True)
            frontier = self._frontier(head, own=key is None)  # (1)
            if unless is not None:
                self._nothing(unless)
            last = self._last(head, mends or {})
            self._on_time(now, head.size - 1, last)  # (2)
            at = max(now, last)
            at -= at % 1_000_000
            receipts, rows, size = [], list[Written](), head.size
            mine: dict[str, Receipt] = {}
            for each in new:  # (3)
                known = mine.get(each.key) or self._known(each)
                if known is None:
                    text = each.text(at)
                    leaf = merkle.leaf_hash(text.encode("utf-8"))
                    rows.append((size, text, leaf, each.key, None))
                    merkle.push(frontier, size, leaf)
                    receipts.append(Receipt(size, at, fresh=True))
                    size += 1
                else:
                    receipts.append(known)
                mine[each.key] = Receipt(receipts[-1].index, receipts[-1].at, fresh=False)
            if rows:  # (4)
                by = key or self.signer
                text = note.body(by.public.name, size, merkle.root_of(frontier))
                signed = note.sign(by.private, by.public, text)
                rows[-1] = (*rows[-1][:4], signed)
                head = Head(size, b"".join(frontier), signed)
            batch = Batch(rows, head, material)
            batch.write(self.store)  # (5)
        batch.confirm(self.store)  # (6)
        return tuple(receipts)

    def _last(self, head: Head, mends: Mapping[int, int]) -> int:
        """The time of the last entry."""
        end = head.size - 1
        return 0 if end < 0 else mends[end] if end in mends else self.entry(end).at

    def _on_time(self, now: int, end: int, last: int) -> None:
        """Raise `UnreachableError` where the clock is not that of the database, or is behind the last entry.

        What a long run has found out is logged although `now`, when it began, is long ago.
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

    def _nothing(self, unless: Unless) -> None:
        """Raise `UnreachableError` where an entry stands in the way that was logged since somebody looked."""
        for index, text, _, _, _ in self.store.rows(unless.since):
            if why := unless.stands(self._entry(index, text)):
                raise UnreachableError.of("GATE431", why, self.store.name, "look again, and try again")

    def _known(self, new: Entry) -> Receipt | None:
        found = self.store.find(new.key)
        if found is None:
            return None
        logged = self._entry(*found)
        if logged.entry.key != new.key:
            raise self._torn(f"entry {found[0]} is filed under another's key")
        return Receipt(found[0], logged.at, fresh=False)

    def _frontier(self, head: Head, *, own: bool = True) -> list[bytes]:
        """The frontier of the tree, which the signed checkpoint must agree with.  `own`: the gate's key has signed it."""
        frontier = [head.frontier[i : i + 32] for i in range(0, len(head.frontier), 32)]
        if self.store.last() + 1 != head.size:
            raise self._torn(f"it has {self.store.last() + 1} entries, and its head says {head.size}")
        if head.size:
            checkpoint = self._signed_checkpoint(head.checkpoint)
            if (checkpoint.size, checkpoint.root) != (head.size, merkle.root_of(frontier)):
                raise self._torn("its head is not what its checkpoint says")
            if self.signer is not None and checkpoint.origin != self.signer.public.name:
                raise self._torn(
                    f"it was begun with the key `{checkpoint.origin}`, and this gate's is `{self.signer.public.name}`"
                )
            if own and self.signer is not None and not note.signed_by(head.checkpoint, (self.signer.public,)):
                raise UnreachableError.of(
                    "GATE421",
                    f"the gate's key is another by now: this one, `{self.signer.public}`, has not signed the ledger's head",
                    self.store.name,
                    "bring the new key; `policy ledger list --kind key` shows which it is",
                )
        return frontier

    def _torn(self, what: str, mend: str = "`policy ledger verify` names the entry") -> Exception:
        return UnreachableError.of("GATE421", f"the ledger is not to be trusted: {what}", self.store.name, mend)

    def _signed_checkpoint(self, text: str) -> Checkpoint:
        """A checkpoint with a signature by a key that is believed; raises `UnreachableError`."""
        try:
            found = note.read(text)
            logs = tuple(k for k in self.believed if k.kind == LOG and k.name == found.origin)
            if not note.signed_by(text, logs):
                raise InvalidError(f"its checkpoint of `{found.origin}` is not signed by a key that is believed here")
        except InvalidError as error:
            raise self._torn(str(error)) from None
        return found

    # ------------------------------------------------------------ reading

    def checkpoint(self) -> Checkpoint:
        """The signed head; raises `UnreachableError` for an empty ledger."""
        head = self.store.head()
        if not head.size:
            raise UnreachableError.of("GATE420", "the ledger is empty", self.store.name)
        found = self._signed_checkpoint(head.checkpoint)
        if found.size != head.size:
            raise self._torn(f"its head says {head.size} entries, and its checkpoint {found.size}")
        return found

    def size(self) -> int:
        """How many entries there are, as its head says."""
        return self.store.head().size

    def texts(self) -> Sequence[tuple[int, str]]:
        """All entries as index and text, found to be what the signed head says; raises `UnreachableError`.

        This is what a decision rests on: the texts are hashed, nothing else in the store is asked about them, and what
        the head does not sign is not there.  What was read before is not read again: the rest must continue it.
        """
        known = self.memory
        with known.lock, self.store.reading():
            head, size = self.store.head(), len(known.texts)
            if head.size < size:
                raise self._torn(
                    f"it has {head.size} entries, and {size} of it were read before: it was cut", _READ_BEFORE
                )
            frontier, new = list(known.frontier), list[tuple[int, str]]()
            for index, text, leaf, _, _ in self.store.rows(size or None):
                hashed = merkle.leaf_hash(text.encode("utf-8"))
                if hashed != leaf or index != size + len(new) or index >= head.size:
                    raise self._torn(f"entry {index} was edited, or does not belong there")
                merkle.push(frontier, index, hashed)
                new.append((index, text))
            if head.size or new:
                checkpoint, root = self._signed_checkpoint(head.checkpoint), merkle.root_of(frontier)
                if (checkpoint.size, checkpoint.root) != (size + len(new), root):
                    more = (_READ_BEFORE,) if size else ()
                    raise self._torn("its entries are not those that its checkpoint signs", *more)
                known.grow(new, frontier, root)
                self._current(head)
            return known.texts

    def _current(self, head: Head) -> None:
        """Raise `UnreachableError` where the key that the log names last has not signed its head, or is not believed."""
        if not self._rotated:
            return
        last = self._rotated[-1]
        if last.new not in self.keys or not note.signed_by(head.checkpoint, (last.new,)):
            raise self._torn(f"entry {last.entry} made `{last.new}` the gate's key, and its head is not signed by that")

    def knows(self, old: Checkpoint) -> bool:
        """Is an earlier checkpoint one that this log was seen to go through; where not, `goes_on` tells."""
        now = self.checkpoint()
        self.texts()
        return old.origin == now.origin and self.memory.roots.get(old.size) == old.root

    def entries(self, start: int = 0) -> list[Logged]:
        """All entries from an index on, in order, as `texts` finds them."""
        return [self._entry(index, text) for index, text in self.texts()[max(start, 0) :]]

    def each(self, start: int = 0, *, backwards: bool = False) -> Iterator[Logged]:
        """The entries from an index on, as `texts` finds them, one after another; `backwards`: the newest first.  None is kept
        in mind.
        """
        texts = self.texts()
        mended = self.mended
        for index, text in reversed(texts) if backwards else texts[max(start, 0) :]:
            if index < start:
                return
            try:
                found = entries.read(index, text)
            except InvalidError as error:
                raise self._torn(f"entry {index} cannot be read: {error}") from None
            yield replace(found, at=mended[index]) if index in mended else found

    def entries_of(self, *kinds: str, since: int = 0) -> list[Logged]:
        """The entries of some kinds from an index on, in order; what was looked through before is not looked through again."""
        self.texts()
        found = [self._entry(e.index, e.text) for kind in kinds for e in self._marked(kind, since)]
        return sorted(found, key=lambda e: e.index)

    def about(self, model: str = "", *artifacts: str, since: int = 0) -> list[Logged]:
        """The entries from an index on about a model, about artifacts under whatever name, and about no model at all, in order."""
        # an entry's text is canonical, so a name that is not in it stands in none of its fields
        texts, known = self.texts(), self.memory
        named = [f'"model":{canonical(model).decode("utf-8")}'] if model else []
        with known.lock:
            listed = [self._having(part, texts) for part in (*named, *filter(None, artifacts))]
            listed.append(self._having('"model":', texts, has=False))
            found = {i for indices in listed for i in indices[bisect_left(indices, since) :]}
            entries = [self._entry(i, texts[i][1]) for i in sorted(found) if i < len(texts)]
        return [e for e in entries if not e.entry.model or e.entry.model == model or e.entry.artifact in artifacts]

    def _having(self, part: str, texts: Sequence[tuple[int, str]], *, has: bool = True) -> list[int]:
        """The entries whose texts have some characters, or have them not; what was looked through is not looked through again."""
        begin, indices = self.memory.having.get((part, has), (0, []))
        indices += [i for i, text in texts[begin:] if (part in text) is has]
        self.memory.having[part, has] = max(begin, len(texts)), indices
        return indices

    def registries(self) -> frozenset[str]:
        """The registries whose models the entries name, without their workspaces."""
        texts, known = self.texts(), self.memory
        with known.lock:
            begin, found = known.registries
            for index, text in texts[begin:]:
                # an entry's text is canonical: `registry` of the entry itself stands behind `model`, and is no part of `data`
                if '"registry":"' in text and not any(f'"registry":"{n}{e}' in text for n in found for e in '"/'):
                    found |= {self._entry(index, text).entry.registry.partition("/")[0]} - {""}
            known.registries = max(begin, len(texts)), found
        return found

    def _entry(self, index: int, text: str) -> Logged:
        """An entry with the time that it is held to be of."""
        known, mended = self._said.get(mending.KIND, (-1, None))
        if known != len(self.memory.texts):
            mended = self.mended
        found, at = self._written(index, text), mended.get(index)
        return found if at is None else replace(found, at=at)

    def _written(self, index: int, text: str) -> Logged:
        """An entry as it is written."""
        known = self.memory.parsed.get(index)
        if known is not None and known.text == text:
            return known
        try:
            found = entries.read(index, text)
        except InvalidError as error:
            raise self._torn(f"entry {index} cannot be read: {error}") from None
        self.memory.parsed[index] = found
        return found

    @property
    def mended(self) -> Mapping[int, int]:
        """The times of entries that were wrong, as they are held to be, by their indices; of what was read so far."""
        texts = self.memory.texts
        at, text = (lambda i: self._written(i, texts[i][1]).at), (lambda i: texts[i][1])
        found: Mapping[int, int] = self._judged(mending.KIND, lambda e, k: mending.times(e, k, at, text, self.trust))
        return found

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What was lost of the log, of what was read so far."""
        found: tuple[Loss, ...] = self._judged(recovery.KIND, lambda e, k: recovery.losses(e, k, self.trust))
        return found

    @property
    def _rotated(self) -> tuple[Rotation, ...]:
        """The changes of the gate's key, of what was read so far."""
        found: tuple[Rotation, ...] = self._judged(rotation.KIND, lambda e, k: rotation.rotations(e, k, self.trust))
        return found

    @property
    def believed(self) -> tuple[VerifierKey, ...]:
        """Whose checkpoints are believed: `keys`, and those that the log had before one of them."""
        changes = self._rotated
        return (*self.keys, *(c.old for c in changes)) if changes and changes[-1].new in self.keys else self.keys

    def _judged(self, kind: str, judge: Callable[[list[Logged], Learned], Any]) -> Any:
        """What the entries of a kind say together, judged anew where more was read since."""
        size = len(self.memory.texts)
        known, found = self._said.get(kind, (-1, None))
        if known != size:
            logged = self._marked(kind)
            found = judge(logged, mending.learned(self._marked("trust") if logged else ()))
            self._said[kind] = size, found
        return found

    def _marked(self, kind: str, since: int = 0) -> list[Logged]:
        """The entries of a kind from an index on, as they are written, of what was read so far; nothing is looked through twice."""
        known = self.memory
        with known.lock:
            begin, indices = known.by_kind.get(kind, (0, []))
            marked = f'"kind":"{kind}"'  # an entry's text is canonical; its data may hold these characters too
            new = [self._written(i, text) for i, text in known.texts[begin:] if marked in text]
            indices = [*indices, *[e.index for e in new if e.entry.kind == kind]]
            known.by_kind[kind] = len(known.texts), indices
            return [self._written(i, known.texts[i][1]) for i in indices[bisect_left(indices, since) :]]

    def entry(self, index: int) -> Logged:
        """One entry; raises `InvalidError` where there is none, `UnreachableError` where it was edited."""
        row = next(self.store.rows(index), None) if 0 <= index < 2**62 else None
        if row is None or row[0] != index:
            raise InvalidError(f"there is no entry {index}")
        if merkle.leaf_hash(row[1].encode("utf-8")) != row[2]:
            raise self._torn(f"entry {index} was edited")
        return self._entry(index, row[1])

    def prove(self, index: int) -> Proof:
        """That an entry is in the log of its head; raises `InvalidError` where there is none, `UnreachableError`."""
        with self.store.reading():
            checkpoint = self.checkpoint()
            leaves = self.store.leaves(checkpoint.size)
            return Proof(self.entry(index).text, index, merkle.inclusion(leaves, index), checkpoint)

    def stored(self, size: int) -> Checkpoint:
        """The checkpoint that was signed when the log had so many entries; raises `InvalidError` where none was."""
        row = next(self.store.rows(size - 1), None) if 0 < size < 2**62 else None
        if row is None or row[0] != size - 1 or row[4] is None:
            raise InvalidError(f"there is no checkpoint at size {size}")
        found = self._signed_checkpoint(row[4])
        if found.size != size:
            raise self._torn(f"the checkpoint behind entry {size - 1} is of {found.size} entries")
        return found

    def goes_on(self, old: Checkpoint) -> None:
        """Raise `UnreachableError` where the log does not continue an earlier head of it, unless that is known as lost."""
        if not self.knows(old) and (old.origin != self.checkpoint().origin or recovery.of(self.losses, old) is None):
            self.continues(old)

    def continues(self, old: Checkpoint) -> tuple[bytes, ...]:
        """The proof that the log continues an earlier checkpoint of it.

        Raises `UnreachableError` where it does not: it was truncated, rewritten, or is another log.
        """
        with self.store.reading():
            now = self.checkpoint()
            if old.origin != now.origin:
                raise self._torn(f"it is the log `{now.origin}`, and the checkpoint is of `{old.origin}`")
            if old.size > now.size:
                raise self._torn(
                    f"it has {now.size} entries, and a checkpoint of {old.size} was kept: it was cut, or an old copy was brought back",
                    "bring the newest copy back; where there is none, `policy ledger recover --reason TEXT` names what is missing",
                )
            leaves = self.store.leaves(now.size)
            proof = merkle.consistency(leaves, old.size)
            if len(leaves) != now.size or not merkle.continues(old.size, now.size, old.root, now.root, proof):
                raise self._torn(f"its first {old.size} entries are not those of the checkpoint that was kept")
        return proof

    # ------------------------------------------------------------ verifying

    def audit(self) -> Audit:
        """A look at the whole log: what is wrong with it, and what is not kept any more."""
        return Audit(self.store, self.keys, self.trust)

    def faults(self) -> list[str]:
        """Everything that is wrong with the whole log, each with the entry that it concerns; nothing where all is right."""
        return self.audit().faults
