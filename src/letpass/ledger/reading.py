"""Reading the ledger: its newest head, which is signed and goes on from those before, and what stands below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from letpass.diagnostics import InvalidError, LetpassError, UnreachableError
from letpass.frozen import replace
from letpass.ledger import listing, mending, merkle, note, recovery, rotation
from letpass.ledger import state as states
from letpass.ledger.entry import Logged, same_in
from letpass.ledger.listing import Cursors, Listed
from letpass.ledger.memory import Memory, Signers
from letpass.ledger.note import Checkpoint
from letpass.ledger.recovery import Loss
from letpass.ledger.rotation import Rotation
from letpass.ledger.state import State
from letpass.ledger.store import Head, Store
from letpass.ledger.view import Proof, View, cut, frontier, goes_on, torn
from letpass.trust.chain import Trust
from letpass.trust.signers import Learned
from letpass.trust.verifiers import LOG, VerifierKey

if TYPE_CHECKING:
    from letpass.ledger.auditing import Audit, Every

_STANDING = frozenset({"trust", "policies", "adoption", "ungate", "revocation", "clock", "key", "recovery"})
"""The kinds of entries that every decision asks for: about the project, or about bytes under every name, and so few."""


_READ_BEFORE = (
    "`policy ledger verify` compares it with what was kept; where `policy ledger recover` has named what is missing since, start"
    " this process again"
)
"""What helps a process that has read entries which the log has no more."""


class Reader:
    """A log over a store, as far as it can be read.

    `keys`: whose checkpoints are believed; `memory`: what was read of this log before; `trust`: whose root may say that a time
    was wrong.
    """

    def __init__(
        self, store: Store, keys: tuple[VerifierKey, ...], memory: Memory | None = None, trust: Trust | None = None
    ) -> None:
        self.store, self.keys, self.trust, self.memory = store, keys, trust, memory or Memory()
        self._said: dict[str, tuple[int, Any]] = {}  # what entries say of the log itself, and of how many that is

    def _torn(self, what: str, *mend: str) -> LetpassError:
        return torn(self.store.name, what, *mend)

    # ------------------------------------------------------------ the newest head

    def _view(self, *, lock: bool = False) -> View:
        """The log as its signed head has it, found to go on from what this process has seen of it; within a view of the store.

        Raises `UnreachableError`.
        """
        known = self.memory
        head, written = self.store.newest(lock=lock)
        same = known.state is not None and (head, written) == (known.head, known.state.note)
        if same and known.keys == self.keys and known.trust is self.trust:
            return View(self.store, head, known.checkpoint, known.state, known.nodes, known.groups)
        self._no_more(head)
        if head.size < known.head.size:
            what = f"it has {head.size} entries, and {known.head.size} of it were read before"
            raise cut(self.store, what, _READ_BEFORE)
        if not head.size:
            if written:
                raise self._torn("it is empty, and a state of it is signed")
            return View(self.store, head, None, None, {}, {})
        checkpoint, state, signers = self._signed(head, written)
        groups, standing, said = dict(known.groups), dict(known.standing), dict(self._said)
        view = View(self.store, head, checkpoint, state, known.nodes, groups)
        try:
            if known.checkpoint is not None and not view.goes_on_from(known.head):
                raise self._torn("its entries are not those that were read of it before", _READ_BEFORE)
            self._current(view)
            self._not_replaced(view, known.signers, signers)
        except LetpassError:
            # what was read below a head that is refused must not be used below the next one
            known.standing, self._said = standing, said
            raise
        known.take(head, checkpoint, state, self.keys, self.trust, signers)
        known.groups = groups
        return view

    def _no_more(self, head: Head) -> None:
        """Raise `UnreachableError` where there are other entries than the head says: who put them there means them to count."""
        if (size := self.store.last() + 1) != head.size:
            raise self._torn(f"it has {size} entries, and its head says {head.size}")

    def _signed(self, head: Head, written: str) -> tuple[Checkpoint, State, Signers]:
        """The checkpoint and the state of a head, of the same entries, and the keys that are believed and have signed both."""
        checkpoint, signers = self._by(self.keys, head.checkpoint)
        if checkpoint.size != head.size:
            raise self._torn(f"its head says {head.size} entries, and its checkpoint {checkpoint.size}")
        if checkpoint.root != merkle.root_of(frontier(head)):
            raise self._torn("its head is not what its checkpoint says")
        try:
            state = states.read(written)
            if set(note.signed_by(written, _of_log(self.keys, checkpoint))) != set(signers):
                raise InvalidError("it is not signed by the key that has signed the head")
        except InvalidError as error:
            raise self._torn(f"its state cannot be believed: {error}") from None
        if (state.origin, state.size, state.root) != (checkpoint.origin, checkpoint.size, checkpoint.root):
            raise self._torn(f"its state is of {state.size} entries of `{state.origin}`, and not of its head")
        return checkpoint, state, signers

    def _by(self, keys: tuple[VerifierKey, ...], text: str) -> tuple[Checkpoint, Signers]:
        """A checkpoint, and those of these keys that have signed it, which is one at least; raises `UnreachableError`."""
        try:
            found = note.read(text)
            if not (signers := note.signed_by(text, _of_log(keys, found))):
                raise InvalidError(f"its checkpoint of `{found.origin}` is not signed by a key that is believed here")
        except InvalidError as error:
            raise self._torn(str(error)) from None
        return found, signers

    def _current(self, view: View) -> None:
        """Raise `UnreachableError` where the key that the log names last has not signed its head, or is not believed."""
        changes = self._rotated(view)
        if not changes:
            return
        new, signed = changes[-1].new, (view.head.checkpoint, view.state.note if view.state is not None else "")
        if new not in self.keys or not all(note.signed_by(text, (new,)) for text in signed):
            raise self._torn(
                f"entry {changes[-1].entry} made `{new}` the gate's key, and its head is not signed by that"
            )

    def _not_replaced(self, view: View, before: Signers, now: Signers) -> None:
        """Raise `UnreachableError` where a key signed an earlier head that has not signed this one, and no entry has replaced it.

        Somebody with a key that was replaced can sign lists in which the entry that says so is left out: it is known by what
        the key behind it has signed.
        """
        if len(before) == 1 and before == now:
            return
        replaced = {c.old for c in self._rotated(view)}
        for key in before:
            if key not in replaced and key not in now:
                by = " and ".join(f"`{k}`" for k in now)
                raise self._torn(
                    f"an earlier head of it is signed by `{key}`, its head by {by}, and no entry replaces the first"
                )

    def _signers(self, old: Checkpoint) -> Signers:
        """Those keys that are believed and have signed an earlier checkpoint; raises `UnreachableError` for a signature that does not
        fit."""
        try:
            return note.signed_by(old.note, _of_log(self.keys, old))
        except InvalidError as error:
            raise self._torn(str(error)) from None

    @contextmanager
    def _reading(self) -> Iterator[View]:
        """The newest head, and one view of the store below it."""
        with self.memory.lock, self.store.reading():
            yield self._view()

    # ------------------------------------------------------------ reading

    def checkpoint(self) -> Checkpoint:
        """The signed head; raises `UnreachableError` for an empty ledger."""
        with self._reading() as view:
            if view.checkpoint is None:
                raise UnreachableError.of("GATE420", "the ledger is empty", self.store.name)
            return view.checkpoint

    def size(self) -> int:
        """How many entries there are, as its signed head says."""
        with self._reading() as view:
            return view.size

    def knows(self, old: Checkpoint) -> bool:
        """Is an earlier checkpoint one that this log was seen to go through; where not, `goes_on` tells."""
        now = self.checkpoint()
        return old.origin == now.origin and self.memory.roots.get(old.size) == old.root

    def entries(self, start: int = 0) -> list[Logged]:
        """All entries from an index on, in order."""
        return list(self.each(start))

    def each(self, start: int = 0, *, backwards: bool = False) -> Iterator[Logged]:
        """The entries from an index on, one after another; `backwards`: the newest first.  None is kept in mind."""
        with self._reading() as view:
            mended = self._mended(view)
        # what is read behind this is compared with the same head, whatever is appended meanwhile
        for logged in view.each(start, backwards=backwards):
            yield replace(logged, at=mended[logged.index]) if logged.index in mended else logged

    def entries_of(self, *kinds: str, since: int = 0) -> list[Logged]:
        """The entries of some kinds from an index on, in order."""
        with self._reading() as view:
            found = [e for kind in kinds for e in self._of_kind(view, kind) if e.index >= since]
            return list(self._timed(view, sorted(found, key=lambda e: e.index)))

    def about(self, model: str = "", *artifacts: str, registry: str = "") -> list[Logged]:
        """The entries about a model of a registry, about artifacts under whatever name, and about no model at all, in order."""
        return list(once(self.listed(about(registry, model, artifacts))[0]))

    def listed(self, keys: Sequence[bytes], after: Cursors = MappingProxyType({})) -> tuple[list[Logged], Cursors]:
        """The entries of lists, each once and in order, behind those that were read before; and how far they are read now.

        What was logged twice comes twice: whoever reads on tells, by `entry.same_in`.
        """
        with self._reading() as view:
            found, now = view.listed(keys, after)
            return list(self._timed(view, found)), now

    def gated(self) -> Mapping[tuple[str, str], int]:
        """The kinds of moves, each with its stage or nothing, that entries show as gated, and the last entry that shows each."""
        with self._reading() as view:
            first, _ = view.listed([listing.GATES])
            gates = {g: listing.of_gate(*g) for e in first if (g := listing.gate_of(e.entry)) is not None}
            now = view.lists(list(gates.values()))
            return {gate: now[key].last for gate, key in gates.items()}

    def registries(self) -> frozenset[str]:
        """The registries whose models the entries name, without their workspaces."""
        with self._reading() as view:
            first, _ = view.listed([listing.REGISTRIES])
            return frozenset(e.entry.registry.partition("/")[0] for e in first)

    def entry(self, index: int) -> Logged:
        """One entry; raises `InvalidError` where there is none, `UnreachableError` where it was edited."""
        with self._reading() as view:
            return next(self._timed(view, [view.entry(index)]))

    # ------------------------------------------------------------ what entries say of the log itself

    def _of_kind(self, view: View, kind: str) -> Sequence[Logged]:
        """The entries of a kind as they are written; those that every decision asks for are read once."""
        before, known = self.memory.standing.get(kind, (Listed(), ()))
        key = listing.of_kind(kind)
        new, now = view.listed([key], {key: before})
        known = once((*known, *new)) if new else known
        if kind in _STANDING:
            self.memory.standing[kind] = now[key], known
        return known

    def _timed(self, view: View, logged: Iterable[Logged]) -> Iterator[Logged]:
        """Entries with the times that they are held to be of."""
        mended = self._mended(view)
        return (replace(e, at=mended[e.index]) if e.index in mended else e for e in logged)

    def _mended(self, view: View) -> Mapping[int, int]:
        """The times of entries that were wrong, as they are held to be, by their indices."""
        at, text = (lambda i: view.entry(i).at), (lambda i: view.entry(i).text)
        found: Mapping[int, int] = self._judged(
            view, mending.KIND, lambda e, k: mending.times(e, k, at, text, self.trust)
        )
        return found

    def _rotated(self, view: View) -> tuple[Rotation, ...]:
        """The changes of the gate's key."""
        found: tuple[Rotation, ...] = self._judged(
            view, rotation.KIND, lambda e, k: rotation.rotations(e, k, self.trust)
        )
        return found

    @property
    def mended(self) -> Mapping[int, int]:
        """The times of entries that were wrong, as they are held to be, by their indices."""
        with self._reading() as view:
            return self._mended(view)

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What was lost of the log."""
        with self._reading() as view:
            found: tuple[Loss, ...] = self._judged(view, recovery.KIND, lambda e, k: recovery.losses(e, k, self.trust))
            return found

    @property
    def believed(self) -> tuple[VerifierKey, ...]:
        """Whose checkpoints are believed: `keys`, and those that the log had before one of them."""
        with self._reading() as view:
            changes = self._rotated(view)
        return (*self.keys, *(c.old for c in changes)) if changes and changes[-1].new in self.keys else self.keys

    def _judged(self, view: View, kind: str, judge: Callable[[Sequence[Logged], Learned], Any]) -> Any:
        """What the entries of a kind say together, judged anew where the log has grown."""
        known, found = self._said.get(kind, (-1, None))
        if known != view.size:
            logged = self._of_kind(view, kind)
            found = judge(logged, mending.learned(self._of_kind(view, "trust")) if logged else ())
            self._said[kind] = view.size, found
        return found

    # ------------------------------------------------------------ proofs

    def prove(self, index: int) -> Proof:
        """The proof that an entry is in the log of its head; raises `InvalidError` where there is none, `UnreachableError`."""
        with self._reading() as view:
            return view.prove(index)

    def stored(self, size: int) -> Checkpoint:
        """The checkpoint that was signed when the log had so many entries; raises `InvalidError` where none was."""
        row = next(self.store.rows(size - 1), None) if 0 < size < 2**62 else None
        if row is None or row[0] != size - 1 or row[4] is None:
            raise InvalidError(f"there is no checkpoint at size {size}")
        found, _ = self._by(self.believed, row[4])
        if found.size != size:
            raise self._torn(f"the checkpoint behind entry {size - 1} is of {found.size} entries")
        return found

    def goes_on(self, old: Checkpoint) -> None:
        """Raise `UnreachableError` where the log does not continue an earlier head of it, unless that is known as lost, or where
        its head is signed by a key that was replaced since."""
        with self._reading() as view:
            if old.note and view.checkpoint is not None:
                self._not_replaced(view, self._signers(old), self.memory.signers)
        if not self.knows(old) and (old.origin != self.checkpoint().origin or recovery.of(self.losses, old) is None):
            self.continues(old)

    def continues(self, old: Checkpoint) -> tuple[bytes, ...]:
        """The proof that the log continues an earlier checkpoint of it.

        Raises `UnreachableError` where it does not: it was truncated, rewritten, or is another log.
        """
        with self._reading() as view:
            proof = view.continues(old.size, old.root)
            goes_on(self.store, view.head, old, same=proof is not None)
        return proof or ()

    # ------------------------------------------------------------ verifying

    def audit(self, *sizes: int, every: Every | None = None) -> Audit:
        """A look at the whole log: what is wrong with it, what is not kept any more, and the roots over its first entries.

        every: how results of many pieces of work are had, in order; in this process, where nothing is said.
        """
        from letpass.ledger.auditing import Audit  # which a decision does not need

        return Audit(self.store, self.keys, self.trust, sizes, every)

    def faults(self) -> list[str]:
        """Everything that is wrong with the whole log, each with the entry that it concerns; nothing where all is right."""
        return self.audit().faults


def once(logged: Iterable[Logged]) -> tuple[Logged, ...]:
    """Entries without those that stand there once more: each counts where it was logged first.

    No writer logs an entry twice; one that is made to, by a database that hides what is there, gives a word no later time.
    """
    found: dict[str, Logged] = {}
    for each in logged:
        found.setdefault(same_in(each), each)
    return tuple(found.values())


def _of_log(keys: tuple[VerifierKey, ...], checkpoint: Checkpoint) -> tuple[VerifierKey, ...]:
    """Those of some keys that sign the log of a checkpoint."""
    return tuple(k for k in keys if k.kind == LOG and k.name == checkpoint.origin)


def about(registry: str, model: str, artifacts: Iterable[str]) -> list[bytes]:
    """The keys of the lists about a model of a registry, about artifacts under whatever name, and about no model at all."""
    named = [listing.of_model(r, model) for r in dict.fromkeys(("", registry))] if model else []
    return [*named, *(listing.of_artifact(d) for d in artifacts if d), listing.NO_MODEL]
