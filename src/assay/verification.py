"""Verifying a decision: who made it, that the ledger has it, and that it is about exactly these bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.frozen import Frozen
from assay.language.diagnostics import UnreachableError
from assay.ledger import entry as entries
from assay.ledger import note, proofs, witness
from assay.ledger.log import Ledger, Proof
from assay.ledger.note import Checkpoint, VerifierKey
from assay.trust import keys, statements, strict, summary
from assay.trust.chain import Trust
from assay.trust.dsse import Envelope
from assay.trust.summary import Summary

PROOF = "assay.decision-proof/v1"
LARGEST = 1 << 20  # bytes of a proof file


class Check(Frozen):
    """One thing that was looked at: whether it holds, in words; None where it could not be looked at, and need not be."""

    what: str
    holds: bool | None
    detail: str = ""


class Asked(Frozen):
    """What a decision is to be verified against.

    now: microseconds · artifact: the digest of the bytes at hand · kept: a checkpoint that was kept earlier · ledger: the
    log itself, where it can be reached.
    """

    keys: tuple[VerifierKey, ...]
    now: int
    trust: Trust | None = None
    artifact: str = ""
    stage: str = ""
    model: str = ""
    registry: str = ""
    kept: Checkpoint | None = None
    ledger: Ledger | None = None


def read(data: bytes) -> Proof:
    """The proof in a decision's file; raises ValueError."""
    value = strict.loads(data, LARGEST)
    if not isinstance(value, dict) or value.get("type") != PROOF or not isinstance(value.get("proof"), str):
        raise ValueError("no decision with its proof")
    return proofs.read_tlog_proof(value["proof"])


def decision_of(proof: Proof) -> tuple[Summary, Envelope]:
    """What the entry in a proof decides; raises ValueError.  Nothing is verified yet."""
    logged = entries.read(proof.index, proof.text)
    if logged.entry.kind != "decision":
        raise ValueError(f"the entry is a {logged.entry.kind}, no decision")
    statement = statements.read(f"entry {proof.index}", logged.entry.statement.encode("utf-8"))
    return summary.read(statement), statement.envelope


def verify(proof: Proof, asked: Asked) -> tuple[Summary, tuple[Check, ...]]:
    """Every check of a decision, in order; it is verified where none of them fails.  Raises ValueError for no decision.

    1. the gate's key signed it · 2. the entry is in the tree of the checkpoint · 3. a log that is believed signed that
    checkpoint · 4. so many witnesses as the trust file asks for cosigned it, or a later one that continues it · 5. it allows
    the move · 6. of this model, to this stage · 7. of exactly these bytes · 8. it has not expired · 9. the ledger goes on
    from the checkpoint that was kept · 10. and no later decision there says otherwise.
    """
    made, envelope = decision_of(proof)
    return made, tuple(_checks(proof, made, envelope, asked))


def _checks(proof: Proof, made: Summary, envelope: Envelope, asked: Asked) -> Iterator[Check]:
    signer = _signer(envelope, asked.keys)
    yield Check("signed by the gate", signer is not None, signer or "its key is none that is believed here")  # (1)
    shown = proofs.shows(proof)
    yield Check("in the ledger", shown, f"entry {proof.index} of {proof.checkpoint.size}")  # (2)
    yield _signed(proof.checkpoint, asked.keys)  # (3)
    yield from _witnessed(proof, asked)  # (4)
    yield Check("allows the move", made.passed, f"{made.verdict}: {made.model}@{made.version}, {made.words}")  # (5)
    if asked.trust is not None:
        known = asked.trust.version(made.trust) is not None
        yield Check("under this trust file", known, made.trust if known else "it was made under none, or another")
    if asked.registry:
        yield Check("in this registry", made.registry == asked.registry, made.registry)
    if asked.model and asked.model != f"{made.model}@{made.version}":  # (6)
        yield Check("about this model", False, f"it is about {made.model}@{made.version}, not {asked.model}")
    if asked.stage:
        same = asked.stage.casefold() == made.move.get("stage", "").casefold()
        yield Check("about this stage", same, f"{made.words}; asked for {asked.stage}")
    if asked.artifact:  # (7)
        same = asked.artifact == made.artifact
        yield Check(
            "about these bytes",
            same,
            f"{made.artifact or 'no artifact'}" + ("" if same else f"; these are {asked.artifact}"),
        )
    else:
        yield Check("about these bytes", None, f"not looked at; the decision is about {made.artifact or 'no artifact'}")
    if made.expires:  # (8)
        yield Check("in force", strict.instant(made.expires) > asked.now, f"until {made.expires}")
    yield from _continued(proof, made, asked)  # (9), (10)


def _signer(envelope: Envelope, believed: tuple[VerifierKey, ...]) -> str | None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in believed:
        if key.kind != note.LOG:
            continue
        public = keys.Key("ed25519", key.raw, None, "", Ed25519PublicKey.from_public_bytes(key.raw))
        if any(keys.verify(public, signature, envelope.message) for _, signature in envelope.signatures):
            return key.name
    return None


def _signed(checkpoint: Checkpoint, believed: tuple[VerifierKey, ...]) -> Check:
    logs = tuple(k for k in believed if k.kind == note.LOG and k.name == checkpoint.origin)
    try:
        signed = note.signed_by(checkpoint.note, logs)
    except ValueError as error:
        return Check("checkpoint signed", False, str(error))
    return Check(
        "checkpoint signed",
        bool(signed),
        f"by the log {checkpoint.origin}" if signed else f"the log {checkpoint.origin} is none that is believed here",
    )


def _witnessed(proof: Proof, asked: Asked) -> Iterator[Check]:
    if asked.trust is None or not asked.trust.current.quorum:
        return
    needed = asked.trust.current.quorum
    heads = [proof.checkpoint, *([asked.kept] if asked.kept is not None and _covers(asked, proof) else [])]
    try:
        most = max(witness.quorum(head.note, asked.trust.current.witnesses) for head in heads)
    except ValueError as error:
        yield Check("witnessed", False, str(error))
        return
    more = "" if most >= needed else "; name a witnessed checkpoint of later with --checkpoint"
    yield Check("witnessed", most >= needed, f"{most} of {needed} witnesses{more}")


def _covers(asked: Asked, proof: Proof) -> bool:
    """Does the kept checkpoint hold the proof's entry: it is the same head, or the ledger shows that one continues the other."""
    kept = asked.kept
    assert kept is not None
    if kept.size < proof.index + 1 or kept.origin != proof.checkpoint.origin:
        return False
    if (kept.size, kept.root) == (proof.checkpoint.size, proof.checkpoint.root):
        return True
    if asked.ledger is None:
        return False
    try:
        asked.ledger.continues(kept)
        asked.ledger.continues(proof.checkpoint)
    except UnreachableError:
        return False
    return True


def _continued(proof: Proof, made: Summary, asked: Asked) -> Iterator[Check]:
    if asked.kept is not None:
        yield _kept(proof, asked)
    if asked.ledger is None:
        return
    try:
        asked.ledger.continues(proof.checkpoint)
    except UnreachableError as error:
        yield Check("the ledger continues it", False, str(error))
        return
    yield Check("the ledger continues it", True, f"from {proof.checkpoint.size} entries on")
    yield _latest(proof, made, asked.ledger)


def _kept(proof: Proof, asked: Asked) -> Check:
    kept = asked.kept
    assert kept is not None
    what = "goes on from the kept checkpoint"
    signed = _signed(kept, asked.keys)
    if not signed.holds:
        return Check(what, False, f"the kept one: {signed.detail}")
    if kept.origin != proof.checkpoint.origin:
        return Check(what, False, f"the kept one is of `{kept.origin}`")
    if kept.size == proof.checkpoint.size:
        same = kept.root == proof.checkpoint.root
        return Check(
            what, same, f"{kept.size} entries" if same else f"two different logs of {kept.size} entries are shown"
        )
    if asked.ledger is None:
        return Check(what, False, "the ledger, which could show it, is out of reach")
    try:
        asked.ledger.continues(kept)
        asked.ledger.continues(proof.checkpoint)
    except UnreachableError as error:
        return Check(what, False, str(error))
    return Check(what, True, f"{kept.size} entries were kept")


def _latest(proof: Proof, made: Summary, ledger: Ledger) -> Check:
    what = "still the last word"
    for logged in ledger.about(made.model):
        entry = logged.entry
        if logged.index <= proof.index or entry.version != made.version or entry.kind not in {"decision", "sign-off"}:
            continue
        if entry.kind == "sign-off":
            said = statements.read("", entry.statement.encode("utf-8"))
            if said.kind == "rejection" and said.artifact == made.artifact and _same(said.predicate["move"], made.move):
                return Check(what, False, f"entry {logged.index}: {said.text('signer')} has rejected it since")
            continue
        later = decision_of(Proof(logged.text, logged.index, (), proof.checkpoint))[0]
        if _same(later.move, made.move) and not later.passed:
            return Check(what, False, f"entry {logged.index} of {strict.written(later.at)} says {later.verdict}")
    return Check(what, True, "no later decision on this move says otherwise")


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Are two moves one: of one kind, to one stage whatever its case."""
    return [str(one.get(k, "")).casefold() for k in ("kind", "stage")] == [
        str(other.get(k, "")).casefold() for k in ("kind", "stage")
    ]
