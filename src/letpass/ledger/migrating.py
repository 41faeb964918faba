"""Migrations of a ledger's database to the next layout: in place, each step whole or not at all, and without a change of any entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from letpass.diagnostics import InvalidError, UnreachableError
from letpass.ledger import entry as entries
from letpass.ledger import listing, merkle, note, schema
from letpass.ledger import state as states
from letpass.ledger.derived import Derived
from letpass.ledger.gatekey import GateKey
from letpass.ledger.state import State
from letpass.ledger.store import BATCH, Store
from letpass.ledger.view import torn
from letpass.trust.verifiers import VerifierKey

Step = Callable[[Store, GateKey, tuple[VerifierKey, ...]], None]
"""What brings a ledger to the next layout, within a transaction: its store, the gate's key, and whose checkpoints are believed."""


def migrate(store: Store, signer: GateKey, keys: tuple[VerifierKey, ...], *, anew: bool = False) -> tuple[int, int]:
    """Bring a ledger to this version's layout; returns the one that it had, and the one that it has.

    anew: derive what follows from the entries once more, for a ledger in which that is not what it should be.
    Raises `UnreachableError` where its entries are not those that its head signs, or the database cannot be written.
    """
    first = store.number()
    if anew and first == schema.VERSION:
        _step(store, first, lambda: derive(store, signer, keys))
    while (number := store.number()) < schema.VERSION:
        _step(store, number, lambda step=STEPS[number]: step(store, signer, keys))  # type: ignore[misc]
    return first, number


def _step(store: Store, number: int, run: Callable[[], None]) -> None:
    """Run one step, unless somebody has done it since."""
    with store.transaction():
        store.head(lock=True)
        if store.number() == number:
            run()
            store.set_number(min(number + 1, schema.VERSION))


def named(store: Store, signer: GateKey, keys: tuple[VerifierKey, ...]) -> None:
    """From 1 to 2: the layout says its number."""
    del store, signer, keys


def derive(store: Store, signer: GateKey, keys: tuple[VerifierKey, ...]) -> None:
    """From 2 to 3: lists, roots of subtrees and the signed state stand beside the entries, which are what the head signs."""
    store.lay_out(anew=True)
    head, found, at = store.head(), Derived(), 0
    for index, text, leaf, _, _ in store.rows():
        try:
            read = entries.read(index, text)
        except InvalidError:
            raise torn(store.name, f"entry {index} is no entry") from None
        if index != found.size or merkle.leaf_hash(text.encode("utf-8")) != leaf:
            raise torn(store.name, f"entry {index} was edited, or does not belong there")
        found.take(listing.places(read.entry), leaf)
        at = read.at
        if len(found.lists.rows) > BATCH:
            store.add_listed(found.lists.taken())
    if not head.size and not found.size:
        return
    origin = _origin(store, signer, keys)
    checkpoint = note.read(head.checkpoint)
    if (checkpoint.size, checkpoint.root) != (found.size, merkle.root_of(found.frontier)) or head.size != found.size:
        raise torn(store.name, "its entries are not those that its checkpoint signs")
    store.add_listed(found.lists.taken())
    store.add_subtrees(found.subtrees)
    root, nodes = found.tree()
    store.set_nodes(nodes)
    body = states.body(State(origin, found.size, checkpoint.root, root, at))
    store.set_state(note.sign(signer.private, signer.public, body))


def _origin(store: Store, signer: GateKey, keys: tuple[VerifierKey, ...]) -> str:
    """The name of the log, whose head this gate's key has signed."""
    head = store.head().checkpoint
    try:
        if signer.public not in keys or not note.signed_by(head, (signer.public,)):
            raise InvalidError(f"the gate's key here, `{signer.public}`, has not signed its head")
        return note.read(head).origin
    except InvalidError as error:
        raise UnreachableError.of(
            "GATE421", f"the ledger cannot be migrated: {error}", store.name, "bring the key that signs this ledger"
        ) from None


STEPS: Mapping[int, Step] = {1: named, 2: derive}
"""By the layout that each begins with."""
