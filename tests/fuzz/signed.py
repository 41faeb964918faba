"""What is signed: whatever of it is accepted is what was signed, by whom it was signed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from letpass.canonical import canonical
from letpass.facts.record import Holder
from letpass.frozen import replace
from letpass.gate import judgement
from letpass.trust import chain, dsse, keys, kinds, signers, sshsig, statements, summary, trustfile, verifiers
from letpass.trust.dsse import Envelope
from tests.fuzz import mutate
from tests.fuzz.company import (
    KEYS,
    LOG_KEY,
    SERVICE,
    changed,
    company,
    curved,
    full,
    hard,
    originals,
    statement_files,
    words,
)
from tests.fuzz.texts import utf8
from tests.fuzz.watch import BrokenError, Enter
from tests.trust.keys import armour
from tests.trust.world import NOW, RAVI, ROSA, VERA, VITO


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
    if isinstance(value, dict) and value.get("predicateType") in (kinds.EVIDENCE, kinds.TEST_RESULT):
        signature = SERVICE.sign(message)
    else:
        key = KEYS.get(str(named), KEYS[VERA]) if named != VITO else KEYS[VERA]
        signature = key.sign(signers.NAMESPACE, message)
    statement_file = statements.StatementFile(
        "models/fraud/4/new.json", Envelope(dsse.STATEMENT, data, (("", signature),)).text()
    )
    bundle = replace(desk.bundle(), statement_files=(*desk.statement_files, statement_file))
    made = judgement.judge(desk.policies, desk.record, desk.move, NOW, Holder.NOBODY, bundle=bundle)
    canonical(made.as_json())
    if made.verdict.value == "allow":
        raise BrokenError("one validator is enough")
    return f"{made.verdict.value} {sorted(str(s.why)[:40] for s in made.statements)[:3]}"


def decided(data: bytes, _: Random) -> str:
    """A decision that the gate has signed: written again it reads as the same."""
    found = summary.read(statements.read("a.json", Envelope(dsse.STATEMENT, data, (("", b"x"),)).text()))
    again = summary.read(
        statements.read("a.json", Envelope(dsse.STATEMENT, summary.payload(found), (("", b"x"),)).text())
    )
    if again != found:
        raise BrokenError("is another decision when it is written again")
    return f"{found.verdict} {found.move} {len(found.people)} {len(found.evidence)} {bool(found.expires)}"


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
    bundle = replace(company().bundle(), trust=text)
    made = judgement.judge(company().policies, company().record, company().move, NOW, Holder.NOBODY, bundle=bundle)
    canonical(made.as_json())
    return f"{made.verdict.value} {sorted(str(s.why)[:40] for s in made.statements)[:3]}"


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
    return armour(KEYS[VERA].sign("n@x", MESSAGE))


def ssh_signature(data: bytes, _: Random) -> str:
    """An armoured signature: where it verifies it is by one of the two who signed."""
    found = sshsig.verify(sshsig.dearmour(utf8(data)), "n@x", MESSAGE)
    if found.key not in {KEYS[VERA].key, hard().key}:
        raise BrokenError("verifies as somebody else's")
    return "fits"


DOORS: dict[str, tuple[Enter, Callable[[], list[bytes]]]] = {
    "statement": (statement, lambda: list(statement_files())),
    "said": (said, words),
    "decision": (decided, lambda: words()[-1 - len(statement_files()) : -len(statement_files())]),
    "trust-file": (trust_file, lambda: [company().trust]),
    "trust-version": (version, lambda: [company().versions[0].payload, canonical(full())]),
    "trust-change": (change, lambda: [changed(), changed(**{k: v for k, v in full().items() if k != "version"})]),
    "key": (
        public_key,
        lambda: [KEYS[VERA].line.encode(), SERVICE.pem.encode(), str(LOG_KEY).encode(), curved(), hard().line.encode()],
    ),
    "signature": (ssh_signature, lambda: [signature().encode(), armour(hard().sign("n@x", MESSAGE)).encode()]),
}
"""The doors, each with its valid inputs."""
