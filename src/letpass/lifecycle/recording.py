"""Writing into the ledger: first the statements that were brought, then the decision.  Nothing counts before it is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from letpass import __version__, disk
from letpass.canonical import canonical, digest, digest_bytes
from letpass.diagnostics import InvalidError, PolicyError, StatementError, TrustError, UnreachableError
from letpass.evaluation.decision import Decision, governing
from letpass.events import watch
from letpass.facts import slots
from letpass.facts.record import Holder, Record
from letpass.facts.said import facts_digest, identity_digest
from letpass.facts.said import stored as what_it_says
from letpass.frozen import Frozen, replace
from letpass.gate import gated, judgement, tries
from letpass.gate.case import Case
from letpass.ledger import proofs, rotation
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.gatekey import GateKey
from letpass.ledger.in_effect import OWNED
from letpass.ledger.log import Receipt, Unless
from letpass.lifecycle import departures, kept
from letpass.move import promotion
from letpass.project.contents import own_policies
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries import carried
from letpass.registries.interface import OVERTAKEN, Beside
from letpass.reports import interface
from letpass.trust import chain, requests, shapes, signers, statements, strict, summary
from letpass.trust.accepted import NotCounted
from letpass.trust.bundle import Subject
from letpass.trust.chain import Trust
from letpass.trust.kinds import (
    ADOPTION,
    BEGIN,
    LIFT,
    OBJECTION,
    POLICIES,
    REVOCATION,
    ROOTED,
    SIGNOFF,
    UNGATE,
    WAIVER,
    WITHDRAWAL,
)
from letpass.trust.statements import Statement

ENTRY_KINDS = {"policy set": "policies"}
AGAIN = 20
"""How often a decision that counts candidates is made anew where others are logged in between."""
STAND = frozenset({OBJECTION, WITHDRAWAL, REVOCATION, LIFT, ADOPTION, UNGATE})
"""Types of words that stand until they are taken back."""


class Recorded(Frozen):
    """A decision that the ledger has: its entry there, and where the proof lies that an allow leaves beside the record.

    case: what it rests on.
    """

    decision: Decision
    index: int
    proof: str
    case: Case

    @property
    def entry(self) -> interface.Entry:
        """The entry of the decision as plain data."""
        ledger = self.case.project.ledger.writer()
        return kept.entry(ledger, ledger.entry(self.index))

    @property
    def inputs(self) -> dict[str, Any]:
        """Everything that a replay of the decision needs."""
        return self.case.inputs


def record_decision(case: Case, *, keep: bool = True) -> Recorded:
    """Log what was brought, decide from the ledger, log the decision, and leave an allow's proof beside the record.

    keep: the ledger's head is kept then; not where what comes of the decision is logged next.

    Raises `UnreachableError` where the ledger cannot be written: then nothing was decided.  Raises `LetpassError` for a
    trust file, key or artifact that is refused, and for what does not fit the ledger.
    """
    project, now = case.project, case.now
    departures.log(project, now)
    ledger = project.ledger.writer()
    assert ledger.signer is not None
    if project.trust is not None:
        owned = log_statements(case)
        case = case.again(champion=owned)  # with the times that the ledger gave to what was brought
    counts = tries.are_asked(case.policies.policies, case.move)
    recorded = _counted(case, keep=keep) if counts else _decided(case, keep=keep)
    case, decision, made = recorded.case, recorded.decision, recorded.decision.allowed
    id_ = decision.id if watch.heard() else ""
    watch.note(watch.Became(decision.verdict.value), case.record.name, str(decision.move), recorded.index, id_)
    return replace(recorded, proof=leave_proof(project, case.record, recorded)) if made else recorded


def _decided(case: Case, *, keep: bool, unless: Unless | None = None) -> Recorded:
    """Decide, and log the decision, which leaves no proof yet."""
    decision, inputs, signer = case.decision, case.inputs, case.project.ledger.writer().signer
    assert signer is not None
    stored = canonical({"decision": decision.as_json(), "inputs": inputs})
    made = _summary(case, digest_bytes(stored))
    envelope = signer.envelope(summary.payload(made))
    # a prompt's decision shows no stage as gated for models
    of_models = not made.versions and bool(governing(case.policies.policies, decision.move))
    about = decision.move.as_json() if of_models else {}
    entry = replace(_entry("decision", envelope.text().decode("utf-8"), case.record, made.artifact), data=about)
    basis = canonical(judgement.basis(inputs))
    material = [(digest_bytes(basis), basis), (made.decision, stored)]
    like = digest_bytes(basis)
    (receipt,) = _append(case.project, [entry], case.now, material, keep=keep, like=like, unless=unless)
    return Recorded(decision, receipt.index, "", case)


def _counted(case: Case, *, keep: bool) -> Recorded:
    """The same where a rule counts candidates: of two that are judged at once neither may miss the other, so that one decides anew.

    Raises `UnreachableError` where others come in between again and again.
    """
    model, ledger = case.record.text("model"), case.project.ledger.writer()

    def another(found: Logged) -> str:
        one = found.entry.kind in {"decision", "begin"} and found.entry.model == model
        return f"another candidate of `{model}` was logged meanwhile, in entry {found.index}" if one else ""

    for left in reversed(range(AGAIN)):
        since = ledger.size()
        try:
            return _decided(case.again(), keep=keep, unless=Unless(since, another))
        except UnreachableError as error:
            if not left or error.diagnostics[0].code != OVERTAKEN:
                raise
    raise AssertionError


def leave_proof(project: Project, record: Record, recorded: Recorded, made: int | None = None) -> str:
    """Leave an allow's proof beside its record, and say where; nothing where a record has no place for one.

    `made`: the entry that says that the move was made, which the proof then carries.
    """
    if not (project.registry.has(record) or carried.folder(record) is not None):
        return ""
    ledger = project.ledger.writer()
    done = ledger.prove(made) if made is not None else None
    proof = proofs.decision_file(ledger.prove(recorded.index), done)
    # one place for each move that was allowed, and one for each that was made: the next proof takes the place of the last,
    # so that a version which is moved to and fro does not grow
    slot = digest(
        {"proof of": recorded.decision.move.key, "in": list(recorded.decision.environments), "made": made is not None}
    )
    return project.carrier(record).add(record, slot, proof, Beside.DECISION)


def _append(
    project: Project, entries: Sequence[Entry], now: int, material: Sequence[tuple[str, bytes]], *, keep: bool = True,
    mends: Mapping[int, int] | None = None, like: str = "", unless: Unless | None = None,
) -> tuple[Receipt, ...]:  # fmt: skip
    """Append; raises `LetpassError` for what does not fit a leaf.  `keep`: the ledger's head is kept then."""
    try:
        return project.log(entries, now, material, unless, keep=keep, mends=mends, like=like)
    except InvalidError as error:
        raise StatementError.of("GATE413", f"it cannot be logged: {error}", project.ledger.name) from None


def log_statements(case: Case, *, keep: bool = False) -> bool:
    """Log the trust file's versions, the policy set, and every statement that somebody whom the trust file knows has signed;
    whether a word of the owners was among them that the ledger did not have.

    What nobody known has signed is left out: anybody could fill the ledger with it.
    """
    trust = case.project.trust
    assert trust is not None
    assert case.bundle is not None
    versions = _versions(trust, case.bundle.trust)
    policies, texts = _set(case.policies)
    entries = [*[entry for entry, _ in versions], policies]
    counts = case.verified.request
    vouched: list[tuple[str, Entry]] = []
    for statement in statements.readable(case.bundle.statement_files):
        unsigned = statement.kind == "request" and not statement.envelope.signatures
        if unsigned and (counts is None or counts.statement.digest != statement.digest):
            continue
        if not _unvouched(trust, statement, case.subject, case.now):
            vouched.append((statement.text("issuedAt"), statement_entry(trust, statement, case.record)))
    # a request and its first answer may be of one second
    entries += [entry for _, entry in sorted(vouched, key=lambda v: (v[0], v[1].kind != "request"))]
    material = [texts, *[m for _, m in versions], *_taken_in(case)]
    receipts = _append(case.project, entries, case.now, material, keep=keep)
    return any(r.fresh and e.kind in OWNED for e, r in zip(entries, receipts, strict=True))


def _set(policies: PolicySet) -> tuple[Entry, tuple[str, bytes]]:
    """A set of policies as an entry, and its texts by their digest."""
    texts = canonical({disk.shown(name): text for name, text in policies.texts})
    names = digest_bytes(canonical({p.name: p.digest for p in policies.policies}))
    said = {"digest": policies.digest, "names": names, "text": digest_bytes(texts)}
    return Entry("policies", data=said), (digest_bytes(texts), texts)


def _stood(project: Project, words: Sequence[Statement]) -> list[tuple[Entry, tuple[str, bytes]]]:
    """The project's own set beside the begin of a run, whose evidence its bars are for; none where it does not read."""
    if not any(word.type == BEGIN for word in words):
        return []
    try:
        return [_set(own_policies(project.configuration))]
    except PolicyError:
        return []


def _taken_in(case: Case) -> list[tuple[str, bytes]]:
    """What the record says, as material, where an adoption that was brought takes it in so."""
    assert case.bundle is not None
    found = what_it_says(case.record)
    adoptions = (s.predicate["holders"] for s in statements.readable(case.bundle.statement_files) if s.type == ADOPTION)
    taken = {holder.get("facts") for holders in adoptions for holder in holders}
    return [found] if found is not None and found[0] in taken else []


def _versions(trust: Trust, text: bytes) -> list[tuple[Entry, tuple[str, bytes]]]:
    """The versions of the trust file as entries, and their texts by digest."""
    found = []
    for envelope, version in zip(chain.envelopes(text), trust.versions, strict=True):
        whole = envelope.text()
        said = {"version": version.number, "digest": version.digest, "root": trust.root, "text": digest_bytes(whole)}
        found.append((Entry("trust", data=said), (digest_bytes(whole), whole)))
    return found


def statement_entry(trust: Trust, statement: Statement, record: Record | None = None) -> Entry:
    """A statement as an entry of the ledger, under the name of the version that it is about."""
    kind = ENTRY_KINDS.get(statement.kind, statement.kind)
    text = signers.bare(trust, statement).text().decode("utf-8")
    if kind in {"policies", "adoption", "ungate"} or statement.type in ROOTED:
        return Entry(kind, text)
    said = statement.predicate
    model = str(said.get("model") or (record.text("model") if record is not None else ""))
    version = str(said.get("version") or (record.text("version") if record is not None else ""))
    return Entry(kind, text, {}, model, version, statement.artifact)


def log_words(
    project: Project, words: Sequence[Statement], now: int, record: Record | None = None,
    material: Sequence[tuple[str, bytes]] = (),
) -> tuple[Receipt, ...]:  # fmt: skip
    """Log statements at once, behind the trust file by which they are judged; where each stands.

    material: texts that they are about, by their digests.
    Raises `UnreachableError` where the ledger cannot be written.
    """
    assert project.trust is not None
    assert project.text is not None
    before = [*_versions(project.trust, project.text), *_stood(project, words)]
    entries = [*[e for e, _ in before], *[statement_entry(project.trust, s, record) for s in words]]
    receipts = _append(project, entries, now, [*[m for _, m in before], *material])
    return receipts[len(before) :]


def log_key(project: Project, statement: Statement, new: GateKey, now: int) -> Receipt:
    """Log that another key signs from here on, under a head that it has signed, and let it be the gate's.

    Raises `LetpassError` where the statement lacks a signature, or the trust file does not name the key.
    """
    ledger = project.ledger.rotating(new)
    versions = _versions(project.trust, project.text) if project.trust is not None and project.text is not None else []
    known = tuple((str(e.entry.data.get("digest", "")), e.index) for e in ledger.entries_of("trust"))
    if why := rotation.lacking(statement, known, project.trust):
        raise StatementError.of("GATE415", f"the gate's key stays: {why}", statement.name)
    entries = [*[e for e, _ in versions], Entry("key", statement.envelope.text().decode("utf-8"))]
    receipts = ledger.append(entries, now, [m for _, m in versions], key=new)
    project.ledger.keep(ledger)
    project.ledger.take_over()
    return receipts[-1]


def log_rooted(project: Project, statement: Statement, now: int, mends: Mapping[int, int] | None = None) -> Receipt:
    """Log a word of the root about the ledger, behind the trust file by which it is judged.

    mends: the times of entries as it mends them, by their indices.  Raises `LetpassError`.
    """
    assert project.trust is not None
    assert project.text is not None
    versions = _versions(project.trust, project.text)
    entries = [*[e for e, _ in versions], statement_entry(project.trust, statement)]
    return _append(project, entries, now, [m for _, m in versions], mends=mends)[-1]


def log_note(
    project: Project, entry: Entry, now: int, material: Sequence[tuple[str, bytes]] = (), *,
    mends: Mapping[int, int] | None = None,
) -> Receipt:  # fmt: skip
    """Log a word without a signature, in a project without a trust file, with the texts that it is about by their digests.
    `mends`: see `log_rooted`."""
    return _append(project, [entry], now, material, mends=mends)[0]


def accept(project: Project, policies: PolicySet, record: Record, statement: Statement, now: int) -> None:
    """Log one statement about a version; raises `LetpassError` for what nobody whom the trust file knows vouches for."""
    if project.trust is None:
        raise TrustError.of(
            "GATE411", f"there is no trust file `{disk.shown(project.path)}`, so nobody's signature counts"
        )
    if statement.kind in {"policy set", "adoption", "ungate"}:
        raise StatementError.of(
            "GATE415", f"a statement of the kind {statement.kind} lies beside the policies, not at a version"
        )
    move = statement.move if "move" in statement.predicate else promotion("any")
    case = Case(project, policies, record, move, now, (Holder.UNASKED, None))
    assert case.bundle is not None
    attested = tuple(sorted(a.digest for a in case.verified.attested))
    if why := _unvouched(project.trust, statement, case.subject, now, attested):
        raise StatementError.of("GATE415", f"the {statement.kind} would not count: {why}", statement.name)
    log_words(project, [statement], now, record)


def _unvouched(
    trust: Trust, statement: Statement, about: Subject, now: int, attested: tuple[str, ...] | None = None
) -> str:
    """Why nobody vouches for a statement about this version, or nothing: then it has a place in the ledger.

    attested: the evidence that counts now, which a request must name; None: whatever it names.
    """
    said = statement.predicate
    try:
        if statement.kind in {"evidence", "begin"}:
            signers.service(trust, statement, about.model, now)
            same = statement.artifact == about.artifact
            return "" if same else f"it is about the artifact `{statement.artifact[:19]}…`, not this one"
        if statement.kind == "request":
            evidence = tuple(said["evidence"]) if attested is None else attested
            return requests.fault_of(trust, statement, about, evidence, (), now)
        if statement.type in STAND:
            return _unspoken(trust, statement, about, now)
        if statement.type not in {SIGNOFF, WAIVER, POLICIES}:
            return f"a {statement.kind} has no place here"
        person = signers.person(trust, statement, now)
        if statement.type == POLICIES:
            signers.in_role(trust, statement, person)
            return "" if statement.text("root") == trust.root else "it is of another trust file"
    except InvalidError as error:
        return str(error)
    same = (said["model"], said["version"]) == (about.model, about.version)
    return "" if same else f"it is about {said['model']}@{said['version']}"


def _unspoken(trust: Trust, statement: Statement, about: Subject, now: int) -> str:
    """Why nobody vouches for a word that stands until it is taken back, or nothing.

    It has a place in the ledger as soon as somebody of the trust file signed it about this model: whether it counts is
    judged whenever somebody asks.
    """
    signers.speaker(trust, (), statement, now)
    model = statement.predicate.get("model", about.model)
    return "" if model == about.model else f"it is about the model {model}"


def _entry(kind: str, text: str, record: Record, artifact: str = "") -> Entry:
    found = artifact or record.text("artifact.digest")
    return Entry(kind, text, {}, record.text("model"), record.text("version"), found)


def _bytes(record: Record) -> str:
    """The digest of a record's artifact, nothing where what it records is none: no statement could be about it."""
    found = record.text("artifact.digest")
    return found if shapes.is_digest(found) else ""


def _summary(case: Case, stored: str) -> summary.Summary:
    decision, project, record = case.decision, case.project, case.record
    digests = dict(decision.digests)
    used = tuple(sorted({c.statement.digest for c in decision.counted if c.counts}))
    waived = [r.waiver.until for r in decision.rules if r.waiver is not None]
    ends = [*waived, *([strict.instant(decision.expires)] if decision.expires else [])]
    ends += [project.trust.current.expires] if project.trust is not None else []
    expires = strict.written(min(ends)) if ends else ""
    return summary.Summary(
        decision.verdict.value, project.names.all[0], record.text("model"), record.text("version"),
        _bytes(decision.record), decision.move, decision.now, case.policies.digest, facts_digest(record), stored,
        used, digests.get("trust", ""), digests.get("request", ""), expires, __version__,
        case.bundle.computed if case.bundle is not None else (),
        "" if decision.approved_until is None else strict.written(decision.approved_until),
        strict.written(min(waived)) if waived else "", slots.times(decision.record), _people(decision),
        decision.environments, identity_digest(record), case.apart, tries.data_of(decision.record),
        gated.versions_of(record.kind),
    )  # fmt: skip


def _people(decision: Decision) -> tuple[summary.Voice, ...]:
    """Whose answers and waivers counted, and of those who answered this request why the others' did not."""
    told = [c for c in decision.counted if c.statement.key and (c.rules or set(c.not_counted) & _TOLD)]
    voices = [
        summary.Voice(
            c.statement.kind, c.statement.person, c.statement.role, c.statement.key, c.statement.at, c.rules,
            "" if c.rules else c.not_counted[0].value,
        )
        for c in told
    ]  # fmt: skip
    return tuple(sorted(voices, key=lambda v: (not v.rules, v.person, v.role, v.at)))[: summary.MOST]


_TOLD = frozenset(NotCounted) - {NotCounted.KEY, NotCounted.OTHER_REQUEST, NotCounted.TAKEN_BACK}
