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
from letpass.frozen import Frozen, replace
from letpass.move import Move, Target
from letpass.trust import dsse, missed, strict
from letpass.trust.dsse import Envelope

TYPE = "https://in-toto.io/Statement/v1"
REQUEST = "urn:letpass:request:v1"
SIGNOFF = "urn:letpass:signoff:v1"
OBJECTION = "urn:letpass:objection:v1"
WITHDRAWAL = "urn:letpass:withdrawal:v1"
REVOCATION = "urn:letpass:revocation:v1"
LIFT = "urn:letpass:lift:v1"
ADOPTION = "urn:letpass:adoption:v1"
UNGATE = "urn:letpass:ungate:v1"
STANDING = "urn:letpass:standing:v1"
CLOCK = "urn:letpass:clock:v1"
KEY = "urn:letpass:key:v1"
RECOVERY = "urn:letpass:recovery:v1"
WAIVER = "urn:letpass:waiver:v1"
POLICIES = "urn:letpass:policies:v1"
EVIDENCE = "urn:letpass:evidence:v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://slsa.dev/verification_summary/v1"

KINDS = {
    REQUEST: "request",
    SIGNOFF: "sign-off",
    OBJECTION: "objection",
    WITHDRAWAL: "withdrawal",
    REVOCATION: "revocation",
    LIFT: "lift",
    ADOPTION: "adoption",
    UNGATE: "ungate",
    STANDING: "standing",
    CLOCK: "clock",
    KEY: "key",
    RECOVERY: "recovery",
    WAIVER: "waiver",
    POLICIES: "policy set",
    EVIDENCE: "evidence",
    SUMMARY: "decision",
}
OWNED = frozenset({REVOCATION, LIFT, ADOPTION, UNGATE})
"""Words that the owners of the policies say together, as many of them as their role's threshold."""
ROOTED = frozenset({CLOCK, KEY, RECOVERY})
"""Words about the ledger itself, which the root of the trust file signs together, as many of it as its threshold."""
LONGEST = 2000  # characters of a text in a statement

# one spelling for each algorithm, so that the same bytes have one name (in-toto's digest sets)
_DIGEST = re.compile(r"(?:dirHash1|gitCommit|gitTree|gitBlob|gitTag|(?!dirhash1:)[a-z0-9]{2,20}):[0-9a-f]{32,128}\Z")

UNNAMED = "letpassFacts"
"""The algorithm of the digest of what a record says, which stands for a subject that records no artifact."""
WITHOUT_BYTES = frozenset({SUMMARY, STANDING, OBJECTION, WITHDRAWAL, REVOCATION, LIFT})
"""The types that may be about a version whose bytes have no digest."""
_FACTS = re.compile(rf"{UNNAMED}:[0-9a-f]{{64}}\Z")


class StatementFile(Frozen):
    """A statement's bytes, and where they lie.

    logged, entry: when the ledger first had them (microseconds) and as which entry; None where it has them not.
    """

    name: str
    data: bytes
    logged: int | None = None
    entry: int | None = None


class Statement(Frozen):
    """A statement as it was read.

    name: where it lies · digest: that of its payload, which names it · subject, artifact: the name and digest of what it
    is about · logged, entry: when the ledger first had it (microseconds) and as which entry, None where it has it not.
    """

    name: str
    envelope: Envelope
    digest: str
    type: str
    subject: str
    artifact: str
    predicate: Mapping[str, Any]
    logged: int | None = None
    entry: int | None = None

    @property
    def kind(self) -> str:
        """The word for its type in `KINDS`, else `evidence`."""
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


def _index(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _target(value: Any) -> bool:
    try:
        Target.of(value)
    except InvalidError:
        return False
    return True


def _gates(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 1000 and all(_target(v) and v for v in value)


def _holders(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= 1000
        and all(
            isinstance(h, dict)
            and {"model", "version", "facts"} <= set(h) <= {"model", "version", "facts", "artifact"}
            and _text(h["model"])
            and _text(h["version"])
            and is_digest(h["facts"])
            and ("artifact" not in h or is_digest(h["artifact"]))
            for h in value
        )
    )


def _names(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 1000 and all(_text(v) for v in value)


def _settings(value: Any) -> bool:
    """What decides in the configuration: lists of texts, and mappings of them."""
    return isinstance(value, dict) and all(
        _text(k)
        and (_names(v) or (isinstance(v, dict) and all(_text(n) and (_names(i) or _text(i)) for n, i in v.items())))
        for k, v in value.items()
    )


def _identity(value: Any) -> bool:
    """Which registry and which ledger, as far as whoever signs knows them; `seen`: a head of that ledger."""
    return (
        isinstance(value, dict)
        and set(value) <= {"registry", "ledger", "seen"}
        and all(_text(value[k]) for k in ("registry",) if k in value)
        and ("ledger" not in value or (_names(value["ledger"]) and bool(value["ledger"])))
        and ("seen" not in value or _seen(value["seen"]))
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
_OWNED: dict[str, tuple[Check, bool]] = {**_SIGNED, "root": (is_digest, True), "reason": (_text, True)}
_ROOTED: dict[str, tuple[Check, bool]] = {
    "trust": (is_digest, True),
    "root": (is_digest, True),
    "issuedAt": (_time, True),
    "reason": (_text, True),
}
_VERSION: dict[str, tuple[Check, bool]] = {"model": (_text, True), "version": (_text, True)}
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
    OBJECTION: {
        **_SIGNED,
        **_VERSION,
        "against": (_target, True),
        "digests": (_digests, True),
        "reason": (_text, True),
    },
    WITHDRAWAL: {**_SIGNED, **_VERSION, "of": (is_digest, True)},
    REVOCATION: {**_OWNED, **_VERSION, "digests": (_digests, True)},
    LIFT: {**_OWNED, **_VERSION, "of": (_digests, True)},
    ADOPTION: {**_OWNED, "registry": (_text, True), "stage": (_text, True), "holders": (_holders, True)},
    STANDING: {
        **_VERSION,
        "move": (_move, True),
        "decision": (is_digest, True),
        "entry": (_index, True),
        "head": (_seen, True),
        "issuedAt": (_time, True),
        "until": (_time, True),
    },
    CLOCK: {**_ROOTED, "entry": (_index, True), "at": (_time, True)},
    KEY: {
        "old": (_text, True),
        "new": (_text, True),
        "head": (_seen, True),
        "issuedAt": (_time, True),
        "reason": (_text, True),
        "trust": (is_digest, False),
        "root": (is_digest, False),
    },
    RECOVERY: {**_ROOTED, "lost": (_seen, True), "head": (_seen, True), "from": (_index, True), "to": (_index, True)},
    UNGATE: {**_OWNED, "target": (_target, True)},
    POLICIES: {
        **_SIGNED,
        "root": (is_digest, True),
        "policies": (_policies, True),
        "gates": (_gates, True),
        "settings": (_settings, True),
        "identity": (_identity, True),
    },
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


def read(name: str, data: bytes, logged: int | None = None, entry: int | None = None) -> Statement:
    """The statement in an envelope's text; raises `InvalidError` with the reason.  Nothing is verified yet."""
    return from_envelope(name, dsse.parse(data), logged, entry)


def readable(statement_files: Iterable[StatementFile | tuple[str, bytes]]) -> Iterator[Statement]:
    """The statements among texts, with their names, that read; what does not is passed over."""
    for given in statement_files:
        statement_file = given if isinstance(given, StatementFile) else StatementFile(*given)
        try:
            yield read(statement_file.name, statement_file.data, statement_file.logged, statement_file.entry)
        except InvalidError:
            continue


def once(found: Iterable[Statement]) -> list[Statement]:
    """Statements, each once: the same payload and signatures brought twice are one, logged when it first was."""
    kept: dict[tuple[bytes, frozenset[bytes]], Statement] = {}
    for statement in found:
        key = (statement.envelope.payload, frozenset(blob for _, blob in statement.envelope.signatures))
        first = kept.setdefault(key, statement)
        logged = [s for s in (first, statement) if s.entry is not None]
        if logged:
            known = min(logged, key=lambda s: s.entry or 0)
            kept[key] = replace(first, logged=known.logged, entry=known.entry)
    return list(kept.values())


def from_envelope(name: str, envelope: Envelope, logged: int | None = None, entry: int | None = None) -> Statement:
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
    subject, artifact = _subject(value.get("subject"), unnamed=type_ in WITHOUT_BYTES)
    return Statement(name, envelope, digest_bytes(envelope.payload), type_, subject, artifact, predicate, logged, entry)


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
