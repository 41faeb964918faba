"""The ledger: whatever is believed of it is what was logged."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from letpass.ledger import entry, merkle, note, proofs
from letpass.ledger.note import Checkpoint
from letpass.ledger.view import Proof
from tests.fuzz.company import GATE, LOG_KEY, statement_files
from tests.fuzz.texts import utf8
from tests.fuzz.watch import BrokenError, Enter
from tests.trust import world
from tests.trust.world import NOW


@cache
def _logged() -> tuple[str, ...]:
    made = [entry.Entry("move", data={"n": n, "to": "production"}, model="fraud", version=str(n)) for n in range(5)]
    signed = entry.Entry("request", statement_files()[0].decode(), model="fraud", version="4", artifact=world.ARTIFACT)
    return tuple(e.text(NOW + n * 1_000_000) for n, e in enumerate((*made, signed)))


@cache
def _leaves() -> tuple[bytes, ...]:
    return tuple(merkle.leaf_hash(text.encode()) for text in _logged())


@cache
def head() -> str:
    """The log's head, signed."""
    return note.sign(GATE, LOG_KEY, note.body("gate.example", len(_leaves()), merkle.root(_leaves())))


def _over(begin: int, end: int) -> bytes:
    return merkle.root(_leaves()[begin:end])


def _proof(index: int) -> Proof:
    return Proof(_logged()[index], index, merkle.inclusion(len(_leaves()), index, _over), note.read(head()))


def logged(data: bytes, _: Random) -> str:
    """An entry of the ledger: written again it reads as the same."""
    found = entry.read(0, utf8(data))
    again = entry.read(0, found.entry.text(found.at))
    if (again.entry, again.at) != (found.entry, found.at):
        raise BrokenError("is another entry when it is written again")
    return found.entry.kind


def decision_file(data: bytes, _: Random) -> str:
    """A proof that shows its entry under the gate's signature is of an entry that was logged."""
    found = proofs.read_decision_file(data)
    told = []
    for proof in (found.decision, found.made):
        if proof is None:
            continue
        shown = proofs.shows(proof)
        signed = note.signed_by(proof.checkpoint.note, (LOG_KEY,))
        told.append(f"{shown} {len(signed)}")
        if shown and signed and _logged()[proof.index] != proof.text:
            raise BrokenError("proves what was never logged")
        again = proofs.read_tlog_proof(proofs.tlog_proof(proof))
        if (again.text, again.index, again.path) != (proof.text, proof.index, proof.path):
            raise BrokenError("is another proof when it is written again")
    return " ".join(told)


def checkpoint(data: bytes, _: Random) -> str:
    """A head that the gate has signed is the one that it signed."""
    text = utf8(data)
    found = note.read(text)
    signed = note.signed_by(text, (LOG_KEY,))
    if signed and found != note.read(head()):
        raise BrokenError("is taken for the gate's, which signed another")
    return f"{len(signed)} {note.add(text, '')[:1] != ''}"


def offer(data: bytes, _: Random) -> str:
    """What is offered to a witness: a head that continues what it saw."""
    found = proofs.read_offer(utf8(data))
    given: Checkpoint = note.read(found.note)
    signed = note.signed_by(found.note, (LOG_KEY,))
    seen = merkle.root(_leaves()[: found.old]) if found.old <= len(_leaves()) else bytes(32)
    goes_on = merkle.continues(found.old, given.size, seen, given.root, found.proof)
    if signed and goes_on and given != note.read(head()):
        raise BrokenError("would be cosigned, and is not the log's")
    return f"{bool(signed)} {goes_on}"


DOORS: dict[str, tuple[Enter, Callable[[], list[bytes]]]] = {
    "entry": (logged, lambda: [t.encode() for t in _logged()]),
    "decision-proof": (
        decision_file,
        lambda: [proofs.decision_file(_proof(2)), proofs.decision_file(_proof(0), _proof(5))],
    ),
    "checkpoint": (checkpoint, lambda: [head().encode()]),
    "offer": (
        offer,
        lambda: [
            proofs.offer(n, merkle.consistency(len(_leaves()), n, _over), note.read(head())).encode() for n in (0, 2)
        ],
    ),
}
"""The doors, each with its valid inputs."""
