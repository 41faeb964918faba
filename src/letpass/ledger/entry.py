"""One entry of the ledger: what happened, when the gate learnt of it, and about which version.

The leaf of the tree is the entry's text, canonical JSON, to the byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, part
from letpass.trust import strict

TYPE = "letpass.entry/v1"
LARGEST = 65_535  # bytes of a leaf, as c2sp.org/tlog-tiles allows
KINDS = (
    *("trust", "policies", "request", "sign-off", "waiver", "evidence", "begin", "decision", "move", "refusal"),
    *("objection", "withdrawal", "revocation", "lift", "adoption", "ungate"),
    *("clock", "key", "recovery"),
)

SPOKEN = frozenset(
    {"policies", "sign-off", "waiver", "objection", "withdrawal", "revocation", "lift", "adoption", "ungate"}
)
"""The kinds of entries whose statement one person has signed."""


class Entry(Frozen):
    """An entry to be logged.  `statement`: a signed text; `data`: what is no statement.

    registry: where the model lives, by the registry's identity and its workspace, nothing where that has no name · made: what
    tells the version from another that had or will have its number, nothing where a number is never given anew.
    """

    kind: str
    statement: str = ""
    data: Mapping[str, Any] = part(default_factory=dict)
    model: str = ""
    version: str = ""
    artifact: str = ""
    registry: str = ""
    made: str = ""

    @property
    def key(self) -> str:
        """The key of the entry: it is logged once, whenever it comes again."""
        return hashlib.sha256(canonical(self._content())).hexdigest()

    def _content(self) -> dict[str, Any]:
        found = {
            "kind": self.kind,
            "statement": self.statement,
            "data": dict(self.data),
            "model": self.model,
            "version": self.version,
            "artifact": self.artifact,
            "registry": self.registry,
            "made": self.made,
        }
        return {k: v for k, v in found.items() if v}

    def text(self, at: int) -> str:
        """The leaf; raises `InvalidError` where it is too large or of no known kind."""
        if self.kind not in KINDS:
            raise InvalidError(f"`{self.kind}` is no kind of entry")
        found = canonical({"type": TYPE, "at": strict.written(at), **self._content()})
        if len(found) > LARGEST:
            raise InvalidError(f"{len(found):,} bytes are too many for an entry; the most is {LARGEST:,}")
        return found.decode("utf-8")


_AT, _TYPE = '"at":"', f',"type":"{TYPE}"'


def key_in(text: str) -> str:
    """The key of the entry in a leaf's text that reads, made of the text itself; nothing where it is not canonical.

    The text is the entry's content with a time and a type in it.  What is in quotation marks is escaped, so that the first
    place that looks like the time, and the last one that looks like the type, are those.
    """
    at, type_ = text.find(_AT), text.rfind(_TYPE)
    end = text.find('"', at + len(_AT)) + 2  # and the comma
    if at < 0 or type_ < end:
        return ""
    content = text[:at] + text[end:type_] + text[type_ + len(_TYPE) :]
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


class Logged(Frozen):
    """An entry of the ledger: where it stands, when it was logged (microseconds), its exact text."""

    index: int
    at: int
    entry: Entry
    text: str


def same_in(logged: Logged) -> str:
    """What makes an entry the same again, wherever it stands; of a word that a person has signed that is what was said.

    Whoever has such a word can write its signature otherwise without the key (ECDSA: r and n - s), and bring it as another one.
    """
    entry = logged.entry
    if entry.kind in SPOKEN and entry.statement:
        said = entry.statement.partition(',"signatures":')[0]
        names = (entry.kind, said, entry.model, entry.version, entry.artifact, entry.registry, entry.made)
        return hashlib.sha256(canonical(list(names))).hexdigest()
    return key_in(logged.text) or str(logged.index)


_TEXTS = ("kind", "statement", "model", "version", "artifact", "registry", "made")


def read(index: int, text: str) -> Logged:
    """The entry in a leaf's text; raises `InvalidError` for what is none, and for kinds that are not known here.

    One that is not understood may be what speaks against a version, so that it is never passed over.
    """
    data = strict.loads(text.encode("utf-8"), LARGEST)
    if not isinstance(data, dict) or data.get("type") != TYPE or not isinstance(data.get("data", {}), dict):
        raise InvalidError("no entry")
    texts = [data.get(f, "") for f in _TEXTS]
    if set(map(type, texts)) != {str}:
        raise InvalidError("no entry")
    kind, statement, *names = texts
    if kind not in KINDS:
        raise InvalidError(f"`{kind}` is no kind of entry that this version knows")
    entry = Entry(kind, statement, data.get("data", {}), *names)
    return Logged(index, strict.instant(data.get("at")), entry, text)
