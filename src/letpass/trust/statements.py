"""In-toto statements (Statement v1): what people and services say of one artifact, and the shapes that are read.

Statements of our own kinds are read strictly: an unknown field refuses them, since a reader that skips a field may skip
the condition that it holds.  That is stricter than in-toto's rule for consumers, on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from letpass.canonical import canonical, digest_bytes
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, replace
from letpass.move import Move
from letpass.trust import dsse, shapes, strict
from letpass.trust.dsse import Envelope
from letpass.trust.kinds import KINDS, TYPE, UNNAMED, WITHOUT_BYTES

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
        """A field of the predicate that is a text; an empty one where there is none."""
        found = self.predicate.get(field, "")
        return found if isinstance(found, str) else ""

    @property
    def move(self) -> Move:
        """The move that it is about, which its shape has made sure of."""
        return Move.of(self.predicate["move"])

    def time(self, field: str) -> int:
        """A moment that the shape has made sure of, in microseconds."""
        return strict.instant(self.predicate[field])


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
    if type_ in shapes.SHAPES:
        shapes.fit(type_, value)
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
    if len(found) != 1 or not (shapes.is_digest(found[0]) or (unnamed and _FACTS.match(found[0]))):
        raise InvalidError("its subject has no single digest that can be read")
    return name, found[0]
