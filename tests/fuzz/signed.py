"""What is signed: whatever of it is accepted is what was signed, by whom it was signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from letpass import gate
from letpass.canonical import canonical
from letpass.facts.record import Holder
from letpass.frozen import replace
from letpass.ledger import entry, merkle, note, proofs
from letpass.ledger.log import Proof
from letpass.ledger.note import Checkpoint
from letpass.trust import chain, dsse, keys, signers, sshsig, statements, strict, summary, trustfile, verifiers
from letpass.trust.dsse import Envelope
from letpass.trust.summary import Summary
from letpass.trust.verifiers import LOG, WITNESS, VerifierKey
from tests.fuzz import mutate
from tests.fuzz.texts import utf8
from tests.fuzz.watch import BrokenError
from tests.trust import world
from tests.trust.keys import PemKey, SshKey
from tests.trust.world import ANNA, BOB, NOW, RAVI, ROSA, VERA, VITO, World

PEOPLE = (ROSA, RAVI, VERA, VITO, BOB)


def _private(name: str) -> Ed25519PrivateKey:
    """A key that is the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def _key(name: str) -> SshKey:
    found = SshKey()
    found.private = _private(name)
    return found


KEYS = {name: _key(name) for name in PEOPLE}
SERVICE = PemKey()
SERVICE.private = _private("eval-ci")
GATE = _private("gate")
LOG_KEY = VerifierKey("gate.example", LOG, GATE.public_key().public_bytes_raw())


@cache
def company() -> World:
    """The small company, with keys that are the same in every run, and papers of most kinds on its desk."""
    people = {name: {"keys": [{"ssh": key.line}]} for name, key in KEYS.items()}
    services = {"eval-ci": {"keys": [{"pem": SERVICE.pem}], "predicates": [statements.EVIDENCE, statements.TEST_RESULT], "models": ["fraud*"]}}  # fmt: skip
    data = world.document(people={**people, ANNA: {"keys": []}}, services=services)
    found = World(trust=[world.version(data, KEYS[ROSA], KEYS[RAVI])])
    request = found.request(KEYS[BOB])
    found.sign(request, VERA, key=KEYS[VERA])
    said = {"facts": {"x": 1}, "suites": [{"name": "s", "passed": True}]}
    found.say(statements.EVIDENCE, {**said, "issuedAt": strict.written(NOW)}, SERVICE)
    return found


@cache
def papers() -> tuple[bytes, ...]:
    """The statements on the desk."""
    return tuple(p.data for p in company().papers)


@cache
def originals() -> frozenset[bytes]:
    """Their payloads."""
    return frozenset(dsse.parse(p).payload for p in papers())


def words() -> list[bytes]:
    """Payloads of every kind of statement, as people and services would sign them."""
    desk, request = company(), statements.read("", papers()[0]).digest
    about = {"model": "fraud", "version": "4", "trust": desk.trust_digest, "issuedAt": strict.written(NOW - world.HOUR), "reason": "r"}  # fmt: skip
    owned = {**about, "role": "policy-owner", "signer": ROSA, "root": desk.root}
    bare = {k: v for k, v in about.items() if k != "reason"}
    rule = next(r for p in desk.policies.policies for r in p.rules if r.label == "good")
    waiver = {
        **about, "role": "risk", "signer": ROSA, "policy": "gate", "label": "good", "move": desk.move.as_json(), "rule": rule.digest,
        "missed": [{"condition": rule.text}], "until": strict.written(NOW + world.DAY),
    }  # fmt: skip
    policies = {
        "role": "policy-owner", "signer": ROSA, "trust": desk.trust_digest, "root": desk.root, "gates": [], "settings": {},
        "policies": {p.name: p.digest for p in desk.policies.policies}, "identity": {}, "issuedAt": about["issuedAt"],
    }  # fmt: skip
    said = [
        (statements.OBJECTION, {**about, "role": "validator", "signer": VERA, "against": {"stage": "production"}, "digests": [world.ARTIFACT]}),
        (statements.WITHDRAWAL, {**bare, "role": "validator", "signer": VERA, "of": request}),
        (statements.LIFT, {**owned, "of": [request]}),
        (statements.REVOCATION, {**owned, "digests": [world.ARTIFACT]}),
        (statements.WAIVER, waiver),
        (statements.EVIDENCE, {"facts": {"x": 1}, "metrics": {"accuracy": 0.99}, "suites": [{"name": "s", "passed": True}], "issuedAt": about["issuedAt"]}),
        (statements.TEST_RESULT, {"result": "PASSED", "passedTests": ["a"], "configuration": [{"name": "s"}]}),
    ]  # fmt: skip
    made = [statements.build(type_, "fraud@4", world.ARTIFACT, predicate) for type_, predicate in said]
    made.append(statements.build(statements.POLICIES, "policies", desk.policies.digest, policies))
    decision = Summary(
        "allow", "models", "fraud", "4", world.ARTIFACT, desk.move, NOW, desk.policies.digest, world.OTHER, world.OTHER,
        inputs=(world.ARTIFACT,), evidence=(("metrics", NOW),), environments=("eu",),
    )  # fmt: skip
    return [*made, summary.payload(decision), *[dsse.parse(p).payload for p in papers()]]


def decided(data: bytes, _: Random) -> str:
    """A decision that the gate has signed: written again it reads as the same."""
    found = summary.read(statements.read("a.json", Envelope(dsse.STATEMENT, data, (("", b"x"),)).text()))
    again = summary.read(
        statements.read("a.json", Envelope(dsse.STATEMENT, summary.payload(found), (("", b"x"),)).text())
    )
    if again != found:
        raise BrokenError("is another decision when it is written again")
    return f"{found.verdict} {found.move} {len(found.people)} {len(found.evidence)} {bool(found.expires)}"


def full() -> dict[str, Any]:
    """A version of the trust file in which every field is there."""
    found: dict[str, Any] = json.loads(company().versions[0].payload)
    witness = VerifierKey("w.example", WITNESS, _private("witness").public_key().public_bytes_raw())
    held = {
        "from": "2026-01-01T00:00:00Z",
        "until": "2027-01-01T00:00:00Z",
        "revoked": {"at": "2026-10-01T00:00:00Z", "reason": "lost"},
    }
    found["people"][ANNA] = {"keys": [{"ssh": _hard().line, "hardware": True, **held}], "aliases": ["Anna A.", "aa"]}
    found["services"]["eval-ci"] |= {"may": ["request", "author"]}
    found["ledger"] = {"keys": [str(LOG_KEY)], "witnesses": [str(witness)], "quorum": 1, "standing": 7}
    return {**found, "domains": ["corp.example"], "issued": "2026-11-01T00:00:00Z"}


def _hard() -> SshKey:
    """A security key."""
    found = SshKey("sk")
    found.private = _private("hard")
    return found


def curved() -> bytes:
    """A key of the other curve."""
    found = SshKey("ecdsa")
    found.private = ec.derive_private_key(12345, ec.SECP256R1())
    return found.line.encode()


def statement(data: bytes, _: Random) -> str:
    """A statement that counts for somebody is one of those that they signed, to the byte."""
    found = statements.read("a.json", data)
    trust = chain.load(company().trust, company().root, "trust.json")
    told = [found.kind]
    for who in (signers.person, lambda t, s, n: signers.service_of(t, s, n)[0]):
        try:
            told.append(who(trust, found, NOW))
        except ValueError as error:
            told.append(str(error).split("`")[0][:30])
        else:
            if found.envelope.payload not in originals():
                raise BrokenError(f"counts for {told[-1]}, who has not signed it")
    return " ".join(told)


def said(data: bytes, _: Random) -> str:
    """Whatever anybody but the second validator signs beside what is there already: the move is not allowed.

    It is signed by whom it names, a service's evidence by that one, and everything else by Vera.
    """
    desk, value = company(), mutate.plain(data)
    predicate = value.get("predicate") if isinstance(value, dict) else None
    named = predicate.get("signer", predicate.get("requester")) if isinstance(predicate, dict) else None
    message = dsse.encode(dsse.STATEMENT, data)
    if isinstance(value, dict) and value.get("predicateType") in (statements.EVIDENCE, statements.TEST_RESULT):
        signature = SERVICE.sign(message)
    else:
        key = KEYS.get(str(named), KEYS[VERA]) if named != VITO else KEYS[VERA]
        signature = key.sign(signers.NAMESPACE, message)
    paper = statements.Paper("models/fraud/4/new.json", Envelope(dsse.STATEMENT, data, (("", signature),)).text())
    dossier = replace(desk.dossier(), papers=(*desk.papers, paper))
    made = gate.judge(desk.policies, desk.record, desk.move, NOW, Holder.NOBODY, dossier=dossier)
    canonical(made.as_json())
    if made.verdict.value == "allow":
        raise BrokenError("one validator is enough")
    return f"{made.verdict.value} {sorted(str(s.why)[:40] for s in made.statements)[:3]}"


def trust_file(data: bytes, _: Random) -> str:
    """A trust file that is accepted has the versions that its root signed; what is no signed one is read the same again."""
    found = chain.load.__wrapped__(data, company().root, "trust.json")
    if found.versions[0].digest != company().root or len(found.versions) != 1:
        raise BrokenError("another trust file is accepted")
    return "accepted"


def version(data: bytes, _: Random) -> str:
    """A version of the trust file, before anybody has signed it: it reads or is refused, and has people and a root."""
    found = trustfile.read(data)
    if not found.roles["root"].members or found.roles["root"].threshold < 1:
        raise BrokenError("nobody is its root")
    return f"{len(found.people)} {len(found.services)} {sorted(found.roles)} {found.quorum}"


def change(data: bytes, _: Random) -> str:
    """A change of the trust file, whatever its root signs: it follows the version before, and decisions by it are made."""
    first = company().versions[0]
    signatures = tuple(("", KEYS[n].sign(chain.NAMESPACE, dsse.encode(dsse.TRUST, data))) for n in (ROSA, RAVI))
    text = chain.text((first, Envelope(dsse.TRUST, data, signatures)))
    found = chain.load.__wrapped__(text, company().root, "trust.json").current
    if (found.number, found.previous) != (2, company().root):
        raise BrokenError("is accepted, and does not follow the version before")
    dossier = replace(company().dossier(), trust=text)
    made = gate.judge(company().policies, company().record, company().move, NOW, Holder.NOBODY, dossier=dossier)
    canonical(made.as_json())
    return f"{made.verdict.value} {sorted(str(s.why)[:40] for s in made.statements)[:3]}"


def _changed(**changes: Any) -> bytes:
    value = {**json.loads(company().versions[0].payload), **changes}
    return canonical({**value, "version": 2, "previous": company().root})


# ---------------------------------------------------------------- the ledger


@cache
def _logged() -> tuple[str, ...]:
    made = [entry.Entry("move", data={"n": n, "to": "production"}, model="fraud", version=str(n)) for n in range(5)]
    signed = entry.Entry("request", papers()[0].decode(), model="fraud", version="4", artifact=world.ARTIFACT)
    return tuple(e.text(NOW + n * 1_000_000) for n, e in enumerate((*made, signed)))


@cache
def _leaves() -> tuple[bytes, ...]:
    return tuple(merkle.leaf_hash(text.encode()) for text in _logged())


@cache
def head() -> str:
    """The log's head, signed."""
    return note.sign(GATE, LOG_KEY, note.body("gate.example", len(_leaves()), merkle.root(_leaves())))


def _proof(index: int) -> Proof:
    return Proof(_logged()[index], index, merkle.inclusion(_leaves(), index), note.read(head()))


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


# ---------------------------------------------------------------- keys and signatures


def public_key(data: bytes, _: Random) -> str:
    """A public key, of a person, a service or a log: written again it is the same."""
    text = utf8(data)
    if "+" in text and not text.startswith(("ssh-", "ecdsa-", "sk-", "-")):
        found = verifiers.verifier(text)
        if verifiers.verifier(str(found)) != found:
            raise BrokenError("is another key when it is written again")
        return "log"
    key = keys.parse(text)
    if key.kind != "pem" and keys.parse(key.line) != key:
        raise BrokenError("is another key when it is written again")
    return key.kind


MESSAGE = b"what was said"


@cache
def signature() -> str:
    """A signature as ssh-keygen writes it."""
    return sshsig.armour(KEYS[VERA].sign("n@x", MESSAGE))


def ssh_signature(data: bytes, _: Random) -> str:
    """An armoured signature: where it verifies it is by one of the two who signed."""
    found = sshsig.verify(sshsig.dearmour(utf8(data)), "n@x", MESSAGE)
    if found.key not in {KEYS[VERA].key, _hard().key}:
        raise BrokenError("verifies as somebody else's")
    return "fits"


def seeds(name: str) -> list[bytes]:
    """The valid inputs of a door."""
    made: dict[str, Callable[[], list[bytes]]] = {
        "statement": lambda: list(papers()),
        "said": words,
        "decision": lambda: words()[-1 - len(papers()) : -len(papers())],
        "trust-file": lambda: [company().trust],
        "trust-version": lambda: [company().versions[0].payload, canonical(full())],
        "trust-change": lambda: [_changed(), _changed(**{k: v for k, v in full().items() if k != "version"})],
        "entry": lambda: [t.encode() for t in _logged()],
        "decision-proof": lambda: [proofs.decision_file(_proof(2)), proofs.decision_file(_proof(0), _proof(5))],
        "checkpoint": lambda: [head().encode()],
        "offer": lambda: [proofs.offer(n, merkle.consistency(_leaves(), n), note.read(head())).encode() for n in (0, 2)],
        "key": lambda: [KEYS[VERA].line.encode(), SERVICE.pem.encode(), str(LOG_KEY).encode(), curved(), _hard().line.encode()],
        "signature": lambda: [signature().encode(), sshsig.armour(_hard().sign("n@x", MESSAGE)).encode()],
    }  # fmt: skip
    return made[name]()


DOORS: dict[str, Callable[[bytes, Random], str]] = {
    "statement": statement, "said": said, "decision": decided, "trust-file": trust_file, "trust-version": version, "trust-change": change, "entry": logged,
    "decision-proof": decision_file, "checkpoint": checkpoint, "offer": offer, "key": public_key, "signature": ssh_signature,
}  # fmt: skip
