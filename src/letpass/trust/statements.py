"""In-toto statements (Statement v1): what people and services say of one artifact, and the shapes that are read.

Statements of our own kinds are read strictly: an unknown field refuses them, since a reader that skips a field may skip
the condition that it holds.  That is stricter than in-toto's rule for consumers, on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from letpass.canonical import canonical, digest_bytes
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.move import Move
from letpass.trust import dsse, missed, strict
from letpass.trust.dsse import Envelope

TYPE = "https://in-toto.io/Statement/v1"
REQUEST = "urn:letpass:request:v1"
SIGNOFF = "urn:letpass:signoff:v1"
WAIVER = "urn:letpass:waiver:v1"
POLICIES = "urn:letpass:policies:v1"
EVIDENCE = "urn:letpass:evidence:v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://slsa.dev/verification_summary/v1"

KINDS = {
    REQUEST: "request",
    SIGNOFF: "sign-off",
    WAIVER: "waiver",
    POLICIES: "policy set",
    EVIDENCE: "evidence",
    SUMMARY: "decision",
}
DECISIONS = ("approve", "reject", "withdraw")
LONGEST = 2000  # characters of a text in a statement

# one spelling for each algorithm, so that the same bytes have one name (in-toto's digest sets)
_DIGEST = re.compile(r"(?:dirHash1|gitCommit|gitTree|gitBlob|gitTag|(?!dirhash1:)[a-z0-9]{2,20}):[0-9a-f]{32,128}\Z")

UNNAMED = "letpassFacts"
"""The algorithm of a decision's subject that has no artifact digest: it is the digest of what the record says."""
_FACTS = re.compile(rf"{UNNAMED}:[0-9a-f]{{64}}\Z")


class Statement(Frozen):
    """A statement as it was read.

    name: where it lies · digest: that of its payload, which names it · subject, artifact: the name and digest of what it
    is about · logged: when the ledger first had it, in microseconds, None where it has it not.
    """

    name: str
    envelope: Envelope
    digest: str
    type: str
    subject: str
    artifact: str
    predicate: Mapping[str, Any]
    logged: int | None = None

    @property
    def kind(self) -> str:
        """`request`, `sign-off`, `rejection`, `withdrawal`, `waiver`, `policy set`, `decision`, else `evidence`."""
        if self.type == SIGNOFF:
            return {"approve": "sign-off", "reject": "rejection"}.get(str(self.predicate["decision"]), "withdrawal")
        return KINDS.get(self.type, "evidence")

    def text(self, field: str) -> str:
        found = self.predicate.get(field, "")
        return found if isinstance(found, str) else ""

    @property
    def move(self) -> Move:
        """The move that it is about, which its shape has made sure of."""
        return Move.of(self.predicate["move"])

    def time(self, field: str) -> int:
        """A moment that the shape has made sure of, in microseconds."""
        return strict.instant(self.predicate[field])


# ---------------------------------------------------------------- shapes

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _free(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def is_digest(value: Any) -> bool:
    """`ALGORITHM:HEX`, as the record writes it."""
    return isinstance(value, str) and _DIGEST.match(value) is not None


def _digests(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 1000
        and all(is_digest(v) for v in value)
        and value == sorted(set(value))
    )


def _time(value: Any) -> bool:
    try:
        strict.instant(value)
    except InvalidError:
        return False
    return True


def _move(value: Any) -> bool:
    try:
        Move.of(value)
    except InvalidError:
        return False
    return True


def _seen(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"size", "root"}
        and isinstance(value["size"], int)
        and _text(value["root"])
    )


def _policies(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and len(value) <= 1000
        and all(_text(k) and is_digest(v) for k, v in value.items())
    )


def _missed(value: Any) -> bool:
    try:
        return isinstance(value, list) and 0 < len(value) <= missed.MOST and all(missed.read(v) for v in value)
    except InvalidError:
        return False


_SIGNED: dict[str, tuple[Check, bool]] = {
    "role": (_text, True),
    "signer": (_text, True),
    "trust": (is_digest, True),
    "issuedAt": (_time, True),
    "reason": (_free, False),
}
_SHAPES: dict[str, dict[str, tuple[Check, bool]]] = {
    REQUEST: {
        "registry": (_text, True),
        "model": (_text, True),
        "version": (_text, True),
        "move": (_move, True),
        "from": (_free, False),
        "policies": (is_digest, True),
        "facts": (is_digest, True),
        "evidence": (_digests, True),
        "history": (_digests, True),
        "author": (_free, True),
        "requester": (_text, True),
        "service": (_text, False),
        "nonce": (_text, True),
        "trust": (is_digest, True),
        "issuedAt": (_time, True),
        "expiresAt": (_time, True),
        "reason": (_free, False),
    },
    SIGNOFF: {
        **_SIGNED,
        "decision": (lambda v: v in DECISIONS, True),
        "request": (is_digest, True),
        "model": (_text, True),
        "version": (_text, True),
        "move": (_move, True),
        "policies": (is_digest, True),
        "seen": (_seen, False),
        "expiresAt": (_time, False),
    },
    WAIVER: {
        **_SIGNED,
        "model": (_text, True),
        "version": (_text, True),
        "policy": (_text, True),
        "label": (_text, True),
        "move": (_move, True),
        "rule": (is_digest, True),
        "missed": (_missed, True),
        "until": (_time, True),
        "reason": (_text, True),
    },
    POLICIES: {**_SIGNED, "root": (is_digest, True), "policies": (_policies, True)},
    EVIDENCE: {
        "facts": (lambda v: isinstance(v, dict) and bool(v), True),
        "issuedAt": (_time, True),
        "source": (_free, False),
    },
}


def build(type_: str, name: str, artifact: str, predicate: Mapping[str, Any]) -> bytes:
    """The payload of a statement about one artifact, as canonical JSON."""
    algorithm, _, value = artifact.partition(":")
    return canonical(
        {
            "_type": TYPE,
            "predicateType": type_,
            "subject": [{"name": name, "digest": {algorithm: value}}],
            "predicate": dict(predicate),
        }
    )


def read(name: str, data: bytes, logged: int | None = None) -> Statement:
    """The statement in an envelope's text; raises `InvalidError` with the reason.  Nothing is verified yet."""
    return from_envelope(name, dsse.parse(data), logged)


def readable(papers: Iterable[tuple[str, bytes] | tuple[str, bytes, int | None]]) -> Iterator[Statement]:
    """The statements among texts with their names, and when they were logged; what does not read is passed over."""
    for paper in papers:
        try:
            yield read(*paper)
        except InvalidError:
            continue


def from_envelope(name: str, envelope: Envelope, logged: int | None = None) -> Statement:
    """The statement in an envelope; raises `InvalidError` with the reason."""
    if envelope.type != dsse.STATEMENT:
        raise InvalidError(f"its payload is of type `{envelope.type[:60]}`, not `{dsse.STATEMENT}`")
    value = strict.loads(envelope.payload, dsse.LARGEST)
    if not isinstance(value, dict) or value.get("_type") != TYPE:
        raise InvalidError("no in-toto statement of version 1")
    type_, predicate = value.get("predicateType"), value.get("predicate", {})
    if not isinstance(type_, str) or not isinstance(predicate, dict):
        raise InvalidError("a statement without `predicateType` and `predicate`")
    if type_ in _SHAPES:
        _shaped(type_, value)
    subject, artifact = _subject(value.get("subject"), unnamed=type_ == SUMMARY)
    return Statement(name, envelope, digest_bytes(envelope.payload), type_, subject, artifact, predicate, logged)


def _subject(value: Any, *, unnamed: bool) -> tuple[str, str]:
    """Name and digest of what a statement is about; `unnamed`: it may be the digest of what a record says."""
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        raise InvalidError("a statement has one subject")
    name, digests = value[0].get("name", ""), value[0].get("digest")
    if not isinstance(name, str) or not isinstance(digests, dict) or not digests:
        raise InvalidError("its subject has no digest")
    found = [f"{algorithm}:{text}" for algorithm, text in digests.items()]
    if len(found) != 1 or not (is_digest(found[0]) or (unnamed and _FACTS.match(found[0]))):
        raise InvalidError("its subject has no single digest that can be read")
    return name, found[0]


def _shaped(type_: str, value: Mapping[str, Any]) -> None:
    unknown = sorted(set(value) - {"_type", "subject", "predicateType", "predicate"})
    shape, predicate = _SHAPES[type_], value.get("predicate", {})
    unknown += sorted(set(predicate) - set(shape))
    if unknown:
        raise InvalidError(f"the unknown field `{unknown[0][:60]}`")
    for field, (fits, required) in shape.items():
        if field not in predicate:
            if required:
                raise InvalidError(f"it has no `{field}`")
        elif not fits(predicate[field]):
            raise InvalidError(f"its `{field}` cannot be read")
