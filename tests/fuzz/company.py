"""A small company with keys that are the same in every run, and what it signs: the valid inputs of the doors of `signed.py`."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from letpass.canonical import canonical
from letpass.trust import dsse, kinds, statements, strict, summary
from letpass.trust.summary import Summary
from letpass.trust.verifiers import LOG, WITNESS, VerifierKey
from tests.trust import world
from tests.trust.keys import PemKey, SshKey
from tests.trust.world import ANNA, BOB, NOW, RAVI, ROSA, VERA, VITO, World

PEOPLE = (ROSA, RAVI, VERA, VITO, BOB)


def private(name: str) -> Ed25519PrivateKey:
    """A key that is the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def _key(name: str) -> SshKey:
    found = SshKey()
    found.private = private(name)
    return found


KEYS = {name: _key(name) for name in PEOPLE}


SERVICE = PemKey()
SERVICE.private = private("eval-ci")


GATE = private("gate")


LOG_KEY = VerifierKey("gate.example", LOG, GATE.public_key().public_bytes_raw())


def hard() -> SshKey:
    """A security key."""
    found = SshKey("sk")
    found.private = private("hard")
    return found


def curved() -> bytes:
    """A key of the other curve."""
    found = SshKey("ecdsa")
    found.private = ec.derive_private_key(12345, ec.SECP256R1())
    return found.line.encode()


@cache
def company() -> World:
    """The small company, with keys that are the same in every run, and statement_files of most kinds on its desk."""
    people = {name: {"keys": [{"ssh": key.line}]} for name, key in KEYS.items()}
    services = {"eval-ci": {"keys": [{"pem": SERVICE.pem}], "predicates": [kinds.EVIDENCE, kinds.TEST_RESULT], "models": ["fraud*"]}}  # fmt: skip
    data = world.document(people={**people, ANNA: {"keys": []}}, services=services)
    found = World(trust=[world.version(data, KEYS[ROSA], KEYS[RAVI])])
    request = found.request(KEYS[BOB])
    found.sign(request, VERA, key=KEYS[VERA])
    said = {"facts": {"x": 1}, "suites": [{"name": "s", "passed": True}]}
    found.say(kinds.EVIDENCE, {**said, "issuedAt": strict.written(NOW)}, SERVICE)
    return found


@cache
def statement_files() -> tuple[bytes, ...]:
    """The statements on the desk."""
    return tuple(p.data for p in company().statement_files)


@cache
def originals() -> frozenset[bytes]:
    """Their payloads."""
    return frozenset(dsse.parse(p).payload for p in statement_files())


def words() -> list[bytes]:
    """Payloads of every kind of statement, as people and services would sign them."""
    desk, request = company(), statements.read("", statement_files()[0]).digest
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
        (kinds.OBJECTION, {**about, "role": "validator", "signer": VERA, "against": {"stage": "production"}, "digests": [world.ARTIFACT]}),
        (kinds.WITHDRAWAL, {**bare, "role": "validator", "signer": VERA, "of": request}),
        (kinds.LIFT, {**owned, "of": [request]}),
        (kinds.REVOCATION, {**owned, "digests": [world.ARTIFACT]}),
        (kinds.WAIVER, waiver),
        (kinds.EVIDENCE, {"facts": {"x": 1}, "metrics": {"accuracy": 0.99}, "suites": [{"name": "s", "passed": True}], "issuedAt": about["issuedAt"]}),
        (kinds.TEST_RESULT, {"result": "PASSED", "passedTests": ["a"], "configuration": [{"name": "s"}]}),
    ]  # fmt: skip
    made = [statements.build(type_, "fraud@4", world.ARTIFACT, predicate) for type_, predicate in said]
    made.append(statements.build(kinds.POLICIES, "policies", desk.policies.digest, policies))
    decision = Summary(
        "allow", "models", "fraud", "4", world.ARTIFACT, desk.move, NOW, desk.policies.digest, world.OTHER, world.OTHER,
        inputs=(world.ARTIFACT,), evidence=(("metrics", NOW),), environments=("eu",),
    )  # fmt: skip
    return [*made, summary.payload(decision), *[dsse.parse(p).payload for p in statement_files()]]


def full() -> dict[str, Any]:
    """A version of the trust file in which every field is there."""
    found: dict[str, Any] = json.loads(company().versions[0].payload)
    witness = VerifierKey("w.example", WITNESS, private("witness").public_key().public_bytes_raw())
    held = {
        "from": "2026-01-01T00:00:00Z",
        "until": "2027-01-01T00:00:00Z",
        "revoked": {"at": "2026-10-01T00:00:00Z", "reason": "lost"},
    }
    found["people"][ANNA] = {"keys": [{"ssh": hard().line, "hardware": True, **held}], "aliases": ["Anna A.", "aa"]}
    found["services"]["eval-ci"] |= {"may": ["request", "author"]}
    found["ledger"] = {"keys": [str(LOG_KEY)], "witnesses": [str(witness)], "quorum": 1, "standing": 7}
    return {**found, "domains": ["corp.example"], "issued": "2026-11-01T00:00:00Z"}


def changed(**changes: Any) -> bytes:
    """The version that follows, with other fields."""
    value = {**json.loads(company().versions[0].payload), **changes}
    return canonical({**value, "version": 2, "previous": company().root})
