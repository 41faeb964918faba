"""A log at one signed head: its entries, its lists, and proofs, all compared with that head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from letpass.diagnostics import InvalidError, LetpassError, UnreachableError
from letpass.frozen import Frozen
from letpass.ledger import entry as entries
from letpass.ledger import merkle, note
from letpass.ledger.entry import Logged
from letpass.ledger.index import BentIndexError, Index
from letpass.ledger.listing import Cursors, Listed
from letpass.ledger.note import Checkpoint
from letpass.ledger.state import State
from letpass.ledger.store import Head, Store
from letpass.ledger.subtrees import WIDTH, Bent, Groups, Subtrees

_FEW = 64  # entries that are added to an earlier tree one by one: for more a proof takes less time


_DERIVED = "`policy ledger verify` tells what was altered; where all entries are right, `policy ledger migrate --anew` mends it"


class Proof(Frozen):
    """The proof that an entry stands in the log of a checkpoint."""

    text: str
    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint


def torn(name: str, what: str, mend: str = "`policy ledger verify` names the entry") -> LetpassError:
    """The error for a ledger that is not what was signed."""
    return UnreachableError.of("GATE421", f"the ledger is not to be trusted: {what}", name, mend)


def cut(store: Store, what: str, mend: str) -> LetpassError:
    """The error for a log that has fewer entries than were seen of it; a replica may only be behind."""
    if store.follows():
        return UnreachableError.of(
            "GATE420", f"the ledger cannot be used: this is a replica, and behind: {what}", store.name,
            "try again in a moment, or name the primary; nothing is lost by it",
        )  # fmt: skip
    return torn(store.name, f"{what}: it was cut, or an old copy was brought back", mend)


def goes_on(store: Store, head: Head, old: Checkpoint, *, same: bool) -> None:
    """Raise `UnreachableError` where a log with a head does not continue an earlier one; `same`: its first entries are those."""
    if not head.size:
        raise UnreachableError.of("GATE420", "the ledger is empty", store.name)
    origin = note.read(head.checkpoint).origin
    if old.origin != origin:
        raise torn(store.name, f"it is the log `{origin}`, and the checkpoint is of `{old.origin}`")
    if old.size > head.size:
        raise cut(
            store,
            f"it has {head.size} entries, and a checkpoint of {old.size} was kept",
            "bring the newest copy back; where there is none, `policy ledger recover --reason TEXT` names what is missing",
        )
    if not same:
        raise torn(store.name, f"its first {old.size} entries are not those of the checkpoint that was kept")


def frontier(head: Head) -> tuple[bytes, ...]:
    """The roots of the full subtrees of a tree, as its head has them."""
    return tuple(head.frontier[i : i + merkle.SIZE] for i in range(0, len(head.frontier), merkle.SIZE))


class View:
    """A log as it is when its head and its state are these, which are verified.

    head, checkpoint, state: of the log; of an empty one the last two are None · nodes, groups: what was read of it before, and is read on.
    What is read is compared with what is signed; raises `UnreachableError` where it is another.
    """

    def __init__(
        self, store: Store, head: Head, checkpoint: Checkpoint | None, state: State | None, nodes: dict[int, bytes],
        groups: Groups,
    ) -> None:  # fmt: skip
        self.store, self.head, self.checkpoint, self.state = store, head, checkpoint, state
        self.frontier = frontier(head)
        self.subtrees = Subtrees(store, head.size, self.frontier, groups)
        self.index = Index(store, state.lists if state is not None else b"", nodes)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.head.size

    # ------------------------------------------------------------ lists

    def lists(self, keys: Sequence[bytes]) -> dict[bytes, Listed]:
        """The lists with these keys."""
        try:
            return self.index.find(keys)
        except BentIndexError:
            raise torn(self.store.name, "the tree of its lists is not the one that is signed", _DERIVED) from None

    def listed(self, keys: Sequence[bytes], after: Cursors = MappingProxyType({})) -> tuple[list[Logged], Cursors]:
        """The entries of lists, each once and in order, behind those that were read before; and how far they are read now."""
        now = self.lists(keys)
        found = {e.index: e for key in now for e in self._behind(key, after.get(key, Listed()), now[key])}
        return [found[i] for i in sorted(found)], now

    def _behind(self, key: bytes, before: Listed, now: Listed) -> list[Logged]:
        """The entries of one list behind those that were read."""
        if before == now:
            return []
        rows, reached = self.store.listed(key, before.last), before
        for index, text in rows:
            reached = reached.and_(index, merkle.leaf_hash(text.encode("utf-8")))
        if reached != now:
            for index, _ in rows:
                self.entry(index)  # says so where it is this one that was edited
            where = (
                f"{now.size - before.size} entries of it behind entry {before.last}"
                if before.size
                else f"{now.size} entries of it"
            )
            what = f"one of its lists leaves out, adds or alters an entry: {where} were signed"
            raise torn(self.store.name, what, _DERIVED)
        return [self._read(index, text) for index, text in rows]

    # ------------------------------------------------------------ entries

    def entry(self, index: int) -> Logged:
        """One entry as it is written; raises `InvalidError` where there is none."""
        if not 0 <= index < self.size:
            raise InvalidError(f"there is no entry {index}")
        row = self.store.texts(index, 1)
        if not row or merkle.leaf_hash(row[0][1].encode("utf-8")) != self._leaf(index):
            raise self._torn(f"entry {index} was edited, or is missing")
        return self._read(*row[0])

    def _block(self, number: int, start: int) -> list[tuple[int, str]]:
        """The index and text of the entries of a block, from an index on."""
        begin, end = max(number * WIDTH, start), min((number + 1) * WIDTH, self.size)
        rows = self.store.texts(begin, end - begin)
        for (index, text), leaf in zip(rows, self._leaves(number)[begin - number * WIDTH :], strict=False):
            if merkle.leaf_hash(text.encode("utf-8")) != leaf:
                raise self._torn(f"entry {index} was edited, or does not belong there")
        if len(rows) != end - begin:
            raise self._torn(f"it has {len(rows)} entries from {begin} on, and {end - begin} were signed")
        return rows

    def each(self, start: int = 0, *, backwards: bool = False) -> Iterator[Logged]:
        """The entries from an index on as they are written, one after another; `backwards`: the newest first."""
        start = max(start, 0)
        first, last = start // WIDTH, -(-self.size // WIDTH) if start < self.size else 0
        for number in range(last - 1, first - 1, -1) if backwards else range(first, last):
            rows = self._block(number, start)
            for index, text in reversed(rows) if backwards else rows:
                yield self._read(index, text)

    def _leaf(self, index: int) -> bytes:
        return self._leaves(index // WIDTH)[index % WIDTH]

    def _leaves(self, block: int) -> list[bytes]:
        try:
            return self.subtrees.leaves(block)
        except Bent as error:
            raise self._bent(error) from None

    def _read(self, index: int, text: str) -> Logged:
        try:
            return entries.read(index, text)
        except InvalidError as error:
            raise self._torn(f"entry {index} cannot be read: {error}") from None

    # ------------------------------------------------------------ proofs

    def prove(self, index: int) -> Proof:
        """The proof that an entry is in the log of this head; raises `InvalidError` where there is none."""
        try:
            path = merkle.inclusion(self.size, index, self.subtrees.over)
        except Bent as error:
            raise self._bent(error) from None
        assert self.checkpoint is not None
        return Proof(self.entry(index).text, index, path, self.checkpoint)

    def continues(self, size: int, root: bytes) -> tuple[bytes, ...] | None:
        """The proof that the log continues an earlier head of it, None where it does not."""
        if size > self.size or self.checkpoint is None:
            return None
        try:
            proof = merkle.consistency(self.size, size, self.subtrees.over)
        except Bent as error:
            raise self._bent(error) from None
        return proof if merkle.continues(size, self.size, root, self.checkpoint.root, proof) else None

    def goes_on_from(self, head: Head) -> bool:
        """Does the log continue an earlier head of it, which was verified."""
        count = self.size - head.size
        if 0 <= count <= _FEW:
            found = list(frontier(head))
            for index, leaf in enumerate(self.store.leaves(head.size, count), head.size):
                merkle.push(found, index, leaf)
            return tuple(found) == self.frontier
        return self.continues(head.size, merkle.root_of(frontier(head))) is not None

    # ------------------------------------------------------------ errors

    def _bent(self, error: Bent) -> LetpassError:
        """Which entry is another, or is missing, in the part of the log whose hashes do not lead to its root."""
        first, last = error.begin, error.end - 1
        which = f"entry {first} is" if first == last else f"one of the entries {first} to {last} is"
        what = f"{which} missing, or its hash, or that of a subtree over it, is not what was signed"
        return torn(self.store.name, what, _DERIVED)

    def _torn(self, what: str) -> LetpassError:
        return torn(self.store.name, what)
