"""What the gate writes into the ledger: first what it was told, then what it decided.  Nothing counts before it is logged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from letpass import __version__, disk, gate
from letpass.canonical import canonical, digest_bytes
from letpass.diagnostics import InvalidError, StatementError, TrustError
from letpass.evaluation.decision import Decision
from letpass.facts.record import Holder, Record
from letpass.frozen import Frozen, replace
from letpass.gathering import Desk
from letpass.ledger import proofs
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger, Receipt
from letpass.move import Move, promotion
from letpass.policyset import PolicySet
from letpass.registries import carried
from letpass.testimony import facts_digest, matter, reviewed
from letpass.trust import chain, requests, signers, statements, strict, summary
from letpass.trust.accepted import NotCounted
from letpass.trust.chain import Trust
from letpass.trust.dossier import Dossier, Matter
from letpass.trust.statements import POLICIES, SIGNOFF, WAIVER, Statement

ENTRY_KINDS = {"rejection": "sign-off", "withdrawal": "sign-off", "policy set": "policies"}


class Recorded(Frozen):
    """A decision that the ledger has: its entry there, and where the proof lies that an allow leaves beside the record."""

    decision: Decision
    index: int
    proof: str
    dossier: Dossier | None


def record_decision(
    desk: Desk, policies: PolicySet, record: Record, move: Move, now: int, champion: Record | Holder,
    bytes_at: Path | None = None,
) -> Recorded:  # fmt: skip
    """Log what was brought, decide from the ledger, log the decision, and leave an allow's proof beside the record.

    Raises `UnreachableError` where the ledger cannot be written: then nothing was decided.  Raises `LetpassError` for a
    trust file, key or artifact that is refused, and for what does not fit the ledger.
    """
    ledger = desk.books.writer()
    assert ledger.signer is not None
    dossier = desk.dossier(record, bytes_at, champion, (policies, move))
    if desk.trust is not None and dossier is not None:
        log_dossier(ledger, desk.trust, dossier, record, move, policies, now)
        papers, used = desk.papers(record, dossier.computed)  # with the times that the ledger gave them
        dossier = replace(dossier, papers=papers, used=used)
    decision = gate.judge(policies, record, move, now, champion, dossier=dossier)
    stored = canonical({"decision": decision.as_json(), "inputs": gate.inputs(decision, policies, dossier)})
    made = _summary(decision, desk, policies, record, digest_bytes(stored))
    envelope = ledger.signer.envelope(summary.payload(made))
    entry = _entry("decision", envelope.text().decode("utf-8"), record, made.artifact)
    receipt = _append(ledger, [entry], now, [(made.decision, stored)])[0]
    desk.books.keep(ledger)
    place = ""
    if made.passed and (desk.registry.has(record) or carried.folder(record) is not None):
        proof = proofs.decision_file(ledger.prove(receipt.index))
        place = desk.carrier(record).add(record, digest_bytes(envelope.payload), proof, decision=True)
    return Recorded(decision, receipt.index, place, dossier)


def _append(
    ledger: Ledger, entries: Sequence[Entry], now: int, material: Sequence[tuple[str, bytes]]
) -> tuple[Receipt, ...]:
    """Append; raises `LetpassError` for what does not fit a leaf."""
    try:
        return ledger.append(entries, now, material)
    except InvalidError as error:
        raise StatementError.of("GATE413", f"it cannot be logged: {error}", ledger.store.name) from None


def log_dossier(
    ledger: Ledger, trust: Trust, dossier: Dossier, record: Record, move: Move, policies: PolicySet, now: int
) -> None:
    """Log the trust file's versions, the policy set, and every statement that somebody whom the trust file knows has signed.

    What nobody known has signed is left out: anybody could fill the ledger with it.
    """
    versions = [
        (e.text(), {"version": v.number, "digest": v.digest, "root": trust.root})
        for e, v in zip(chain.envelopes(dossier.trust), trust.versions, strict=True)
    ]
    entries = [Entry("trust", data={**said, "text": digest_bytes(text)}) for text, said in versions]
    texts = canonical({disk.shown(name): text for name, text in policies.texts})
    names = digest_bytes(canonical({p.name: p.digest for p in policies.policies}))
    entries.append(Entry("policies", data={"digest": policies.digest, "names": names, "text": digest_bytes(texts)}))
    about = matter(dossier, record, move, policies.digest)
    counts = reviewed(dossier, record, move, policies.digest, now).request
    vouched: list[tuple[str, Entry]] = []
    for statement in statements.readable((p.name, p.data, p.logged) for p in dossier.papers):
        unsigned = statement.kind == "request" and not statement.envelope.signatures
        if (unsigned and (counts is None or counts.statement.digest != statement.digest)) or _unvouched(
            trust, statement, about, now
        ):
            continue
        kind = ENTRY_KINDS.get(statement.kind, statement.kind)
        text = signers.bare(trust, statement).text().decode("utf-8")
        made = Entry(kind, text) if kind == "policies" else _entry(kind, text, record, statement.artifact)
        vouched.append((statement.text("issuedAt"), made))
    # a request and its first answer may be of one second
    entries += [entry for _, entry in sorted(vouched, key=lambda v: (v[0], v[1].kind != "request"))]
    _append(ledger, entries, now, [(digest_bytes(text), text) for text in (texts, *[t for t, _ in versions])])


def accept(desk: Desk, policies: PolicySet, record: Record, statement: Statement, now: int) -> None:
    """Log one statement about a version; raises `LetpassError` for what nobody whom the trust file knows vouches for."""
    if desk.trust is None:
        raise TrustError.of(
            "GATE411", f"there is no trust file `{disk.shown(desk.path)}`, so nobody's signature counts"
        )
    dossier = desk.dossier(record)
    assert dossier is not None
    said = statement.predicate.get("move")
    move = Move.of(said) if isinstance(said, dict) else promotion("any")
    about = matter(dossier, record, move, policies.digest)
    if statement.type == POLICIES:
        raise StatementError.of("GATE415", "a policy set's signature lies beside the policies, not at a version")
    attested = tuple(sorted(a.digest for a in reviewed(dossier, record, move, policies.digest, now).attested))
    if why := _unvouched(desk.trust, statement, about, now, attested):
        raise StatementError.of("GATE415", f"the {statement.kind} would not count: {why}", statement.name)
    ledger = desk.books.writer()
    text = signers.bare(desk.trust, statement).text().decode("utf-8")
    kind = ENTRY_KINDS.get(statement.kind, statement.kind)
    _append(ledger, [_entry(kind, text, record, statement.artifact)], now, ())
    desk.books.keep(ledger)


def _unvouched(
    trust: Trust, statement: Statement, about: Matter, now: int, attested: tuple[str, ...] | None = None
) -> str:
    """Why nobody vouches for a statement about this version, or nothing: then it has a place in the ledger.

    attested: the evidence that counts now, which a request must name; None: whatever it names.
    """
    said = statement.predicate
    try:
        if statement.kind == "evidence":
            signers.service(trust, statement, about.model, now)
            same = statement.artifact == about.artifact
            return "" if same else f"it is about the artifact `{statement.artifact[:19]}…`, not this one"
        if statement.kind == "request":
            evidence = tuple(said["evidence"]) if attested is None else attested
            return requests.fault_of(trust, statement, about, evidence, (), now)
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


def _entry(kind: str, text: str, record: Record, artifact: str = "") -> Entry:
    found = artifact or record.text("artifact.digest")
    return Entry(kind, text, {}, record.text("model"), record.text("version"), found)


def _bytes(record: Record) -> str:
    """The digest of a record's artifact, nothing where what it records is none: no statement could be about it."""
    found = record.text("artifact.digest")
    return found if statements.is_digest(found) else ""


def _summary(decision: Decision, desk: Desk, policies: PolicySet, record: Record, stored: str) -> summary.Summary:
    digests = dict(decision.digests)
    used = tuple(sorted({c.statement.digest for c in decision.counted if c.counts}))
    ends = [r.waiver.until for r in decision.rules if r.waiver is not None]
    ends += [strict.instant(decision.expires)] if decision.expires else []
    ends += [desk.trust.current.expires] if desk.trust is not None else []
    expires = strict.written(min(ends)) if ends else ""
    return summary.Summary(
        decision.verdict.value, desk.configuration.registry, record.text("model"), record.text("version"),
        _bytes(decision.record), decision.move, decision.now, policies.digest, facts_digest(record), stored,
        used, digests.get("trust", ""), digests.get("request", ""), expires, __version__,
        "" if decision.approved_until is None else strict.written(decision.approved_until), _people(decision),
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
