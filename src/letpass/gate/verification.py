"""Verifying a decision: who made it, that the ledger has it, and that it is about exactly these bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from letpass.diagnostics import InvalidError, UnreachableError
from letpass.frozen import Frozen, replace
from letpass.gate import endings
from letpass.gate.endings import Proven
from letpass.ledger import entry as entries
from letpass.ledger import history, in_effect, note, proofs, witness
from letpass.ledger.entry import Logged
from letpass.ledger.history import DONE
from letpass.ledger.log import Ledger
from letpass.ledger.model_log import Past
from letpass.ledger.note import Checkpoint
from letpass.ledger.proofs import DecisionFile
from letpass.ledger.view import Proof
from letpass.move import Move
from letpass.trust import inforce, signers, standing, statements, strict, summary, verifiers
from letpass.trust.chain import Trust
from letpass.trust.dsse import Envelope
from letpass.trust.statements import Statement, StatementFile
from letpass.trust.summary import Summary
from letpass.trust.verifiers import LOG, VerifierKey


class Check(Frozen):
    """One thing that was looked at: whether it holds, in words; None where it could not be looked at, and need not be."""

    what: str
    holds: bool | None
    detail: str = ""


class Against(Frozen):
    """What a decision is to be verified against.

    now: microseconds · model: name and version · digests: all of the bytes at hand · move: the one that was asked
    for, None where any is good · recorded, facts: the artifact's digest in the record at hand, and the digest of what it says
    · kept: a checkpoint that was kept earlier · witnessed: the last one before it that somebody had cosigned · ledger: the log itself, where it can be reached · past: what it has about the
    model · standings: what the gate has left beside the version, with its name · words: objections that lie beside the
    model's versions · makers: who made the version, None where that cannot be told · sets: signatures of policy sets · environment: the one that was
    asked for, of a deployment.
    """

    keys: tuple[VerifierKey, ...]
    now: int
    trust: Trust | None = None
    digests: tuple[str, ...] = ()
    move: Move | None = None
    recorded: str = ""
    facts: str = ""
    model: tuple[str, str] | None = None
    registry: tuple[str, ...] = ()
    kept: Checkpoint | None = None
    witnessed: Checkpoint | None = None
    ledger: Ledger | None = None
    past: Past | None = None
    standings: tuple[tuple[str, bytes], ...] = ()
    words: tuple[StatementFile, ...] = ()
    makers: frozenset[str] | None = None
    sets: tuple[Statement, ...] = ()
    environment: str = ""


def as_of(against: Against, when: int) -> Against:
    """What was known at an earlier time, by the ledger: later entries and later versions of the trust file left out."""
    if against.past is None:
        return replace(against, now=when)
    past = against.past.until(when)
    trust = against.trust
    if trust is not None:
        known = {digest for digest, _ in in_effect.learned(past.others)}
        last = max((n for n, v in enumerate(trust.versions) if v.digest in known), default=0)
        trust = replace(trust, versions=trust.versions[: last + 1])
    return replace(against, now=when, past=past, trust=trust, words=())


def decision_of(proof: Proof) -> tuple[Summary, Envelope]:
    """What the entry in a proof decides; raises `InvalidError`.  Nothing is verified yet."""
    made, statement = _decided(proof)
    return made, statement.envelope


def _decided(proof: Proof) -> tuple[Summary, Statement]:
    logged = entries.read(proof.index, proof.text)
    if logged.entry.kind != "decision":
        raise InvalidError(f"the entry is a {logged.entry.kind}, no decision")
    statement = statements.read(f"entry {proof.index}", logged.entry.statement.encode("utf-8"))
    return summary.read(statement), statement


def verify(file: DecisionFile, against: Against) -> tuple[Summary, tuple[Check, ...]]:
    """Every check of a decision, in order; it is verified where none of them fails.  Raises `InvalidError` for no decision.

    1. the gate's key signed it · 2. the entry is in the tree of the checkpoint · 3. a log that is believed signed that
    checkpoint · 4. so many witnesses as the trust file asks for cosigned it, or a later one that continues it · 5. it allows
    the move, under this trust file, by the policies that were in force then · 6. the move that was asked for, of this model,
    as its record says now · 7. of exactly these bytes · 8. the ledger goes on from the checkpoints that were kept · 9. nothing
    has ended it, by the table in `endings`, as far as can be looked at · 10. without the ledger, a fresh standing.
    """
    made, statement = _decided(file.decision)
    return made, tuple(_checks(file, made, statement, against))


def in_force(file: DecisionFile, against: Against) -> bool:
    """Does the gate say, by a log that is believed, that it allowed the move that is asked about, and that it was made.

    Whether anything has ended that is another question.  Raises `InvalidError` for what is no decision.
    """
    proof = file.decision
    made, statement = _decided(proof)
    genuine = _signer(statement.envelope, against.keys) is not None and proofs.shows(proof)
    logged = bool(_signed(proof.checkpoint, against.keys).holds)
    asked = all(check.holds is not False for check in _asked(made, against))
    return genuine and logged and asked and made.passed and _done(file, made, against) is not None


def _checks(file: DecisionFile, made: Summary, statement: Statement, against: Against) -> Iterator[Check]:
    proof = file.decision
    signer = _signer(statement.envelope, against.keys)
    yield Check("signed by the gate", signer is not None, signer or "its key is not believed here")  # (1)
    yield Check("in the ledger", proofs.shows(proof), f"entry {proof.index} of {proof.checkpoint.size}")  # (2)
    yield _signed(proof.checkpoint, against.keys)  # (3)
    goes_on = _goes_on(proof, against)
    yield from _witnessed(proof, against, goes_on)  # (4)
    if made.at > against.now + signers.SKEW:
        yield Check("made by then", False, f"at {strict.written(made.at)}")
    yield Check("allows the move", made.passed, f"{made.verdict}: {made.model}@{made.version}, {made.words}")  # (5)
    yield from _rules(made, proof.index, against)
    yield from _asked(made, against)  # (6)
    if against.digests:  # (7)
        same = made.artifact in against.digests and agree(made.computed, against.digests)
        shown = made.artifact or "no artifact"
        yield Check("about these bytes", same, shown if same else f"{shown}; these are {against.digests[0]}")
    else:
        seen = f"not looked at, name them with --artifact; the decision is about {made.artifact or 'no artifact'}"
        yield Check("about these bytes", None, seen)
    yield from _continued(proof, against, goes_on)  # (8)
    done = _done(file, made, against)
    yield _made(done, made)
    yield from _stands(proof, made, statement.digest, done is not None, against, goes_on)  # (9), (10)


def _rules(made: Summary, index: int, against: Against) -> Iterator[Check]:
    """Under which trust file and policies it was made."""
    if against.trust is None:
        return
    known = against.trust.version(made.trust) is not None
    yield Check("under this trust file", known, made.trust if known else "it was made under none, or another")
    if against.ledger is None:
        yield Check("by the policies in force then", None, "not looked at without the ledger")
        return
    there = inforce.last_set(against.trust, against.sets, index)
    same = bool(there) and there[0].artifact == made.policies
    what = f"the set {made.policies[:19]}…"
    other = f"; the owners had signed {there[0].artifact[:19]}… last" if there else "; the owners had signed none"
    yield Check("by the policies in force then", same, what if same else f"it is by {what}{other}")


def _asked(made: Summary, against: Against) -> Iterator[Check]:
    """Is it about the registry, the version, the move and the record that were asked about."""
    if against.registry:
        yield Check("in this registry", made.registry in against.registry, made.registry)
    if against.model is not None and against.model != (made.model, made.version):
        asked = "@".join(against.model)
        yield Check("about this model", False, f"it is about {made.model}@{made.version}, not {asked}")
    if against.move is not None:
        yield Check("about this move", made.move == against.move, f"{made.words}; asked for {against.move}")
    yield from _environment(made, against)
    if against.recorded and against.recorded != made.artifact:
        yield Check("about the record's artifact", False, f"{made.artifact}; the record now names {against.recorded}")
    if against.facts and against.facts != made.facts:
        yield Check(
            "about what the record says",
            False,
            "the record was changed since it was decided on; `policy renew` or `policy promote` decides anew on what was added, "
            "and what was changed is brought back",
        )


def _environment(made: Summary, against: Against) -> Iterator[Check]:
    """Is a deployment to the environment that was asked about; where none was, what it is to is told."""
    named = ", ".join(made.environments) or "none that is named"
    if against.environment:
        same = against.environment.casefold() in {e.casefold() for e in made.environments}
        yield Check("to this environment", same, named if same else f"{named}; asked for {against.environment}")
    elif made.environments:
        yield Check("to this environment", None, f"not looked at, ask for it with --environment; it is to {named}")


def agree(computed: Iterable[str], here: Iterable[str]) -> bool:
    """Do two lists of digests of bytes say the same wherever they have an algorithm in common."""
    known = dict(digest.split(":", 1) for digest in computed)
    return all(known.get(name, value) == value for name, value in (digest.split(":", 1) for digest in here))


def _done(file: DecisionFile, made: Summary, against: Against) -> int | None:
    """The entry that says that the move was made: as the ledger has it, else as the proof carries it; None: it was not."""
    if against.past is not None:
        steps = (s for s in against.past.steps if s.state == DONE and s.decision == file.decision.index)
        return next((s.index for s in steps), None)
    if file.made is None or not proofs.shows(file.made) or not _signed(file.made.checkpoint, against.keys).holds:
        return None
    try:
        step = next(iter(history.steps([entries.read(file.made.index, file.made.text)])), None)
    except InvalidError:
        return None
    same = step is not None and (step.model, step.version) == (made.model, made.version) and step.state == DONE
    return file.made.index if same and step is not None and step.decision == file.decision.index else None


def _made(done: int | None, made: Summary) -> Check:
    if done is not None:
        return Check("made", True, f"entry {done}")
    until = f" until {made.expires}" if made.expires else ""
    return Check("made", None, f"the move was not made yet; the allow is to be used{until}")


def _stands(
    proof: Proof,
    made: Summary,
    digest: str,
    done: bool,
    against: Against,
    goes_on: str | None,
) -> Iterator[Check]:
    """Has anything ended it, as far as can be looked at; without the ledger only a fresh standing tells the rest."""
    looked = against.ledger is not None and not goes_on
    proven = Proven(
        made, proof.index, digest, done, against.now, against.trust, against.past if looked else None, against.words,
        against.makers, believed=lambda e: _believed(e, against.keys),
    )  # fmt: skip
    ended = endings.of(proven)
    for ending in ended:
        where = f" (entry {ending.entry})" if ending.entry is not None else ""
        yield Check("nothing has ended it", False, f"{ending.kind}: {ending.detail}{where}")
    if looked:
        if not ended:
            size = (
                against.past.logged[-1].index + 1 if against.past is not None and against.past.logged else proof.index
            )
            yield Check(
                "nothing has ended it",
                True,
                f"no word against it that stands, as of entry {max(size - 1, proof.index)}",
            )
        return
    yield Check(
        "later words", None, "not looked at without the ledger: objections, revocations, reviews, withdrawals since"
    )
    yield _fresh(proof, digest, done, made, against)


def _fresh(proof: Proof, digest: str, done: bool, made: Summary, against: Against) -> Check:
    """Is there a standing of the gate that holds now."""
    what, newest = "a standing of the gate", ""
    for name, data in against.standings:
        try:
            statement = statements.read(name, data)
            found = standing.read(statement)
        except InvalidError as error:
            newest = newest or f"{name}: {error}"
            continue
        if _signer(statement.envelope, against.keys) is None:
            newest = newest or f"{name} is signed by no key that is believed here"
        elif (found.decision, found.entry) != (digest, proof.index) or found.size <= proof.index:
            newest = newest or f"{name} is of another decision"
        elif found.issued > against.now + signers.SKEW:
            newest = newest or f"{name} says that it will be made"
        elif found.until <= against.now:
            newest = f"it ended at {strict.written(found.until)}"
        else:
            return Check(what, True, f"as of {strict.written(found.issued)}, until {strict.written(found.until)}")
    name = f"{made.model}@{made.version}"
    bring = (
        f"`policy standing {name}`, where the ledger is, brings one" if done else "the move makes one: `policy promote`"
    )
    return Check(what, False, f"{newest or 'there is none'}; {bring}")


def _believed(logged: Logged, keys: tuple[VerifierKey, ...]) -> bool:
    try:
        envelope = statements.read("", logged.entry.statement.encode("utf-8")).envelope
    except InvalidError:
        return False
    return _signer(envelope, keys) is not None


def _signer(envelope: Envelope, believed: tuple[VerifierKey, ...]) -> str | None:
    found = verifiers.signer(envelope, believed)
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
        f"by the log {checkpoint.origin}" if signed else f"the log {checkpoint.origin} is not believed here",
    )


def _goes_on(proof: Proof, against: Against) -> str | None:
    """Why the ledger does not go on from the proof's checkpoint and from the kept one; None: it is out of reach."""
    if against.ledger is None:
        return None
    try:
        if not _held(proof, against.ledger):
            against.ledger.continues(proof.checkpoint)
        if against.kept is not None:
            against.ledger.goes_on(against.kept)
    except UnreachableError as error:
        return error.message
    return ""


def _held(proof: Proof, ledger: Ledger) -> bool:
    """Has the ledger the very entry of a proof, whose head is among those that were lost with what came behind it."""
    lost = any(loss.first < proof.checkpoint.size <= loss.size and proof.index < loss.first for loss in ledger.losses)
    return lost and ledger.entry(proof.index).text == proof.text


def _witnessed(proof: Proof, against: Against, goes_on: str | None) -> Iterator[Check]:
    if against.trust is None or not against.trust.current.quorum:
        return
    needed, kept = against.trust.current.quorum, against.kept
    same = kept is not None and (kept.size, kept.root) == (proof.checkpoint.size, proof.checkpoint.root)
    covered = kept is not None and kept.size > proof.index and (same or goes_on == "")
    heads = [proof.checkpoint, *([kept] if kept is not None and covered else [])]
    last = against.witnessed
    if last is not None and _signed(last, against.keys).holds and _covers(last, proof, against):
        heads.append(last)
    try:
        most = max(witness.quorum(head.note, against.trust.current.witnesses) for head in heads)
    except InvalidError as error:
        yield Check("witnessed", False, str(error))
        return
    more = "" if most >= needed else "; let a witness cosign a head that holds it, and name that with --checkpoint"
    yield Check("witnessed", most >= needed, f"{most} of {needed} witnesses{more}")


def _covers(head: Checkpoint, proof: Proof, against: Against) -> bool:
    """Does a head hold the entry of a proof: it is the proof's own, or the ledger goes on from both."""
    if (head.origin, head.size, head.root) == (proof.checkpoint.origin, proof.checkpoint.size, proof.checkpoint.root):
        return True
    if against.ledger is None or head.size <= proof.index:
        return False
    try:
        against.ledger.continues(head)
        against.ledger.continues(proof.checkpoint)
    except UnreachableError:
        return False
    return True


def _continued(proof: Proof, against: Against, goes_on: str | None) -> Iterator[Check]:
    if against.kept is not None:
        yield _kept(proof, against.kept, against, goes_on)
    if against.ledger is not None:
        yield Check("the ledger continues it", not goes_on, goes_on or f"from {proof.checkpoint.size} entries on")


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
