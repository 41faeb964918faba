"""Verifying a decision: who made it, that the ledger has it, and that it is about exactly these bytes."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import InvalidError, UnreachableError
from letpass.frozen import Frozen
from letpass.ledger import entry as entries
from letpass.ledger import note, proofs, witness
from letpass.ledger.log import Ledger, Proof
from letpass.ledger.note import Checkpoint
from letpass.move import Move, Stage
from letpass.trust import statements, strict, summary
from letpass.trust.chain import Trust
from letpass.trust.dsse import Envelope
from letpass.trust.summary import Summary
from letpass.trust.verifiers import LOG, VerifierKey


class Check(Frozen):
    """One thing that was looked at: whether it holds, in words; None where it could not be looked at, and need not be."""

    what: str
    holds: bool | None
    detail: str = ""


class Against(Frozen):
    """What a decision is to be verified against.

    now: microseconds · model: name and version · artifact: the digest of the bytes at hand · move, stage: which move was
    asked for, any where empty · recorded, facts: the artifact's digest in the record at hand, and the digest of what it says
    · kept: a checkpoint that was kept earlier · ledger: the log itself, where it can be reached.
    """

    keys: tuple[VerifierKey, ...]
    now: int
    trust: Trust | None = None
    artifact: str = ""
    move: str = ""
    stage: str = ""
    recorded: str = ""
    facts: str = ""
    model: tuple[str, str] | None = None
    registry: str = ""
    kept: Checkpoint | None = None
    ledger: Ledger | None = None


def decision_of(proof: Proof) -> tuple[Summary, Envelope]:
    """What the entry in a proof decides; raises `InvalidError`.  Nothing is verified yet."""
    logged = entries.read(proof.index, proof.text)
    if logged.entry.kind != "decision":
        raise InvalidError(f"the entry is a {logged.entry.kind}, no decision")
    statement = statements.read(f"entry {proof.index}", logged.entry.statement.encode("utf-8"))
    return summary.read(statement), statement.envelope


def verify(proof: Proof, against: Against) -> tuple[Summary, tuple[Check, ...]]:
    """Every check of a decision, in order; it is verified where none of them fails.  Raises `InvalidError` for no decision.

    1. the gate's key signed it · 2. the entry is in the tree of the checkpoint · 3. a log that is believed signed that
    checkpoint · 4. so many witnesses as the trust file asks for cosigned it, or a later one that continues it · 5. it allows
    the move · 6. the one that was asked for, of this model, as its record says now · 7. of exactly these bytes · 8. it has not expired · 9. the ledger goes on
    from the checkpoint that was kept · 10. and no later decision there says otherwise.
    """
    made, envelope = decision_of(proof)
    return made, tuple(_checks(proof, made, envelope, against))


def _checks(proof: Proof, made: Summary, envelope: Envelope, against: Against) -> Iterator[Check]:
    signer = _signer(envelope, against.keys)
    yield Check("signed by the gate", signer is not None, signer or "its key is none that is believed here")  # (1)
    shown = proofs.shows(proof)
    yield Check("in the ledger", shown, f"entry {proof.index} of {proof.checkpoint.size}")  # (2)
    yield _signed(proof.checkpoint, against.keys)  # (3)
    goes_on = _goes_on(proof, against)
    yield from _witnessed(proof, against, goes_on)  # (4)
    yield Check("allows the move", made.passed, f"{made.verdict}: {made.model}@{made.version}, {made.words}")  # (5)
    if against.trust is not None:
        known = against.trust.version(made.trust) is not None
        yield Check("under this trust file", known, made.trust if known else "it was made under none, or another")
    if against.registry:
        yield Check("in this registry", made.registry == against.registry, made.registry)
    if against.model is not None and against.model != (made.model, made.version):  # (6)
        asked = "@".join(against.model)
        yield Check("about this model", False, f"it is about {made.model}@{made.version}, not {asked}")
    if against.move:
        same = is_asked(made, against.move, against.stage)
        asked = f"{against.move} to {against.stage}" if against.stage else against.move
        yield Check("about this move", same, f"{made.words}; asked for {asked}")
    if against.recorded and against.recorded != made.artifact:
        yield Check("about the record's artifact", False, f"{made.artifact}; the record now names {against.recorded}")
    if against.facts and against.facts != made.facts:
        yield Check(
            "about what the record says",
            False,
            "the record was changed since it was decided on; `policy check --log` decides anew",
        )
    if against.artifact:  # (7)
        same = against.artifact == made.artifact
        yield Check(
            "about these bytes",
            same,
            f"{made.artifact or 'no artifact'}" + ("" if same else f"; these are {against.artifact}"),
        )
    else:
        yield Check(
            "about these bytes",
            None,
            f"not looked at, name them with --artifact; the decision is about {made.artifact or 'no artifact'}",
        )
    if made.expires:  # (8)
        yield Check("in force", strict.instant(made.expires) > against.now, f"until {made.expires}")
    yield from _continued(proof, made, against, goes_on)  # (9), (10)


def is_asked(made: Summary, move: str, stage: str) -> bool:
    """Is a decision on the kind of move that was asked for, to the stage: a rollback is no promotion."""
    return not move or made.move == Move(move, Stage(stage) if stage else None)


def _signer(envelope: Envelope, believed: tuple[VerifierKey, ...]) -> str | None:
    fits = (k for k in believed for _, signature in envelope.signatures if k.fits(envelope.message, signature))
    found = next((k for k in fits if k.kind == LOG), None)
    return found.name if found is not None else None


def _signed(checkpoint: Checkpoint, believed: tuple[VerifierKey, ...]) -> Check:
    logs = tuple(k for k in believed if k.kind == LOG and k.name == checkpoint.origin)
    try:
        signed = note.signed_by(checkpoint.note, logs)
    except InvalidError as error:
        return Check("checkpoint signed", False, str(error))
    return Check(
        "checkpoint signed",
        bool(signed),
        f"by the log {checkpoint.origin}" if signed else f"the log {checkpoint.origin} is none that is believed here",
    )


def _goes_on(proof: Proof, against: Against) -> str | None:
    """Why the ledger does not go on from the proof's checkpoint and from the kept one; None: it is out of reach."""
    if against.ledger is None:
        return None
    try:
        against.ledger.continues(proof.checkpoint)
        if against.kept is not None:
            against.ledger.continues(against.kept)
    except UnreachableError as error:
        return str(error)
    return ""


def _witnessed(proof: Proof, against: Against, goes_on: str | None) -> Iterator[Check]:
    if against.trust is None or not against.trust.current.quorum:
        return
    needed, kept = against.trust.current.quorum, against.kept
    same = kept is not None and (kept.size, kept.root) == (proof.checkpoint.size, proof.checkpoint.root)
    covered = kept is not None and kept.size > proof.index and (same or goes_on == "")
    heads = [proof.checkpoint, *([kept] if kept is not None and covered else [])]
    try:
        most = max(witness.quorum(head.note, against.trust.current.witnesses) for head in heads)
    except InvalidError as error:
        yield Check("witnessed", False, str(error))
        return
    more = "" if most >= needed else "; let a witness cosign a head that holds it, and name that with --checkpoint"
    yield Check("witnessed", most >= needed, f"{most} of {needed} witnesses{more}")


def _continued(proof: Proof, made: Summary, against: Against, goes_on: str | None) -> Iterator[Check]:
    if against.kept is not None:
        yield _kept(proof, against.kept, against, goes_on)
    if against.ledger is None:
        return
    yield Check("the ledger continues it", not goes_on, goes_on or f"from {proof.checkpoint.size} entries on")
    if not goes_on:
        yield _latest(proof, made, against, against.ledger)


def _kept(proof: Proof, kept: Checkpoint, against: Against, goes_on: str | None) -> Check:
    what = "goes on from the kept checkpoint"
    signed = _signed(kept, against.keys)
    if not signed.holds:
        return Check(what, False, f"the kept one: {signed.detail}")
    if kept.origin != proof.checkpoint.origin:
        return Check(what, False, f"the kept one is of `{kept.origin}`")
    if kept.size == proof.checkpoint.size:
        same = kept.root == proof.checkpoint.root
        return Check(
            what, same, f"{kept.size} entries" if same else f"two different logs of {kept.size} entries are shown"
        )
    if goes_on is None:
        return Check(what, False, "the ledger, which could show it, is out of reach")
    return Check(what, not goes_on, goes_on or f"{kept.size} entries were kept")


def _latest(proof: Proof, made: Summary, against: Against, ledger: Ledger) -> Check:
    what = "still the last word"
    for logged in ledger.about(made.model):
        entry = logged.entry
        if entry.kind != "decision" or logged.index <= proof.index or entry.version != made.version:
            continue
        later, envelope = decision_of(Proof(logged.text, logged.index, (), proof.checkpoint))
        if _signer(envelope, against.keys) and later.move == made.move and not later.passed:
            return Check(what, False, f"entry {logged.index} of {strict.written(later.at)} says {later.verdict}")
    return Check(what, True, "no later decision on this move says otherwise")
