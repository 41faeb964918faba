"""Proofs as files: an entry with its place in the log, and a checkpoint that is handed to a witness."""

from __future__ import annotations

import base64

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.ledger import merkle, note
from letpass.ledger.note import NUMBER, Checkpoint
from letpass.ledger.view import Proof
from letpass.trust import strict
from letpass.trust.strict import unbase64

HEADER = "c2sp.org/tlog-proof@v1"
DECISION = "letpass.decision-proof/v1"
LARGEST = 1 << 20  # bytes of a decision's file
MOST_HASHES = 63


class Offer(Frozen):
    """What a witness is asked to cosign (c2sp.org/tlog-witness, add-checkpoint): a log's head, and how it continues."""

    old: int
    proof: tuple[bytes, ...]
    note: str


def _lines(hashes: tuple[bytes, ...]) -> str:
    return "".join(base64.b64encode(h).decode("ascii") + "\n" for h in hashes)


def _hashes(lines: list[str]) -> tuple[bytes, ...]:
    found = tuple(unbase64(line) for line in lines)
    if len(found) > MOST_HASHES or any(len(h) != merkle.SIZE for h in found):
        raise InvalidError(f"a proof is a list of hashes, at most {MOST_HASHES}")
    return found


def tlog_proof(proof: Proof) -> str:
    """The proof after c2sp.org/tlog-proof; the entry itself, in base64, is its extra data."""
    extra = base64.b64encode(proof.text.encode("utf-8")).decode("ascii")
    return f"{HEADER}\nextra {extra}\nindex {proof.index}\n{_lines(proof.path)}\n{proof.checkpoint.note}"


def read_tlog_proof(text: str) -> Proof:
    """The proof in a text; raises `InvalidError`.  Nothing is verified yet."""
    head, _, signed = text.partition("\n\n")
    lines = head.split("\n")
    if len(lines) < 3 or lines[0] != HEADER or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise InvalidError(f"no proof after {HEADER}")
    index = _number(lines[2].removeprefix("index "), "the index of a proof")
    try:
        entry = unbase64(lines[1].removeprefix("extra ")).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidError("the entry in a proof is not UTF-8") from None
    return Proof(entry, index, _hashes(lines[3:]), note.read(signed))


class DecisionFile(Frozen):
    """A decision with its proof, and the proof that the move which it allowed was made, None where it was not yet."""

    decision: Proof
    made: Proof | None = None


def decision_file(decision: Proof, made: Proof | None = None) -> bytes:
    """The file that proves a decision without the ledger, and, where it was made, the move."""
    found = {"type": DECISION, "proof": tlog_proof(decision)}
    return canonical({**found, "made": tlog_proof(made)} if made is not None else found) + b"\n"


def read_decision_file(data: bytes) -> DecisionFile:
    """The proofs in a decision's file; raises `InvalidError`.  Nothing is verified yet."""
    value = strict.loads(data, LARGEST)
    known = isinstance(value, dict) and set(value) <= {"type", "proof", "made"} and value.get("type") == DECISION
    if not known or not all(isinstance(value.get(k), str) for k in ("proof", *({"made"} & set(value)))):
        raise InvalidError("no decision with its proof")
    made = read_tlog_proof(value["made"]) if "made" in value else None
    return DecisionFile(read_tlog_proof(value["proof"]), made)


def _number(text: str, what: str) -> int:
    if not NUMBER.match(text):
        raise InvalidError(f"{what} is a number without leading zeroes")
    return int(text)


def shows(proof: Proof) -> bool:
    """Does a proof show its entry in its checkpoint's tree; whose checkpoint it is, is another question."""
    leaf = merkle.leaf_hash(proof.text.encode("utf-8"))
    return merkle.included(leaf, proof.index, proof.checkpoint.size, proof.path, proof.checkpoint.root)


def offer(old: int, proof: tuple[bytes, ...], head: Checkpoint) -> str:
    """A head for a witness, with the proof that it continues what the witness saw last."""
    return f"old {old}\n{_lines(proof)}\n{head.note}"


def read_offer(text: str) -> Offer:
    """What is offered to a witness; raises `InvalidError`."""
    head, _, signed = text.partition("\n\n")
    lines = head.split("\n")
    if not lines[0].startswith("old "):
        raise InvalidError("it begins with `old SIZE`")
    return Offer(_number(lines[0].removeprefix("old "), "the old size"), _hashes(lines[1:]), signed)
