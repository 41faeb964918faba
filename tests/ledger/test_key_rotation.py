"""The gate's key changes and the log stays: old and new key sign, or the root where the old one is lost."""

from __future__ import annotations

from typing import Any

import pytest

from letpass.diagnostics import UnreachableError
from letpass.frozen import replace
from letpass.ledger import entry as entries
from letpass.ledger import gatekey, listing, merkle, note, place, proofs, witness
from letpass.ledger import state as states
from letpass.ledger.derived import Derived
from letpass.ledger.entry import Entry
from letpass.ledger.gatekey import GateKey
from letpass.ledger.log import Ledger
from letpass.ledger.state import State
from letpass.ledger.store import Head
from letpass.lifecycle.issuing import key_change
from letpass.trust import dsse, signers
from letpass.trust.verifiers import WITNESS
from tests.ledger.conftest import NOW, Bench, entry
from tests.ledger.test_mended_times import RAVI, ROSA, VERA, seen, trust
from tests.trust import world
from tests.trust.keys import SshKey

LATER = NOW + 10**10


def following(bench: Bench, name: str = "next") -> GateKey:
    """A new key under the log's name."""
    return gatekey.load_or_make(bench.folder / f"{name}.key", name=bench.key.public.name)


def opened(bench: Bench, signer: GateKey | None, *believed: GateKey, rooted: bool = True) -> Ledger:
    store = place.store(str(bench.path), make=True)
    return Ledger(store, tuple(k.public for k in believed), signer, trust=trust() if rooted else None)


def begun(bench: Bench) -> Ledger:
    ledger = opened(bench, bench.key)
    ledger.append([seen(world.version(world.FIRST, ROSA, RAVI)), *(entry(n) for n in range(4))], NOW)
    return ledger


def change(ledger: Ledger, old: GateKey, new: GateKey, by: tuple[GateKey, ...], *root: SshKey) -> Entry:
    """A change of the key that these have signed."""
    payload = key_change(old.public, new.public, ledger.checkpoint(), NOW, "moved", trust() if root else None)
    message = dsse.encode(dsse.STATEMENT, payload)
    blobs = [k.private.sign(message) for k in by] + [k.sign(signers.NAMESPACE, message) for k in root]
    return Entry("key", dsse.Envelope(dsse.STATEMENT, payload, tuple(("", b) for b in blobs)).text().decode())


def rotate(bench: Bench, said: Entry, new: GateKey) -> None:
    """Log a change, and sign the head with the new key, whoever has signed the change."""
    opened(bench, bench.key, bench.key, new).append([said], LATER, key=new)


def test_a_log_goes_on_under_a_new_key_that_the_old_one_has_signed(bench: Bench) -> None:
    """Same name, same entries, same proofs; what was kept and witnessed before is gone on from."""
    ledger, new = begun(bench), following(bench)
    before, proof = ledger.checkpoint(), ledger.prove(2)
    own = gatekey.load_or_make(bench.folder / "witness.key", WITNESS, "witness.example")
    line = (proofs.offer(0, (), before), (bench.key.public,), own, bench.folder / "state.json")
    assert witness.witness(*line, 1)

    rotate(bench, change(ledger, bench.key, new, (bench.key, new)), new)
    after = opened(bench, new, new)
    after.append([entry(9)], LATER)

    assert (after.checkpoint().origin, after.size()) == (before.origin, 7)
    assert note.signed_by(after.checkpoint().note, (new.public,))
    assert [e.entry.kind for e in after.entries()] == ["trust", *["move"] * 4, "key", "move"]
    assert after.believed == (new.public, bench.key.public)
    offered = proofs.offer(5, after.continues(before), after.checkpoint())
    assert witness.witness(offered, (bench.key.public, new.public), own, bench.folder / "state.json", 2)
    assert note.signed_by(proof.checkpoint.note, after.believed)
    assert after.knows(before) or after.continues(before)
    assert after.stored(5) == before
    assert after.faults() == []


def test_the_old_key_signs_nothing_any_more(bench: Bench) -> None:
    """Through the gate it is told; behind its back its head is none."""
    ledger, new = begun(bench), following(bench)
    ledger.append([entry(8)], NOW)
    rotate(bench, change(ledger, bench.key, new, (bench.key, new)), new)

    old = opened(bench, bench.key, bench.key, new)
    with pytest.raises(
        UnreachableError, match=r"the gate's key is another by now: this one, .* has not signed the ledger's head"
    ):
        old.append([entry(9)], LATER)
    old.append([entry(9)], LATER, key=bench.key)  # as somebody does who has the key and the database

    reader = opened(bench, None, bench.key, new)
    with pytest.raises(UnreachableError, match=r"entry 6 made .* the gate's key, and its head is not signed by that"):
        reader.entries()
    assert reader.faults() == ["the head is not signed by the key that entry 6 names"]


def hide(bench: Bench, old: GateKey) -> None:
    """What somebody does who has a key that was replaced, and the database: the same entries under a head and a state of his,
    whose lists leave out the entry that replaced it."""
    log, derived = bench.ledger().store, Derived()
    rows = list(log.rows())
    for index, text, leaf, _, _ in rows:
        read = entries.read(index, text)
        derived.take(listing.Places((), ()) if read.entry.kind == "key" else listing.places(read.entry), leaf)
    root, nodes = derived.tree()
    head, at = merkle.root_of(derived.frontier), entries.read(*rows[-1][:2]).at
    state = states.body(State(old.public.name, len(rows), head, root, at))
    checkpoint = note.sign(old.private, old.public, note.body(old.public.name, len(rows), head))
    bench.bend("DELETE FROM node", *[f"DELETE FROM listed WHERE idx = {r[0]}" for r in rows if '"kind":"key"' in r[1]])
    store = place.store(str(bench.path), make=True)
    store.set_nodes(nodes)
    store.set_state(note.sign(old.private, old.public, state))
    store.set_head(Head(len(rows), b"".join(derived.frontier), checkpoint))


def test_a_key_that_was_replaced_hides_from_nobody_that_it_was(bench: Bench) -> None:
    """Its holder signs lists without the entry that says so: who saw a head by the new key refuses the one by the old."""
    ledger, new = begun(bench), following(bench)
    rotate(bench, change(ledger, bench.key, new, (bench.key, new)), new)
    reader = opened(bench, None, bench.key, new)
    kept = reader.checkpoint()

    hide(bench, bench.key)

    with pytest.raises(UnreachableError, match=r"entry 5 made .* the gate's key, and its head is not signed by that"):
        reader.entries()  # a process that goes on reading
    told = r"an earlier head of it is signed by `.*`, its head by `.*`, and no entry replaces the first"
    with pytest.raises(UnreachableError, match=told):
        opened(bench, None, bench.key, new).goes_on(kept)  # a new one with the checkpoint that was kept
    assert opened(bench, None, bench.key, new).faults() == ["the head is not signed by the key that entry 5 names"]


def test_what_is_read_below_a_head_that_is_refused_is_forgotten_with_it(bench: Bench) -> None:
    """The log is read on as it was, once its own head is back."""
    ledger, new = begun(bench), following(bench)
    rotate(bench, change(ledger, bench.key, new, (bench.key, new)), new)
    reader = opened(bench, None, bench.key, new)
    kinds = [e.entry.kind for e in reader.entries_of("trust", "key")]
    store = reader.store
    before = store.head(), store.state(), dict(store.all_nodes()), list(store.all_listed())

    hide(bench, bench.key)
    for _ in range(2):
        with pytest.raises(UnreachableError):
            reader.entries_of("trust", "key")

    bench.bend("DELETE FROM node", "DELETE FROM listed")
    again = place.store(str(bench.path), make=True)
    again.set_nodes(before[2])
    again.add_listed(before[3])
    again.set_state(before[1])
    again.set_head(before[0])
    assert [e.entry.kind for e in reader.entries_of("trust", "key")] == kinds
    assert reader.believed == (bench.key.public, new.public, bench.key.public)


def test_the_root_lets_a_key_follow_one_that_is_lost(bench: Bench) -> None:
    """With the new key's own signature, and the threshold's."""
    ledger, new = begun(bench), following(bench)

    rotate(bench, change(ledger, bench.key, new, (new,), ROSA, RAVI), new)

    after = opened(bench, new, new)
    after.append([entry(9)], LATER)
    assert after.faults() == []
    assert len(after.entries()) == 7
    assert after.believed == (new.public, bench.key.public)
    nobodys = opened(bench, None, new, rooted=False)  # who does not know the root cannot tell
    assert len(nobodys.entries()) == 7
    assert nobodys.believed == (new.public,)


REFUSED: dict[str, Any] = {
    "by the new key alone": lambda led, old, new: change(led, old, new, (new,)),
    "by the old key alone": lambda led, old, new: change(led, old, new, (old,)),
    "by nobody": lambda led, old, new: change(led, old, new, ()),
    "by the root without the new key": lambda led, old, new: change(led, old, new, (), ROSA, RAVI),
    "by one of two of the root": lambda led, old, new: change(led, old, new, (new,), ROSA),
    "by one of the root and somebody else": lambda led, old, new: change(led, old, new, (new,), ROSA, VERA),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_only_one_side_has_signed_follows_nothing(bench: Bench, name: str) -> None:
    """The log is still the old key's: the twin that both have signed is read by whoever believes the new one."""
    ledger, new = begun(bench), following(bench)

    rotate(bench, REFUSED[name](ledger, bench.key, new), new)

    reader = opened(bench, None, bench.key, new)
    reader.entries()
    assert reader.believed == (bench.key.public, new.public)
    with pytest.raises(UnreachableError, match="is not signed by a key that is believed here"):
        opened(bench, None, bench.key).entries()


def test_a_key_that_nobody_believes_is_not_brought_in_by_the_old_one(bench: Bench) -> None:
    """The trust file names keys, and not this one."""
    ledger, new = begun(bench), following(bench)
    rotate(bench, change(ledger, bench.key, new, (bench.key, new)), new)
    assert opened(bench, None, new).size() == 6

    with pytest.raises(UnreachableError, match="is not signed by a key that is believed here"):
        opened(bench, None, bench.key).entries()


def test_a_change_of_another_logs_key_changes_nothing(bench: Bench) -> None:
    """Two keys of one name, which is the log's."""
    ledger, new = begun(bench), following(bench)
    other = replace(new, public=replace(new.public, name="another"))

    rotate(bench, change(ledger, bench.key, other, (bench.key, other)), new)

    reader = opened(bench, None, bench.key, new)
    reader.entries()
    assert reader.believed == (bench.key.public, new.public)
