"""In which lists an entry stands: those by which the entries of a kind, of a model or about an artifact are found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from letpass.ledger.entry import Entry
from letpass.move import KINDS, TO_STAGES

_sha256 = hashlib.sha256
_LINK = b"\x04"  # stands before what is hashed for a list, so that it is no hash of the tree over the entries


_texts = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # the canonical form of a list of texts


@lru_cache(maxsize=4096)
def key_of(*name: str) -> bytes:
    """The key of a list by its name."""
    return _sha256(_texts(name).encode("utf-8")).digest()


NO_MODEL = key_of("no model")
"""The entries about no model."""
REGISTRIES = key_of("registries")
"""The first entry of each registry."""
GATES = key_of("gates")
"""The first entry that shows each place where a move leads as gated."""


def of_kind(kind: str) -> bytes:
    """The entries of a kind."""
    return key_of("kind", kind)


def of_model(registry: str, model: str) -> bytes:
    """The entries about a model of a registry, by the registry's identity and its workspace."""
    return key_of("model", registry, model)


def of_artifact(digest: str) -> bytes:
    """The entries about bytes, under whatever name."""
    return key_of("artifact", digest)


def of_gate(kind: str, stage: str) -> bytes:
    """The entries that show that a kind of move, or a stage, is gated; how many, and the last of them, are all that is kept."""
    return key_of("gate", kind, stage)


class Listed(NamedTuple):
    """A list of entries: how many, the index of the last one, and the digest over all.

    The digest of a list goes over that of the list before its last entry, the entry's index and its leaf hash.  A plain
    tuple, since as many are made as entries are read.
    """

    size: int = 0
    last: int = -1
    digest: bytes = bytes(32)

    def and_(self, index: int, leaf: bytes) -> Listed:
        """The list with one more entry."""
        size, _, before = self
        return Listed(size + 1, index, _sha256(b"".join((_LINK, before, index.to_bytes(8, "big"), leaf))).digest())


_NONE = Listed()
Cursors = Mapping[bytes, Listed]
"""How far lists were read, by their keys."""


class Places(NamedTuple):
    """The lists that an entry stands in.

    kept: by their keys, those whose entries are kept · counted: those of which only the count, the last and the digest are,
    each with the list that names the first entry of each of them.
    """

    kept: tuple[bytes, ...]
    counted: tuple[tuple[bytes, bytes], ...]


def places(entry: Entry) -> Places:
    """The lists that an entry stands in."""
    kept = [of_kind(entry.kind), of_model(entry.registry, entry.model) if entry.model else NO_MODEL]
    kept += [of_artifact(entry.artifact)] if entry.artifact else []
    counted = []
    if entry.model and entry.registry:
        counted.append((REGISTRIES, key_of("registry", entry.registry.partition("/")[0])))
    if (gate := gate_of(entry)) is not None:
        counted.append((GATES, of_gate(*gate)))
    return Places(tuple(kept), tuple(counted))


def gate_of(entry: Entry) -> tuple[str, str] | None:
    """The kind of a move and the stage that an entry shows as gated, None where it shows nothing."""
    kind, stage = entry.data.get("kind"), str(entry.data.get("stage", ""))
    if entry.kind not in {"move", "refusal", "decision"} or not isinstance(kind, str) or kind not in KINDS:
        return None
    # a decision says it where a policy governs the move, so that a name that nobody meant gates nothing
    if "decision" not in entry.data and entry.kind != "decision":
        return None
    if "versions" in entry.data:  # of prompts, whose names are known by their entries
        return None
    return (kind, stage) if bool(stage) == (kind in TO_STAGES) else None


class Lists:
    """Lists that grow entry by entry: how each is now, and the rows of those whose entries are kept, as far as nobody took them.

    counted: the lists whose entries are not kept.
    """

    def __init__(self, known: Mapping[bytes, Listed] = MappingProxyType({})) -> None:
        self.now = dict(known)
        self.counted: set[bytes] = set()
        self.rows: list[tuple[bytes, int]] = []

    def add(self, found: Places, index: int, leaf: bytes) -> None:
        """Put an entry into each list in which it stands."""
        now = self.now
        for key in found.kept:
            self._keep(key, index, leaf)
        for first, key in found.counted:
            listed = now.get(key, _NONE)
            if not listed.size:
                self._keep(first, index, leaf)
                self.counted.add(key)
            now[key] = listed.and_(index, leaf)

    def taken(self) -> list[tuple[bytes, int]]:
        """The rows since they were taken last."""
        found, self.rows = self.rows, []
        return found

    def _keep(self, key: bytes, index: int, leaf: bytes) -> None:
        self.now[key] = self.now.get(key, _NONE).and_(index, leaf)
        self.rows.append((key, index))
