"""Objections to a version and revocations by the policies' owners, together called words against it; they stand until taken back.

Whoever holds a role for the model and the stage may object, whatever the rules ask, before a move or after it.  An
objection speaks of its bytes in every version of the model, and of every move to its stage.  It stays when its author
leaves the role or loses the key, until its author withdraws it or the owners of the policies lift it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, replace
from letpass.move import Target
from letpass.trust import directory, owners, signers, strict
from letpass.trust.accepted import Judged, Objection
from letpass.trust.bundle import Bundle, Note, Subject
from letpass.trust.chain import Trust
from letpass.trust.kinds import LIFT, OBJECTION, REQUEST, REVOCATION, UNNAMED
from letpass.trust.owners import Agreed
from letpass.trust.shapes import is_digest
from letpass.trust.signers import Signed
from letpass.trust.statements import Statement

FOLDER = "dirHash1"
"""The algorithm of a folder's digest."""
Result = tuple[dict[Hashable, Agreed], tuple[Judged, ...]]


class Said(Frozen):
    """One word against, before it is compared with what is asked for: a valid objection, or an agreed revocation."""

    kind: str
    people: tuple[str, ...]
    role: str
    at: int
    reason: str
    against: Target
    model: str
    version: str
    artifact: str
    digests: tuple[str, ...]
    names: tuple[str, ...]
    entry: int | None = None


def judge(
    trust: Trust,
    bundle: Bundle,
    found: Iterable[Statement],
    taken: Mapping[str, Statement],
    subject: Subject,
    makers: Collection[str] | None,
    now: int,
) -> tuple[tuple[Objection, ...], tuple[Judged, ...]]:
    """Every word against this version or its bytes, in order, and every statement with the reason why it counts or not.

    A word against counts whoever signed it, also who made the version or asks for its move; a lift by one of those does not.
    `taken`: the withdrawals that hold, by what they take back · `makers`: who they are, None where nobody can tell.
    """
    by_type: dict[str, list[Statement]] = {}
    for statement in found:
        by_type.setdefault(statement.type, []).append(statement)
    objections, objected = _objections(trust, bundle, by_type.get(OBJECTION, []), now)
    withdrawn = {
        name: _how("withdrawn", w.text("signer"), w.time("issuedAt"), w.text("reason")) for name, w in taken.items()
    }

    def agreed(
        these: Iterable[Statement], same: Callable[[Statement], Hashable], without: Collection[str] = ()
    ) -> Result:
        return owners.judge(trust, bundle.learned, these, now, same, without)

    given = by_type.get(LIFT, [])
    without = frozenset(makers or ()) | asked(trust, by_type.get(REQUEST, []))
    lifts, lifting = agreed(given if makers is not None else [], lambda s: tuple(s.predicate["of"]), without)
    if makers is None:
        unknown = "nobody lifts a word against a version as long as it is not known who made it"
        lifting = tuple(owners.line(s, Signed(s.text("signer"), ""), unknown) for s in given)
    revocations = by_type.get(REVOCATION, [])
    revoked, revoking = agreed(revocations, _version)
    said = [*objections, *[_revocation(a) for a in revoked.values()]]
    lifted = _lifted(lifts.values(), said)
    # a revocation that was lifted and is signed anew needs as many owners again
    again, _ = agreed(not_lifted(revocations, lifted), _version)
    said = [*objections, *[_revocation(again.get(key, a)) for key, a in revoked.items()]]
    ended = {**withdrawn, **lifted}
    told = (*objected, *_idle(lifting, lifts.values(), lifted), *revoking)
    return compared(bundle, said, ended, subject), told


def asked(trust: Trust, found: Iterable[Statement]) -> frozenset[str]:
    """Everybody whom requests of a move of these bytes name, used or not, that somebody has signed."""
    signed = [s for s in found if s.envelope.signatures and (s.entry is not None or _by_a_person(trust, s))]
    texts = [s.text(field) for s in signed for field in ("author", "requester")]
    return directory.meant(trust.current.directory, texts)


def _by_a_person(trust: Trust, statement: Statement) -> bool:
    try:
        key = signers.signature_of(statement).key
    except InvalidError:
        return False
    return any(version.holder(key) is not None for version in trust.versions)


def not_lifted(revocations: Sequence[Statement], lifted: Collection[str]) -> list[Statement]:
    """The revocations that were said since what was lifted, by digest: with one its signer's earlier ones are lifted, too."""
    until: dict[tuple[str, str, str], int] = {}
    for said in revocations:
        if said.digest in lifted:
            key = (*_version(said), said.text("signer"))
            until[key] = max(until.get(key, 0), said.time("issuedAt"))
    return [s for s in revocations if s.time("issuedAt") > until.get((*_version(s), s.text("signer")), -1)]


def _version(statement: Statement) -> tuple[str, str]:
    return statement.text("model"), statement.text("version")


def noted(bundle: Bundle, subject: Subject) -> tuple[Objection, ...]:
    """Words against a version in a project without a trust file, where the ledger's word for who spoke is all there is."""
    said = [
        Said("revocation", (n.person,), "", n.at, n.reason, Target(), n.model, n.version, n.artifact,
             tuple(dict.fromkeys(d for d in (n.artifact, *n.digests) if d)), (n.digest,), n.entry)
        for n in bundle.notes if n.kind == "revocation"
    ]  # fmt: skip
    ended = {name: _taken_back("lifted", n) for n in bundle.notes if n.kind == "lift" for name in n.of}
    return compared(bundle, said, ended, subject)


def compared(bundle: Bundle, said: Iterable[Said], ended: Mapping[str, str], subject: Subject) -> tuple[Objection, ...]:
    """Words against this version or its bytes, each beside the move that is asked about."""
    named = bundle.names_of((subject.artifact, *bundle.computed))
    made: list[Objection] = []
    for w in said:
        theirs = bundle.names_of(w.digests)
        if w.model == subject.model:
            about = _about(w, theirs, frozenset(d for d in named if is_digest(d)), subject)
        else:
            about = _elsewhere(w, theirs, named, hashed=bool(bundle.computed))
        if about is False and (w.model == subject.model or w.kind == "revocation"):
            continue  # another version with other bytes
        covers = about if w.against.covers(subject.move) else False
        made.append(
            Objection(
                w.kind, " and ".join(w.people), w.role, w.at, w.reason, str(w.against), w.model, w.version, w.artifact, w.names[0],
                covers, _ended(w, ended), w.entry, about, w.names,
            )
        )  # fmt: skip
    return tuple(sorted(made, key=lambda o: (o.at, o.digest)))


def _about(said: Said, theirs: frozenset[str], here: frozenset[str], subject: Subject) -> bool | None:
    """Is a word of the model about this version, whatever the move; None where its bytes and those at hand cannot be compared."""
    if said.version == subject.version or theirs & here:
        return True
    if not theirs:
        return False  # it is about a version alone, and this is another
    return False if {_algorithm(d) for d in theirs} & {_algorithm(d) for d in here} else None


def _elsewhere(said: Said, theirs: frozenset[str], named: frozenset[str], *, hashed: bool) -> bool | None:
    """Is a word about another model about these bytes, too.  `hashed`: they are at hand.

    What somebody objects to in one use may be fine in another, so an objection is about a model; bytes that the owners of the
    policies call unfit are so under every name.
    """
    if said.kind != "revocation":
        return False
    if not theirs.isdisjoint(named):
        return True
    return None if not hashed and doubtful(theirs, named) else False


def doubtful(theirs: Collection[str], named: Collection[str]) -> bool:
    """May these be digests of the same bytes although none is among both: their algorithms tell nothing, or what is recorded is no digest.

    A folder's and a file's are never of the same.
    """
    there, here = {_algorithm(d) for d in theirs}, {_algorithm(d) for d in named if is_digest(d)}
    if not here:
        return bool(there and named)
    return here.isdisjoint(there) and bool(here - {FOLDER}) and bool(there - {FOLDER})


def _algorithm(digest: str) -> str:
    return digest.partition(":")[0]


def _ended(said: Said, ended: Mapping[str, str]) -> str:
    """How a word was taken back, nothing while it stands."""
    return next((ended[name] for name in said.names if name in ended), "")


# ---------------------------------------------------------------- who has spoken


def _objections(trust: Trust, bundle: Bundle, found: Iterable[Statement], now: int) -> tuple[list[Said], list[Judged]]:
    said: list[Said] = []
    judged: list[Judged] = []
    for statement in found:
        signed, why = Signed(statement.text("signer"), ""), ""
        against = Target.of(statement.predicate["against"])
        try:
            signed, version = signers.speaker(trust, bundle.learned, statement, now)
            signers.may_speak(version, statement.text("role"), signed.person, statement.text("model"), against.stage)
            said.append(_said(statement, signed.person, against))
        except InvalidError as error:
            why = str(error)
        judged.append(owners.line(statement, signed, why))
    return said, judged


def _said(statement: Statement, person: str, against: Target) -> Said:
    return Said(
        statement.kind, (person,), statement.text("role"), statement.time("issuedAt"), statement.text("reason"), against,
        statement.text("model"), statement.text("version"), _bytes(statement), digests_of(statement), (statement.digest,),
        statement.entry,
    )  # fmt: skip


def _revocation(agreed: Agreed) -> Said:
    first = agreed.statements[0]
    digests = dict.fromkeys(d for s in agreed.statements for d in digests_of(s))
    return Said(
        "revocation", agreed.people, first.text("role"), agreed.at, agreed.reason, Target(),
        first.text("model"), first.text("version"), _bytes(first), tuple(digests),
        tuple(s.digest for s in agreed.statements), agreed.entry,
    )  # fmt: skip


def _bytes(statement: Statement) -> str:
    return "" if statement.artifact.startswith(f"{UNNAMED}:") else statement.artifact


def digests_of(statement: Statement) -> tuple[str, ...]:
    """All digests of the bytes that a word is about, as its author knew them."""
    return tuple(dict.fromkeys([*([b] if (b := _bytes(statement)) else []), *statement.predicate["digests"]]))


# ---------------------------------------------------------------- who has taken it back


def _lifted(lifts: Iterable[Agreed], said: Iterable[Said]) -> dict[str, str]:
    """What the owners have lifted, by digest; nobody lifts alone an objection of their own, which they withdraw.

    A revocation is the owners' word together, and so may be lifted by those who said it.
    """
    authors = {name: set(word.people) for word in said if word.kind == "objection" for name in word.names}
    found: dict[str, str] = {}
    for agreed in lifts:
        how = _how("lifted", " and ".join(agreed.people), agreed.at, agreed.reason)
        for name in agreed.statements[0].predicate["of"]:
            if not _alone(agreed, authors.get(name, set())):
                found[name] = how
    return found


def _alone(agreed: Agreed, authors: set[str]) -> bool:
    return bool(authors) and set(agreed.people) <= authors


def _idle(lifting: Iterable[Judged], lifts: Iterable[Agreed], lifted: Mapping[str, str]) -> Iterator[Judged]:
    """The lifts, each with what became of it: one that lifts only what its owners said themselves counts nothing."""
    idle = {s.digest for a in lifts for s in a.statements if not set(s.predicate["of"]) & set(lifted)}
    why = "nobody lifts alone what they objected to themselves: `policy withdraw` takes it back"
    for each in lifting:
        yield replace(each, valid=False, why=why) if each.valid and each.digest in idle else each


def _how(verb: str, who: str, at: int, reason: str) -> str:
    return f"{verb} by {who} at {strict.written(at)}" + (f": {reason}" if reason else "")


def _taken_back(verb: str, note: Note) -> str:
    return _how(verb, note.person, note.at, note.reason)
