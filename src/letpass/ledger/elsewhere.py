"""Revocations and lifts by the owners that are about versions of other models: they hold for the same bytes under every name."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from letpass.canonical import digest_bytes
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.ledger.entry import Logged
from letpass.trust import objections, statements
from letpass.trust.bundle import folded

REVOCATION, LIFT = "revocation", "lift"
KINDS = (REVOCATION, LIFT)


class Word(Frozen):
    """A revocation or a lift in the ledger.

    name: the digest by which a lift names it · digests: of the bytes that are revoked, all that were known · of: what is lifted.
    """

    logged: Logged
    name: str
    digests: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


def read(logged: Logged) -> Word | None:
    """The word in an entry, None where it does not read."""
    entry = logged.entry
    if not entry.statement:
        name = digest_bytes(logged.text.encode("utf-8"))
        digests = (entry.artifact, *_texts(entry.data.get("digests"))) if entry.kind == REVOCATION else ()
        return Word(logged, name, _folded(digests), _texts(entry.data.get("of")))
    try:
        said = statements.read("", entry.statement.encode("utf-8"))
    except InvalidError:
        return None
    revokes = said.kind == REVOCATION
    digests = objections.digests_of(said) if revokes else ()
    return Word(logged, said.digest, _folded(digests), _texts(said.predicate.get("of")))


def _folded(digests: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded(digest) for digest in digests if digest))


def _texts(said: object) -> tuple[str, ...]:
    return tuple(str(each) for each in said) if isinstance(said, list) else ()


def revoked(logged: Iterable[Logged]) -> tuple[str, ...]:
    """The digests of all bytes that revocations speak of, whether they stand or not, in order."""
    words = (read(each) for each in logged if each.entry.kind == REVOCATION)
    return tuple(sorted({d for word in words if word is not None for d in word.digests}))


def about(words: Iterable[Word], here: Collection[str], own: Collection[str]) -> list[Logged]:
    """Of words about other models those that revoke some bytes, or may revoke them, and the lifts of these or of what was said of the
    own model.

    Of several owners each names the digests that were known when they spoke, and they speak of one version together.

    here: the digests of the bytes, by all their names · own: by which lifts name the revocations of the own model.
    """
    listed = list(words)
    revocations = [w for w in listed if w.logged.entry.kind == REVOCATION]
    unfit = {_version(w) for w in revocations if _may_be(w.digests, here)}
    same = [w for w in revocations if _version(w) in unfit]
    named = {*own, *(w.name for w in same)}
    lifts = [w for w in listed if w.logged.entry.kind == LIFT and not named.isdisjoint(w.of)]
    return sorted((w.logged for w in (*same, *lifts)), key=lambda found: found.index)


def _may_be(theirs: Collection[str], here: Collection[str]) -> bool:
    return any(digest in here for digest in theirs) or objections.doubtful(theirs, here)


def _version(word: Word) -> tuple[str, str, str]:
    entry = word.logged.entry
    return entry.registry, entry.model, entry.version
