"""What ends the proof of a decision: the one table that verification, reviews, standings, events and reports use.

A move that was made keeps its approval until one of these.  A later decision that is undecided ends nothing and mends
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, replace
from letpass.gate import denials
from letpass.ledger import in_effect
from letpass.ledger.entry import Logged
from letpass.ledger.model_log import Past
from letpass.move import REVIEW, Move
from letpass.trust import objections, signers, statements, strict, withdrawals
from letpass.trust.accepted import Objection
from letpass.trust.bundle import Bundle, Subject
from letpass.trust.chain import Trust
from letpass.trust.kinds import OBJECTION, SIGNOFF, WAIVER, WITHDRAWAL
from letpass.trust.statements import Statement, StatementFile
from letpass.trust.summary import Summary
from letpass.trust.trustfile import KeyEntry


class Ending(Frozen):
    """What has ended a proof: one of the table's kinds, and the particulars; the entry that says it, where one does."""

    kind: str
    detail: str
    entry: int | None = None


class Proven(Frozen):
    """A decision whose proof is asked about.

    index: its entry · digest: of its statement · done: was the move made · words: statements that may not be logged yet ·
    makers: who made the version, None where that cannot be told · digests: of the bytes at hand, none where they
    are not · now: microseconds · believed: did the gate sign an entry.
    """

    made: Summary
    index: int
    digest: str
    done: bool
    now: int
    trust: Trust | None = None
    past: Past | None = None
    words: tuple[StatementFile, ...] = ()
    makers: frozenset[str] | None = None
    digests: tuple[str, ...] = ()
    believed: Callable[[Logged], bool] = bool


def of(proven: Proven) -> tuple[Ending, ...]:
    """Everything that has ended a proof, in the order of the table; nothing while it stands."""
    return tuple(ending for rule in TABLE for ending in rule(proven))


# ---------------------------------------------------------------- the table's rules


def _other_bytes(proven: Proven) -> Iterator[Ending]:
    if proven.digests and proven.made.artifact not in proven.digests:
        yield Ending(
            "other bytes", f"it is about {proven.made.artifact or 'no artifact'}, and these are {proven.digests[0]}"
        )


def _objections(proven: Proven) -> Iterator[Ending]:
    """Objections and revocations that stand against the move, whenever they were said."""
    for said in _against(proven):
        if said.denies:
            role = f" as {said.role}" if said.role else ""
            yield Ending(said.kind, f"by {said.person}{role} at {strict.written(said.at)}: {said.reason}", said.entry)
        elif said.doubtful and said.model == proven.made.model:
            yield Ending(said.kind, f"by {said.person}, and whether it is about these bytes cannot be told", said.entry)


def _approvals(proven: Proven) -> Iterator[Ending]:
    """A sign-off or a waiver that counted, whose key was revoked or which its author has withdrawn.

    Without the ledger it goes by the trust file and the statements beside the version.
    """
    if proven.trust is None:
        return
    told: set[str] = set()
    counted = {
        s.digest: s for s in _statements(proven) if s.digest in proven.made.inputs and s.type in {SIGNOFF, WAIVER}
    }
    for statement in counted.values():
        try:
            holder = proven.trust.revoked(signers.signature_of(statement).key)
        except InvalidError:
            continue
        if holder is not None:
            yield _revoked(holder, statement.kind)
            told.add(holder[1].key.fingerprint)
    for voice in proven.made.people if proven.past is None else ():
        key = proven.trust.revoked(voice.key) if voice.rules and voice.key not in told else None
        if key is not None:
            yield _revoked(key, voice.kind)
    learned = in_effect.learned(proven.past.others) if proven.past is not None else ()
    withdrawn = _of(_statements(proven), WITHDRAWAL)
    taken, _ = withdrawals.judge(proven.trust, learned, withdrawn, counted.values(), proven.now)
    for digest, withdrawal in taken.items():
        author = counted[digest]
        yield Ending(
            "withdrawn approval", f"{author.text('signer')} has withdrawn a {author.kind} at {withdrawal.text('issuedAt')}",
            withdrawal.entry,
        )  # fmt: skip


def _revoked(holder: tuple[str, KeyEntry], kind: str) -> Ending:
    person, key = holder
    when = f"at {strict.written(key.revoked)}: {key.reason}" if key.revoked is not None else ""
    return Ending("revoked approval", f"the key of {person}, who gave a {kind}, was revoked {when}")


def _in_force(proven: Proven) -> Iterator[Ending]:
    """What has ended the newest approval by which the version is there: an older one does not outlive it."""
    past, made = proven.past, proven.made
    entry = past.approval(made.version, made.move) if past is not None and proven.done else None
    if past is None or entry is None or entry <= proven.index:
        return
    for logged, newest in _decisions(proven, lambda i, _: i == entry):
        digest = statements.read("", logged.entry.statement.encode("utf-8")).digest
        in_force = replace(proven, made=newest, index=entry, digest=digest, digests=())
        for rule in (_approvals, _own_end, _waivers, _renewals):
            yield from rule(in_force)


def _own_end(proven: Proven) -> Iterator[Ending]:
    """The end that an approval has by its policies; an allow that was never used ends when the statements that it rests on do."""
    if not proven.done:
        if proven.made.expires and strict.instant(proven.made.expires) <= proven.now:
            yield Ending("unused", f"it was to be used until {proven.made.expires}")
        return
    if proven.made.approved and strict.instant(proven.made.approved) <= proven.now:
        yield Ending("end of the approval", f"it was for the time until {proven.made.approved}")


def _waivers(proven: Proven) -> Iterator[Ending]:
    if proven.done and proven.made.waived and strict.instant(proven.made.waived) <= proven.now:
        yield Ending("end of a waiver", f"a waiver that it rests on ended at {proven.made.waived}")


def _reviews(proven: Proven) -> Iterator[Ending]:
    """A review that was denied, before or after, and that neither a later allow on newer evidence nor a lift mends."""
    past = proven.past
    if past is None:
        return
    for index, denied in denials.unmended(past, proven.made.version, {REVIEW, proven.made.move}):
        if proven.believed(past.entry(index)) and not denials.lifted(
            proven.trust, past, index, proven.makers, proven.now
        ):
            yield Ending("denied on review", f"at {strict.written(denied.at)}", index)


def _renewals(proven: Proven) -> Iterator[Ending]:
    """A renewal that was denied."""
    denied_anew = proven.past.denied_anew if proven.past is not None else ()
    refused = {decision for index, decision in denied_anew if index > proven.index}
    move = proven.made.move
    for entry, denied in _decisions(proven, lambda i, d: i in refused and _there(d.move, move) and d.verdict == "deny"):
        if not any(True for _ in _later_allows(proven, {move, denied.move}, entry.index)):
            yield Ending("denied anew", f"at {strict.written(denied.at)}", entry.index)


def _there(one: Move, other: Move) -> bool:
    """Do two moves lead to the same place: a renewal is judged as a promotion, also where the version came by a rollback."""
    return one == other or (one.stage is not None and one.stage == other.stage)


def _unused(proven: Proven) -> Iterator[Ending]:
    """Of an allow that was never used: any later decision on the same move that is none."""
    if proven.done:
        return
    index, move = proven.index, proven.made.move
    for entry, later in _decisions(proven, lambda i, d: i > index and d.move == move and not d.passed):
        yield Ending("a later decision", f"of {strict.written(later.at)} says {later.verdict}", entry.index)


TABLE: tuple[Callable[[Proven], Iterator[Ending]], ...] = (
    _other_bytes,
    _objections,
    _approvals,
    _own_end,
    _waivers,
    _reviews,
    _renewals,
    _unused,
    _in_force,
)


# ---------------------------------------------------------------- what they look at


def _statements(proven: Proven) -> Iterator[Statement]:
    """All statements that the ledger has about the model, what the owners said of these bytes elsewhere, and those that were brought
    beside it."""
    past = proven.past
    logged = [*past.spoken, *past.elsewhere(_bytes(proven))] if past is not None else []
    return statements.readable([*proven.words, *in_effect.as_files(logged)])


def _bytes(proven: Proven) -> tuple[str, ...]:
    return (proven.made.artifact, *proven.made.computed, *proven.digests)


def _against(proven: Proven) -> Iterable[Objection]:
    """The words against the version, beside the move that was allowed."""
    made, past = proven.made, proven.past
    learned = in_effect.learned(past.others) if past is not None else ()
    same = past.same if past is not None else ()
    notes = tuple(in_effect.notes(past, _bytes(proven))) if past is not None and proven.trust is None else ()
    bundle = Bundle(b"", "", made.registry, computed=proven.digests, learned=learned, same=same, notes=notes)
    subject = Subject(made.registry, made.model, made.version, made.artifact, made.move, made.policies, made.facts, "")
    if proven.trust is None:
        return objections.noted(bundle, subject)
    found = statements.once(_statements(proven))
    taken, _ = withdrawals.judge(proven.trust, learned, _of(found, WITHDRAWAL), _of(found, OBJECTION), proven.now)
    return objections.judge(proven.trust, bundle, found, taken, subject, proven.makers, proven.now)[0]


def _of(found: Iterable[Statement], type_: str) -> list[Statement]:
    return [s for s in found if s.type == type_]


def _decisions(proven: Proven, wanted: Callable[[int, Summary], bool]) -> Iterator[tuple[Logged, Summary]]:
    """The decisions on the version that are wanted, by entry and content, and that the gate has signed."""
    if proven.past is None:
        return
    for index, made in proven.past.of(proven.made.version):
        if wanted(index, made) and proven.believed(entry := proven.past.entry(index)):
            yield entry, made


def _later_allows(proven: Proven, moves: Collection[object], after: int | None = None) -> Iterator[Summary]:
    begin = proven.index if after is None else after
    yield from (made for _, made in _decisions(proven, lambda i, d: i > begin and d.passed and d.move in moves))
